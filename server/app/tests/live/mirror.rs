//! A mirror that can fall ill, and recover, while the server runs.
//!
//! By hand and below HTTP: no library that serves HTTP lets a test send a byte a second, or cut a
//! connection off in the middle of a body.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::contents::{self, Files};

/// How the mirror is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Health {
    /// As it should be.
    Well,
    /// Nobody listens.
    Refusing,
    /// Connections are accepted, and never answered.
    Silent,
    /// A byte of each file a second.
    Trickling,
    /// Connections end in the middle of a body.
    CuttingOff,
    /// 503.
    Overloaded,
    /// 200 with a page for people, whatever is asked for.
    Html,
    /// Half of each file, as a complete answer: invalid JSON, truncated gzip.
    Torn,
    /// One bit of what is signed or summed is another.
    Forged,
    /// The files that lists tell of are not there.
    Gone,
}

struct Shared {
    files: Files,
    health: Mutex<Health>,
    asked: Mutex<Vec<String>>,
}

/// The mirror.
pub(crate) struct Mirror {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Mirror {
    pub(crate) async fn start() -> Self {
        // Clients on this machine have 127.0.0.1, so none takes the port while nobody listens.
        let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let shared = Arc::new(Shared {
            files: contents::files(),
            health: Mutex::new(Health::Well),
            asked: Mutex::default(),
        });
        Self {
            address: listener.local_addr().unwrap(),
            listening: Mutex::new(Some(listen(listener, &shared))),
            shared,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how it is, from the next request on.
    pub(crate) async fn turn(&self, health: Health) {
        *self.shared.health.lock().unwrap() = health;
        let listening = self.listening.lock().unwrap().take();
        let listening = match (listening, health) {
            (Some(listening), Health::Refusing) => {
                listening.abort();
                let _ = listening.await;
                None
            }
            (None, Health::Refusing) => None,
            (Some(listening), _) => Some(listening),
            (None, _) => {
                let listener = TcpListener::bind(self.address).await.unwrap();
                Some(listen(listener, &self.shared))
            }
        };
        *self.listening.lock().unwrap() = listening;
    }

    /// How often a file was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == path).count()
    }
}

fn listen(listener: TcpListener, shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    })
}

/// One request; the connection is closed after it.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let path = path_of(&mut stream).await?;
    shared.asked.lock().unwrap().push(path.clone());
    let health = *shared.health.lock().unwrap();
    let (status, body) = answer(&shared.files, &path, health);
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let whole = [head.as_bytes(), &body].concat();
    match health {
        Health::Silent => std::future::pending().await,
        Health::Trickling => {
            stream.write_all(head.as_bytes()).await.ok()?;
            for byte in body {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Health::CuttingOff => {
            let half = &whole[..whole.len() - length.div_ceil(2)];
            stream.write_all(half).await.ok()?;
        }
        _ => stream.write_all(&whole).await.ok()?,
    }
    stream.shutdown().await.ok()
}

async fn path_of(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        head.extend_from_slice(&chunk[..length]);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split(' ').nth(1)?;
    Some(path.trim_start_matches('/').to_owned())
}

fn answer(files: &Files, path: &str, health: Health) -> (&'static str, Vec<u8>) {
    match health {
        Health::Overloaded => return ("503 Service Unavailable", b"later".to_vec()),
        Health::Html => return ("200 OK", b"<html><h1>Moved house</h1></html>".to_vec()),
        Health::Gone if !contents::is_list(path) => return ("404 Not Found", Vec::new()),
        _ => {}
    }
    let Some(body) = files.get(path) else {
        return ("404 Not Found", b"no such file".to_vec());
    };
    let mut body = body.clone();
    match health {
        Health::Torn => body.truncate(body.len() / 2),
        Health::Forged if contents::is_vouched_for(path) => body[12] ^= 1,
        _ => {}
    }
    ("200 OK", body)
}
