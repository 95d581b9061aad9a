//! Who may build from elsewhere, and what.

use asu_store::{Lease, Scope, Wanted};

use super::*;

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

async fn queue_for(store: &Store, target: &str) {
    let mut request = request("a");
    request.target = target.parse().unwrap();
    store.enqueue(&request, at(0), MANY).await.unwrap();
}

#[tokio::test]
async fn a_token_is_known_by_its_hash_until_it_is_revoked() {
    let (_dir, store) = store().await;
    let all = scope("*");
    assert!(store.add_token("one", "ab", &all, at(0)).await.unwrap());
    let taken = store.add_token("one", "cd", &all, at(1)).await.unwrap();
    assert!(!taken, "a name stands for one token");
    let some = scope("x86/64,ath79/*");
    assert!(
        store
            .add_token("another", "ef", &some, at(2))
            .await
            .unwrap()
    );

    let known = store.token("ab").await.unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.made_at), ("one", at(0)));
    assert_eq!(known.seen_at, None);
    assert_eq!(store.token("cd").await.unwrap(), None);
    store.token_seen(&known, at(5)).await.unwrap();
    let listed = store.tokens().await.unwrap();
    let names: Vec<_> = listed.iter().map(|token| token.name.as_str()).collect();
    assert_eq!(names, ["another", "one"]);
    assert_eq!(listed[0].scope, some);
    assert_eq!(listed[1].seen_at, Some(at(5)));

    assert!(store.revoke_token("one").await.unwrap());
    assert!(!store.revoke_token("one").await.unwrap());
    assert_eq!(store.token("ab").await.unwrap(), None);
}

#[tokio::test]
async fn a_worker_is_given_jobs_of_its_targets_only() {
    let (_dir, store) = store().await;
    for target in ["ath79/generic", "ath79x/generic", "x86/64", "x86/legacy"] {
        queue_for(&store, target).await;
    }
    let mut given = Vec::new();
    for targets in [
        "ramips/*", "x86/64", "x86/64", "ath79/*", "ath79/*", "*", "*",
    ] {
        let wanted = Wanted {
            scope: scope(targets),
            ..Wanted::default()
        };
        let claim = store.claim_of(&wanted, "w", at(1), LEASE).await.unwrap();
        given.push(claim.map_or_else(String::new, |claim| claim.request.target.to_string()));
    }
    let expected = [
        "",
        "x86/64",
        "",
        "ath79/generic",
        "",
        "ath79x/generic",
        "x86/legacy",
    ];
    assert_eq!(given, expected);
}

#[tokio::test]
async fn a_lease_is_its_workers_own() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let claim = claim(&store, 1).await;
    let told = Lease::told(claim.lease.request_hash().to_owned(), claim.lease.number());
    let held = store.held(&told, "w").await.unwrap();
    assert_eq!(held.as_ref(), Some(&claim));
    assert_eq!(store.held(&told, "v").await.unwrap(), None);
    let other = Lease::told(
        claim.lease.request_hash().to_owned(),
        claim.lease.number() + 1,
    );
    assert_eq!(store.held(&other, "w").await.unwrap(), None);
    store.hand_back(&claim.lease, at(2)).await.unwrap();
    assert_eq!(store.held(&told, "w").await.unwrap(), None);
}

/// Who has this ImageBuilder at hand claims at `second`; the target of what it is given.
async fn prepared(store: &Store, targets: &str, target: &str, second: i64) -> String {
    let place = asu_protocol::worker::Place {
        version: "24.10.2".parse().unwrap(),
        target: target.parse().unwrap(),
    };
    let wanted = Wanted {
        scope: scope(targets),
        places: vec![place],
    };
    let claim = store.claim_of(&wanted, "w", at(second), LEASE).await;
    claim.unwrap().unwrap().request.target.to_string()
}

async fn queue_at(store: &Store, target: &str, second: i64) {
    let mut request = request("a");
    request.target = target.parse().unwrap();
    store.enqueue(&request, at(second), MANY).await.unwrap();
}

#[tokio::test]
async fn a_prepared_worker_takes_what_it_is_prepared_for_unless_others_wait_much_longer() {
    let (_dir, store) = store().await;
    queue_at(&store, "x86/64", 0).await;
    queue_at(&store, "x86/generic", 1).await;
    queue_at(&store, "ath79/generic", 30).await;
    queue_at(&store, "ath79/nand", 90).await;
    assert_eq!(
        prepared(&store, "*", "ath79/generic", 100).await,
        "ath79/generic"
    );
    // This one came more than a minute after the first.
    assert_eq!(prepared(&store, "*", "ath79/nand", 100).await, "x86/64");
    // Whose jobs it is not given do not hold it up.
    assert_eq!(
        prepared(&store, "ath79/*", "ath79/nand", 100).await,
        "ath79/nand"
    );
    assert_eq!(
        prepared(&store, "*", "ath79/nand", 100).await,
        "x86/generic"
    );
}
