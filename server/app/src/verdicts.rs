//! News of verdicts that another process writes down.

use std::time::Duration;

use asu_http::Api;

/// The time between two looks.
const PACE: Duration = Duration::from_secs(1);

/// Keeps answers that are kept ready from hiding verdicts: `asu-server rebuild` is another process.
///
/// It never ends by itself. Answers are forgotten twice, as one may be made of what was read before.
pub(crate) async fn watch<O>(api: Api<O>) {
    let (mut known, mut again) = (None, false);
    loop {
        match api.store.rebuilds_mark().await {
            Ok(mark) => {
                let news = known.replace(mark) != Some(mark);
                if news || again {
                    api.hot.forget_answers();
                }
                again = news;
            }
            Err(error) => tracing::debug!(%error, "no news of verdicts"),
        }
        tokio::time::sleep(PACE).await;
    }
}
