//! From an installed image to another one, over HTTP and through the real plugins.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that goes wrong"
)]

mod support;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use asu_protocol::router::{PackageList, RouterInfo, StartReply, TestReply, VerifyReply};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::image::{BOARD, NEW, OLD, Spec, disk, sysupgrade};
use support::{Router, install};

fn reply<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Uploads, verifies and tests an image.
fn prepare(router: &Router, session: &str, image: &[u8]) -> TestReply {
    let sum = sha256(image);
    let stored = router.upload(session, image);
    assert_eq!(stored["size"], image.len());
    assert_eq!(stored["sha256sum"], sum.as_str());
    let verified: VerifyReply = reply(router.call(
        session,
        "attendedsysupgrade",
        "verify",
        json!({"sha256": sum}),
    ));
    assert_eq!((verified.valid, verified.sha256), (true, sum));
    reply(router.call(session, "attendedsysupgrade", "test", json!({})))
}

fn start(router: &Router, session: &str, keep: bool) -> StartReply {
    reply(router.call(
        session,
        "attendedsysupgrade",
        "start",
        json!({"keep": keep}),
    ))
}

fn packages(router: &Router, session: &str) -> PackageList {
    reply(router.call(session, "packagelist", "list", json!({"all": true})))
}

fn expected_packages(spec: &Spec<'_>) -> PackageList {
    let packagelist = spec
        .packages
        .iter()
        .map(|(name, version)| ((*name).into(), (*version).into()))
        .collect();
    PackageList { packagelist }
}

#[test]
fn an_upgrade_that_keeps_settings() {
    let folder = install(&sysupgrade(&OLD, &[BOARD]), Some("admin"));
    let root = folder.path().join("root");
    fs::write(
        root.join("etc/config/attendedsysupgrade"),
        "config server 'server'\n\toption url 'http://h/'\n",
    )
    .unwrap();
    fs::write(root.join("etc/kept.conf"), "kept").unwrap();
    fs::write(root.join("etc/forgotten.conf"), "forgotten").unwrap();
    let mut router = Router::boot(
        folder,
        &["--memory-mb", "64", "--tmp-mb", "16", "--downtime", "2"],
    );
    assert_eq!(router.login("wrong"), Err(json!(6)));
    let session = router.login("admin").unwrap();

    let info: RouterInfo = reply(router.call(&session, "attendedsysupgrade", "info", json!({})));
    assert_eq!(
        (info.version.as_str(), info.revision.as_str()),
        (OLD.version, OLD.revision)
    );
    assert_eq!(
        (info.target.as_str(), info.board_name.as_str()),
        ("ath79/generic", BOARD)
    );
    assert_eq!(
        (
            info.package_manager.as_str(),
            info.rootfs_type.as_str(),
            info.efi
        ),
        ("opkg", "squashfs", false)
    );
    assert!(
        info.tmp_free
            .is_some_and(|free| free > 15 << 20 && free <= 16 << 20),
        "{info:?}"
    );
    assert!(
        info.memory_total.is_some_and(|total| total <= 64 << 20),
        "{info:?}"
    );
    assert_eq!(packages(&router, &session), expected_packages(&OLD));
    let url = json!({"config": "attendedsysupgrade", "section": "server", "option": "url"});
    assert_eq!(
        router.call(&session, "uci", "get", url.clone())["value"],
        "http://h/"
    );

    let image = sysupgrade(&NEW, &[BOARD]);
    let tested = prepare(&router, &session, &image);
    assert!(
        tested.valid && tested.tests["fwtool_device_match"],
        "{tested:?}"
    );
    let started = start(&router, &session, true);
    assert!(started.started, "{started:?}");
    router.wait_until_down();
    router.wait_for_boot(2);

    assert_eq!(router.login("wrong"), Err(json!(6)));
    let session = router.login("admin").unwrap();
    assert_eq!(packages(&router, &session), expected_packages(&NEW));
    assert_eq!(
        router.call(&session, "uci", "get", url)["value"],
        "http://h/"
    );
    assert_eq!(
        fs::read_to_string(router.root().join("etc/kept.conf")).unwrap(),
        "kept"
    );
    assert!(!router.root().join("etc/forgotten.conf").exists());
    let flash = json!({
        "event": "flash", "sha256": sha256(&image), "keep": true, "from": OLD.version, "to": NEW.version,
        "uci_defaults": ["99-asu-defaults"],
    });
    let boot = |spec: &Spec<'_>| json!({"event": "boot", "version": spec.version, "revision": spec.revision});
    assert_eq!(router.journal(), [boot(&OLD), flash, boot(&NEW)]);
    assert_eq!(router.terminate(), Some(0));
}

#[test]
fn an_upgrade_that_discards_settings() {
    let router = Router::boot(install(&sysupgrade(&OLD, &[BOARD]), Some("admin")), &[]);
    fs::write(
        router.root().join("etc/config/attendedsysupgrade"),
        "config server 'server'\n",
    )
    .unwrap();
    let session = router.login("admin").unwrap();
    assert!(prepare(&router, &session, &sysupgrade(&NEW, &["other", BOARD])).valid);
    assert!(start(&router, &session, false).started);
    router.wait_for_boot(2);
    let session = router.login("any password").unwrap();
    assert_eq!(packages(&router, &session), expected_packages(&NEW));
    assert!(!router.root().join("etc/config/attendedsysupgrade").exists());
    assert_eq!(router.journal()[1]["keep"], false);
}

