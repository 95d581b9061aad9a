//! Handing in, joining, waiting, keeping.

use super::*;

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

fn in_folder(name: &str) -> asu_protocol::build::BuildAnswer {
    asu_protocol::build::BuildAnswer {
        bin_dir: name.to_owned(),
        ..answer("done")
    }
}

#[tokio::test]
async fn only_what_has_expired_is_forgotten() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let claimed = claim(&store, 0).await;
    store
        .succeed(&claimed, at(0), &in_folder("first"))
        .await
        .unwrap();
    assert!(store.expired(at(86_399)).await.unwrap().is_empty());
    store.forget(&job.request_hash, at(86_399)).await.unwrap();
    assert!(state(&store, &job, 86_399).await.is_some());

    let expired = store.expired(at(86_400)).await.unwrap();
    let told: Vec<_> = expired
        .iter()
        .map(|one| (one.request_hash.as_str(), one.folder.as_str()))
        .collect();
    assert_eq!(told, [(job.request_hash.as_str(), "first")]);
    // Asked for again before the cleaner came by: the new job stays.
    queue(&store, "a", 86_400).await;
    store.forget(&job.request_hash, at(86_401)).await.unwrap();
    assert_eq!(
        state(&store, &job, 86_401).await,
        Some(State::Queued { position: 0 })
    );
}
