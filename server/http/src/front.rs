//! The routes behind a look at what is kept ready.
//!
//! Routers ask for builds, poll for them and read documents all day. Those answers lie in memory as
//! bytes, and giving them out before anything is routed, wrapped or logged takes a third of the time.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use asu_store::Store;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Ready, ready};
use tower::Service;

use crate::api::Clock;
use crate::guard::{self, Rates};
use crate::hot::{Hot, LONGEST_BODY};
use crate::{Limits, body, builds, layers, metrics, moved};

const BUILD: &str = "/api/v1/build";

/// All routes, as one service for any number of connections. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    pub(crate) routes: Router,
    pub(crate) store: Store,
    pub(crate) hot: Hot,
    pub(crate) clock: Clock,
    pub(crate) rates: Option<Rates>,
    pub(crate) limits: Arc<Limits>,
}

type Routed = RouteFuture<Infallible>;
type Posted = BoxFuture<'static, Result<Response, Infallible>>;
type AtHand = Ready<Result<Response, Infallible>>;

impl Front {
    /// A finished build, one that waits in a long queue, or a document that is at hand.
    fn read(&self, request: &Request<Body>) -> Option<Response> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let began = Instant::now();
        let (path, asked) = (request.uri().path(), request.headers());
        let build = path
            .strip_prefix(BUILD)
            .and_then(|rest| rest.strip_prefix('/'));
        let answer = match build {
            Some(hash) => self.standing(hash, asked),
            None => self.hot.kept(path, asked),
        };
        let mut answer = self.allowed(began, request, answer?)?;
        if is_head {
            without_body(&mut answer);
        }
        Some(answer)
    }

    fn standing(&self, hash: &str, asked: &HeaderMap) -> Option<Response> {
        let now = (self.clock)();
        let finished = self.hot.answer(hash, now, asked);
        finished.or_else(|| builds::glance((&self.store, &self.hot), hash, now, asked))
    }

    /// Asks for a build: the answer that is at hand for these bytes, or that of the routes.
    async fn post(mut self, request: Request<Body>) -> Result<Response, Infallible> {
        let (parts, body) = request.into_parts();
        let bytes =
            match guard::read(body, &parts.headers, LONGEST_BODY, self.limits.body_time).await {
                Ok(bytes) => bytes,
                Err(failure) => {
                    let mut answer = failure.into_response();
                    layers::finish(parts.uri.path(), &parts.headers, &mut answer);
                    return Ok(answer);
                }
            };
        let began = Instant::now();
        let known = self.known(&bytes, &parts.headers);
        let request = Request::from_parts(parts, Body::from(bytes));
        match known.and_then(|answer| self.allowed(began, &request, answer)) {
            Some(answer) => {
                self.hot.metrics().asked(true);
                Ok(answer)
            }
            None => self.routes.call(request).await,
        }
    }

    fn known(&self, bytes: &[u8], asked: &HeaderMap) -> Option<Response> {
        let hash = self.hot.hash_of(bytes)?;
        self.hot.answer(&hash, (self.clock)(), asked)
    }

    /// The finished answer, unless its asker asks too often: that is told by the layers.
    fn allowed(
        &self,
        began: Instant,
        request: &Request<Body>,
        mut answer: Response,
    ) -> Option<Response> {
        if self
            .rates
            .as_ref()
            .is_some_and(|rates| rates.refuses(request))
        {
            return None;
        }
        let path = request.uri().path();
        layers::finish(path, request.headers(), &mut answer);
        self.hot
            .metrics()
            .count(metrics::kind_of(path), answer.status(), began.elapsed());
        Some(answer)
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<AtHand, Either<Routed, Posted>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router always is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        moved::one_slash(&mut request);
        if let Some(answer) = self.read(&request) {
            return Either::Left(ready(Ok(answer)));
        }
        Either::Right(if may_be_known(&request) {
            Either::Right(self.clone().post(request).boxed())
        } else {
            Either::Left(self.routes.call(request))
        })
    }
}

/// Whether it asks for a build in few enough bytes that they may be known.
fn may_be_known(request: &Request<Body>) -> bool {
    let length = request.body().size_hint().exact();
    request.method() == Method::POST
        && request.uri().path() == BUILD
        && length.is_some_and(|length| length <= LONGEST_BODY as u64)
        && body::says_json(request.headers())
}

fn without_body(answer: &mut Response) {
    let length = answer.body().size_hint().exact().unwrap_or_default();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    *answer.body_mut() = Body::empty();
}
