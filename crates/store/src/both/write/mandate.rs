//! Mandates to file for a supplier, and their end.

use serde_json::json;
use sqlx::Row as _;

use super::super::Connection;
use super::papers::put_document;
use super::scribe::Scribe;
use crate::change::Done;
use crate::draft::MandateChange;
use crate::error::StoreError;

/// [`Done::Unchanged`] when a mandate to be ended had ended before.
pub(super) async fn mandate(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &MandateChange,
) -> Result<Done, StoreError> {
    match new {
        MandateChange::Add { siren, mandate, document, actor } => {
            put_document(connection, siren, document, mandate.at).await?;
            sqlx::query(
                "INSERT INTO mandate (id, siren, supplier, file, document, valid_from, valid_until, at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(&mandate.id)
            .bind(siren)
            .bind(&mandate.supplier)
            .bind(&mandate.file)
            .bind(&document.sha256)
            .bind(&mandate.from)
            .bind(&mandate.until)
            .bind(mandate.at.0)
            .execute(connection)
            .await?;
            let payload = json!({"actor": actor, "supplier": mandate.supplier, "file": mandate.file,
                "sha256": document.sha256, "from": mandate.from, "until": mandate.until});
            scribe.line(mandate.at, "mandate", &mandate.id, payload.to_string());
        }
        MandateChange::Revoke { id, why, at, actor } => {
            let known = sqlx::query("SELECT revoked_at FROM mandate WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *connection)
                .await?
                .ok_or_else(|| StoreError::Missing(id.clone()))?;
            if known.get::<Option<i64>, _>(0).is_some() {
                return Ok(Done::Unchanged);
            }
            sqlx::query("UPDATE mandate SET revoked_at = $2 WHERE id = $1")
                .bind(id)
                .bind(at.0)
                .execute(connection)
                .await?;
            scribe.line(*at, "mandate_revoked", id, json!({"actor": actor, "why": why}).to_string());
        }
    }
    Ok(Done::Written)
}
