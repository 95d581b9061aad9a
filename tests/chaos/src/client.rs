//! Clients: each asks for images nobody else asks for, and does not give up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asu_protocol::build::BuildAnswer;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::stage::{RELEASE, Stage};
use crate::tally::Tally;
use crate::trouble::say;

/// How many ask at the same time.
const CLIENTS: usize = 40;
/// How long one waits for its image before it counts as lost.
const PATIENCE: Duration = Duration::from_mins(20);
/// How long a server may take for an answer before the other one is asked.
const ANSWER: Duration = Duration::from_secs(5);
/// The time between two looks at a build.
const POLL: Duration = Duration::from_secs(3);
/// How long one waits before it asks again for a build that was given up.
const PAUSE: Duration = Duration::from_secs(15);
/// Small devices with one image each.
const PROFILES: [&str; 2] = ["8dev_carambola2", "glinet_gl-ar150"];
/// Left out of every image, to have it made soon.
const WITHOUT: [&str; 5] = [
    "-kmod-ath9k",
    "-wpad-basic-mbedtls",
    "-dnsmasq",
    "-ppp-mod-pppoe",
    "-uboot-envtools",
];
/// Of which some are put into each image.
const WITH: [&str; 4] = ["htop", "tcpdump-mini", "iperf3", "nano"];

/// The first answer with images, by the hash of the request.
pub(crate) type Answers = BTreeMap<String, BuildAnswer>;

/// When there have been enough requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Enough {
    /// How many there are at least.
    pub(crate) requests: u32,
    /// Until when there are more.
    pub(crate) until: Instant,
}

/// A request unlike all others.
fn wish(number: u32) -> Value {
    let chosen = WITH.iter().enumerate();
    let chosen = chosen
        .filter(|(bit, _)| number >> bit & 1 == 1)
        .map(|(_, name)| *name);
    let packages: Vec<&str> = chosen.chain(WITHOUT).collect();
    json!({
        "version": RELEASE,
        "target": "ath79/generic",
        "profile": PROFILES[number as usize % PROFILES.len()],
        "packages": packages,
        "defaults": format!("# request {number}\n"),
    })
}

struct Crowd {
    servers: Vec<String>,
    http: Client,
    next: Mutex<u32>,
    enough: Enough,
    tally: Arc<Tally>,
    answers: Mutex<Answers>,
}

/// Asks until there was enough, and returns what came of it.
pub(crate) async fn ask(
    stage: &Stage,
    tally: Arc<Tally>,
    enough: Enough,
) -> anyhow::Result<Answers> {
    let crowd = Arc::new(Crowd {
        servers: stage
            .servers
            .iter()
            .map(|server| server.front.url())
            .collect(),
        http: Client::builder().timeout(ANSWER).build()?,
        next: Mutex::new(0),
        enough,
        tally,
        answers: Mutex::default(),
    });
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(Arc::clone(&crowd).client(number));
    }
    while let Some(ended) = clients.join_next().await {
        ended?;
    }
    let answers = crowd.answers.lock().await.clone();
    Ok(answers)
}

/// What an answer means to its asker.
enum Told {
    Done(Box<BuildAnswer>),
    Waits(String),
    /// Ask for the build once more, as the answer says.
    Again(String),
    /// Ask another server.
    Nothing,
}

impl Crowd {
    async fn client(self: Arc<Self>, client: usize) {
        while let Some(number) = self.next_number().await {
            self.tally.requests.add(1);
            let asking = self.until_done(number, client);
            match tokio::time::timeout(PATIENCE, asking).await {
                Ok(answer) => {
                    self.tally.answered.add(1);
                    let hash = answer.request_hash.clone();
                    self.answers.lock().await.insert(hash, answer);
                }
                Err(_) => say(&format!("request {number} was not answered")),
            }
        }
    }

    async fn next_number(&self) -> Option<u32> {
        let mut next = self.next.lock().await;
        let is_enough = *next >= self.enough.requests && Instant::now() >= self.enough.until;
        *next += 1;
        (!is_enough).then(|| *next - 1)
    }

    /// Goes from server to server, as a load balancer would, until there are images.
    async fn until_done(&self, number: u32, client: usize) -> BuildAnswer {
        let (wish, mut known) = (wish(number), None);
        for turn in client.. {
            let server = &self.servers[turn % self.servers.len()];
            let build = format!("{server}/api/v1/build");
            let request = match &known {
                None => self.http.post(build).json(&wish),
                Some(hash) => self.http.get(format!("{build}/{hash}")),
            };
            match told(request).await {
                Told::Done(answer) => return *answer,
                Told::Waits(hash) => known = Some(hash),
                Told::Nothing => self.tally.repeated.add(1),
                Told::Again(why) => {
                    say(&format!("request {number} is asked for again: {why}"));
                    self.tally.given_up.add(1);
                    known = None;
                    tokio::time::sleep(PAUSE).await;
                }
            }
            tokio::time::sleep(POLL).await;
        }
        unreachable!("there is always another turn")
    }
}

async fn told(request: RequestBuilder) -> Told {
    let answered = async { request.send().await?.text().await }.await;
    let answer = answered.ok();
    let answer = answer.and_then(|text| serde_json::from_str::<BuildAnswer>(&text).ok());
    let Some(answer) = answer else {
        return Told::Nothing;
    };
    match answer.status {
        200 => Told::Done(Box::new(answer)),
        202 => Told::Waits(answer.request_hash),
        // A build that failed says how far it came; a server that failed does not.
        _ if !answer.imagebuilder_status.is_empty() => Told::Again(answer.detail),
        404 => Told::Again(answer.detail),
        _ => Told::Nothing,
    }
}
