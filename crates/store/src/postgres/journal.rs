//! The end of the journal, for the one who writes.

use sqlx::Row as _;

use super::Connection;
use super::transaction::{LOCK_JOURNAL, lock};
use crate::error::StoreError;
use crate::journal::{GENESIS, Head, Line};

/// The last line, and the right to follow it until the transaction ends: several processes continue one chain.
pub(super) async fn end_of_chain(connection: &mut Connection) -> Result<Head, StoreError> {
    lock(connection, LOCK_JOURNAL).await?;
    let last =
        sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
    Ok(match last {
        Some(row) => Head { seq: row.get(0), hash: row.get(1) },
        None => Head { seq: 0, hash: GENESIS.to_owned() },
    })
}

/// Writes every line of a transaction in one order.
pub(super) async fn append(connection: &mut Connection, lines: &[Line]) -> Result<(), StoreError> {
    fn column<'a, T: 'a>(lines: &'a [Line], field: impl Fn(&'a Line) -> T) -> Vec<T> {
        lines.iter().map(field).collect()
    }
    sqlx::query(
        "WITH line AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], \
         $6::text[], $7::text[], $8::text[]) AS line (seq, at, kind, subject, digest, previous, hash, body)), \
         chain AS (INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) \
                   SELECT seq, at, kind, subject, digest, previous, hash FROM line) \
         INSERT INTO journal_payload (seq, body) SELECT seq, body FROM line",
    )
    .bind(column(lines, |line| line.seq))
    .bind(column(lines, |line| line.at))
    .bind(column(lines, |line| line.kind.as_str()))
    .bind(column(lines, |line| line.subject.as_str()))
    .bind(column(lines, |line| line.digest.as_str()))
    .bind(column(lines, |line| line.previous.as_str()))
    .bind(column(lines, |line| line.hash.as_str()))
    .bind(column(lines, |line| line.payload.as_deref().unwrap_or_default()))
    .execute(connection)
    .await?;
    Ok(())
}
