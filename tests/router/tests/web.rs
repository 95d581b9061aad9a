//! What a router's web server answers besides ubus: files, uploads and backups.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that goes wrong"
)]

mod support;

use std::fs;

use serde_json::json;

use support::image::{BOARD, OLD, sysupgrade};
use support::{Router, install};

#[test]
fn a_full_tmp_refuses_an_upload_with_the_reason() {
    let router = Router::boot(
        install(&sysupgrade(&OLD, &[BOARD]), None),
        &["--tmp-mb", "1"],
    );
    let session = router.login("").unwrap();
    let answer = router.upload(&session, &vec![1; 3 << 20]);
    assert_eq!(
        answer["message"],
        "I/O failure while writing temporary file"
    );
    assert_eq!(answer["failure"], json!([28, "No space left on device"]));
    // The partial file is gone, so the next one fits.
    assert_eq!(router.upload(&session, &vec![1; 1 << 19])["size"], 1 << 19);
}

#[test]
fn a_backup_has_the_settings_and_is_for_those_who_may_read_it() {
    let router = Router::boot(install(&sysupgrade(&OLD, &[BOARD]), None), &[]);
    let session = router.login("").unwrap();
    let (status, archive) = router.back_up(&session);
    assert_eq!(status, 200);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let mut files = archive.entries().unwrap();
    assert!(files.any(|file| {
        let path = file.unwrap().path().unwrap().into_owned();
        path == std::path::Path::new("etc/config/rpcd")
    }));
    for nobody in ["", "00000000000000000000000000000000"] {
        assert_eq!(router.back_up(nobody).0, 403);
    }
}

#[test]
fn static_files_are_served_as_uhttpd_serves_them() {
    let www = tempfile::tempdir().unwrap();
    fs::write(www.path().join("index.html"), "<main id=asu>").unwrap();
    fs::write(www.path().join("asu.wasm"), b"\0asm").unwrap();
    let router = Router::boot(
        install(&sysupgrade(&OLD, &[BOARD]), None),
        &["--www", www.path().to_str().unwrap()],
    );
    assert_eq!(router.get("/", &[]).text(), "<h1>router</h1>");
    let redirect = router.get("/attendedsysupgrade?a=b", &[]);
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (302, Some("/attendedsysupgrade/?a=b"))
    );
    let page = router.get("/attendedsysupgrade/", &[]);
    assert_eq!(
        (page.status, page.header("content-type"), page.text()),
        (200, Some("text/html"), "<main id=asu>")
    );
    let module = router.get("/attendedsysupgrade/asu.wasm", &[]);
    assert_eq!(
        module.header("content-type"),
        Some("application/octet-stream")
    );
    let tag = module.header("etag").unwrap();
    assert_eq!(
        router
            .get("/attendedsysupgrade/asu.wasm", &[("If-None-Match", tag)])
            .status,
        304
    );
    assert_eq!(
        router
            .get("/attendedsysupgrade/%2e%2e/%2e%2e/etc/shadow", &[])
            .status,
        404
    );
    assert_eq!(router.get("/nothing", &[]).status, 404);
}
