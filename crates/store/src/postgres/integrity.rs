//! What the database can say about itself.

use sqlx::Row as _;

use super::Pool;
use crate::check::Health;
use crate::error::StoreError;

/// Indexes that are not whole, references that were never verified, triggers of ours that somebody has switched off.
pub(super) async fn database(readers: &Pool, health: &mut Health) -> Result<(), StoreError> {
    let found = sqlx::query(
        "SELECT 'the index ' || relname || ' is not whole' FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE NOT (indisvalid AND indisready) AND relnamespace = current_schema()::regnamespace \
         UNION ALL \
         SELECT 'the constraint ' || conname || ' was never verified' FROM pg_constraint \
         WHERE NOT convalidated AND connamespace = current_schema()::regnamespace \
         UNION ALL \
         SELECT 'the trigger ' || tgname || ' is switched off' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid \
         WHERE tgenabled = 'D' AND relnamespace = current_schema()::regnamespace",
    );
    for row in found.fetch_all(readers).await? {
        health.problems.push(format!("database: {}", row.get::<String, _>(0)));
    }
    Ok(())
}
