//! Whose turn it is among clients.

use std::net::IpAddr;

use asu_store::Client;

use super::*;

fn from(store: &Store, last: u8) -> Client {
    store.client(Some(IpAddr::from([192, 0, 2, last])))
}

async fn ask(store: &Store, client: &Client, package: &str, second: i64) -> Job {
    let wish = request(package);
    match store
        .enqueue_for(client, &wish, at(second), 1000)
        .await
        .unwrap()
    {
        Admission::Queued(job) | Admission::Joined(job) => job,
        full @ Admission::Full { .. } => panic!("{full:?}"),
    }
}

/// Claims so many jobs; the package of each.
async fn claimed(store: &Store, count: usize, second: i64) -> Vec<String> {
    let mut packages = Vec::new();
    for _ in 0..count {
        let claim = claim(store, second).await;
        packages.push(claim.request.packages[0].to_string());
    }
    packages
}

async fn position(store: &Store, job: &Job, second: i64) -> u32 {
    match state(store, job, second).await {
        Some(State::Queued { position }) => position,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_asks_for_many_keeps_nobody_waiting() {
    let (_dir, store) = store().await;
    let [many, one, two] = [1, 2, 3].map(|last| from(&store, last));
    let mut jobs = Vec::new();
    for number in 0..20 {
        jobs.push(ask(&store, &many, &format!("many-{number}"), 0).await);
    }
    assert_eq!(jobs[19].state, State::Queued { position: 19 });
    let other = ask(&store, &one, "one-0", 1).await;
    assert_eq!(other.state, State::Queued { position: 1 });
    ask(&store, &two, "two-0", 2).await;
    ask(&store, &two, "two-1", 2).await;
    assert_eq!(position(&store, &jobs[1], 2).await, 3);
    assert_eq!(position(&store, &jobs[19], 2).await, 22);
    assert_eq!(
        claimed(&store, 6, 3).await,
        ["many-0", "one-0", "two-0", "many-1", "two-1", "many-2"]
    );
    // Whoever comes while the third turn is being built has that one, too; whoever waited for nothing has
    // saved nothing up.
    let late = ask(&store, &one, "one-1", 4).await;
    assert_eq!(late.state, State::Queued { position: 0 });
    ask(&store, &one, "one-2", 4).await;
    assert_eq!(
        claimed(&store, 4, 5).await,
        ["one-1", "many-3", "one-2", "many-4"]
    );
}

#[tokio::test]
async fn a_place_in_a_long_queue_is_told_by_turns_as_well() {
    let (_dir, store) = store().await;
    let [many, other] = [1, 2].map(|last| from(&store, last));
    let mut last = None;
    for number in 0..520 {
        last = Some(ask(&store, &many, &format!("many-{number}"), 0).await);
    }
    let last = last.unwrap();
    assert_eq!(position(&store, &last, 0).await, 519);
    let mine = ask(&store, &other, "mine", 60).await;
    assert_eq!(mine.state, State::Queued { position: 1 });
    assert_eq!(position(&store, &last, 120).await, 520);
    assert_eq!(position(&store, &mine, 120).await, 1);
    let (glanced, _) = store.glance(&mine.request_hash, at(120)).unwrap();
    assert_eq!(glanced.state, State::Queued { position: 1 });
}

#[tokio::test]
async fn who_joins_a_job_waits_no_longer_than_for_one_of_their_own() {
    let (_dir, store) = store().await;
    let [many, other] = [1, 2].map(|last| from(&store, last));
    for number in 0..10 {
        ask(&store, &many, &format!("many-{number}"), 0).await;
    }
    let again = ask(&store, &many, "many-9", 1).await;
    assert_eq!(again.state, State::Queued { position: 9 });
    let joined = ask(&store, &other, "many-9", 1).await;
    assert_eq!(joined.state, State::Queued { position: 1 });
    assert_eq!(claimed(&store, 3, 2).await, ["many-0", "many-9", "many-1"]);
}

#[tokio::test]
async fn checks_go_behind_all_that_people_wait_for() {
    let (_dir, store) = store().await;
    let [person, checker] = [1, 2].map(|last| from(&store, last));
    let checker = checker.behind();
    ask(&store, &checker, "check-0", 0).await;
    ask(&store, &checker, "check-1", 0).await;
    for number in 0..3 {
        ask(&store, &person, &format!("person-{number}"), 1).await;
    }
    assert_eq!(
        claimed(&store, 4, 2).await,
        ["person-0", "person-1", "person-2", "check-0"]
    );
    // What people ask for while a check is made does not go behind the next.
    ask(&store, &person, "person-3", 3).await;
    assert_eq!(claimed(&store, 2, 4).await, ["person-3", "check-1"]);
}

#[tokio::test]
async fn a_client_is_the_same_to_all_servers_and_its_address_is_kept_nowhere() {
    let (place, store) = store().await;
    let shared = open(&place).await;
    assert_eq!(from(&store, 1), from(&shared, 1));
    assert_ne!(from(&store, 1), from(&store, 2));
    let (_elsewhere, stranger) = super::store().await;
    assert_ne!(from(&store, 1), from(&stranger, 1));
    assert_ne!(from(&store, 1), Client::default());
    assert!(!format!("{:?}", from(&store, 1)).contains("192.0.2"));
}

#[tokio::test]
async fn a_job_that_is_tried_again_keeps_its_turn() {
    let (_dir, store) = store().await;
    let [many, other] = [1, 2].map(|last| from(&store, last));
    for number in 0..3 {
        ask(&store, &many, &format!("many-{number}"), 0).await;
    }
    let first = claim(&store, 1).await;
    ask(&store, &other, "other", 2).await;
    store.hand_back(&first.lease, at(3)).await.unwrap();
    assert_eq!(
        claimed(&store, 4, 4).await,
        ["many-0", "other", "many-1", "many-2"]
    );
}
