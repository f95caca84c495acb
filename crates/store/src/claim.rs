//! Sharing the work between workers.
//!
//! A claim says who is at work on an invoice and until when, so that several workers do not all prepare the same
//! deposit. It changes no state and is no right: the compare-and-set of an intent ([`crate::change::Intent`]) has the
//! last word on who deposits.

use std::time::Duration;

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::backend::ask;
use crate::error::StoreError;
use crate::record::Invoice;
use crate::{Store, backend};

/// What a worker wants to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// In one of these states; those of the first are taken first.
    pub states: Vec<State>,
    /// Due at this instant (`next_at`), and not claimed by anybody beyond it.
    pub now: Timestamp,
    /// Who claims: one name a worker, and another after each start.
    pub holder: String,
    /// Until when nobody else gets them.
    pub until: Timestamp,
    /// At most so many.
    pub limit: i64,
    /// Leave a credit note or a corrective invoice where it is while an earlier document of the same supplier for the
    /// same recipient still waits to be deposited.
    pub in_order: bool,
}

impl Store {
    /// Takes up to [`Claim::limit`] due invoices for one holder; nobody else gets them until [`Claim::until`]. What the
    /// holder has already is not given again. A claim ends with a step that changes the state of the invoice or says
    /// when to look at it next; with [`Store::let_go`]; or by itself.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn claim(&self, claim: &Claim) -> Result<Vec<Invoice>, StoreError> {
        self.writer.claim(claim.clone()).await
    }

    /// The heartbeat of a holder: everything that it has is its own until then. How many that is.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn renew(&self, holder: &str, until: Timestamp) -> Result<u64, StoreError> {
        self.writer.renew(holder.to_owned(), until).await
    }

    /// Gives back everything that a holder has. How many that was.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn let_go(&self, holder: &str) -> Result<u64, StoreError> {
        self.writer.let_go(holder.to_owned()).await
    }

    /// Waits until an invoice may have been queued, by this process or another, or the time is over. True when it is
    /// worth looking; the first call always is. One waiter a process.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn wait_for_work(&self, timeout: Duration) -> Result<bool, StoreError> {
        match &self.readers {
            backend::Readers::Sqlite(_) => self.poll(timeout).await,
            backend::Readers::Postgres(pool) => self.ear.listen(pool, timeout).await,
        }
    }

    /// The embedded store has nobody who calls: the end of the journal is looked at from time to time.
    async fn poll(&self, timeout: Duration) -> Result<bool, StoreError> {
        let end = tokio::time::Instant::now() + timeout;
        loop {
            let seq = ask!(self, read::head())?.seq;
            if self.ear.is_news(seq).await {
                return Ok(true);
            }
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            tokio::time::sleep(left.min(POLL)).await;
        }
    }
}

/// How often the embedded store is looked at for news: one row of the primary key.
const POLL: Duration = Duration::from_millis(200);
