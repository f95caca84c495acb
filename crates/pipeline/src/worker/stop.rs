//! How a worker is told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A wish to stop, shared by everything that works. Nothing is broken off by it.
#[derive(Debug, Clone)]
pub struct Stop {
    wish: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { wish: Arc::new(watch::Sender::new(false)) }
    }
}

impl Stop {
    /// Stops on SIGTERM and SIGINT.
    ///
    /// # Errors
    /// The system does not let us listen to signals.
    pub fn on_signals() -> std::io::Result<Self> {
        let stop = Self::default();
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            let (mut signals, stop) = (signal(kind)?, stop.clone());
            tokio::spawn(async move {
                if signals.recv().await.is_some() {
                    tracing::info!("asked to stop: what is in flight is finished");
                    stop.now();
                }
            });
        }
        Ok(stop)
    }

    /// Asks for it.
    pub fn now(&self) {
        self.wish.send_replace(true);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.wish.borrow()
    }

    /// Sleeps, unless it is asked for meanwhile.
    pub async fn or_after(&self, pause: Duration) {
        let mut wish = self.wish.subscribe();
        let _ = tokio::time::timeout(pause, wish.wait_for(|asked| *asked)).await;
    }

    /// Waits for it.
    pub async fn asked(&self) {
        let mut wish = self.wish.subscribe();
        let _ = wish.wait_for(|asked| *asked).await;
    }
}
