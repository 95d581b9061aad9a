//! Image files.

use axum::http::Method;

use super::bucket::{Bucket, Way};
use super::*;

const SIZE: &str = "10";

/// Each of these for images on disk and in a bucket.
macro_rules! on_both {
    ($($test:ident,)*) => {
        mod on_disk {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Server::start().await).await;
            })*
        }
        mod in_bucket {
            $(#[tokio::test]
            async fn $test() {
                let super::Bucket { server, s3: _s3 } = super::Bucket::handing_out(super::Way::Proxied).await;
                super::$test(server).await;
            })*
        }
    };
}

on_both! {
    an_image_is_served_as_a_download,
    a_download_can_be_resumed,
    folders_of_older_servers_are_served,
    nothing_else_is_served,
}

/// Stores an image; the path of its folder.
async fn with_image(server: &Server) -> String {
    let folder = format!("{}-7", "ab".repeat(32));
    server
        .store_image(&folder, "image.bin", b"0123456789")
        .await;
    format!("/store/{folder}")
}

async fn folders_of_older_servers_are_served(server: Server) {
    let folder = "ab".repeat(32);
    server
        .store_image(&folder, "image.bin", b"0123456789")
        .await;
    let answer = server.get(&format!("/store/{folder}/image.bin")).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (200, 10));
}

async fn an_image_is_served_as_a_download(server: Server) {
    let folder = with_image(&server).await;
    for method in [Method::GET, Method::HEAD] {
        let answer = server
            .ask(method.clone(), &format!("{folder}/image.bin"), &[])
            .await;
        assert_eq!(answer.status, 200);
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", SIZE),
            ("x-content-type-options", "nosniff"),
            ("content-disposition", "attachment; filename=\"image.bin\""),
            ("accept-ranges", "bytes"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
        assert!(!answer.header("etag").is_empty() && !answer.header("last-modified").is_empty());
        let body: &[u8] = if method == Method::HEAD {
            b""
        } else {
            b"0123456789"
        };
        assert_eq!(answer.bytes, body);
    }
}

async fn a_download_can_be_resumed(server: Server) {
    let folder = with_image(&server).await;
    let path = format!("{folder}/image.bin");
    let whole = server.get(&path).await;
    let tag = whole.header("etag");
    for headers in [
        vec![("range", "bytes=4-")],
        vec![("range", "bytes=4-"), ("if-range", tag)],
    ] {
        let part = server.ask(Method::GET, &path, &headers).await;
        assert_eq!(part.status, 206);
        assert_eq!(part.header("content-range"), "bytes 4-9/10");
        assert_eq!(part.bytes, b"456789");
    }
    let other = [("range", "bytes=4-"), ("if-range", "\"other\"")];
    assert_eq!(
        server.ask(Method::GET, &path, &other).await.bytes,
        b"0123456789"
    );

    let beyond = server
        .ask(Method::GET, &path, &[("range", "bytes=10-")])
        .await;
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let several = [("range", "bytes=0-1,4-5")];
    let several = server.ask(Method::GET, &path, &several).await;
    assert_eq!(several.status, 416);
    let end = [("range", "bytes=-3")];
    assert_eq!(server.ask(Method::GET, &path, &end).await.bytes, b"789");
    let middle = server
        .ask(Method::HEAD, &path, &[("range", "bytes=2-4")])
        .await;
    assert_eq!(
        (middle.status.as_u16(), middle.header("content-range")),
        (206, "bytes 2-4/10")
    );
    assert_eq!(
        (middle.header("content-length"), middle.bytes.len()),
        ("3", 0)
    );
    let unchanged = server
        .ask(Method::GET, &path, &[("if-none-match", tag)])
        .await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
}

async fn nothing_else_is_served(server: Server) {
    let folder = with_image(&server).await;
    std::fs::write(server.dir.path().join("secret"), "secret").unwrap();
    for path in [
        folder.clone(),
        format!("{folder}/"),
        format!("{folder}/other.bin"),
        format!("{folder}/..%2f..%2fsecret"),
        format!("{folder}/%2e%2e"),
        format!("{folder}/image.bin%00"),
        format!("/store/{}/image.bin", "cd".repeat(32)),
        format!("/store/{}/image.bin", "ab".repeat(32)),
        format!("/store/{}-70/image.bin", "ab".repeat(32)),
        format!("/store/{}-07/image.bin", "ab".repeat(32)),
        "/store/..%2fstore/image.bin".to_owned(),
        "/store/".to_owned(),
        "/store/%2e%2e/secret".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert_eq!(answer.json()["detail"], "Not found");
    }
}
