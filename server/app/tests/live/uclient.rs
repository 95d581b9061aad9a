//! uclient, OpenWrt's HTTP client under owut and auc: what it sends, byte for byte, and how it reads.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::server::Server;

/// One program that uses it.
pub(crate) struct Uclient {
    address: String,
    agent: &'static str,
}

/// What its callbacks are given.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in small letters, as uclient makes them.
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Uclient {
    pub(crate) fn new(server: &Server, agent: &'static str) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        Self {
            address: address.to_owned(),
            agent,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    /// The document at a path, which only 200 will do for.
    pub(crate) async fn document(&self, path: String) -> Value {
        let reply = self.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        reply.json()
    }

    pub(crate) async fn head(&self, path: &str) -> Reply {
        self.send("HEAD", path, None).await
    }

    /// The length is not told: the body goes as one chunk.
    pub(crate) async fn post(&self, path: &str, json: &str) -> Reply {
        self.send("POST", path, Some(json)).await
    }

    async fn send(&self, method: &str, path: &str, json: Option<&str>) -> Reply {
        let (address, agent) = (&self.address, self.agent);
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {agent}\r\n");
        let rest = json.map_or("\r\n".to_owned(), |json| {
            format!(
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
                 {:X}\r\n{json}\r\n0\r\n\r\n",
                json.len()
            )
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all((head + &rest).as_bytes()).await.unwrap();
        read(BufReader::new(stream), method).await
    }
}

async fn read(mut stream: BufReader<TcpStream>, method: &str) -> Reply {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &String| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: BTreeMap<String, String> = lines[1..].iter().map(header).collect();
    let mut body = Vec::new();
    if method != "HEAD" {
        // Without a length the end would be that of the connection, which is kept open.
        let length: usize = headers["content-length"].parse().unwrap();
        body.resize(length, 0);
        stream.read_exact(&mut body).await.unwrap();
    }
    Reply {
        status,
        headers,
        body,
    }
}

impl Reply {
    /// It is not told that packed answers are understood, so it must not be given one.
    pub(crate) fn json(&self) -> Value {
        assert!(!self.headers.contains_key("content-encoding"));
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}
