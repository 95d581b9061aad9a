//! Places in a queue that is too long to be counted for everybody who asks.

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
}
