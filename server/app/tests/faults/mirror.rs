//! The mirror over HTTP, with downloads of ImageBuilders that can be spoilt.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::contents::{self, Files};

/// What becomes of an ImageBuilder on the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Damage {
    None,
    /// The connection ends in the middle.
    CutOff,
    /// Half of it, as a complete answer.
    Short,
    /// One bit is another.
    Flipped,
}

struct Shared {
    files: Files,
    damage: Mutex<Damage>,
}

/// The mirror.
pub(crate) struct Mirror {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl Mirror {
    /// In a thread of its own: tests block theirs while a server starts, which asks the mirror.
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared {
            files: contents::files(),
            damage: Mutex::new(Damage::None),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await
            })
        });
        Self { url, shared }
    }

    /// From the next download on.
    pub(crate) fn spoil(&self, damage: Damage) {
        *self.shared.damage.lock().unwrap() = damage;
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let Some(file) = shared.files.get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_imagebuilder = path.ends_with(".tar.zst");
    let damage = *shared.damage.lock().unwrap();
    let damage = if is_imagebuilder {
        damage
    } else {
        Damage::None
    };
    spoilt(file.clone(), damage)
}

fn spoilt(mut bytes: Vec<u8>, damage: Damage) -> Response {
    let half = bytes.len() / 2;
    match damage {
        Damage::Flipped => bytes[half] ^= 1,
        Damage::Short | Damage::CutOff => bytes.truncate(half),
        Damage::None => {}
    }
    if damage != Damage::CutOff {
        return bytes.into_response();
    }
    let broken = Err(std::io::Error::other("the mirror ends"));
    Body::from_stream(stream::iter([Ok(bytes), broken])).into_response()
}
