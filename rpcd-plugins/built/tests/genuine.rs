//! The plugins in the genuine rpcd, asked through the genuine ubusd and uhttpd.
//!
//! `OPENWRT_ROOT=… cargo test -p asu-rpcd-built --test genuine -- --ignored`, where that names an
//! installation of these daemons. It needs the right to mount, and changes nothing on this machine.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use support::{ALL, CHECK, IMAGE, OBJECT, Router, SUM, genuine, prepare, put, script, wait};

mod support;

const APK: &str = "/lib/apk/db/installed";
const WORLD: &str = "/etc/apk/world";
const OPKG: &str = "/usr/lib/opkg/status";

fn fixture(path: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/installed");
    fs::read(folder.join(path)).ok()
}

/// The router of a fixture: its databases where a router has them.
fn install(fixture_name: &str) -> Value {
    for path in [APK, WORLD, OPKG] {
        put(path, fixture(&format!("{fixture_name}{path}")).as_deref());
    }
    serde_json::from_slice(&fixture(&format!("{fixture_name}/expected.json")).unwrap()).unwrap()
}

/// Names and versions of an object, or of pairs of which the last of a name counts.
fn packages(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        pairs => {
            let pairs = pairs.as_array().unwrap().iter();
            pairs.map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
        }
    }
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn packages_are_those_of_the_databases() {
    genuine("packages_are_those_of_the_databases", || {
        let mut router = Router::start(&ALL, false);
        let session = router.login("root");
        for name in ["apk", "apk-two-abi", "apk-selfonly", "opkg"] {
            let expected = install(name);
            for (key, arguments) in [
                ("all", json!({ "all": true })),
                ("user", json!({})),
                (
                    "user",
                    json!({ "all": "true", "x": { "y": [1, null, 1.5] } }),
                ),
            ] {
                let wanted = packages(&expected[key]["packages"]);
                let ours = router.call("packagelist", "list", &arguments).unwrap();
                assert_eq!(packages(&ours["packagelist"]), wanted, "{name} {key}");
                let theirs = router.call("rpc-sys", "packagelist", &arguments).unwrap();
                assert_eq!(packages(&theirs["packages"]), wanted, "{name} {key}");
                let http = router.http(&session, "packagelist", "list", &arguments);
                assert_eq!(packages(&http[1]["packagelist"]), wanted, "{name} {key}");
            }
        }
        put(APK, None);
        put(OPKG, None);
        assert_eq!(
            router.http(&session, "packagelist", "list", &json!({})),
            json!([4])
        );
        let huge = format!("P:a\nV:{}\n\n", "1".repeat(200));
        let many: String = (0..6000)
            .map(|i| huge.replacen('a', &format!("a{i}"), 1))
            .collect();
        put(APK, Some(many.as_bytes()));
        assert_eq!(
            router.http(&session, "packagelist", "list", &json!({ "all": true })),
            json!([11])
        );
        assert!(router.is_alive());
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn the_module_of_rpcd_comes_first_and_agrees() {
    genuine("the_module_of_rpcd_comes_first_and_agrees", || {
        let expected = install("apk");
        let mut router = Router::start(&ALL, true);
        for (key, all) in [("all", true), ("user", false)] {
            let arguments = json!({ "all": all });
            let wanted = packages(&expected[key]["packages"]);
            let theirs = router.call("rpc-sys", "packagelist", &arguments).unwrap();
            assert_eq!(packages(&theirs["packages"]), wanted);
            let ours = router.call("packagelist", "list", &arguments).unwrap();
            assert_eq!(packages(&ours["packagelist"]), wanted);
        }
        assert!(router.is_alive());
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn an_upgrade_goes_its_way() {
    genuine("an_upgrade_goes_its_way", || {
        prepare();
        let mut router = Router::start(&ALL, false);
        let session = router.login("root");
        let call = |method: &str, arguments: Value| {
            let http = router.http(&session, OBJECT, method, &arguments);
            assert_eq!(http[0], 0, "{method}: {http}");
            http[1].clone()
        };
        let status = || call("status", json!({}))["status"].clone();
        let started = |arguments: Value| call("start", arguments)["started"] == true;
        assert_eq!(status(), "idle");
        assert_eq!(call("test", json!({}))["valid"], false);
        put(IMAGE, Some(b"image"));
        assert_eq!(status(), "uploading");
        let wrong = call("verify", json!({ "sha256": "0".repeat(64) }));
        assert_eq!(
            (&wrong["valid"], &wrong["sha256"]),
            (&json!(false), &json!(SUM))
        );
        assert!(!started(json!({ "keep": true })));
        let right = call("verify", json!({ "sha256": SUM.to_uppercase() }));
        assert_eq!(right, json!({ "valid": true, "sha256": SUM }));
        assert_eq!(status(), "verified");
        assert!(!started(json!({ "keep": true })));
        assert_eq!(call("test", json!({}))["valid"], true);
        assert!(started(json!({ "keep": true })));
        assert_eq!(status(), "flashing");
        wait(|| {
            fs::read_to_string("/tmp/flashed").is_ok_and(|words| words == ":/tmp/firmware.bin\n")
        });
        assert!(
            !started(json!({ "keep": true })),
            "what was allowed once is used up"
        );
        assert!(started(json!({ "keep": false, "force": true })));
        wait(|| {
            fs::read_to_string("/tmp/flashed")
                .is_ok_and(|words| words == ":-n:-F:/tmp/firmware.bin\n")
        });
        script("/sbin/sysupgrade", "echo refused; exit 1");
        assert!(started(json!({ "keep": false, "force": true })));
        wait(|| status() == "uploading");
        assert_eq!(
            fs::read("/tmp/attendedsysupgrade.log.old").unwrap(),
            b"refused\n"
        );
        call("clean", json!({}));
        assert!(!Path::new(IMAGE).exists());
        assert!(router.is_alive());
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn clients_of_2017_and_of_rpc_sys_upgrade() {
    genuine("clients_of_2017_and_of_rpc_sys_upgrade", || {
        prepare();
        let mut router = Router::start(&ALL, false);
        let flashed = |words: &str| {
            wait(|| fs::read_to_string("/tmp/flashed").is_ok_and(|found| found == words));
        };
        let old = |arguments| router.call(OBJECT, "sysupgrade", &arguments).unwrap();
        let missing = json!({ "message": "could not find /tmp/sysupgrade.bin" });
        assert_eq!(old(json!({ "keep_settings": true })), missing);
        put("/tmp/sysupgrade.bin", Some(b"image"));
        let message = json!({ "message": "starting sysupgrade" });
        assert_eq!(old(json!({ "keep_settings": false })), message);
        flashed(":-n:/tmp/sysupgrade.bin\n");
        assert_eq!(old(json!({})), message);
        flashed(":/tmp/sysupgrade.bin\n");
        put(IMAGE, Some(b"image"));
        let rpc_sys = |method: &str, arguments: &Value| router.call("rpc-sys", method, arguments);
        let tested = rpc_sys("upgrade_test", &json!({})).unwrap();
        assert_eq!(tested["code"], 0);
        flashed(":--test:/tmp/firmware.bin\n");
        assert!(rpc_sys("upgrade_start", &json!({ "keep": true })).is_some());
        flashed(":/tmp/firmware.bin\n");
        assert!(rpc_sys("upgrade_start", &json!({})).is_some());
        flashed(":-n:/tmp/firmware.bin\n");
        assert!(rpc_sys("upgrade_clean", &json!({})).is_some());
        assert!(rpc_sys("upgrade_clean", &json!({})).is_none());
        assert!(router.is_alive());
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn missing_and_hostile_tools_are_told() {
    genuine("missing_and_hostile_tools_are_told", || {
        prepare();
        let mut router = Router::start(&ALL, false);
        let call = |method: &str, arguments: Value| router.call(OBJECT, method, &arguments);
        let sum = json!({ "sha256": "0".repeat(64) });
        put(IMAGE, Some(b"image"));
        let signed = json!({ "sha256": "0".repeat(64), "signature": "x'; touch /tmp/pwned; '" });
        let usign = call("verify", signed.clone()).unwrap();
        assert!(usign["error"].as_str().unwrap().contains("usign"));
        script("/usr/bin/usign", "cat >/tmp/signature; exit 1");
        let refused = call("verify", signed).unwrap();
        assert!(refused["error"].as_str().unwrap().contains("signature"));
        assert_eq!(
            fs::read("/tmp/signature").unwrap(),
            b"x'; touch /tmp/pwned; '\n"
        );
        assert!(!Path::new("/tmp/pwned").exists());
        script("/usr/bin/usign", "exit 0");
        let sum_of_image = call("verify", sum.clone()).unwrap()["sha256"].clone();
        let good = call(
            "verify",
            json!({ "sha256": sum_of_image, "signature": "s" }),
        )
        .unwrap();
        assert_eq!(good["valid"], true);
        fs::rename("/bin/busybox", "/bin/busybox.away").unwrap();
        let busybox = call("verify", sum).unwrap();
        assert!(busybox["error"].as_str().unwrap().contains("/bin/busybox"));
        for tool in [
            "true",
            "echo '[1]'",
            "head -c 100000 /dev/zero",
            "head -c 500000 /dev/urandom; head -c 500000 /dev/urandom >&2",
            "printf '\\377\\376bad' >&2; exit 3",
            "kill -9 $$",
            "exec sleep 20",
        ] {
            script(CHECK, tool);
            let answer = call("test", json!({})).unwrap();
            assert_eq!(answer["valid"], false, "{tool}");
            assert!(!answer["error"].as_str().unwrap().is_empty(), "{tool}");
        }
        script(CHECK, "echo '{\"valid\":1}'");
        assert_eq!(call("test", json!({})), None);
        put(CHECK, None);
        let missing = call("test", json!({})).unwrap();
        assert!(missing["error"].as_str().unwrap().contains(CHECK));
        for arguments in [json!({}), json!({ "sha256": 1 }), json!({ "sha256": "zz" })] {
            assert_eq!(call("verify", arguments), None);
        }
        for arguments in [json!({}), json!({ "keep": 1 }), json!({ "force": true })] {
            assert_eq!(call("start", arguments), None);
        }
        assert!(router.is_alive());
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn who_may_only_look_cannot_flash() {
    genuine("who_may_only_look_cannot_flash", || {
        prepare();
        install("apk");
        let router = Router::start(&ALL, false);
        let (viewer, root) = (router.login("viewer"), router.login("root"));
        for (object, method) in [
            ("packagelist", "list"),
            (OBJECT, "info"),
            (OBJECT, "status"),
        ] {
            assert_eq!(
                router.http(&viewer, object, method, &json!({}))[0],
                0,
                "{method}"
            );
        }
        for method in ["verify", "test", "start", "clean", "sysupgrade"] {
            let denied = router.http(&viewer, OBJECT, method, &json!({ "keep": true }));
            assert_eq!(denied["code"], -32002, "{method}");
            let allowed = router.http(&root, OBJECT, method, &json!({ "keep": true }));
            assert!(allowed.is_array(), "{method}");
        }
        let may = |session: &str, scope: &str, object: &str, function: &str| {
            let arguments = json!({ "ubus_rpc_session": session, "scope": scope, "object": object, "function": function });
            router.call("session", "access", &arguments).unwrap()["access"] == true
        };
        for (session, allowed) in [(&viewer, false), (&root, true)] {
            assert_eq!(may(session, "cgi-io", "upload", "write"), allowed);
            assert_eq!(may(session, "cgi-io", "backup", "read"), allowed);
            assert_eq!(may(session, "file", IMAGE, "write"), allowed);
            assert!(may(
                session,
                "file",
                "/etc/opkg/keys/8a11255d14aef6c8",
                "list"
            ));
        }
    });
}
