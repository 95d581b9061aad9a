//! What is counted for the 2017 API and the statistics, and in which order it is told.

use asu_store::day_of;

use super::*;

/// Builds a request with an image.
async fn build(store: &Store, packages: &[&str], more: serde_json::Value) -> String {
    let mut wish = serde_json::to_value(request("any")).unwrap();
    wish["packages"] = packages.into();
    let fields = more.as_object().unwrap().clone();
    wish.as_object_mut().unwrap().extend(fields);
    let wish = serde_json::from_value(wish).unwrap();
    store.enqueue(&wish, at(0), MANY).await.unwrap();
    let claimed = claim(store, 0).await;
    let done = store.succeed(&claimed, at(10), &answer("done")).await;
    done.unwrap();
    claimed.lease.request_hash().to_owned()
}

#[tokio::test]
async fn what_is_asked_for_most_goes_first_then_by_the_bytes_of_the_name() {
    let (_place, store) = store().await;
    let none = || serde_json::json!({});
    build(&store, &["Zoe", "amy", "a1"], none()).await;
    build(&store, &["amy", "-ppp", "a-b"], none()).await;
    build(&store, &["Bob"], serde_json::json!({"target": "x86/64"})).await;
    build(&store, &["eve"], serde_json::json!({"defaults": "true"})).await;

    let expected = ["amy", "Bob", "Zoe", "a-b", "a1"];
    let ranked = store.popular_packages(at(20), 9).await.unwrap();
    let names: Vec<&str> = ranked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected, "secret scripts' packages are left out");
    assert_eq!(ranked[0].1, 2);
    assert_eq!(store.distinct_packages(at(20)).await.unwrap(), 5);

    let targets = store.popular_targets(at(20), 9).await.unwrap();
    let pair = |target: &str, count| (target.to_owned(), count);
    assert_eq!(targets, [pair("ath79/generic", 2), pair("x86/64", 1)]);

    let top = store.top_packages(Some("24.10"), 9).await.unwrap();
    let top: Vec<&str> = top.iter().map(|popular| popular.name.as_str()).collect();
    assert_eq!(top, ["amy", "Bob", "Zoe", "a-b", "a1", "eve"]);
    assert!(
        store
            .top_packages(Some("24.1"), 9)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn images_downloads_and_requests_are_added_up() {
    let (_place, store) = store().await;
    build(&store, &["a"], serde_json::json!({})).await;
    for _ in 0..3 {
        store.count_download(at(20)).await.unwrap();
        store.count_requests(at(20), 5, 2).await.unwrap();
    }
    let count = store.image_count(at(20)).await.unwrap();
    assert_eq!((count.stored, count.downloads), (1, 3));
    let days = store.days(day_of(at(0))).await.unwrap();
    assert_eq!(
        (days[0].requests, days[0].hits, days[0].failures),
        (15, 6, 0)
    );
    let none = store.days(day_of(at(0)) + 1).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn images_lead_to_their_jobs_as_long_as_these_are_known() {
    let (_place, store) = store().await;
    let hash = build(&store, &["a"], serde_json::json!({})).await;
    for _ in 0..2 {
        store.keep_image("image", "manifest", &hash).await.unwrap();
    }
    store
        .keep_image("image", "manifest", "unknown")
        .await
        .unwrap();
    let jobs = [hash.clone()];
    assert_eq!(store.jobs_of_image("image").await.unwrap(), jobs);
    assert_eq!(store.jobs_of_manifest("manifest").await.unwrap(), jobs);
    store.forget(&hash, at(90_000)).await.unwrap();
    assert!(store.jobs_of_image("image").await.unwrap().is_empty());
}

#[tokio::test]
async fn text_that_no_database_holds_is_not_found_and_breaks_nothing() {
    let (_place, store) = store().await;
    let nul = "a\0b";
    assert_eq!(store.job(nul, at(0)).await.unwrap(), None);
    assert_eq!(store.check(nul, at(0)).await.unwrap(), None);
    assert!(store.jobs_of_image(nul).await.unwrap().is_empty());
    assert!(store.top_packages(Some(nul), 9).await.unwrap().is_empty());

    let mut wish = request("a");
    // The second is a backslash and some digits.
    let script = "a\0b \\u0000";
    wish.defaults = Some(script.to_owned());
    let Admission::Queued(job) = store.enqueue(&wish, at(0), MANY).await.unwrap() else {
        panic!("not queued");
    };
    let claimed = claim(&store, 0).await;
    assert_eq!(claimed.request, wish);
    let mut told = answer(nul);
    told.stderr = script.to_owned();
    store.fail(&claimed, at(1), &told).await.unwrap();
    let Some(State::Failed(kept)) = state(&store, &job, 1).await else {
        panic!("not failed");
    };
    assert_eq!(
        (kept.detail.as_str(), kept.stderr.as_str()),
        ("a\u{fffd}b", script)
    );
    assert_eq!(
        store.failed_builds(1).await.unwrap()[0].detail,
        "a\u{fffd}b"
    );
}
