//! News of queued jobs from the other servers on the same PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Database;

/// The channel of the trigger `jobs_queued`.
const CHANNEL: &str = "asu_jobs";

/// The pause before a lost connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Notifies `wake` of each job that any server queues, until the result is dropped.
///
/// It listens already when this returns. A lost connection is made again, and counts as news:
/// something may have been missed.
pub(crate) async fn listen(
    database: &Database,
    wake: Arc<Notify>,
) -> Result<JoinSet<()>, sqlx::Error> {
    let url = database.url().to_string();
    let mut listener = connect(&url).await?;
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        loop {
            let lost = hear(&mut listener, &wake).await;
            tracing::warn!(
                ?lost,
                "no news of jobs at other servers; they are found a little later"
            );
            listener = reconnect(&url).await;
            wake.notify_one();
        }
    });
    Ok(listening)
}

async fn connect(url: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

async fn reconnect(url: &str) -> PgListener {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Ok(listener) = connect(url).await {
            tracing::info!("news of jobs at other servers again");
            return listener;
        }
    }
}

/// Passes news on until the connection is lost, with or without a word.
async fn hear(listener: &mut PgListener, wake: &Notify) -> Option<sqlx::Error> {
    // It would connect again by itself and say nothing of it.
    listener.eager_reconnect(false);
    loop {
        match listener.try_recv().await {
            Ok(Some(_)) => wake.notify_one(),
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    }
}
