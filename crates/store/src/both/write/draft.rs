//! What a person made of a draft.

use facteur_model::lifecycle::State;
use serde_json::{Value, json};

use super::super::Connection;
use super::scribe::Scribe;
use super::shared::current;
use crate::change::Done;
use crate::draft::DraftChange;
use crate::error::StoreError;

pub(super) async fn draft(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &DraftChange,
) -> Result<Done, StoreError> {
    let (_, version, _) = current(connection, &new.id, State::Draft).await?;
    let result = sqlx::query(
        "INSERT INTO draft (invoice, n, body, revision, at) VALUES ($1, $2, $3, $4 + 1, $5) \
         ON CONFLICT (invoice, n) DO UPDATE SET body = excluded.body, revision = excluded.revision, at = excluded.at \
         WHERE draft.revision = $4",
    )
    .bind(&new.id)
    .bind(version)
    .bind(&new.body)
    .bind(new.revision)
    .bind(new.at.0)
    .execute(connection)
    .await?;
    if result.rows_affected() == 0 {
        return Err(StoreError::DraftChanged(new.id.clone()));
    }
    let changed: Value = serde_json::from_str(&new.changed).unwrap_or_default();
    let payload = json!({"actor": new.actor, "version": version, "revision": new.revision + 1, "changed": changed});
    scribe.line(new.at, "draft", &new.id, payload.to_string());
    Ok(Done::Written)
}
