//! Two servers behind a load balancer, restarted one after the other while everybody asks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::program::{Program, is_finished, serve};
use super::site::mirror::Mirror;

/// How often each server is restarted.
const ROUNDS: usize = 3;
/// The number of the wish that is fulfilled at the beginning.
const FINISHED: usize = usize::MAX;

/// Passes connections on to the servers in turn; to the next only where one is refused, as load
/// balancers do that do not look into what passes.
#[derive(Clone)]
struct Balancer {
    url: String,
    servers: Arc<Mutex<[SocketAddr; 2]>>,
}

impl Balancer {
    async fn start(servers: [&Program; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let balancer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            servers: Arc::new(Mutex::new(servers.map(address))),
        };
        let this = balancer.clone();
        tokio::spawn(async move {
            for turn in 0.. {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(this.clone().pass_on(client, turn));
            }
        });
        balancer
    }

    async fn pass_on(self, mut client: TcpStream, turn: usize) {
        for turn in turn..turn + 2 {
            let server = self.servers.lock().unwrap()[turn % 2];
            if let Ok(mut server) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(&mut client, &mut server).await;
                return;
            }
        }
    }
}

fn address(program: &Program) -> SocketAddr {
    let address = program.url.trim_start_matches("http://");
    address.parse().unwrap()
}

fn wish(number: usize) -> Value {
    json!({
        "version": "24.10.2", "target": "ath79/generic", "profile": "tplink_archer-c7-v5",
        "packages": ["luci"], "defaults": format!("# {number}\n"),
    })
}

/// Clients that ask without a pause, and how often they did.
#[derive(Default)]
struct Crowd {
    asking: JoinSet<()>,
    asked: Arc<AtomicUsize>,
    enough: Arc<AtomicBool>,
}

impl Crowd {
    /// Each of them does `ask` with a number of its own, again and again.
    fn of<F: Future<Output = ()> + Send>(
        &mut self,
        ask: impl Fn(usize) -> F + Send + Clone + 'static,
    ) {
        let (asked, enough) = (Arc::clone(&self.asked), Arc::clone(&self.enough));
        self.asking.spawn(async move {
            while !enough.load(Ordering::Relaxed) {
                ask(asked.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }

    /// Lets them go; how many requests there were, each of which must have gone well.
    fn enough(mut self) -> impl Future<Output = usize> {
        self.enough.store(true, Ordering::Relaxed);
        async move {
            while let Some(asked) = self.asking.join_next().await {
                asked.unwrap();
            }
            self.asked.load(Ordering::Relaxed)
        }
    }
}

/// An answer, whole: anything else than a success is the end of the test.
async fn whole(sent: reqwest::Result<Response>) -> Vec<u8> {
    let answer = sent.expect("an answer");
    let status = answer.status();
    let bytes = answer.bytes().await.expect("a whole answer");
    assert!(
        status.is_success(),
        "{status} {:?}",
        String::from_utf8_lossy(&bytes)
    );
    bytes.to_vec()
}

fn crowd(url: &str, finished: &str, waiting: &str) -> Crowd {
    let mut crowd = Crowd::default();
    let client = Client::new();
    let build = format!("{url}/api/v1/build");
    let (asks, new) = (client.clone(), build.clone());
    crowd.of(move |number| {
        let asked = asks.post(&new).json(&wish(number)).send();
        async move {
            whole(asked.await).await;
            // Each of them is to be built.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let (joins, same) = (client.clone(), build.clone());
    crowd.of(move |_| {
        let asked = joins.post(&same).json(&wish(FINISHED)).send();
        async move { drop(whole(asked.await).await) }
    });
    for url in [
        format!("{build}/{finished}"),
        format!("{build}/{waiting}"),
        // Stays open until the server stops.
        format!("{build}/{waiting}/events"),
        format!("{url}/json/v1/overview.json"),
    ] {
        let client = client.clone();
        crowd.of(move |_| {
            let asked = client.get(&url).send();
            async move { drop(whole(asked.await).await) }
        });
    }
    // Who takes a new connection each time.
    let url = format!("{build}/{finished}");
    crowd.of(move |_| {
        let asked = Client::new().get(&url).send();
        async move { drop(whole(asked.await).await) }
    });
    crowd
}

/// Two servers on one database, one mirror and a load balancer.
struct Pair {
    mirror: Mirror,
    database: String,
    folders: [TempDir; 2],
    balancer: Balancer,
}

impl Pair {
    async fn start() -> (Self, [Program; 2]) {
        let (mirror, database) = (Mirror::start().await, asu_test_postgres::database());
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let servers = folders
            .each_ref()
            .map(|folder| start(&mirror, folder, &database));
        let pair = Self {
            mirror,
            database,
            folders,
            balancer: Balancer::start(servers.each_ref()).await,
        };
        (pair, servers)
    }

    async fn restart(&self, which: usize, servers: [Program; 2]) -> [Program; 2] {
        let [mut here, mut there] = servers;
        let old = if which == 0 { &mut here } else { &mut there };
        old.stop().await;
        *old = start(&self.mirror, &self.folders[which], &self.database);
        self.balancer.servers.lock().unwrap()[which] = address(old);
        [here, there]
    }

    /// The hash of what is asked for by way of the balancer.
    async fn ask(&self, wish: &Value) -> String {
        let url = format!("{}/api/v1/build", self.balancer.url);
        let told = whole(Client::new().post(url).json(wish).send().await).await;
        let told: Value = serde_json::from_slice(&told).unwrap();
        told["request_hash"].as_str().unwrap().to_owned()
    }
}

fn start(mirror: &Mirror, data: &TempDir, database: &str) -> Program {
    let mut command = serve(&mirror.url, data.path(), database);
    command.args(["--drain", "300ms", "--max-pending", "100000"]);
    Program::run(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rolling_restart_fails_no_request_and_costs_no_build() {
    let (pair, mut servers) = Pair::start().await;
    let finished = pair.ask(&wish(FINISHED)).await;
    servers[0].wait(&finished, is_finished).await;
    let waiting = servers[0].ask().await;
    pair.mirror.reached(1).await;

    let crowd = crowd(&pair.balancer.url, &finished, &waiting);
    for builds in 0..ROUNDS {
        servers = pair.restart(0, servers).await;
        servers = pair.restart(1, servers).await;
        // Whoever had the waiting build gave it to the other.
        pair.mirror.reached(builds + 2).await;
    }
    let asked = crowd.enough();
    pair.mirror.open_the_gate();
    let done = servers[0].wait(&waiting, is_finished).await;
    assert_eq!(done["detail"], "done", "{done}");
    assert!(asked.await > 100);
    for hash in [&finished, &waiting] {
        let [here, there] = servers.each_ref().map(|server| {
            let url = format!("{}/api/v1/build/{hash}", server.url);
            async move { whole(Client::new().get(url).send().await).await }
        });
        assert_eq!(here.await, there.await, "both give the same answer");
    }
}
