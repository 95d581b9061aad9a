//! How an image gets to the router and is judged there, with the genuine cgi-io and usign; see
//! `genuine.rs`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use support::{ALL, IMAGE, OBJECT, Router, SUM, genuine, prepare, program, put, wait};

mod support;

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn who_may_only_look_cannot_upload() {
    genuine("who_may_only_look_cannot_upload", || {
        prepare();
        let router = Router::start(&ALL, false);
        let refused = router.upload(&router.login("viewer"), IMAGE, "image");
        assert_eq!(refused["message"], "Upload permission denied");
        assert!(!Path::new(IMAGE).exists());
        for user in ["root", "upgrader"] {
            let session = router.login(user);
            let stored = router.upload(&session, IMAGE, "image");
            assert_eq!(
                (&stored["size"], &stored["sha256sum"]),
                (&json!(5), &json!(SUM))
            );
            assert_eq!(fs::read(IMAGE).unwrap(), b"image");
            let verified = router.http(&session, OBJECT, "verify", &json!({ "sha256": SUM }));
            assert_eq!(verified[1]["valid"], true);
            // The same bytes once more are another file, of which nothing is known.
            router.upload(&session, IMAGE, "image");
            let status = router.http(&session, OBJECT, "status", &json!({}));
            assert_eq!(status[1]["status"], "uploading");
            put(IMAGE, None);
        }
        let elsewhere = router.upload(&router.login("upgrader"), "/etc/rc.local", "image");
        assert_eq!(elsewhere["message"], "Access to path denied by ACL");
    });
}

/// Runs usign, which must succeed; what it prints.
fn usign(arguments: &[&str]) -> String {
    let output = Command::new(program("usign"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The signature of the image by a new key, which the router has or has not.
fn signature(name: &str, known: bool) -> String {
    let file = |kind: &str| format!("/tmp/{name}.{kind}");
    let (secret, public, signature) = (&*file("sec"), &*file("pub"), &*file("sig"));
    usign(&["-G", "-s", secret, "-p", public]);
    usign(&["-S", "-m", IMAGE, "-s", secret, "-x", signature]);
    if known {
        let key = format!("/etc/opkg/keys/{}", usign(&["-F", "-p", public]));
        put(&key, Some(&fs::read(public).unwrap()));
    }
    fs::read_to_string(signature).unwrap()
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn a_signature_is_that_of_a_key_of_the_router() {
    genuine("a_signature_is_that_of_a_key_of_the_router", || {
        prepare();
        fs::create_dir_all("/etc/opkg/keys").unwrap();
        fs::copy(program("usign"), "/usr/bin/usign").unwrap();
        put(IMAGE, Some(b"image"));
        let (good, stranger) = (signature("good", true), signature("stranger", false));
        let router = Router::start(&ALL, false);
        let verify = |sum: &str, signature: &str| {
            let arguments = json!({ "sha256": sum, "signature": signature });
            let answer = router.call(OBJECT, "verify", &arguments).unwrap();
            let error = answer["error"].as_str().unwrap_or_default();
            (answer["valid"] == true, error.contains("/etc/opkg/keys"))
        };
        assert_eq!(verify(SUM, &good), (true, false));
        assert_eq!(verify(&"0".repeat(64), &good), (false, false));
        let damaged = good.replacen("RW", "RX", 1);
        for other in [&stranger, &damaged, "", "x", "-"] {
            assert_eq!(verify(SUM, other), (false, true), "{other}");
        }
        let status = || router.call(OBJECT, "status", &json!({})).unwrap()["status"].clone();
        assert_eq!(
            status(),
            "uploading",
            "what was verified before counts no more"
        );
        assert_eq!(verify(SUM, &good), (true, false));
        assert_eq!(status(), "verified");
        put(IMAGE, Some(b"other"));
        assert_eq!(verify(SUM, &good), (false, true));
    });
}

#[test]
#[ignore = "needs OPENWRT_ROOT"]
fn a_start_is_answered_as_the_module_of_rpcd_does() {
    genuine("a_start_is_answered_as_the_module_of_rpcd_does", || {
        for (plugins, module) in [(&[][..], true), (&ALL[2..], false)] {
            prepare();
            put(IMAGE, Some(b"image"));
            put("/tmp/flashed", None);
            let router = Router::start(plugins, module);
            let (root, keep) = (router.login("root"), json!({ "keep": true }));
            let answer = router.http(&root, "rpc-sys", "upgrade_start", &keep);
            assert_eq!(answer, json!([0]), "module: {module}");
            wait(|| {
                fs::read_to_string("/tmp/flashed")
                    .is_ok_and(|words| words == ":/tmp/firmware.bin\n")
            });
        }
    });
}
