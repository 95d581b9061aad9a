//! Which files of a request count.

use asu_store::Files;

use super::*;

async fn files(store: &Store, job: &Job) -> Option<Files> {
    store.files(&job.request_hash).await.unwrap()
}

fn in_folder(folder: &str) -> BuildAnswer {
    BuildAnswer {
        bin_dir: folder.to_owned(),
        ..BuildAnswer::default()
    }
}

#[tokio::test]
async fn files_are_awaited_of_the_lease_and_then_named_by_the_answer() {
    let (_dir, store) = store().await;
    assert_eq!(store.files("nobody's").await.unwrap(), None);
    let job = queue(&store, "a", 0).await;
    let first = claim(&store, 0).await;
    let awaited = |claim: &Claim| Some(Files::Awaited(claim.lease.number()));
    assert_eq!(files(&store, &job).await, awaited(&first));
    // It may still be the one, until another takes the job.
    store.hand_back(&first.lease, at(1)).await.unwrap();
    assert_eq!(files(&store, &job).await, awaited(&first));
    let second = claim(&store, 1).await;
    assert!(second.lease.number() > first.lease.number());
    assert_eq!(files(&store, &job).await, awaited(&second));
    // Unless its worker is known to be gone.
    store.release("w", at(1)).await.unwrap();
    assert_ne!(files(&store, &job).await, awaited(&second));
    let second = claim(&store, 1).await;
    store
        .succeed(&second, at(2), &in_folder("here"))
        .await
        .unwrap();
    let answered = |folder: &str| Some(Files::Answered(folder.to_owned()));
    assert_eq!(files(&store, &job).await, answered("here"));
    // Also when it has expired, until it is forgotten.
    store.forget(&job.request_hash, at(86_402)).await.unwrap();
    assert_eq!(files(&store, &job).await, None);

    let failed = queue(&store, "b", 3).await;
    let claimed = claim(&store, 3).await;
    store.fail(&claimed, at(4), &answer("no")).await.unwrap();
    assert_eq!(files(&store, &failed).await, answered(""));
}

#[tokio::test]
async fn a_lease_is_not_counted_again_when_its_job_is_forgotten() {
    let (_dir, store) = store().await;
    let job = queue(&store, "a", 0).await;
    let late = claim(&store, 0).await;
    store.release("w", at(1)).await.unwrap();
    let ended = claim(&store, 1).await;
    store.fail(&ended, at(1), &answer("no")).await.unwrap();
    store.forget(&job.request_hash, at(4000)).await.unwrap();
    assert_eq!(files(&store, &job).await, None);

    queue(&store, "a", 4000).await;
    let anew = claim(&store, 4000).await;
    let numbers = [&late, &ended, &anew].map(|claim| claim.lease.number());
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let refused = store.succeed(&late, at(4001), &in_folder("old")).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost { .. })));
}
