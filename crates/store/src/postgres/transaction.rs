//! Beginning and ending transactions, and what several processes must not do at the same time.

use sqlx::{Executor as _, Transaction};

use super::{Connection, Db, Pool};
use crate::change::Change;
use crate::ear;
use crate::error::StoreError;

/// Locks of the whole database, by number; they end with their transaction.
pub(super) const LOCK_MIGRATION: i64 = 0x6661_6374_0001;
const LOCK_INTAKE: i64 = 0x6661_6374_0002;
pub(super) const LOCK_JOURNAL: i64 = 0x6661_6374_0003;

pub(super) async fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute("BEGIN").await?;
    Ok(())
}

pub(super) async fn lock(connection: &mut Connection, number: i64) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(number).execute(connection).await?;
    Ok(())
}

/// Takes what the changes need: first the lock of those who look for duplicates, then the invoices in the order of
/// their identities.
pub(super) async fn prepare(connection: &mut Connection, changes: &[&Change]) -> Result<(), StoreError> {
    if changes.iter().any(|change| change.looks_for_duplicates()) {
        lock(connection, LOCK_INTAKE).await?;
    }
    let ids: Vec<&str> = changes.iter().flat_map(|change| change.invoices()).collect();
    if !ids.is_empty() {
        sqlx::query("SELECT id FROM invoice WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
            .bind(ids)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Undoes what did not go well; a lost connection has undone it already.
pub(super) async fn roll_back(connection: &mut Connection) {
    let _ = connection.execute("ROLLBACK").await;
}

/// Reads that belong to one instant.
pub(super) async fn snapshot(readers: &Pool) -> Result<Transaction<'static, Db>, StoreError> {
    Ok(readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
}

/// Calls whoever waits for work, once the transaction is committed.
pub(super) async fn announce(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, '')").bind(ear::CHANNEL).execute(connection).await?;
    Ok(())
}
