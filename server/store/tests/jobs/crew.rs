//! Workers of all servers, and what one server does for all.

use super::*;

#[tokio::test]
async fn workers_are_counted_over_all_servers_while_they_live() {
    let (place, here) = store().await;
    let there = open(&place).await;
    here.worker_seen("one", at(0)).await.unwrap();
    there.worker_seen("one", at(1)).await.unwrap();
    there.worker_seen("two", at(60)).await.unwrap();
    assert_eq!(here.workers(at(60)).await.unwrap(), 2);
    assert_eq!(here.workers(at(130)).await.unwrap(), 1);
    there.worker_gone("two").await.unwrap();
    assert_eq!(here.workers(at(60)).await.unwrap(), 1);
    here.forget_workers(at(90_000)).await.unwrap();
    assert_eq!(here.workers(at(2)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_duty_is_one_servers_until_it_is_silent() {
    let (_place, store) = store().await;
    let hold = async |who: &str, second| {
        let duty = store.hold_duty("scale", who, at(second), LEASE).await;
        duty.unwrap()
    };
    let fresh = hold("one", 0).await.unwrap();
    assert_eq!(fresh.did, "");
    assert_eq!(hold("two", 59).await, None);
    store.note_duty("scale", "two", "up", at(59)).await.unwrap();
    assert_eq!(hold("one", 59).await, Some(fresh), "not by others");
    store.note_duty("scale", "one", "up", at(60)).await.unwrap();
    assert_eq!(hold("two", 118).await, None);
    let taken_over = hold("two", 119).await.unwrap();
    assert_eq!((taken_over.did.as_str(), taken_over.did_at), ("up", at(60)));
    assert_eq!(hold("one", 120).await, None);
}

#[tokio::test]
async fn the_outlook_has_all_of_it() {
    let (_place, store) = store().await;
    for package in ["a", "b", "c"] {
        queue(&store, package, 0).await;
    }
    let first = claim(&store, 0).await;
    store
        .succeed(&first, at(30), &answer("done"))
        .await
        .unwrap();
    claim(&store, 30).await;
    store.worker_seen("w", at(30)).await.unwrap();
    let outlook = store.outlook(at(31)).await.unwrap();
    assert_eq!((outlook.queued, outlook.running), (1, 1));
    assert_eq!((outlook.workers, outlook.parked), (1, 0));
    assert_eq!(outlook.wait(), Some(Duration::from_secs(30)));
}
