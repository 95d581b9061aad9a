//! Behaviour of the job store, seen from outside.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::time::Duration;

use asu_protocol::build::{BuildAnswer, BuildRequest};
use asu_store::{Admission, Claim, Job, Policy, State, Store, StoreError, Verdict};
use jiff::Timestamp;
use tempfile::TempDir;

const LEASE: Duration = Duration::from_secs(60);
const MANY: u32 = 100;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

async fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    (dir, store)
}

async fn open(dir: &TempDir) -> Store {
    Store::open(&dir.path().join("jobs.sqlite"), Policy::default())
        .await
        .unwrap()
}

fn request(package: &str) -> BuildRequest {
    serde_json::from_value(serde_json::json!({
        "version": "24.10.2", "target": "ath79/generic", "profile": "p", "packages": [package],
    }))
    .unwrap()
}

fn answer(detail: &str) -> BuildAnswer {
    BuildAnswer {
        detail: detail.to_owned(),
        ..BuildAnswer::default()
    }
}

async fn queue(store: &Store, package: &str, second: i64) -> Job {
    match store.enqueue(&request(package), at(second), MANY).await {
        Ok(Admission::Queued(job)) => job,
        other => panic!("not queued: {other:?}"),
    }
}

async fn claim(store: &Store, second: i64) -> Claim {
    store
        .claim("w", at(second), LEASE)
        .await
        .unwrap()
        .expect("a job to claim")
}

async fn state(store: &Store, job: &Job, second: i64) -> Option<State> {
    let job = store.job(&job.request_hash, at(second)).await.unwrap();
    job.map(|job| job.state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn identical_requests_at_once_make_one_job() {
    let (_dir, store) = store().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.enqueue(&request("luci"), at(0), MANY).await })
        })
        .collect();
    let mut queued = 0;
    for task in tasks {
        match task.await.unwrap().unwrap() {
            Admission::Queued(_) => queued += 1,
            Admission::Joined(job) => assert_eq!(job.state, State::Queued { position: 0 }),
            full @ Admission::Full { .. } => panic!("{full:?}"),
        }
    }
    assert_eq!(queued, 1);
    assert_eq!(store.load(at(0)).await.unwrap().pending, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_goes_to_one_of_many_workers() {
    let (_dir, store) = store().await;
    for package in ["a", "b", "c"] {
        queue(&store, package, 0).await;
    }
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.claim(&number.to_string(), at(1), LEASE).await })
        })
        .collect();
    let mut hashes = Vec::new();
    for task in tasks {
        hashes.extend(
            task.await
                .unwrap()
                .unwrap()
                .map(|c| c.lease.request_hash().to_owned()),
        );
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 3);
}

#[tokio::test]
async fn the_queue_is_first_come_first_served_and_says_so() {
    let (_dir, store) = store().await;
    let first = queue(&store, "a", 0).await;
    let second = queue(&store, "b", 0).await;
    let third = queue(&store, "c", 0).await;
    assert_eq!(third.state, State::Queued { position: 2 });

    let claimed = claim(&store, 1).await;
    assert_eq!(claimed.lease.request_hash(), first.request_hash);
    assert_eq!(claimed.request, request("a"));
    assert_eq!(
        state(&store, &second, 1).await,
        Some(State::Queued { position: 0 })
    );
    assert_eq!(
        state(&store, &third, 1).await,
        Some(State::Queued { position: 1 })
    );
}

#[tokio::test]
async fn a_full_queue_refuses_new_requests_but_joins_known_ones() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let refused = store.enqueue(&request("b"), at(0), 1).await.unwrap();
    assert_eq!(refused, Admission::Full { pending: 1 });
    let joined = store.enqueue(&request("a"), at(0), 1).await.unwrap();
    assert!(matches!(joined, Admission::Joined(_)));
}

#[tokio::test]
async fn a_stage_is_shown_and_the_log_tells_the_story() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let claimed = claim(&store, 1).await;
    store
        .stage(&claimed.lease, at(2), "building_image")
        .await
        .unwrap();
    let seen = store.job(&job.request_hash, at(2)).await.unwrap().unwrap();
    assert_eq!(
        seen.state,
        State::Started {
            stage: "building_image".to_owned()
        }
    );
    assert_eq!(seen.enqueued_at, at(0));
    let events: Vec<&str> = seen
        .log
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, event)| event)
        .collect();
    assert_eq!(events, ["queued", "started by w", "building_image"]);
}

