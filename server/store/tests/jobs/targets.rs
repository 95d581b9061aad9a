//! How many builds of a target run at once.

use asu_protocol::worker::Place as Prepared;
use asu_store::Wanted;
use tokio::task::JoinSet;

use super::*;

/// At most so many of x86/64.
async fn limited(most: u32) -> (Place, Store) {
    let (place, store) = store().await;
    store.close().await;
    let store = open_limited(&place, most).await;
    (place, store)
}

async fn open_limited(place: &Place, most: u32) -> Store {
    let policy = Policy {
        target_limits: [("x86/64".to_owned(), most)].into(),
        ..Policy::default()
    };
    Store::open(&place.database, policy).await.unwrap()
}

async fn queue_for(store: &Store, target: &str, package: &str) {
    let mut wish = request(package);
    wish.target = target.parse().unwrap();
    store.enqueue(&wish, at(0), 1000).await.unwrap();
}

async fn taken(store: &Store, wanted: &Wanted, second: i64) -> Option<Claim> {
    store
        .claim_of(wanted, "w", at(second), LEASE)
        .await
        .unwrap()
}

fn target(claim: Option<Claim>) -> String {
    claim.map_or_else(String::new, |claim| claim.request.target.to_string())
}

#[tokio::test]
async fn a_target_at_its_limit_is_passed_over_until_one_of_it_ends() {
    let (_place, store) = limited(2).await;
    for package in ["a", "b", "c", "d"] {
        queue_for(&store, "x86/64", package).await;
    }
    queue_for(&store, "ath79/generic", "e").await;
    let all = Wanted::default();
    let first = taken(&store, &all, 1).await.unwrap();
    assert_eq!(target(taken(&store, &all, 1).await), "x86/64");
    assert_eq!(target(taken(&store, &all, 1).await), "ath79/generic");
    assert_eq!(taken(&store, &all, 1).await, None);
    store.succeed(&first, at(2), &answer("done")).await.unwrap();
    let third = taken(&store, &all, 2).await.unwrap();
    assert_eq!(third.request, {
        let mut wish = request("c");
        wish.target = "x86/64".parse().unwrap();
        wish
    });
    assert_eq!(taken(&store, &all, 3).await, None);
    // The lease of the second has ended: it does not run any more, and is tried again.
    assert_eq!(taken(&store, &all, 61).await.unwrap().attempt, 2);
}

#[tokio::test]
async fn limits_hold_for_workers_of_some_targets_and_for_prepared_ones() {
    let (_place, store) = limited(1).await;
    for package in ["a", "b"] {
        queue_for(&store, "x86/64", package).await;
        queue_for(&store, "x86/generic", package).await;
    }
    let some = Wanted {
        scope: "x86/64".parse().unwrap(),
        ..Wanted::default()
    };
    assert_eq!(target(taken(&store, &some, 1).await), "x86/64");
    assert_eq!(taken(&store, &some, 1).await, None);
    let prepared = Wanted {
        places: vec![Prepared {
            version: "24.10.2".parse().unwrap(),
            target: "x86/64".parse().unwrap(),
        }],
        ..Wanted::default()
    };
    assert_eq!(target(taken(&store, &prepared, 1).await), "x86/generic");
    assert_eq!(target(taken(&store, &prepared, 1).await), "x86/generic");
    assert_eq!(taken(&store, &prepared, 1).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_run_than_may_however_many_take_at_once() {
    let (place, first) = limited(3).await;
    let second = open_limited(&place, 3).await;
    for number in 0..30 {
        queue_for(&first, "x86/64", &format!("p{number}")).await;
    }
    let mut taking = JoinSet::new();
    for number in 0..24 {
        let server = if number % 2 == 0 { &first } else { &second }.clone();
        taking.spawn(async move { taken(&server, &Wanted::default(), 1).await });
    }
    let claims = taking.join_all().await;
    assert_eq!(claims.iter().flatten().count(), 3);
}

#[tokio::test]
async fn a_worker_of_few_targets_finds_its_job_behind_all_others() {
    let (_dir, store) = store().await;
    for number in 0..40 {
        queue_for(&store, "x86/64", &format!("p{number}")).await;
        queue_for(&store, &format!("mvebu/cortexa{number}"), "p").await;
    }
    queue_for(&store, "ath79/nand", "p").await;
    let some = Wanted {
        scope: "ath79/*".parse().unwrap(),
        ..Wanted::default()
    };
    assert_eq!(target(taken(&store, &some, 1).await), "ath79/nand");
    assert_eq!(taken(&store, &some, 1).await, None);
}
