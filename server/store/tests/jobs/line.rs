//! Places in a queue that is too long to be counted for everybody who asks.

use asu_store::Withdrawal;

use super::*;

const LONG: u32 = 620;

async fn queue_one_of(store: &Store, package: &str) -> Job {
    match store.enqueue(&request(package), at(0), LONG).await {
        Ok(Admission::Queued(job)) => job,
        other => panic!("not queued: {other:?}"),
    }
}

#[tokio::test]
async fn places_of_a_long_queue_are_exact_a_moment_later() {
    let (_dir, store) = store().await;
    let mut jobs = Vec::new();
    for number in 0..LONG {
        let job = queue_one_of(&store, &format!("p{number}")).await;
        assert_eq!(job.state, State::Queued { position: number });
        jobs.push(job);
    }
    for _ in 0..3 {
        claim(&store, 1).await;
    }
    // Later than any picture of the queue is kept.
    for (number, job) in (0..LONG).zip(&jobs).skip(3) {
        let position = number - 3;
        assert_eq!(
            state(&store, job, 50).await,
            Some(State::Queued { position })
        );
    }
    // Their leases have ended: they wait again, before all others.
    let last = state(&store, &jobs[619], 120).await;
    assert_eq!(last, Some(State::Queued { position: 619 }));

    let glanced = |job: &Job, second| {
        let glance = store.glance(&job.request_hash, at(second));
        glance.map(|(job, _)| job.state)
    };
    assert_eq!(glanced(&jobs[619], 120), last);
    // Its head is answered from memory, too, once it was seen.
    let early = state(&store, &jobs[10], 120).await;
    assert_eq!(early, Some(State::Queued { position: 10 }));
    assert_eq!(glanced(&jobs[10], 120), early);
    // Where no picture was taken for long, and of a job that was taken, the database is asked.
    assert_eq!(glanced(&jobs[619], 1000), None);
    while claim(&store, 120).await.lease.request_hash() != jobs[10].request_hash {}
    assert_eq!(glanced(&jobs[10], 120), None);
    cancel(&store, &jobs[619], 120).await;
    assert_eq!(glanced(&jobs[619], 120), None);
}

async fn cancel(store: &Store, job: &Job, second: i64) {
    let hash = &job.request_hash;
    assert!(store.wait_for(hash, "token").await.unwrap());
    let told = answer("cancelled");
    let withdrawn = store.withdraw(hash, "token", at(second), &told).await;
    assert_eq!(withdrawn.unwrap(), Withdrawal::Cancelled);
}
