//! Requests that fail again and again.

use super::*;

/// Fails three times, from `second` on; when it is parked until.
async fn park(store: &Store, second: i64) -> Timestamp {
    for late in [0, 10, 100] {
        let claimed = claim(store, second + late).await;
        let failed = answer("Error: it broke");
        let told = store.retry(&claimed, at(second + late), &failed).await;
        match told.unwrap() {
            Verdict::Retry(_) => {}
            Verdict::Parked(until) => return until,
            Verdict::GivenUp => panic!("given up"),
        }
    }
    panic!("tried a fourth time");
}

#[tokio::test]
async fn a_request_that_fails_again_and_again_is_left_alone_for_longer_each_time() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    assert_eq!(park(&store, 0).await, at(160));
    let Some(State::Failed(told)) = state(&store, &job, 159).await else {
        panic!("no answer");
    };
    assert_eq!(told.detail, "Error: it broke");
    assert_eq!(told.parked_until, format!("{:.0}", at(160)));
    assert!(told.hint.contains(&told.parked_until), "{}", told.hint);
    // Asking again before does not begin anything.
    let again = store.enqueue(&request("a"), at(159), MANY).await.unwrap();
    assert!(matches!(again, Admission::Joined(Job { parked: true, .. })));
    assert_eq!(store.claim("w", at(159), LEASE).await.unwrap(), None);

    queue(&store, "a", 160).await;
    assert_eq!(park(&store, 160).await, at(160 + 100 + 360));
    assert_eq!(store.parked_now(at(300)).await.unwrap(), 1);
    assert_eq!(store.parked_now(at(620)).await.unwrap(), 0);
}

#[tokio::test]
async fn its_log_is_kept_for_the_operator_for_a_week() {
    const WEEK: i64 = 7 * 86_400;
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    park(&store, 0).await;
    queue(&store, "a", 160).await;
    let until = park(&store, 160).await;
    assert_eq!(state(&store, &job, 620).await, None);
    assert!(store.expired(at(160 + WEEK)).await.unwrap().is_empty());
    store
        .forget(&job.request_hash, at(160 + WEEK))
        .await
        .unwrap();
    let parked = store.parked().await.unwrap();
    assert_eq!((parked.len(), parked[0].times), (1, 2));
    assert_eq!(parked[0].until, until);
    assert_eq!(parked[0].log.matches(" started by w").count(), 6);
    assert_eq!(parked[0].log.matches(" parked: Error: it broke").count(), 2);

    let late = at(620 + WEEK);
    let expired = store.expired(late).await.unwrap();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].request_hash, job.request_hash);
    store.forget(&job.request_hash, late).await.unwrap();
    assert!(store.parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_operator_may_release_it_and_images_clear_it() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    park(&store, 0).await;
    assert!(!store.unpark("unknown", at(101)).await.unwrap());
    assert!(store.unpark(&job.request_hash, at(101)).await.unwrap());
    queue(&store, "a", 101).await;
    assert!(!store.unpark(&job.request_hash, at(101)).await.unwrap());
    assert_eq!(park(&store, 101).await, at(101 + 100 + 60));

    queue(&store, "a", 300).await;
    let claimed = claim(&store, 300).await;
    store
        .succeed(&claimed, at(301), &answer("done"))
        .await
        .unwrap();
    assert!(store.parked().await.unwrap().is_empty());
    queue(&store, "a", 301 + 86_400).await;
    let until = park(&store, 301 + 86_400).await;
    assert_eq!(until, at(301 + 86_400 + 160), "as the first time");
}

#[tokio::test]
async fn workers_that_die_are_counted_like_failures() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    // The leases end; nobody says anything.
    for second in [0, 60, 120] {
        claim(&store, second).await;
    }
    assert_eq!(store.claim("w", at(180), LEASE).await.unwrap(), None);
    let Some(State::Failed(told)) = state(&store, &job, 181).await else {
        panic!("not parked");
    };
    assert_eq!(told.cause, "infrastructure");
    assert_eq!(told.parked_until, format!("{:.0}", at(240)));
    assert_eq!(store.parked().await.unwrap()[0].times, 1);
    assert_eq!(store.load(at(181)).await.unwrap().pending, 0);
}

#[tokio::test]
async fn what_all_builds_need_is_no_fault_of_one() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let mut verdicts = Vec::new();
    for second in [0, 10, 100] {
        let claimed = claim(&store, second).await;
        let failed = answer("Error: the mirror is down");
        let told = store.retry_shared(&claimed, at(second), &failed).await;
        verdicts.push(told.unwrap());
    }
    let pauses = [Verdict::Retry(at(5)), Verdict::Retry(at(40))];
    assert_eq!(verdicts, [pauses[0], pauses[1], Verdict::GivenUp]);
    assert_eq!(state(&store, &job, 160).await, None);
    assert!(store.parked().await.unwrap().is_empty());
}
