//! The end of the journal, for the one who writes.

use serde_json::{Value as Json, json};
use sqlx::Row as _;

use super::Connection;
use crate::error::StoreError;
use crate::journal::{GENESIS, Head, Line};

/// The last line; nobody else writes during the transaction.
pub(super) async fn end_of_chain(connection: &mut Connection) -> Result<Head, StoreError> {
    let last =
        sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
    Ok(match last {
        Some(row) => Head { seq: row.get(0), hash: row.get(1) },
        None => Head { seq: 0, hash: GENESIS.to_owned() },
    })
}

/// Writes every line of a transaction in one order, since each order is a change of thread and back.
pub(super) async fn append(connection: &mut Connection, lines: &[Line]) -> Result<(), StoreError> {
    let rows: Vec<Json> = lines
        .iter()
        .map(|line| {
            json!([line.seq, line.at, line.kind, line.subject, line.digest, line.previous, line.hash, line.payload])
        })
        .collect();
    sqlx::query(
        "INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 \
         FROM json_each($1); \
         INSERT INTO journal_payload (seq, body) SELECT value ->> 0, value ->> 7 FROM json_each($1)",
    )
    .bind(Json::Array(rows).to_string())
    .execute(connection)
    .await?;
    Ok(())
}