#[tokio::test]
async fn an_ended_lease_is_claimable_and_its_holder_is_refused() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let lost = claim(&store, 0).await;
    assert_eq!(store.claim("v", at(59), LEASE).await.unwrap(), None);
    assert_eq!(
        state(&store, &job, 60).await,
        Some(State::Queued { position: 0 })
    );

    let current = claim(&store, 60).await;
    assert_eq!(current.attempt, 2);
    for refused in [
        store.heartbeat(&lost.lease, at(61), LEASE).await,
        store.stage(&lost.lease, at(61), "done").await,
        store.succeed(&lost, at(61), &answer("late")).await,
        store.fail(&lost, at(61), &answer("late")).await,
        store.hand_back(&lost.lease, at(61)).await,
        store
            .retry(&lost, at(61), &answer("late"))
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(refused, Err(StoreError::LeaseLost { .. })),
            "{refused:?}"
        );
    }
    store
        .succeed(&current, at(62), &answer("done"))
        .await
        .unwrap();
    let Some(State::Done(kept)) = state(&store, &job, 63).await else {
        panic!("not done");
    };
    assert_eq!(kept.detail, "done");
}

#[tokio::test]
async fn a_heartbeat_keeps_the_lease() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let claimed = claim(&store, 0).await;
    store
        .heartbeat(&claimed.lease, at(50), LEASE)
        .await
        .unwrap();
    assert_eq!(store.claim("v", at(109), LEASE).await.unwrap(), None);
    assert!(store.claim("v", at(110), LEASE).await.unwrap().is_some());
}

#[tokio::test]
async fn a_permanent_failure_is_the_answer_for_an_hour() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let claimed = claim(&store, 0).await;
    store
        .fail(&claimed, at(10), &answer("no such package"))
        .await
        .unwrap();
    let again = store.enqueue(&request("a"), at(3600), MANY).await.unwrap();
    assert!(matches!(
        again,
        Admission::Joined(Job {
            state: State::Failed(_),
            ..
        })
    ));

    assert_eq!(state(&store, &job, 3610).await, None);
    assert_eq!(
        queue(&store, "a", 3610).await.state,
        State::Queued { position: 0 }
    );
}

#[tokio::test]
async fn a_passing_failure_is_tried_three_times_with_longer_pauses() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let first = claim(&store, 0).await;
    let verdict = store
        .retry(&first, at(1), &answer("disk full"))
        .await
        .unwrap();
    assert_eq!(verdict, Verdict::Retry(at(6)));
    assert_eq!(store.claim("w", at(5), LEASE).await.unwrap(), None);

    let second = claim(&store, 6).await;
    let verdict = store
        .retry(&second, at(7), &answer("disk full"))
        .await
        .unwrap();
    assert_eq!(verdict, Verdict::Retry(at(37)));

    let third = claim(&store, 37).await;
    let verdict = store
        .retry(&third, at(38), &answer("disk full"))
        .await
        .unwrap();
    assert_eq!(verdict, Verdict::GivenUp);
    assert!(matches!(
        state(&store, &job, 39).await,
        Some(State::Failed(_))
    ));
    assert_eq!(
        state(&store, &job, 98).await,
        None,
        "a passing failure is soon forgotten"
    );
}

#[tokio::test]
async fn a_pause_lets_others_pass() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let other = queue(&store, "b", 0).await;
    let first = claim(&store, 0).await;
    store
        .retry(&first, at(1), &answer("mirror down"))
        .await
        .unwrap();
    assert_eq!(
        claim(&store, 2).await.lease.request_hash(),
        other.request_hash
    );
}

#[tokio::test]
async fn a_job_handed_back_is_next_and_counts_as_untried() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    queue(&store, "b", 0).await;
    for second in 0..5 {
        let claimed = claim(&store, second).await;
        assert_eq!(claimed.lease.request_hash(), job.request_hash);
        assert_eq!(claimed.attempt, 1);
        store.hand_back(&claimed.lease, at(second)).await.unwrap();
    }
}

