//! Hearing of new work: `LISTEN` on PostgreSQL, the last line seen on the embedded store.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Mutex;

use crate::error::StoreError;

/// The channel on which every writer says that an invoice was queued.
pub(crate) const CHANNEL: &str = "facteur_work";

/// What a process has heard so far. It listens from the first call on, so that nothing between two calls is missed.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    listener: Mutex<Option<PgListener>>,
    seen: Mutex<Option<i64>>,
}

impl Ear {
    /// Waits for a call. The first time, and after a lost connection, it is worth looking without one.
    pub(crate) async fn listen(&self, pool: &PgPool, timeout: Duration) -> Result<bool, StoreError> {
        let mut kept = self.listener.lock().await;
        let Some(listener) = kept.as_mut() else {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(CHANNEL).await?;
            *kept = Some(listener);
            return Ok(true);
        };
        let Ok(heard) = tokio::time::timeout(timeout, listener.try_recv()).await else { return Ok(false) };
        let lost = !matches!(heard, Ok(Some(_)));
        while listener.next_buffered().is_some() {}
        if lost {
            *kept = None;
        }
        Ok(true)
    }

    /// Stops listening: a pool that is closed waits for every connection that it gave out.
    pub(crate) async fn close(&self) {
        *self.listener.lock().await = None;
    }

    /// Whether the journal has grown since the last call.
    pub(crate) async fn is_news(&self, seq: i64) -> bool {
        let mut seen = self.seen.lock().await;
        seen.replace(seq) != Some(seq)
    }
}
