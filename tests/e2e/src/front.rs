//! A proxy in front of a part that goes wrong when it is told to.
//!
//! Ready-made fault proxies cut whole connections; here single requests go wrong: a path, or a call
//! of one ubus method.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_LENGTH, DATE, HOST, TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// More than any image of the stage, bytes.
const LARGEST: usize = 64 << 20;

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another answer than the part's, which is not asked.
    Answer(u16, String),
    /// The connection ends without an answer.
    Down,
    /// There is never an answer; the part is not asked.
    Silence,
    /// The answer ends after so many bytes.
    Cut(usize),
    /// The answer stands still after so many bytes.
    Stall(usize),
    /// One byte of the answer is another.
    Damage,
    /// The connection ends after so many bytes of the request.
    Refuse(usize),
    /// The answer has no CORS headers, as of a server that does not know of other sites.
    WithoutCors,
}

impl Fault {
    /// What ubus answers with this data.
    pub fn ubus(data: &Value) -> Self {
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": [0, data]});
        Self::Answer(200, answer.to_string())
    }

    /// What ubus answers to somebody whose session ended.
    pub fn denied() -> Self {
        let error = json!({"code": -32002, "message": "Access denied"});
        Self::Answer(
            200,
            json!({"jsonrpc": "2.0", "id": 1, "error": error}).to_string(),
        )
    }
}

#[derive(Debug, Clone)]
struct Rule {
    /// A method and the beginning of a path: `GET /store/`.
    place: String,
    /// The end of the path.
    end: String,
    /// A part of the body.
    body: String,
    fault: Fault,
    /// Whether the second such request is answered as ever.
    once: bool,
}

#[derive(Debug, Default)]
struct Settings {
    part: String,
    /// The last one that fits counts.
    rules: Mutex<Vec<Rule>>,
    /// The clock of the part, as its answers tell it.
    date: Mutex<Option<HeaderValue>>,
    http: reqwest::Client,
}

/// A running proxy. Dropped, it ends.
#[derive(Debug)]
pub struct Front {
    url: String,
    settings: Arc<Settings>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Front {
    /// Starts a proxy in front of the part at the URL `part`.
    pub async fn start(part: &str) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let settings = Arc::new(Settings {
            part: part.to_owned(),
            ..Settings::default()
        });
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&settings));
        let task = tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self {
            url,
            settings,
            task,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on, requests like `GET /store/` go wrong.
    pub fn fail(&self, place: &str, fault: Fault) {
        self.fail_file(place, "", fault);
    }

    /// From now on, requests like `GET /store/` for files that end like this go wrong.
    pub fn fail_file(&self, place: &str, end: &str, fault: Fault) {
        self.add(Rule {
            place: place.to_owned(),
            end: end.to_owned(),
            body: String::new(),
            fault,
            once: false,
        });
    }

    /// From now on, calls of a ubus method like `attendedsysupgrade info` go wrong.
    pub fn fail_call(&self, call: &str, fault: Fault) {
        self.add(of_call(call, fault, false));
    }

    /// The next call of a ubus method goes wrong, and only that.
    pub fn fail_next_call(&self, call: &str, fault: Fault) {
        self.add(of_call(call, fault, true));
    }

    /// Everything works again.
    pub fn heal(&self) {
        lock(&self.settings.rules).clear();
    }

    /// Lets every answer tell this time; an HTTP date.
    pub fn set_clock(&self, date: &str) -> anyhow::Result<()> {
        *lock(&self.settings.date) = Some(HeaderValue::from_str(date)?);
        Ok(())
    }

    fn add(&self, rule: Rule) {
        lock(&self.settings.rules).push(rule);
    }
}

