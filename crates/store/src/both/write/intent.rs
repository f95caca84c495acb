//! The intent to deposit: written before the first byte leaves.

use facteur_model::lifecycle::State;
use serde_json::json;

use super::super::Connection;
use super::scribe::Scribe;
use super::shared::{current, names, road};
use crate::change::{Done, Intent};
use crate::error::StoreError;

pub(super) async fn intent(connection: &mut Connection, scribe: &mut Scribe, new: &Intent) -> Result<Done, StoreError> {
    let (siren, version, _) = current(connection, &new.id, new.expect).await?;
    let states = road(new.expect, &[new.event])?;
    sqlx::query(
        "UPDATE invoice SET state = $2, since = $3, gateway = $4, attempts = attempts + 1, lease_holder = $5, \
         lease_until = $6, flow_state = NULL WHERE id = $1",
    )
    .bind(&new.id)
    .bind(State::Depositing.as_str())
    .bind(new.at.0)
    .bind(&new.gateway)
    .bind(&new.holder)
    .bind(new.lease_until.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO flow (id, siren, gateway, file_name, sha256, syntax, signed, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&new.flow)
    .bind(&siren)
    .bind(&new.gateway)
    .bind(&new.file_name)
    .bind(&new.sha256)
    .bind(&new.syntax)
    .bind(i64::from(new.signed))
    .bind(new.at.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO delivery (flow, invoice, n, outcome, began_at) VALUES ($1, $2, $3, 'pending', $4)")
        .bind(&new.flow)
        .bind(&new.id)
        .bind(version)
        .bind(new.at.0)
        .execute(&mut *connection)
        .await?;
    let payload = json!({
        "actor": new.actor, "states": names(&states), "version": version, "flow": new.flow, "gateway": new.gateway,
        "file_name": new.file_name, "sha256": new.sha256, "syntax": new.syntax, "signed": new.signed,
    });
    scribe.line(new.at, "intent", &new.id, payload.to_string());
    Ok(Done::Written)
}
