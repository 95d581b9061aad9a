//! Upgrade checks are found by their hash until they expire.

use std::time::Duration;

use super::{at, store};

const KEEP: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_answer_is_found_until_it_expires() {
    let (_dir, store) = store().await;
    store.keep_check("abc", "{}", at(0), KEEP).await.unwrap();
    let found = store.check("abc", at(59)).await.unwrap();
    assert_eq!(found.as_deref(), Some("{}"));
    assert_eq!(store.check("abc", at(60)).await.unwrap(), None);
    assert_eq!(store.check("abd", at(0)).await.unwrap(), None);
}

#[tokio::test]
async fn asking_again_prolongs_it() {
    let (_dir, store) = store().await;
    store.keep_check("abc", "1", at(0), KEEP).await.unwrap();
    store.keep_check("abc", "2", at(50), KEEP).await.unwrap();
    store.forget_checks(at(60)).await.unwrap();
    let found = store.check("abc", at(100)).await.unwrap();
    assert_eq!(found.as_deref(), Some("2"));
}
