//! What keeps one client from taking the server from the others: a rate for each address, and a
//! time within which a body must have come.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::failure::Failure;

/// How many seconds' worth of requests an address may send at once.
const BURST: u32 = 10;
/// Addresses that have been quiet are forgotten each time so many requests were looked at.
const SWEEP: u32 = 4096;

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
        address(request).is_some_and(|address| self.wait(address).is_some())
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
    let waits = address(&request).and_then(|address| rates.wait(address));
    match waits {
        Some(wait) => Failure::too_often(wait).into_response(),
        None => next.run(request).await,
    }
}

/// Whose request it is: the peer, or whom a web server on this machine says it asks for.
///
/// A program on this machine that says nothing is not limited. Nobody else can choose: others'
/// headers are not looked at, and a web server adds the address it sees at the end.
fn address(request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    let client = if peer.is_loopback() {
        forwarded(request.headers())?
    } else {
        peer
    };
    Some(whole_net(client))
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
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match read(body, most, time).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(failure) => failure.into_response(),
    }
}

/// A body of at most so many bytes that comes whole within `time`.
pub(crate) async fn read(body: Body, most: usize, time: Duration) -> Result<Bytes, Failure> {
    let read = tokio::time::timeout(time, axum::body::to_bytes(body, most));
    match read.await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Failure::too_large()),
        Err(_) => Err(Failure::too_slow()),
    }
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
        address(&request)
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