#[tokio::test]
async fn a_restart_keeps_queue_and_answers_and_frees_the_leases_of_this_worker() {
    let (dir, store) = store().await;
    let built = queue(&store, "a", 0).await;
    let claimed = claim(&store, 0).await;
    store
        .succeed(&claimed, at(1), &answer("done"))
        .await
        .unwrap();
    let interrupted = queue(&store, "b", 1).await;
    let waiting = queue(&store, "c", 1).await;
    claim(&store, 2).await;
    store.close().await;

    let store = open(&dir).await;
    assert_eq!(store.release("somebody else", at(3)).await.unwrap(), 0);
    assert_eq!(store.release("w", at(3)).await.unwrap(), 1);
    assert!(matches!(
        state(&store, &built, 3).await,
        Some(State::Done(_))
    ));
    assert_eq!(
        state(&store, &interrupted, 3).await,
        Some(State::Queued { position: 0 })
    );
    assert_eq!(
        state(&store, &waiting, 3).await,
        Some(State::Queued { position: 1 })
    );
    assert_eq!(
        claim(&store, 3).await.lease.request_hash(),
        interrupted.request_hash
    );
}

#[tokio::test]
async fn a_job_that_kills_its_worker_three_times_is_given_up() {
    let (_dir, store) = store().await;
    let killer = queue(&store, "a", 0).await;
    let next = queue(&store, "b", 0).await;
    for second in 0..3 {
        assert_eq!(
            claim(&store, second).await.lease.request_hash(),
            killer.request_hash
        );
        store.release("w", at(second)).await.unwrap();
    }
    assert_eq!(
        claim(&store, 3).await.lease.request_hash(),
        next.request_hash
    );
    let Some(State::Failed(why)) = state(&store, &killer, 4).await else {
        panic!("not given up");
    };
    assert!(why.detail.contains("interrupted 3 times"), "{}", why.detail);
}

#[tokio::test]
async fn images_live_as_long_as_their_request_allows() {
    let with = |json: serde_json::Value| {
        let mut request = serde_json::to_value(request("a")).unwrap();
        request
            .as_object_mut()
            .unwrap()
            .extend(json.as_object().unwrap().clone());
        serde_json::from_value::<BuildRequest>(request).unwrap()
    };
    let (_dir, store) = store().await;
    for (request, seconds) in [
        (
            with(serde_json::json!({"packages_versions": {"a": "1"}})),
            7 * 86_400,
        ),
        (with(serde_json::json!({})), 86_400),
        (with(serde_json::json!({"defaults": "uci commit"})), 1800),
    ] {
        store.enqueue(&request, at(0), MANY).await.unwrap();
        let claimed = claim(&store, 0).await;
        let hash = claimed.lease.request_hash();
        store
            .succeed(&claimed, at(0), &answer("done"))
            .await
            .unwrap();
        assert!(store.job(hash, at(seconds - 1)).await.unwrap().is_some());
        assert_eq!(store.job(hash, at(seconds)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn only_what_has_expired_is_forgotten() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let claimed = claim(&store, 0).await;
    store
        .succeed(&claimed, at(0), &answer("done"))
        .await
        .unwrap();
    assert!(store.expired(at(86_399)).await.unwrap().is_empty());
    store.forget(&job.request_hash, at(86_399)).await.unwrap();
    assert!(state(&store, &job, 86_399).await.is_some());

    assert_eq!(
        store.expired(at(86_400)).await.unwrap(),
        [job.request_hash.clone()]
    );
    // Asked for again before the cleaner came by: the new job stays.
    queue(&store, "a", 86_400).await;
    store.forget(&job.request_hash, at(86_401)).await.unwrap();
    assert_eq!(
        state(&store, &job, 86_401).await,
        Some(State::Queued { position: 0 })
    );
}

#[tokio::test]
async fn a_lease_of_an_earlier_life_is_refused_in_the_next() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let old = claim(&store, 0).await;
    store.fail(&old, at(0), &answer("no")).await.unwrap();
    queue(&store, "a", 4000).await;
    claim(&store, 4000).await;
    let refused = store.succeed(&old, at(4001), &answer("late")).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost { .. })));
}
