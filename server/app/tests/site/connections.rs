//! Clients that are slow, silent or too many, over real sockets.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::workshop::IMAGE;
use super::*;

/// The limits of these tests, and what is surely longer than one of them.
const SHORT: Duration = Duration::from_millis(300);

async fn impatient(data: &Path, workshop: &Workshop, most: usize) -> Server {
    Server::set_up(data, workshop, |settings| {
        settings.connections = Connections {
            most,
            head_time: SHORT,
            stalled: SHORT,
            ..Connections::default()
        };
        settings.limits.body_time = SHORT;
    })
    .await
}

impl Server {
    async fn connect(&self) -> TcpStream {
        let address = self.url.strip_prefix("http://").unwrap();
        TcpStream::connect(address).await.unwrap()
    }

    async fn send(&self, bytes: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

/// All that comes until the server closes the connection, which it does.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text));
    // A reset is an end, too.
    let _ = read.await.expect("the connection stays open");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_head_that_does_not_come_closes_the_connection() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = impatient(dir.path(), &workshop, 100).await;
    for part in ["", "GET", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let began = Instant::now();
        let told = rest(server.send(part).await).await;
        assert!(began.elapsed() >= SHORT, "{part:?}");
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 408"),
            "{part:?}: {told}"
        );
    }
    // One that was answered may ask again for as long, and no longer.
    let idle = server
        .send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert!(rest(idle).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_and_queues_nothing() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = impatient(dir.path(), &workshop, 100).await;
    let head = "POST /api/v1/build HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for (body, status) in [
        ("content-length: 100\r\n\r\n{", "408"),
        ("transfer-encoding: chunked\r\n\r\n5\r\n{\"ve", "408"),
        ("transfer-encoding: chunked\r\n\r\nno number\r\n", "400"),
        (
            "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
            "400",
        ),
    ] {
        let told = rest(server.send(&format!("{head}{body}")).await).await;
        assert!(
            told.starts_with(&format!("HTTP/1.1 {status}")),
            "{body:?}: {told}"
        );
    }
    assert_eq!(workshop.begun(), 0);
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_holds_nothing() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = impatient(dir.path(), &workshop, 1).await;
    for part in [
        "",
        "GET / HT",
        "POST /api/v1/build HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let mut stream = server.send(part).await;
        stream.shutdown().await.unwrap();
        rest(stream).await;
        // There is one place only: who gets an answer got it from who has gone.
        assert_eq!(server.get("/healthz").await.status(), 200);
    }
}

#[tokio::test]
async fn one_connection_too_many_waits_for_its_turn() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = impatient(dir.path(), &workshop, 2).await;
    let silent = [server.connect().await, server.connect().await];
    let began = Instant::now();
    assert_eq!(server.get("/healthz").await.status(), 200);
    assert!(
        began.elapsed() >= SHORT / 2,
        "it waited until the silent ones were closed"
    );
    drop(silent);
}

#[tokio::test]
async fn who_does_not_read_an_image_is_dropped_and_who_reads_slowly_is_not() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = impatient(dir.path(), &workshop, 100).await;
    let (_, body) = server.build(&["large"]).await;
    let bin_dir = body["bin_dir"].as_str().unwrap();
    let get = format!("GET /store/{bin_dir}/image.bin HTTP/1.1\r\nhost: x\r\n\r\n");
    let size = body["images"][0]["size"].as_u64().unwrap();

    let stalled = server.send(&get).await;
    tokio::time::sleep(SHORT * 5).await;
    let read = rest(stalled).await.len() as u64;
    assert!(
        read < size,
        "what the kernels hold came, and no more: {read} of {size}"
    );

    let mut slow = server.send(&get).await;
    let (mut read, mut piece) = (0, vec![0; IMAGE.len() << 20]);
    while read < size {
        tokio::time::sleep(SHORT / 6).await;
        let count = slow.read(&mut piece).await.unwrap();
        assert!(count > 0, "cut off after {read} of {size}");
        read += count as u64;
    }
}

#[tokio::test]
async fn heads_are_limited_in_length_and_number() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let many = "x: y\r\n".repeat(200);
    for (head, statuses) in [
        (
            format!(
                "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
                "y".repeat(70_000)
            ),
            ["431", "431"],
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
            ["431", "431"],
        ),
        (
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(80_000)),
            ["414", "431"],
        ),
    ] {
        let told = rest(server.send(&head).await).await;
        let is_one = statuses
            .iter()
            .any(|status| told.starts_with(&format!("HTTP/1.1 {status}")));
        assert!(is_one && told.len() < 2048, "{}: {told}", &head[..40]);
    }
}
