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

/// Adds what several processes counted, each in places of its own, to the place that all share. The caller has the end
/// of the journal, so that only one does this at a time; what others have not committed is not seen, and stays.
pub(super) async fn settle_counts(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .execute(
            "WITH gone AS (DELETE FROM census WHERE place <> 0 RETURNING *) \
             INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) \
             SELECT state, flow_state, invoice_state, currency, priced, 0, sum(many), sum(cents) FROM gone \
             GROUP BY state, flow_state, invoice_state, currency, priced \
             ON CONFLICT (state, flow_state, invoice_state, currency, priced, place) \
             DO UPDATE SET many = census.many + excluded.many, cents = census.cents + excluded.cents",
        )
        .await?;
    Ok(())
}
