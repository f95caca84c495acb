//! The heartbeat: while the process lives, what it claimed stays its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::deposit::Dispatcher;

/// How long a claim holds without a heartbeat: after a crash, others take over so much later.
pub(super) const CLAIM_MILLIS: i64 = 60_000;
/// Between two heartbeats: two may be lost.
const BEAT: Duration = Duration::from_secs(20);

/// A task that renews the claims of some holders.
pub(super) struct Heartbeat {
    dispatcher: Arc<Dispatcher>,
    holders: [String; 2],
    task: JoinHandle<()>,
}

impl Heartbeat {
    pub(super) fn start(dispatcher: Arc<Dispatcher>, holders: [String; 2]) -> Self {
        let (beating, names) = (dispatcher.clone(), holders.clone());
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                for holder in &names {
                    let until = beating.clock.now().plus_millis(CLAIM_MILLIS);
                    if let Err(error) = beating.store.renew(holder, until).await {
                        tracing::warn!(%error, "a heartbeat was not written");
                    }
                }
            }
        });
        Self { dispatcher, holders, task }
    }

    /// Stops, and gives back what is still claimed.
    pub(super) async fn end(self) {
        self.task.abort();
        for holder in &self.holders {
            if let Err(error) = self.dispatcher.store.let_go(holder).await {
                tracing::warn!(%error, "claims could not be given back: they end by themselves");
            }
        }
    }
}
