//! How fast the server answers, and what it costs: `cargo xtask bench api`.
//!
//! A real build, then wrk on the answers that all routers ask for; nginx gives out the same bytes
//! as files. Then ten thousand builds wait, and all are polled.

#![expect(
    clippy::cast_precision_loss,
    reason = "what is counted here fits into a float"
)]

mod load;
mod nginx;
mod report;

use anyhow::Context;
use asu_protocol::build::BuildAnswer;
use asu_test_e2e::stage::{NEW_RELEASE, request};
use asu_test_e2e::{Parts, Stage};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use load::{Load, Measured, resident};
use nginx::Nginx;
use report::Report;

/// Connections: a lone router, and a busy day.
const CONNECTIONS: [u32; 2] = [1, 32];
/// What the image has beside the defaults.
const PACKAGES: [&str; 4] = ["luci", "htop", "tcpdump-mini", "wireguard-tools"];
/// Builds that wait.
const WAITING: usize = 10_000;
/// Connections of those who wait, and how long each pauses, milliseconds: few that never do, and as
/// many polls a second as ten thousand routers send that ask every five seconds.
const POLLERS: [(u32, u32); 3] = [(1, 0), (8, 0), (40, 20)];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let json = std::env::args().any(|argument| argument == "--json");
    let stage = Stage::start(parts()?).await?;
    let mut report = Report::default();
    warm(&stage, &mut report).await?;
    waiting(&stage, &mut report).await?;
    if !report.print(json)? {
        std::process::exit(1);
    }
    Ok(())
}

/// The programs built in the same way as this one.
fn parts() -> anyhow::Result<Parts> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).context("not below target")?;
    Parts::beside(&folder.join("asu-server"))
}

/// All that lies ready once an image was built.
async fn warm(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let wish = serde_json::to_value(request(NEW_RELEASE, &PACKAGES)?)?;
    let built = stage
        .server()?
        .build(&serde_json::from_value(wish.clone())?)
        .await?;
    let (url, pid) = (stage.server_url()?, stage.server_id()?);
    let nginx = Nginx::start()?;
    for (what, load) in loads(&built, &wish) {
        let like = bytes_of(&load, url).await?;
        nginx.put(&like.0, &like.1)?;
        for connections in CONNECTIONS {
            let ours = load.run(url, pid, connections)?;
            report.add(what, connections, ours);
            held(report, what, connections, ours);
            if load.method == "GET" {
                let same = Load {
                    paths: vec![format!("/{}", like.0)],
                    body: None,
                    ..load
                };
                let limit = same.run(&nginx.url(), nginx.pid(), connections)?;
                report.add(&format!("  nginx, {what}"), connections, limit);
                if what == "GET finished" && connections == 32 {
                    report.hold("nginx's rate over that of GET", limit.rate / ours.rate, "");
                }
            }
        }
    }
    report.hold("memory", resident(pid)?, "MB");
    Ok(())
}

fn loads(built: &BuildAnswer, wish: &Value) -> Vec<(&'static str, Load<'static>)> {
    let load = |method, body: Option<&Value>, path: String, succeeds| Load {
        method,
        body: body.map(Value::to_string),
        paths: vec![path],
        pause: 0,
        succeeds,
    };
    let mut unknown = wish.clone();
    unknown["profile"] = json!("nobodys_router");
    let ask = "/api/v1/build".to_owned();
    let answer = format!("{ask}/{}", built.request_hash);
    let image = built.images.first().map_or("", |image| &image.name);
    let file = format!("/store/{}/{image}", built.bin_dir);
    vec![
        ("POST finished", load("POST", Some(wish), ask.clone(), true)),
        ("GET finished", load("GET", None, answer, true)),
        (
            "overview",
            load("GET", None, "/json/v1/overview.json".to_owned(), true),
        ),
        (
            "POST unknown profile",
            load("POST", Some(&unknown), ask, false),
        ),
        ("GET store file", load("GET", None, file, true)),
    ]
}

/// A name for nginx, and what it gives out under it: the bytes that `load` gets.
async fn bytes_of(load: &Load<'_>, url: &str) -> anyhow::Result<(String, Vec<u8>)> {
    let path = load.paths.first().context("no path")?;
    let answer = reqwest::get(format!("{url}{path}")).await?;
    let name = path.rsplit('/').next().unwrap_or_default();
    Ok((name.to_owned(), answer.bytes().await?.to_vec()))
}

fn held(report: &mut Report, what: &str, connections: u32, measured: Measured) {
    if connections == 32 && what != "GET store file" {
        report.hold(&format!("{what}, CPU"), measured.cpu, "ms");
        report.hold(&format!("{what}, p99"), measured.p99, "ms");
    }
}

/// Ten thousand builds wait, and their clients poll.
async fn waiting(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let mut posts = JoinSet::new();
    let mut paths = Vec::new();
    for number in 0..WAITING {
        if posts.len() == 32 {
            let hash: anyhow::Result<String> = posts.join_next().await.context("no task")??;
            paths.push(format!("/api/v1/build/{}", hash?));
        }
        let server = stage.server()?;
        posts.spawn(async move {
            let mut wish = serde_json::to_value(request(NEW_RELEASE, &["luci"])?)?;
            wish["defaults"] = json!(format!("# router {number}"));
            let answer: BuildAnswer = server.post(&wish).await?.json().await?;
            anyhow::ensure!(answer.status == 202, "{}: {}", answer.status, answer.detail);
            Ok(answer.request_hash)
        });
    }
    let (url, pid) = (stage.server_url()?, stage.server_id()?);
    for (connections, pause) in POLLERS {
        let poll = Load {
            method: "GET",
            body: None,
            paths: paths.clone(),
            pause,
            succeeds: true,
        };
        let measured = poll.run(url, pid, connections)?;
        report.add("polls, 10,000 waiting", connections, measured);
        report.hold(
            &format!("poll of 10,000 waiting, {connections}, p99"),
            measured.p99,
            "ms",
        );
    }
    report.hold("memory, 10,000 waiting", resident(pid)?, "MB");
    Ok(())
}
