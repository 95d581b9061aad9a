//! Kills at random moments: of the server, of a build's `make`, of all its processes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::future::join_all;
use serde_json::Value;

use crate::processes::{self, Process};
use crate::served::{assert_floor, assert_whole, listed};
use crate::server::Server;
use crate::{Stage, wish};

/// How many servers are beset at the same time, and how often something of each is killed.
const SITES: u64 = 4;
const KILLS: usize = 5;
/// Sets the random numbers, to see a failure again.
const SEED: &str = "ASU_FAULTS_SEED";

#[derive(Debug, Clone, Copy)]
enum Victim {
    Server,
    Make,
    Group,
}

/// A server that is killed and started again, and all that was asked of it.
struct Site {
    stage: Stage,
    data: PathBuf,
    server: Option<Server>,
    asked: Vec<String>,
    whole: Vec<Value>,
}

impl Site {
    fn open() -> Self {
        let stage = Stage::open();
        Self {
            data: stage.folder.path().join("data"),
            server: Some(stage.server("data")),
            stage,
            asked: Vec::new(),
            whole: Vec::new(),
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    async fn ask(&mut self) {
        let answer = self
            .server()
            .post("/api/v1/build", &wish(self.asked.len()))
            .await;
        assert_eq!(answer.status, 202, "{}", answer.json());
        let hash = answer.json()["request_hash"].as_str().unwrap().to_owned();
        self.asked.push(hash);
    }

    /// How long one more build takes.
    async fn measure(&mut self) -> Duration {
        let begun = Instant::now();
        self.ask().await;
        self.look().await;
        begun.elapsed()
    }

    /// Kills the server, removes its ImageBuilders if it is to fetch them anew, and starts it.
    fn restart(&mut self, anew: bool) {
        drop(self.server.take());
        if anew {
            std::fs::remove_dir_all(self.data.join("builder/imagebuilders")).unwrap();
        }
        self.server = Some(self.stage.server("data"));
    }

    async fn kill(&mut self, victim: Victim) {
        let server = processes::server_on(&self.data).pid;
        let make = |process: &Process| process.name == "make";
        match victim {
            Victim::Server => self.restart(false),
            Victim::Make => {
                if let Some(make) = find(server, make).await {
                    processes::kill(&make.pid.to_string());
                }
            }
            Victim::Group => {
                if let Some(any) = find(server, |process| process.group != server).await {
                    processes::kill(&format!("-{}", any.group));
                }
            }
        }
    }

    /// The last request ends well all the same, and its images are whole.
    async fn look(&mut self) {
        let answer = self.server().finished(self.asked.last().unwrap()).await;
        assert_whole(self.server(), &answer).await;
        self.whole.push(answer.json());
    }
}

/// Waits a moment for such a process; between two of them, and after the build, there is none.
async fn find(server: u32, is: impl Fn(&Process) -> bool) -> Option<Process> {
    for _ in 0..40 {
        if let Some(found) = processes::below(server).into_iter().find(&is) {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    None
}

/// Kills one thing after the other; `random` decides what and when.
async fn beset(mut random: Rng) {
    let mut site = Site::open();
    let (cold, warm) = (site.measure().await, site.measure().await);
    let trees = listed(&site.data.join("builder/imagebuilders"));
    eprintln!("a build takes {cold:?} with a new ImageBuilder, then {warm:?}");
    for number in 0..KILLS {
        let anew = number % 3 == 0;
        if anew {
            site.restart(true);
        }
        site.ask().await;
        let moment = if anew { cold } else { warm }.mul_f64(random.f64());
        tokio::time::sleep(moment).await;
        let victim = [Victim::Server, Victim::Make, Victim::Group][random.usize(..3)];
        eprintln!("{moment:?}: {victim:?}");
        site.kill(victim).await;
        site.look().await;
    }
    for answer in &site.whole {
        let hash = answer["request_hash"].as_str().unwrap();
        let again = site.server().finished(hash).await;
        assert_eq!(again.json(), *answer);
        assert_whole(site.server(), &again).await;
    }
    assert_floor(&site.data, &site.whole).await;
    assert_eq!(listed(&site.data.join("builder/imagebuilders")), trees);
    site.server.take().unwrap().stop().await;
    assert_eq!(processes::of_folder(&site.data), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_whenever_nothing_is_lost_and_nothing_is_left() {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("{SEED}={seed}");
    let mut seeds = Rng::with_seed(seed);
    let sites = (0..SITES).map(|_| tokio::spawn(beset(seeds.fork())));
    for ended in join_all(sites).await {
        ended.unwrap();
    }
}
