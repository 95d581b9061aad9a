//! Verdicts on answers.

use asu_protocol::build::Rebuild;

use super::*;

/// Keeps a verdict of `server` on the answer; `false` if there is no job to keep it with.
async fn keep(
    (store, job): (&Store, &Job),
    answer: &BuildAnswer,
    (server, same): (&str, bool),
    second: i64,
) -> bool {
    let verdict = Rebuild {
        server: server.to_owned(),
        same,
        detail: if same { "" } else { "images: a.bin" }.to_owned(),
        ..Rebuild::default()
    };
    let kept = store.keep_rebuild(&job.request_hash, answer, &verdict, at(second));
    kept.await.unwrap()
}

async fn done(store: &Store, second: i64) -> (Job, BuildAnswer) {
    let job = queue(store, "luci", second).await;
    let answer = BuildAnswer {
        build_at: format!("{}", at(second)),
        ..answer("done")
    };
    let claim = claim(store, second).await;
    store.succeed(&claim, at(second), &answer).await.unwrap();
    (job, answer)
}

#[tokio::test]
async fn the_last_verdict_of_each_server_is_told() {
    let (_place, store) = store().await;
    let (job, answer) = done(&store, 0).await;
    let hash = &job.request_hash;
    let mut marks = vec![store.rebuilds_mark().await.unwrap()];
    for (second, server, same) in [(1, "a", false), (2, "b", true), (3, "a", true)] {
        assert!(keep((&store, &job), &answer, (server, same), second).await);
        marks.push(store.rebuilds_mark().await.unwrap());
    }
    let told = store.rebuilds(hash, &answer).await.unwrap();
    let told: Vec<_> = told.iter().map(|r| (&*r.server, r.same, &*r.at)).collect();
    let [first, last] = [2, 3].map(|second| at(second).to_string());
    assert_eq!(told, [("b", true, &*first), ("a", true, &*last)]);
    assert!(marks.windows(2).all(|two| two[0] != two[1]), "{marks:?}");
}

#[tokio::test]
async fn verdicts_are_on_one_answer_and_go_with_its_job() {
    let (_place, store) = store().await;
    let (job, first) = done(&store, 0).await;
    let hash = &job.request_hash;
    assert!(keep((&store, &job), &first, ("a", false), 1).await);
    let told = store.rebuilds(hash, &first).await.unwrap();
    assert_eq!(told[0].detail, "images: a.bin");

    let later = 3 * 24 * 3600;
    let (_, second) = done(&store, later).await;
    assert!(store.rebuilds(hash, &second).await.unwrap().is_empty());

    store.forget(hash, at(2 * later)).await.unwrap();
    assert!(store.rebuilds(hash, &first).await.unwrap().is_empty());
    let kept = keep((&store, &job), &first, ("a", true), 1).await;
    assert!(!kept, "there is no job to keep it with");
}
