//! A corrected file: a new version, or a successor.

use facteur_model::lifecycle::{Event, State};
use serde_json::json;

use super::super::Connection;
use super::papers::put_document;
use super::receive::{Arrival, Newcomer, insert_invoices, insert_version, put_arrival};
use super::scribe::Scribe;
use super::shared::{current, names, road};
use crate::change::{Correction, Done};
use crate::error::StoreError;

pub(super) async fn correct(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &Correction,
) -> Result<Done, StoreError> {
    let (siren, version, _) = current(connection, &new.id, new.expect).await?;
    let file = &new.receive;
    let document = &file.document;
    if new.successor {
        let newcomer = Newcomer { file, state: State::Received, duplicate_of: None, ancestor: Some(&new.id) };
        insert_invoices(connection, &[newcomer]).await?;
        let payload = json!({"actor": file.actor, "path": file.path, "sha256": document.sha256,
            "states": ["received"], "ancestor": new.id, "note": new.note});
        scribe.line(file.at, "received", &file.invoice, payload.to_string());
        let id = file.invoice.clone();
        return Ok(Done::Received { invoice: id, state: State::Received, duplicate_of: None, resumed: false });
    }
    put_arrival(connection, &Arrival::of(file)).await?;
    put_document(connection, &siren, document, file.at).await?;
    let states = road(new.expect, &[Event::Correct])?;
    sqlx::query(
        "UPDATE invoice SET state = $2, since = $3, version = version + 1, sha256 = $4, file = $5, arrival = $6, \
         reason = NULL, reason_args = NULL, duplicate_of = NULL, attempts = 0, next_at = 0 WHERE id = $1",
    )
    .bind(&new.id)
    .bind(State::Received.as_str())
    .bind(file.at.0)
    .bind(&document.sha256)
    .bind(&file.file)
    .bind(&file.arrival)
    .execute(&mut *connection)
    .await?;
    insert_version(connection, &new.id, version + 1, &siren, &document.sha256, file.at).await?;
    let payload = json!({"actor": file.actor, "path": file.path, "sha256": document.sha256,
        "states": names(&states), "version": version + 1, "note": new.note});
    scribe.line(file.at, "corrected", &new.id, payload.to_string());
    Ok(Done::Received { invoice: new.id.clone(), state: State::Received, duplicate_of: None, resumed: false })
}
