//! Image files.

use asu_artifacts::FolderName;
use axum::http::Method;

use super::*;

async fn with_image() -> (Server, String) {
    let server = Server::start().await;
    let from = server.dir.path().join("out");
    std::fs::create_dir(&from).unwrap();
    std::fs::write(from.join("image.bin"), "0123456789").unwrap();
    let hash = "ab".repeat(32);
    let folder = FolderName::new(&hash).unwrap();
    server.api.artifacts.put(&folder, &from).unwrap();
    (server, format!("/store/{hash}"))
}

#[tokio::test]
async fn an_image_is_served_as_a_download() {
    let (server, folder) = with_image().await;
    for method in [Method::GET, Method::HEAD] {
        let answer = server
            .ask(method.clone(), &format!("{folder}/image.bin"), &[])
            .await;
        assert_eq!(answer.status, 200);
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "10"),
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

#[tokio::test]
async fn a_download_can_be_resumed() {
    let (server, folder) = with_image().await;
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
    let unchanged = server
        .ask(Method::GET, &path, &[("if-none-match", tag)])
        .await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
}

#[tokio::test]
async fn nothing_else_is_served() {
    let (server, folder) = with_image().await;
    std::fs::write(server.dir.path().join("secret"), "secret").unwrap();
    for path in [
        folder.clone(),
        format!("{folder}/"),
        format!("{folder}/other.bin"),
        format!("{folder}/..%2f..%2fsecret"),
        format!("{folder}/%2e%2e"),
        format!("{folder}/image.bin%00"),
        format!("/store/{}/image.bin", "cd".repeat(32)),
        "/store/..%2fstore/image.bin".to_owned(),
        "/store/".to_owned(),
        "/store/%2e%2e/secret".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert_eq!(answer.json()["detail"], "Not found");
    }
}
