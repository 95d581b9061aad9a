//! What is counted as jobs end.

use asu_store::{Tempo, day_of};

use super::*;

#[tokio::test]
async fn each_end_is_counted_once_and_a_try_is_no_end() {
    let (_dir, store) = store().await;
    queue(&store, "a", 0).await;
    let first = claim(&store, 0).await;
    store
        .retry(&first, at(1), &answer("the mirror"))
        .await
        .unwrap();
    let second = claim(&store, 100).await;
    store
        .succeed(&second, at(130), &answer("done"))
        .await
        .unwrap();
    assert!(store.fail(&second, at(131), &answer("late")).await.is_err());

    assert_eq!(store.built_since(at(0)).await.unwrap(), 1);
    assert!(store.failed_builds(9).await.unwrap().is_empty());
    let days = store.version_days(day_of(at(0))).await.unwrap();
    assert_eq!((days.len(), days[0].builds), (1, 1));
    let packages = store.top_packages(None, 9).await.unwrap();
    assert_eq!((packages[0].name.as_str(), packages[0].count), ("a", 1));
    let tempo = Tempo {
        mean: Duration::from_secs(30),
        under_way: None,
        at_once: 0,
    };
    assert_eq!(store.tempo(at(200)).await.unwrap(), Some(tempo));
}

#[tokio::test]
async fn a_request_that_is_built_again_counts_again() {
    let (_dir, store) = store().await;
    for second in [0, 4000] {
        queue(&store, "a", second).await;
        let claimed = claim(&store, second).await;
        store
            .fail(&claimed, at(second), &answer("no"))
            .await
            .unwrap();
    }
    assert_eq!(store.failed_builds(9).await.unwrap().len(), 2);
    assert_eq!(store.days(day_of(at(0))).await.unwrap()[0].failures, 2);
}

#[test]
fn a_build_that_takes_long_is_thought_to_end_at_any_moment() {
    let tempo = |gone, at_once| Tempo {
        mean: Duration::from_secs(40),
        under_way: Some(Duration::from_secs(gone)),
        at_once,
    };
    assert_eq!(tempo(10, 1).until_done(0), Duration::from_secs(70));
    assert_eq!(tempo(90, 1).until_done(1), Duration::from_secs(80));
    assert_eq!(tempo(90, 4).until_done(3), Duration::from_secs(40));
    assert_eq!(tempo(90, 4).until_done(4), Duration::from_secs(80));
}