#[test]
fn images_that_do_not_fit_are_refused_and_change_nothing() {
    let router = Router::boot(install(&sysupgrade(&OLD, &[BOARD]), None), &[]);
    let session = router.login("").unwrap();
    let foreign = sysupgrade(&NEW, &["acme,one"]);
    let mut damaged = sysupgrade(&NEW, &[BOARD]);
    damaged[100] ^= 1;
    let short = &damaged[..damaged.len() / 2];
    for (image, complaint) in [
        (&foreign[..], "acme,one"),
        (&damaged, "checksum"),
        (short, "metadata"),
    ] {
        let tested = prepare(&router, &session, image);
        assert!(
            !tested.valid && !tested.tests["fwtool_device_match"],
            "{tested:?}"
        );
        assert!(tested.error.contains(complaint), "{tested:?}");
        assert!(!start(&router, &session, true).started);
        let path = json!({"path": "/tmp/firmware.bin"});
        let verdict = router.call(&session, "system", "validate_firmware_image", path);
        assert_eq!(verdict["valid"], false);
    }
    // By force it gets to sysupgrade, which finds no root filesystem in what is left.
    prepare(&router, &session, &short[..1000]);
    let forced = json!({"keep": true, "force": true});
    router.call(&session, "attendedsysupgrade", "start", forced);
    router.wait_for("refused", 1);
    assert_eq!(packages(&router, &session), expected_packages(&OLD));
    assert_eq!(router.journal().len(), 2);
}

#[test]
fn a_disk_image_needs_no_metadata() {
    let x86 = |spec: Spec<'static>| Spec {
        target: "x86/64",
        ..spec
    };
    let router = Router::boot(
        install(&disk(&x86(OLD)), None),
        &["--board", "generic", "--efi"],
    );
    let session = router.login("").unwrap();
    let info: RouterInfo = reply(router.call(&session, "attendedsysupgrade", "info", json!({})));
    assert!(info.efi);
    let image = disk(&x86(NEW));
    assert!(prepare(&router, &session, &image).valid);
    assert!(start(&router, &session, true).started);
    router.wait_for_boot(2);
    let session = router.login("").unwrap();
    assert_eq!(packages(&router, &session), expected_packages(&NEW));
}

#[test]
fn a_reboot_forgets_sessions_and_uploads_but_no_settings() {
    let router = Router::boot(install(&sysupgrade(&OLD, &[BOARD]), Some("admin")), &[]);
    let session = router.login("admin").unwrap();
    let section = json!({"config": "attendedsysupgrade", "section": "server", "type": "server"});
    fs::write(router.root().join("etc/config/attendedsysupgrade"), "").unwrap();
    let mut values = section.clone();
    values["values"] = json!({"url": "http://h/"});
    router.try_call(&session, "uci", "set", values).unwrap();
    router.try_call(&session, "uci", "commit", section).unwrap();
    assert!(prepare(&router, &session, &sysupgrade(&NEW, &[BOARD])).valid);
    router
        .try_call(&session, "system", "reboot", json!({}))
        .unwrap();
    router.wait_for_boot(2);
    let denied = router
        .try_call(&session, "packagelist", "list", json!({}))
        .unwrap();
    assert_eq!(denied["error"]["code"], -32002);
    let session = router.login("admin").unwrap();
    assert!(!start(&router, &session, true).started);
    let server = json!({"config": "attendedsysupgrade", "section": "server"});
    let values = router.call(&session, "uci", "get", server)["values"].clone();
    assert_eq!(
        values,
        json!({".anonymous": false, ".type": "server", ".name": "server", "url": "http://h/"})
    );
    assert_eq!(router.journal().len(), 2);
}

/// Whether this machine allows an ordinary user a namespace; util-linux' unshare tries it.
fn has_user_namespaces(user: u32) -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["--user", "true"]);
    if nix::unistd::Uid::effective().is_root() {
        probe.uid(user).gid(user);
    }
    probe.output().unwrap().status.success()
}

#[test]
fn it_works_for_an_ordinary_user() {
    let user = 65_534;
    let folder = install(&sysupgrade(&OLD, &[BOARD]), None);
    let mut command = Router::copied_command(&folder);
    if nix::unistd::Uid::effective().is_root() {
        assert!(
            Command::new("chown")
                .args(["-R", &user.to_string()])
                .arg(folder.path())
                .status()
                .unwrap()
                .success()
        );
        command.uid(user).gid(user);
    }
    if !has_user_namespaces(user) {
        // In many containers: then it must say so.
        let refused = command.output().unwrap();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("user namespace"));
        return;
    }
    let router = Router::start(folder, command);
    let session = router.login("").unwrap();
    assert!(prepare(&router, &session, &sysupgrade(&NEW, &[BOARD])).valid);
    assert!(start(&router, &session, true).started);
    router.wait_for_boot(2);
    let session = router.login("").unwrap();
    assert_eq!(packages(&router, &session), expected_packages(&NEW));
}

#[test]
fn nothing_is_left_when_it_ends() {
    let mut router = Router::boot(install(&sysupgrade(&OLD, &[BOARD]), None), &[]);
    let children = || {
        let id = router.process.id();
        fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap()
    };
    let child = children().trim().to_owned();
    assert!(
        Path::new("/proc").join(&child).exists(),
        "the system is a process of its own: {child}"
    );
    router.process.kill().unwrap();
    router.process.wait().unwrap();
    router.wait_until_down();
}
