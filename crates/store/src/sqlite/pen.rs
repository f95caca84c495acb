//! The one connection that writes.

use std::path::Path;

use facteur_model::clock::Timestamp;

use super::{Connection, claim, connect, transaction, write};
use crate::Structure;
use crate::change::{Change, Done};
use crate::claim::Claim;
use crate::error::StoreError;
use crate::killpoint;
use crate::record::Invoice;

/// The one connection that writes.
pub(crate) struct Pen(Connection);

impl Pen {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        connect::writer(path).await.map(Self)
    }

    /// Writes all of them in one transaction, or none.
    pub(crate) async fn together(&mut self, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
        transaction::begin(&mut self.0).await?;
        let written = write::all(&mut self.0, changes).await;
        if written.is_ok() {
            killpoint::reach("store.before_commit");
        }
        let written = transaction::end(&mut self.0, written).await?;
        killpoint::reach("store.after_commit");
        if changes.iter().any(|change| matches!(change, Change::Eliminate(_))) {
            transaction::forget_log(&mut self.0).await?;
        }
        tracing::trace!(changes = written.done.len(), head = ?written.head, "written");
        Ok(written.done)
    }

    pub(crate) async fn register(&mut self, structure: &Structure, at: Timestamp) -> Result<(), StoreError> {
        write::register(&mut self.0, structure, at).await
    }

    pub(crate) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Invoice>, StoreError> {
        transaction::begin(&mut self.0).await?;
        let taken = claim::claim(&mut self.0, claim).await;
        transaction::end(&mut self.0, taken).await
    }

    pub(crate) async fn renew(&mut self, holder: &str, until: Timestamp) -> Result<u64, StoreError> {
        claim::renew(&mut self.0, holder, until).await
    }

    pub(crate) async fn let_go(&mut self, holder: &str) -> Result<u64, StoreError> {
        claim::let_go(&mut self.0, holder).await
    }

    pub(crate) async fn close(self) {
        connect::close(self.0).await;
    }
}
