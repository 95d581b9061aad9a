//! What is around every route: CORS, request ids, the log, caught panics, a limit on bodies.

use std::any::Any;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::trace::TraceLayer;

use crate::cancel::TOKEN;
use crate::failure::Failure;
use crate::guard::{self, Rates};
use crate::legacy;
use crate::limits::Limits;
use crate::metrics::{self, Metrics};
use crate::status::{POSITION, STATUS};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a page may read of an answer.
const EXPOSED: [HeaderName; 11] = [
    STATUS,
    TOKEN,
    POSITION,
    REQUEST_ID,
    legacy::POSITION,
    legacy::REQUEST_HASH,
    legacy::UNKNOWN_PACKAGE,
    header::CONTENT_DISPOSITION,
    header::CONTENT_RANGE,
    header::ETAG,
    header::RETRY_AFTER,
];

/// The same as one value.
static EXPOSED_LIST: LazyLock<HeaderValue> = LazyLock::new(|| {
    let names = EXPOSED.map(|name| name.to_string()).join(",");
    HeaderValue::try_from(names).unwrap_or(HeaderValue::from_static(""))
});

/// A browser asks again after a day whether it may ask.
const PREFLIGHT_AGE: Duration = Duration::from_hours(24);

pub(crate) fn around(
    routes: Router,
    limits: &Limits,
    rates: Option<Rates>,
    metrics: Metrics,
) -> Router {
    let max_body = limits.max_body;
    // The last layer is the outermost one.
    let routes = routes
        .layer(DefaultBodyLimit::max(max_body))
        .layer(from_fn_with_state(
            (max_body, limits.body_time),
            guard::whole_body,
        ));
    let routes = match rates {
        Some(rates) => routes.layer(from_fn_with_state(rates, guard::rate)),
        None => routes,
    };
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(metrics, metrics::around))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, Numbered))
        .layer(cors())
}

/// What the layers do to an answer that did not come through them.
pub(crate) fn finish(path: &str, asked: &HeaderMap, answer: &mut Response) {
    let own = asked.get(REQUEST_ID).cloned();
    let id = own.or_else(new_id);
    tracing::debug!(?id, path, "answered from memory");
    let headers = answer.headers_mut();
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    let anyone = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anyone);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_LIST.clone());
}

/// Any page may use this server: the routers whose pages do have no name to list.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::HEAD,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([
            header::CONTENT_TYPE,
            header::RANGE,
            header::IF_RANGE,
            header::IF_NONE_MATCH,
            TOKEN,
        ])
        .expose_headers(EXPOSED)
        // The same whoever asks.
        .vary([])
        .max_age(PREFLIGHT_AGE)
}

/// Numbers requests: a time tells one run of the server from another.
#[derive(Clone, Copy)]
struct Numbered;

impl MakeRequestId for Numbered {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        new_id().map(RequestId::new)
    }
}

fn new_id() -> Option<HeaderValue> {
    static START: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_microsecond());
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    HeaderValue::try_from(format!("{:x}-{number:x}", *START)).ok()
}

fn span(request: &Request<Body>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tower-http hands the panic over"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message");
    Failure::panicked(message).into_response()
}
