//! Legal holds.

use serde_json::json;

use super::super::Connection;
use super::scribe::Scribe;
use crate::archive::HoldChange;
use crate::change::Done;
use crate::error::StoreError;

/// [`Done::Written`] when something changed, [`Done::Unchanged`] when it was so already.
pub(super) async fn hold(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &HoldChange,
) -> Result<Done, StoreError> {
    let known =
        sqlx::query("SELECT 1 FROM invoice WHERE id = $1").bind(&new.id).fetch_optional(&mut *connection).await?;
    known.ok_or_else(|| StoreError::Missing(new.id.clone()))?;
    let result = match &new.reason {
        Some(reason) => {
            sqlx::query("INSERT INTO legal_hold (invoice, reason, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(&new.id)
                .bind(reason)
                .bind(new.at.0)
                .execute(connection)
                .await?
        }
        None => sqlx::query("DELETE FROM legal_hold WHERE invoice = $1").bind(&new.id).execute(connection).await?,
    };
    if result.rows_affected() == 0 {
        return Ok(Done::Unchanged);
    }
    let kind = if new.reason.is_some() { "legal_hold" } else { "legal_hold_ended" };
    let payload = json!({"actor": new.actor, "reason": new.reason, "note": new.note});
    scribe.line(new.at, kind, &new.id, payload.to_string());
    Ok(Done::Written)
}
