//! A mirror in trouble: what is known is answered as before, what is not is refused soon and
//! clearly, and after the mirror's recovery the next request works.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::mirror::Health;
use crate::server::{Answer, Server};
use crate::{Stage, wish};

/// Within this, an answer that needs no mirror is there; generous, for a busy machine.
const PROMPT: Duration = Duration::from_secs(4);
/// Within this, every client has an answer.
const CLEAR: Duration = Duration::from_secs(10);
/// Within this, a build that gets nothing from the mirror has ended: three tries, with pauses.
const BUILD: Duration = Duration::from_mins(2);

/// The release whose documents are known, and one that is listed only.
const WARM: &str = "24.10.2";
const COLD: &str = "24.10.3";

/// Something to ask: the path, and a body if it is posted.
type Question = (String, Option<Value>);

fn documents(version: &str) -> Vec<Question> {
    let root = format!("/json/v1/releases/{version}");
    let target = format!("{root}/targets/ath79/generic");
    let paths = [
        format!("{target}/index.json"),
        format!("{target}/tplink_archer-c7-v5.json"),
        format!("{root}/packages/mips_24kc-index.json"),
        format!("/api/v1/revision/{version}/ath79/generic"),
    ];
    paths.map(|path| (path, None)).into()
}

fn plan(to: &str) -> Question {
    let question = json!({
        "version": "24.10.1", "target": "ath79/generic", "profile": "tplink,archer-c7-v5",
        "packages": {"base-files": "1.0-1", "luci": "1.0-1"}, "to": to,
    });
    ("/api/v1/plan".to_owned(), Some(question))
}

fn build(version: &str) -> Question {
    ("/api/v1/build".to_owned(), Some(wish(version, &["luci"])))
}

/// All that a server knows that has built something and made a plan.
async fn known(server: &Server) -> Vec<Question> {
    let built = server.build(&wish(WARM, &["luci"])).await;
    assert_eq!(built.status, 200, "{}", built.json());
    let text = |key: &str| built.json()[key].as_str().unwrap().to_owned();
    let (hash, folder) = (text("request_hash"), text("bin_dir"));
    let image = built.json()["images"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut questions = documents(WARM);
    let lists = ["overview.json", "latest.json", "branches.json"];
    questions.extend(lists.map(|name| (format!("/json/v1/{name}"), None)));
    questions.push((format!("/api/v1/build/{hash}"), None));
    questions.push((format!("/store/{folder}/{image}"), None));
    questions.extend([build(WARM), plan(WARM)]);
    questions
}

async fn ask(server: &Server, (path, body): &Question) -> (Answer, Duration) {
    let begun = Instant::now();
    let answer = match body {
        Some(body) => server.post(path, body).await,
        None => server.get(path).await,
    };
    (answer, begun.elapsed())
}

async fn ask_all(server: &Server, questions: &[Question]) -> Vec<(Answer, Duration)> {
    join_all(questions.iter().map(|question| ask(server, question))).await
}

/// Warms a server up, restarts it beside a mirror that is ill, and looks whether it still answers:
/// after a restart nothing counts as fresh, so the mirror is asked about everything.
async fn restarted_beside(health: Health) -> Stage {
    let stage = Stage::open().await;
    let questions = known(&stage.server).await;
    let before = ask_all(&stage.server, &questions).await;
    let begun = Instant::now();
    let stage = stage.restarted(health, &[]).await;
    let took = begun.elapsed();
    assert!(took < PROMPT, "the restart took {took:?}");
    for _ in 0..2 {
        let now = ask_all(&stage.server, &questions).await;
        for ((question, (was, _)), (is, took)) in questions.iter().zip(&before).zip(&now) {
            assert_eq!(was.status, 200, "{question:?}");
            assert_eq!((is.status, &is.body), (200, &was.body), "{question:?}");
            assert!(*took < PROMPT, "{question:?} took {took:?}");
        }
    }
    stage
}

fn assert_told((answer, took): &(Answer, Duration), question: &Question) {
    let told = answer.json();
    assert!(*took < CLEAR, "{question:?} took {took:?}");
    assert!(matches!(answer.status, 500..=504), "{question:?}: {told}");
    assert_eq!(told["cause"], "upstream", "{question:?}: {told}");
    assert!(!told["detail"].as_str().unwrap().is_empty());
    let again: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..60).contains(&again), "{again}");
}

