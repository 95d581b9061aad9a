//! What keeps one client from taking the server from the others: a rate for each address, and a
//! time within which a body must have come.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::failure::Failure;
use crate::workers;

/// How many seconds' worth of requests an address may send at once.
const BURST: u32 = 10;
/// Addresses that have been quiet are forgotten each time so many requests were looked at.
const SWEEP: u32 = 4096;

/// How much of a body that is too long is read all the same, bytes.
const DRAINED: u64 = 64 << 20;

/// The rate of each address.
#[derive(Clone)]
pub(crate) struct Rates(Arc<Inner>);

struct Inner {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    seen: AtomicU32,
}

impl Rates {
    /// So many requests a second, and ten times as many at once.
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self(Arc::new(Inner {
            limiter: RateLimiter::keyed(quota),
            seen: AtomicU32::new(0),
        }))
    }

    /// Whether whose request it is asks too often.
    pub(crate) fn refuses(&self, request: &Request) -> bool {
        address(request.extensions(), request.headers())
            .is_some_and(|address| self.wait(address).is_some())
    }

    /// How long `address` has to wait, if it has to.
    fn wait(&self, address: IpAddr) -> Option<Duration> {
        let Inner { limiter, seen } = &*self.0;
        if seen.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            limiter.retain_recent();
        }
        let refused = limiter.check_key(&address).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()))
    }
}

/// Refuses (429) whoever asks too often.
pub(crate) async fn rate(State(rates): State<Rates>, request: Request, next: Next) -> Response {
    let waits =
        address(request.extensions(), request.headers()).and_then(|address| rates.wait(address));
    match waits {
        Some(wait) => Failure::too_often(wait).into_response(),
        None => next.run(request).await,
    }
}

/// Whose request it is: the peer, or whom a web server on this machine says it asks for.
///
/// A program on this machine that says nothing is not limited. Nobody else can choose: others'
/// headers are not looked at, and a web server adds the address it sees at the end.
fn address(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    let client = if peer.is_loopback() {
        forwarded(headers)?
    } else {
        peer
    };
    Some(whole_net(client))
}

/// Whose request it is, for a handler; `None` for a program on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(address(&parts.extensions, &parts.headers)))
    }
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = last.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// A customer has a /64 of IPv6 to choose addresses from.
fn whole_net(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
    }
}

/// Reads the body before anything else is done, so that who sends it slowly holds nothing else.
pub(crate) async fn whole_body(
    State((most, time)): State<(usize, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    let is_exempt = workers::reads_its_body(request.method(), request.uri().path());
    if is_exempt || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match read(body, &parts.headers, most, time).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(failure) => failure.into_response(),
    }
}

/// A body of at most so many bytes that comes whole within `time`; `asked` are its headers.
pub(crate) async fn read(
    body: Body,
    asked: &HeaderMap,
    most: usize,
    time: Duration,
) -> Result<Bytes, Failure> {
    let waits = asked.contains_key(header::EXPECT);
    let taken = tokio::time::timeout(time, take(body, most, waits)).await;
    let taken = taken.unwrap_or_else(|_| Err(Failure::too_slow()))?;
    Ok(taken.into())
}

/// The bytes of a body that is not too long.
///
/// One that is too long is still taken, up to a point, from who `waits` not to be told to go on: a
/// client that is sending would not see an answer, only that its connection is gone.
async fn take(body: Body, most: usize, waits: bool) -> Result<Vec<u8>, Failure> {
    let announced = body.size_hint().lower();
    if announced > DRAINED || (waits && announced > most as u64) {
        return Err(Failure::too_large());
    }
    let (mut whole, mut length) = (Vec::new(), 0);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::broken_body())?;
        length += chunk.len();
        match length {
            _ if length <= most => whole.extend_from_slice(&chunk),
            _ if length as u64 > DRAINED => break,
            _ => whole = Vec::new(),
        }
    }
    if length > most {
        return Err(Failure::too_large());
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, forwarded: Option<&str>) -> Option<IpAddr> {
        let mut request = Request::new(Body::empty());
        if let Some(value) = forwarded {
            let headers = request.headers_mut();
            headers.insert("x-forwarded-for", value.parse().unwrap());
        }
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        address(request.extensions(), request.headers())
    }

    #[test]
    fn only_a_web_server_here_is_believed_whom_it_asks_for() {
        let ip = |text: &str| Some(text.parse().unwrap());
        assert_eq!(asked("192.0.2.1:9", None), ip("192.0.2.1"));
        assert_eq!(asked("192.0.2.1:9", Some("192.0.2.9")), ip("192.0.2.1"));
        let spoofed = Some("10.0.0.1, 192.0.2.7");
        assert_eq!(asked("127.0.0.1:9", spoofed), ip("192.0.2.7"));
        assert_eq!(asked("127.0.0.1:9", None), None);
        assert_eq!(asked("[2001:db8::1:2]:9", None), ip("2001:db8::"));
    }

    #[test]
    fn who_asks_too_often_waits_and_nobody_else_does() {
        let rates = Rates::new(NonZeroU32::MIN);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        for _ in 0..BURST {
            assert_eq!(rates.wait(one), None);
        }
        assert!(
            rates
                .wait(one)
                .is_some_and(|wait| wait <= Duration::from_secs(1))
        );
        assert_eq!(rates.wait(other), None);
    }
}
