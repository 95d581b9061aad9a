//! Many at once, on several servers' worth of connections.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::*;

/// Three servers on one database.
async fn servers() -> (Place, [Store; 3]) {
    let (place, first) = store().await;
    let (second, third) = (open(&place).await, open(&place).await);
    (place, [first, second, third])
}

fn name(number: usize) -> String {
    format!("package-{number}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_request_at_all_servers_at_once_is_one_job() {
    let (_place, servers) = servers().await;
    for round in 0..5 {
        let mut asking = JoinSet::new();
        for number in 0..24 {
            let server = servers[number % 3].clone();
            let wish = request(&name(round));
            asking.spawn(async move { server.enqueue(&wish, at(0), MANY).await.unwrap() });
        }
        let admitted = asking.join_all().await;
        let queued = |admission: &&Admission| matches!(admission, Admission::Queued(_));
        assert_eq!(admitted.iter().filter(queued).count(), 1);
        let known = |admission: &&Admission| matches!(admission, Admission::Joined(_));
        assert_eq!(admitted.iter().filter(known).count(), 23);
    }
    assert_eq!(servers[0].load(at(0)).await.unwrap().pending, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_are_queued_than_may_wait_and_each_has_a_place_of_its_own() {
    let (_place, servers) = servers().await;
    let mut asking = JoinSet::new();
    for (number, server) in servers.iter().cycle().take(40).cloned().enumerate() {
        asking.spawn(async move { server.enqueue(&request(&name(number)), at(0), 10).await });
    }
    let mut positions = BTreeSet::new();
    let mut refused = 0;
    for admitted in asking.join_all().await {
        match admitted.unwrap() {
            Admission::Queued(job) => {
                positions.insert(place_of(&servers[0], &job).await);
            }
            Admission::Full { pending } => {
                assert_eq!(pending, 10);
                refused += 1;
            }
            joined @ Admission::Joined(_) => panic!("{joined:?}"),
        }
    }
    assert_eq!(refused, 30);
    assert_eq!(positions, (0..10).collect());
}

async fn place_of(store: &Store, job: &Job) -> u32 {
    match state(store, job, 0).await {
        Some(State::Queued { position }) => position,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_share_the_jobs_and_each_end_is_counted() {
    const JOBS: usize = 60;
    let (_place, servers) = servers().await;
    for number in 0..JOBS {
        queue(&servers[0], &name(number), 0).await;
    }
    let mut working = JoinSet::new();
    for (number, server) in servers.iter().cycle().take(9).cloned().enumerate() {
        working.spawn(async move { work_all(&server, &number.to_string()).await });
    }
    let built: Vec<String> = working.join_all().await.concat();
    assert_eq!(built.len(), JOBS, "none was taken twice");
    assert_eq!(built.iter().collect::<BTreeSet<_>>().len(), JOBS);
    assert_eq!(
        servers[0].built_since(at(0)).await.unwrap(),
        i64::try_from(JOBS).unwrap()
    );
    let days = servers[1].version_days(0).await.unwrap();
    assert_eq!(days[0].builds, i64::try_from(JOBS).unwrap());
}

/// Takes and ends jobs until there are none; says which.
async fn work_all(store: &Store, worker: &str) -> Vec<String> {
    let mut built = Vec::new();
    while store.load(at(1)).await.unwrap().pending > 0 {
        let Some(claim) = store.claim(worker, at(1), LEASE).await.unwrap() else {
            continue;
        };
        store
            .stage(&claim.lease, at(1), "building_image")
            .await
            .unwrap();
        store.heartbeat(&claim.lease, at(2), LEASE).await.unwrap();
        store.succeed(&claim, at(2), &answer("done")).await.unwrap();
        built.push(claim.lease.request_hash().to_owned());
    }
    built
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_that_share_a_commit_are_told_apart() {
    const JOBS: usize = 40;
    let (_place, [store, _, _]) = servers().await;
    for number in 0..JOBS {
        queue(&store, &name(number), 0).await;
    }
    let claims = (0..64).map(|number| {
        let (store, worker) = (store.clone(), format!("worker-{number}"));
        async move {
            let claimed = store.claim(&worker, at(1), LEASE).await.unwrap();
            claimed.map(|claim| (worker, claim))
        }
    });
    let claims: Vec<_> = claims.collect::<JoinSet<_>>().join_all().await;
    let mut built = BTreeSet::new();
    for (worker, claim) in claims.into_iter().flatten() {
        let hash = claim.lease.request_hash();
        let log = store.job(hash, at(1)).await.unwrap().unwrap().log;
        assert!(log.ends_with(&format!("started by {worker}\n")), "{log}");
        store.succeed(&claim, at(2), &answer("done")).await.unwrap();
        built.insert(hash.to_owned());
    }
    assert_eq!(built.len(), JOBS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_comes_late_and_who_takes_over_do_not_both_have_the_job() {
    let (_place, [late, next, _]) = servers().await;
    let mut taken_over = 0;
    for round in 0..30 {
        let job = queue(&late, &name(round), 0).await;
        let old = claim(&late, 0).await;
        let told = answer("late");
        let (reported, taken) = tokio::join!(
            late.succeed(&old, at(60), &told),
            next.claim("next", at(60), LEASE),
        );
        match (reported, taken.unwrap()) {
            (Ok(()), None) => {}
            (Err(StoreError::LeaseLost { .. }), Some(new)) => {
                taken_over += 1;
                next.succeed(&new, at(61), &answer("new")).await.unwrap();
            }
            other => panic!("not one of both has it: {other:?}"),
        }
        let Some(State::Done(_)) = state(&late, &job, 61).await else {
            panic!("round {round} is not done");
        };
    }
    assert_eq!(late.built_since(at(0)).await.unwrap(), 30, "{taken_over}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_that_killed_their_workers_are_given_up_once_however_many_look() {
    let (_place, servers) = servers().await;
    for number in 0..10 {
        queue(&servers[0], &name(number), 0).await;
    }
    for try_number in 0..3 {
        for _ in 0..10 {
            claim(&servers[0], try_number).await;
        }
        servers[0].release("w", at(try_number)).await.unwrap();
    }
    let mut looking = JoinSet::new();
    for number in 0..12 {
        let server = servers[number % 3].clone();
        looking.spawn(async move { server.claim("v", at(3), LEASE).await.unwrap() });
    }
    assert!(looking.join_all().await.iter().all(Option::is_none));
    assert_eq!(servers[0].failed_builds(99).await.unwrap().len(), 10);
}
