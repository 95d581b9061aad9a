//! Claiming, reporting, failing, restarting.

use super::*;

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
        store.note(&lost.lease, at(61), "half of it").await,
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
    assert_eq!(verdict, Verdict::Parked(at(98)));
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
async fn what_trying_again_does_not_mend_is_given_up_at_once_and_soon_forgotten() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let first = claim(&store, 0).await;
    let verdict = store
        .give_up(&first, at(1), &answer("not published yet"))
        .await;
    assert_eq!(verdict.unwrap(), Verdict::GivenUp);
    assert!(matches!(
        state(&store, &job, 60).await,
        Some(State::Failed(_))
    ));
    assert_eq!(state(&store, &job, 61).await, None);
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

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_keep_jobs_waiting() {
    let (_dir, store) = store().await;
    queue(&store, "a", 3600).await;
    let given_back = claim(&store, 0).await;
    store.hand_back(&given_back.lease, at(3600)).await.unwrap();
    claim(&store, 1).await;
    store.release("w", at(3600)).await.unwrap();
    assert_eq!(claim(&store, 2).await.attempt, 2);
}