/// For requests with a ubus call like `attendedsysupgrade info` in their body.
fn of_call(call: &str, fault: Fault, once: bool) -> Rule {
    Rule {
        place: "POST /ubus".to_owned(),
        end: String::new(),
        body: call.replacen(' ', "\",\"", 1),
        fault,
        once,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(settings): State<Arc<Settings>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let place = format!("{} {path}", head.method);
    let refused = settings
        .fault(&place, "")
        .filter(|fault| matches!(fault, Fault::Refuse(_)));
    if let Some(Fault::Refuse(bytes)) = refused {
        return refuse(body, bytes).await;
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let text = if body.len() < 10_000 {
        String::from_utf8_lossy(&body)
    } else {
        "".into()
    };
    let mut response = match settings.fault(&place, &text) {
        Some(Fault::Answer(status, text)) => own(status, text),
        Some(Fault::Down) => broken(stream::empty().boxed()),
        Some(Fault::Silence) => std::future::pending().await,
        fault => match settings.pass(&head.method, path, &head.headers, body).await {
            Ok((status, headers, bytes)) => change(status, headers, &bytes, fault.as_ref()),
            Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
        },
    };
    if let Some(date) = lock(&settings.date).clone() {
        response.headers_mut().insert(DATE, date);
    }
    response
}

impl Settings {
    fn fault(&self, place: &str, body: &str) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let fits = |rule: &Rule| {
            place.starts_with(&rule.place)
                && place.ends_with(&rule.end)
                && body.contains(&rule.body)
        };
        let found = rules.iter().rposition(fits)?;
        if rules[found].once {
            return Some(rules.remove(found).fault);
        }
        Some(rules[found].fault.clone())
    }

    /// Asks the part.
    async fn pass(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
        let mut headers = headers.clone();
        headers.remove(HOST);
        headers.remove(TRANSFER_ENCODING);
        let url = format!("{}{path}", self.part);
        let request = self.http.request(method.clone(), url).headers(headers);
        let answer = request
            .body(body)
            .send()
            .await
            .context("the part does not answer")?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove(TRANSFER_ENCODING);
        Ok((status, headers, answer.bytes().await?))
    }
}

/// An answer of the proxy's own, which pages of other sites may read.
fn own(status: u16, text: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (axum::http::header::CONTENT_TYPE, "application/json"),
    ];
    (status, headers, text).into_response()
}

fn change(
    status: StatusCode,
    mut headers: HeaderMap,
    bytes: &Bytes,
    fault: Option<&Fault>,
) -> Response {
    let body = match fault {
        Some(Fault::Cut(count)) => part(bytes, *count).chain(later(end())).boxed(),
        Some(Fault::Stall(count)) => part(bytes, *count).chain(stream::pending()).boxed(),
        Some(Fault::Damage) => part(&damaged(bytes), bytes.len()),
        fault => {
            if matches!(fault, Some(Fault::WithoutCors)) {
                headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            }
            part(bytes, bytes.len())
        }
    };
    headers.entry(CONTENT_LENGTH).or_insert(bytes.len().into());
    (status, headers, Body::from_stream(body)).into_response()
}

type Pieces = BoxStream<'static, std::io::Result<Bytes>>;

fn part(bytes: &Bytes, count: usize) -> Pieces {
    let piece = bytes.slice(..count.min(bytes.len()));
    stream::once(async { Ok(piece) }).boxed()
}

/// Ends the connection, because the answer is not complete.
fn end() -> Pieces {
    stream::once(async { Err(std::io::ErrorKind::ConnectionAborted.into()) }).boxed()
}

/// Browsers forget what came right before a connection ended.
fn later(pieces: Pieces) -> Pieces {
    let pause = stream::once(tokio::time::sleep(Duration::from_millis(500)));
    pause
        .flat_map(move |()| stream::empty())
        .chain(pieces)
        .boxed()
}

fn broken(pieces: Pieces) -> Response {
    Body::from_stream(pieces.chain(end())).into_response()
}

/// Reads some of a request, then ends the connection.
async fn refuse(body: Body, bytes: usize) -> Response {
    let mut pieces = body.into_data_stream();
    let mut seen = 0;
    while seen < bytes {
        match pieces.next().await {
            Some(Ok(piece)) => seen += piece.len(),
            _ => break,
        }
    }
    broken(stream::empty().boxed())
}

fn damaged(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.last_mut() {
        *byte = !*byte;
    }
    bytes.into()
}
