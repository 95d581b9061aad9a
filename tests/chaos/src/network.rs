//! A piece of network that can be cut: a proxy on the loopback before whoever is to be out of reach.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What passes at once, bytes.
const PIECE: usize = 64 << 10;

/// Where connections lead.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// Nowhere yet: they are refused.
    Nowhere,
    Address(SocketAddr),
    Socket(PathBuf),
}

#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// Nothing gets through; it waits, as it would in the queues of a network.
    cut: bool,
    /// Connections of an earlier age are broken.
    age: u64,
}

/// The line. Cheap to clone; clones are the same line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    address: SocketAddr,
    end: Arc<watch::Sender<End>>,
    weather: Arc<watch::Sender<Weather>>,
}

impl Line {
    /// A line from a free port of the loopback.
    pub(crate) async fn to(end: End) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("there is no free port")?;
        let line = Self {
            address: listener.local_addr()?,
            end: Arc::new(watch::Sender::new(end)),
            weather: Arc::default(),
        };
        tokio::spawn(line.clone().accept(listener));
        Ok(line)
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it begins, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on new connections lead there.
    pub(crate) fn lead_to(&self, end: End) {
        self.end.send_replace(end);
    }

    /// Lets nothing through for so long. Then what was on its way arrives, or its connections are
    /// `broken`, as by routers that have forgotten them.
    pub(crate) async fn cut(&self, lasting: Duration, broken: bool) {
        self.weather.send_modify(|weather| weather.cut = true);
        tokio::time::sleep(lasting).await;
        self.weather.send_modify(|weather| {
            weather.cut = false;
            weather.age += u64::from(broken);
        });
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((client, _)) = listener.accept().await {
            let line = self.clone();
            tokio::spawn(async move {
                let mut weather = line.weather.subscribe();
                let age = weather.borrow().age;
                tokio::select! {
                    // A connection that cannot be made, or breaks, is one that is closed.
                    _ = line.carry(client) => {}
                    _ = weather.wait_for(|now| now.age > age) => {}
                }
            });
        }
    }

    async fn carry(&self, client: TcpStream) -> std::io::Result<()> {
        self.fair_weather().await;
        let end = self.end.borrow().clone();
        let (from, to) = client.into_split();
        match end {
            End::Nowhere => Ok(()),
            End::Address(address) => {
                let (back, forth) = TcpStream::connect(address).await?.into_split();
                self.both((from, forth), (back, to)).await
            }
            End::Socket(path) => {
                let (back, forth) = UnixStream::connect(path).await?.into_split();
                self.both((from, forth), (back, to)).await
            }
        }
    }

    async fn both(
        &self,
        forth: (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
        back: (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        tokio::try_join!(self.pump(forth), self.pump(back)).map(drop)
    }

    async fn pump(
        &self,
        (mut from, mut to): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let length = from.read(&mut piece).await?;
            self.fair_weather().await;
            if length == 0 {
                return to.shutdown().await;
            }
            to.write_all(&piece[..length]).await?;
        }
    }

    async fn fair_weather(&self) {
        let mut weather = self.weather.subscribe();
        // The sender lives as long as the line.
        let _ = weather.wait_for(|now| !now.cut).await;
    }
}
