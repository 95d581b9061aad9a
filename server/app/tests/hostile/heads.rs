//! Heads that contradict the protocol or themselves.

use super::Server;

#[test]
fn heads_that_are_none() {
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000));
    let header = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "a".repeat(100_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
        "x: y\r\n".repeat(5000)
    );
    let post = "POST /api/v1/build HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let heads = [
        "\r\n\r\nX\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\0y\r\n\r\n",
        "GET / HTTP/1.1\r\nho st: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n",
        "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /a\rb HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n",
        &long,
        &header,
        &many,
    ];
    let bodies = [
        "content-length: -1\r\n\r\n{}",
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "content-length: 1e3\r\n\r\n{}",
        "content-length: 99999999999999999999\r\n\r\n{}",
        "content-length: 9999999999\r\n\r\n{}",
        "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked, identity\r\n\r\n{}",
        "transfer-encoding: x\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        "transfer-encoding: chunked\r\n\r\n2;x=\"\n\"\r\n{}\r\n0\r\n\r\n",
    ];
    let bodies = bodies.map(|rest| format!("{post}{rest}"));
    Server::start().withstands(|server| {
        let all = heads.into_iter().chain(bodies.iter().map(String::as_str));
        all.filter_map(|bytes| {
            server
                .send(bytes.as_bytes())
                .complaint(bytes, bytes.as_bytes())
        })
        .collect()
    });
}

#[test]
fn a_host_of_somebody_elses_choice_is_in_no_answer() {
    Server::start().withstands(|server| {
        let odd = [
            "host: \"><script>\r\n",
            "host: evil.example/x?\r\n",
            "host: a@evil.example\r\n",
            "host: a b\r\n",
            "host: x\r\nhost: evil.example\r\n",
            "host: x\r\nx-forwarded-proto: javascript\r\n",
            "host: x\r\nx-forwarded-host: evil.example\r\n",
            "host: x\r\nx-forwarded-for: \"><script>\r\n",
        ];
        let asked = odd.iter().filter_map(|headers| {
            let head = format!("GET /overview HTTP/1.1\r\nconnection: close\r\n{headers}\r\n");
            let answer = server.send(head.as_bytes());
            let says = answer.head.contains("evil") || answer.head.contains("script");
            let is_known = matches!(answer.status, 301 | 400);
            (says || !is_known).then(|| format!("{headers}: {answer:?}"))
        });
        asked.collect()
    });
}
