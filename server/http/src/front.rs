//! The routes behind a look at what is kept ready.
//!
//! Routers poll for builds and ask for documents all day. Those answers lie in memory as bytes, and
//! giving them out before anything is routed, wrapped or logged costs a third of the time.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Method, Request, header};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures_util::future::Either;
use tower::Service;

use crate::api::Clock;
use crate::guard::Rates;
use crate::hot::Hot;
use crate::layers;
use crate::metrics;

/// All routes, as one service for any number of connections. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    pub(crate) routes: Router,
    pub(crate) hot: Hot,
    pub(crate) clock: Clock,
    pub(crate) rates: Option<Rates>,
}

impl Front {
    /// The answer that is at hand, if there is one and its asker does not ask too often.
    fn at_hand(&self, request: &Request<Body>) -> Option<Response> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        let began = Instant::now();
        let (path, asked) = (request.uri().path(), request.headers());
        let mut answer = match path.strip_prefix("/api/v1/build/") {
            Some(hash) => self.hot.answer(hash, (self.clock)(), asked),
            None => self.hot.kept(path, asked),
        }?;
        // Whoever asks too often is told so by the layers, with all that belongs to an answer.
        if self
            .rates
            .as_ref()
            .is_some_and(|rates| rates.refuses(request))
        {
            return None;
        }
        layers::finish(request, &mut answer);
        if is_head {
            without_body(&mut answer);
        }
        self.hot
            .metrics()
            .count(metrics::kind_of(path), answer.status(), began.elapsed());
        Some(answer)
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router always is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.at_hand(&request) {
            Some(answer) => Either::Left(ready(Ok(answer))),
            None => Either::Right(self.routes.call(request)),
        }
    }
}

fn without_body(answer: &mut Response) {
    let length = answer.body().size_hint().exact().unwrap_or_default();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    *answer.body_mut() = Body::empty();
}