/// What a mirror gives no answer to, however it fails at it.
async fn is_survived(health: Health) {
    let stage = restarted_beside(health).await;
    let (server, mirror) = (&stage.server, &stage.mirror);
    let mut questions = documents(COLD);
    questions.extend([build(COLD), plan(COLD), build("24.10.9"), plan("24.10.9")]);
    let crowd = vec![questions[1].clone(); 50];
    for answer in ask_all(server, &crowd).await {
        assert_told(&answer, &crowd[0]);
    }
    let profiles = format!("releases/{COLD}/targets/ath79/generic/profiles.json");
    assert!(mirror.asked(&profiles) <= 1, "50 clients, one question");
    let told = ask_all(server, &questions).await;
    for (answer, question) in told.iter().zip(&questions) {
        assert_told(answer, question);
    }
    let again = told.last().unwrap().0.header("retry-after").parse();
    mirror.turn(Health::Well).await;
    tokio::time::sleep(Duration::from_secs(again.unwrap())).await;
    let well = [documents(COLD), vec![plan(COLD)]].concat();
    for ((answer, _), question) in ask_all(server, &well).await.iter().zip(&well) {
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{question:?}: {body}");
    }
    let built = server.build(&wish(COLD, &["luci"])).await;
    assert_eq!(built.status, 200, "{}", built.json());
    let unknown = ask(server, &build("24.10.9")).await.0;
    assert_eq!(unknown.json()["cause"], "unsupported-version");
    stage.server.stop().await;
}

macro_rules! survived {
    ($($name:ident: $health:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            is_survived(Health::$health).await;
        })*
    };
}

survived! {
    a_mirror_that_is_off: Refusing,
    a_mirror_that_never_answers: Silent,
    a_mirror_that_sends_a_byte_a_second: Trickling,
    a_mirror_that_cuts_connections_off: CuttingOff,
    a_mirror_that_is_overloaded: Overloaded,
    a_mirror_that_shows_a_page_instead: Html,
    a_mirror_with_half_written_files: Torn,
}

/// The ImageBuilder's archive is known by a list of the mirror, which is asked for after a restart.
async fn ends_a_build(health: Health) {
    let stage = restarted_beside(health).await;
    let wish = wish(WARM, &["htop"]);
    let asked = stage.server.post("/api/v1/build", &wish).await;
    assert_eq!(asked.status, 202, "the device is known");
    let hash = asked.json()["request_hash"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/build/{hash}");
    let mut stages = BTreeSet::new();
    let begun = Instant::now();
    let ended = loop {
        let answer = stage.server.get(&path).await;
        if answer.status != 202 {
            break answer;
        }
        stages.insert(answer.header("x-imagebuilder-status").to_owned());
        assert!(begun.elapsed() < BUILD, "it goes on and on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(stages.contains("container_setup"), "{stages:?}");
    let told = ended.json();
    assert_eq!((ended.status, &told["cause"]), (500, &json!("upstream")));
    assert!(told["hint"].as_str().unwrap().contains("again"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_ends_beside_a_mirror_that_gives_next_to_nothing() {
    tokio::join!(
        ends_a_build(Health::Silent),
        ends_a_build(Health::Trickling)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_whose_files_were_changed() {
    let stage = restarted_beside(Health::Forged).await;
    let server = &stage.server;
    let question = plan(COLD);
    assert_told(&ask(server, &question).await, &question);
    let built = server.build(&wish(COLD, &["luci"])).await;
    assert_eq!(
        (built.status, &built.json()["cause"]),
        (500, &json!("untrusted"))
    );
    stage.mirror.turn(Health::Well).await;
    // Another request: the failed one is remembered for a minute.
    let built = server.build(&wish(COLD, &["htop"])).await;
    assert_eq!(built.status, 200, "{}", built.json());
    stage.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_lists_files_it_does_not_have() {
    let stage = restarted_beside(Health::Gone).await;
    let server = &stage.server;
    let question = plan(COLD);
    assert_told(&ask(server, &question).await, &question);
    let asked = server.post("/api/v1/build", &wish(COLD, &["luci"])).await;
    assert_eq!(asked.status, 202, "the device is listed");
    stage.mirror.turn(Health::Well).await;
    let hash = asked.json()["request_hash"].as_str().unwrap().to_owned();
    let built = server.finished(&hash).await;
    assert_eq!(built.status, 200, "tried again: {}", built.json());
    stage.server.stop().await;
}

/// A server that starts without having seen anything, and is asked for the lists of releases.
async fn starts_beside(health: Health) {
    let stage = Stage::open().await;
    stage.mirror.turn(health).await;
    let folder = stage.folder.path().join("another");
    let server = Server::start(&folder, &stage.mirror.url(), &[]);
    let lists = ["overview", "latest", "branches"];
    let lists = lists.map(|name| (format!("/json/v1/{name}.json"), None));
    for (told, question) in ask_all(&server, &lists).await.iter().zip(&lists) {
        assert_told(told, question);
    }
    assert_eq!(server.get("/readyz").await.status, 503);
    stage.mirror.turn(Health::Well).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(ask(&server, &lists[0]).await.0.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_saw_its_mirror_says_so() {
    let illnesses = [Health::Refusing, Health::Silent, Health::Html];
    join_all(illnesses.map(starts_beside)).await;
}
