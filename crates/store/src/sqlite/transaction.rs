//! Beginning and ending transactions.

use sqlx::Transaction;

use super::{Connection, Db, Pool};
use crate::error::StoreError;

/// Begins to write: from here on nobody else does.
pub(super) async fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(connection).await?;
    Ok(())
}

/// Commits what went well, and undoes what did not.
pub(super) async fn end<T>(connection: &mut Connection, result: Result<T, StoreError>) -> Result<T, StoreError> {
    let error = match result {
        Ok(value) => match sqlx::query("COMMIT").execute(&mut *connection).await {
            Ok(_) => return Ok(value),
            Err(error) => error.into(),
        },
        Err(error) => error,
    };
    // The database may have rolled back by itself (a full disk); then there is nothing to undo.
    let _ = sqlx::query("ROLLBACK").execute(connection).await;
    Err(error)
}

/// Reads that belong to one instant.
pub(super) async fn snapshot(readers: &Pool) -> Result<Transaction<'static, Db>, StoreError> {
    Ok(readers.begin().await?)
}

/// Nobody listens to an embedded store: workers look at the end of the journal.
#[allow(clippy::unused_async, reason = "the other back end has something to say")]
pub(super) async fn announce(_: &mut Connection) -> Result<(), StoreError> {
    Ok(())
}

/// One writer at a time counts in one place: there is nothing to add up.
#[allow(clippy::unused_async, reason = "the other back end has something to add up")]
pub(super) async fn settle_counts(_: &mut Connection) -> Result<(), StoreError> {
    Ok(())
}

/// The write-ahead log still holds what was eliminated: it is written into the file and emptied. Readers may keep it
/// from being emptied now; it is when the store is closed.
pub(super) async fn forget_log(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
    Ok(())
}
