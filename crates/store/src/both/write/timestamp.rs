//! Timestamps of the head of the journal.

use serde_json::json;

use super::super::Connection;
use super::scribe::Scribe;
use crate::change::{Done, HeadTimestamp};
use crate::document::sha256_hex;
use crate::error::StoreError;

pub(super) async fn timestamp(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &HeadTimestamp,
) -> Result<Done, StoreError> {
    let stamp = &new.stamp;
    let result =
        sqlx::query("INSERT INTO head_timestamp (seq, hash, at, token) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(stamp.head.seq)
            .bind(&stamp.head.hash)
            .bind(stamp.at.0)
            .bind(&stamp.token)
            .execute(connection)
            .await?;
    if result.rows_affected() == 0 {
        return Ok(Done::Unchanged);
    }
    let payload = json!({"actor": new.actor, "head": stamp.head.to_string(), "stamped_at": stamp.at.rfc3339(),
        "token": sha256_hex(&stamp.token)});
    scribe.line(new.at, "timestamp", "installation", payload.to_string());
    Ok(Done::Written)
}
