//! One step of one invoice.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use serde_json::json;

use super::super::{Connection, Db};
use super::papers::put_document;
use super::scribe::Scribe;
use super::shared::{arguments, current, names, road};
use crate::change::{Done, Field, GatewayEventRow, ReasonChange, Step, Value};
use crate::error::StoreError;
use crate::new_id;

pub(super) async fn step(connection: &mut Connection, scribe: &mut Scribe, step: &Step) -> Result<Done, StoreError> {
    let (siren, version, _) = current(connection, &step.id, step.expect).await?;
    let states = road(step.expect, &step.events)?;
    let state = *states.last().unwrap_or(&step.expect);
    update_invoice(connection, step, state).await?;
    scribe.reached(state);
    end_claim(connection, step, state).await?;
    let payload = match &step.payload {
        Some(document) => {
            put_document(connection, &siren, document, step.at).await?;
            Some(document.sha256.clone())
        }
        None => None,
    };
    let mut heard = 0;
    for event in &step.gateway_events {
        heard += put_gateway_event(connection, &step.id, event, payload.as_deref(), step.at).await?;
    }
    end_delivery(connection, step).await?;
    let silent = step.events.is_empty() && heard == 0 && step.delivery.is_none() && step.note.is_none();
    if silent {
        return Ok(Done::Written);
    }
    let line = json!({
        "actor": step.actor, "version": version,
        "states": names(&states),
        "events": step.events.iter().map(|event| event.as_str()).collect::<Vec<_>>(),
        "reason": match &step.reason { ReasonChange::Set(reason) => Some(reason), _ => None },
        "heard": step.gateway_events.iter().map(|event| json!({"subject": event.subject, "code": event.code,
            "happened": event.happened, "comment": event.comment})).collect::<Vec<_>>(),
        "delivery": step.delivery.as_ref().map(|end| json!({"flow": end.flow, "outcome": end.outcome,
            "number": end.number, "reason": end.reason})),
        "payload": payload, "note": step.note,
    });
    scribe.line(step.at, "step", &step.id, line.to_string());
    Ok(Done::Written)
}

async fn update_invoice(connection: &mut Connection, step: &Step, state: State) -> Result<(), StoreError> {
    let mut update = sqlx::QueryBuilder::<Db>::new("UPDATE invoice SET state = ");
    update.push_bind(state.as_str());
    if state != step.expect {
        update.push(", since = ").push_bind(step.at.0);
    }
    if step.expect == State::Depositing && state != State::Depositing {
        update.push(", lease_holder = NULL, lease_until = NULL");
    }
    match &step.reason {
        ReasonChange::Keep => {}
        ReasonChange::Clear => {
            update.push(", reason = NULL, reason_args = NULL");
        }
        ReasonChange::Set(reason) => {
            update.push(", reason = ").push_bind(reason.code.clone());
            update.push(", reason_args = ").push_bind(arguments(reason));
        }
    }
    for (field, value) in &step.set {
        update.push(", ").push(field.column()).push(" = ");
        match value {
            Value::Text(text) => update.push_bind(text.clone()),
            Value::Int(number) => update.push_bind(*number),
            Value::Null => update.push("NULL"),
        };
    }
    update.push(" WHERE id = ").push_bind(step.id.clone());
    update.build().execute(connection).await?;
    Ok(())
}

/// Whoever was at work on it has done what there was to do, unless the deposit only begins.
async fn end_claim(connection: &mut Connection, step: &Step, state: State) -> Result<(), StoreError> {
    let moved = state != step.expect && state != State::Depositing;
    let put_off = step.set.iter().any(|(field, _)| *field == Field::NextAt);
    if moved || put_off {
        sqlx::query("DELETE FROM lease WHERE name = $1").bind(&step.id).execute(connection).await?;
    }
    Ok(())
}

async fn put_gateway_event(
    connection: &mut Connection,
    invoice: &str,
    event: &GatewayEventRow,
    payload: Option<&str>,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let result = sqlx::query(
        "INSERT INTO gateway_event (id, invoice, flow, subject, external, code, happened, comment, payload, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (invoice, subject, external) DO NOTHING",
    )
    .bind(new_id())
    .bind(invoice)
    .bind(&event.flow)
    .bind(event.subject)
    .bind(&event.external)
    .bind(&event.code)
    .bind(&event.happened)
    .bind(&event.comment)
    .bind(payload)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(result.rows_affected())
}

async fn end_delivery(connection: &mut Connection, step: &Step) -> Result<(), StoreError> {
    let Some(end) = &step.delivery else { return Ok(()) };
    sqlx::query("UPDATE delivery SET outcome = $3, reason = $4, ended_at = $5 WHERE flow = $1 AND invoice = $2")
        .bind(&end.flow)
        .bind(&step.id)
        .bind(end.outcome)
        .bind(&end.reason)
        .bind(step.at.0)
        .execute(&mut *connection)
        .await?;
    if let Some(number) = &end.number {
        sqlx::query("UPDATE flow SET number = $2 WHERE id = $1")
            .bind(&end.flow)
            .bind(number)
            .execute(connection)
            .await?;
    }
    Ok(())
}
