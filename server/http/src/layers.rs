//! What is around every route: CORS, request ids, the log, caught panics, a limit on bodies.

use std::any::Any;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, Request, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};
use tower_http::request_id::{
    MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
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

/// A browser asks again after a day whether it may ask.
const PREFLIGHT_AGE: Duration = Duration::from_hours(24);

pub(crate) fn around(routes: Router, limits: &Limits, metrics: Metrics) -> Router {
    let max_body = limits.max_body;
    // The last layer is the outermost one.
    let routes = routes
        .layer(DefaultBodyLimit::max(max_body))
        .layer(from_fn_with_state(
            (max_body, limits.body_time),
            guard::whole_body,
        ));
    let routes = match NonZeroU32::new(limits.rate) {
        Some(rate) => routes.layer(from_fn_with_state(Rates::new(rate), guard::rate)),
        None => routes,
    };
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(metrics, metrics::around))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(cors())
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
        .expose_headers([
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
        ])
        .max_age(PREFLIGHT_AGE)
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
