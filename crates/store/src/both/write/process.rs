//! Writing what reading, checking and sealing found out.

use facteur_model::lifecycle::State;
use serde_json::json;
use sqlx::Row as _;

use super::super::Connection;
use super::super::text::WRITE_PROCESSED;
use super::scribe::Scribe;
use super::shared::{arguments, names, put_document, road};
use crate::change::{Done, OTHER, Process, Reason};
use crate::document::{Packed, pack_list_id, sha256_hex};
use crate::error::StoreError;

pub(super) async fn process(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &Process,
) -> Result<Done, StoreError> {
    let Known { siren, version, key_released, same_key, same_total } = known(connection, new).await?;
    let guarded = new.key_guard.is_some() && !key_released && !new.identity.key_exempt;
    let conflict = same_key.filter(|_| guarded);
    let (events, reason) = match (&conflict, &new.key_guard) {
        (Some(other), Some(guard)) => {
            (&guard.events, Some(guard.reason.clone().arg("other", other.number_or_id()).arg("other_id", &other.id)))
        }
        _ => (&new.events, new.reason.clone()),
    };
    let states = road(State::Received, events)?;
    let state = *states.last().unwrap_or(&State::Received);
    let probable = same_total.filter(|_| new.probable.is_some() && conflict.is_none());
    let other = conflict.as_ref().map(|other| other.id.as_str());
    let found = findings(new, probable.as_ref());
    // One document is the usual case: the seal. It goes in the same order as the rest.
    let (first, others) = new.documents.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
    for document in others {
        put_document(connection, &siren, document, new.at).await?;
    }
    let outcome = Outcome { siren: &siren, version, state, reason: reason.as_ref(), other, document: first, found };
    write(connection, new, outcome).await?;
    propose(connection, new, version).await?;
    scribe.reached(state);
    let payload = json!({
        "actor": new.actor, "states": names(&states), "verdict": new.verdict, "packs": sha256_hex(new.packs.as_bytes()),
        "transmitted": new.transmitted, "seal": new.seal, "reason": reason,
        "duplicate_of": conflict.as_ref().map(|other| &other.id),
    });
    scribe.line(new.at, "processed", &new.id, payload.to_string());
    Ok(Done::Processed {
        state,
        conflict: conflict.map(|other| other.id),
        probable: probable.map(|other| other.number_or_id().to_owned()),
    })
}

struct Other {
    id: String,
    number: Option<String>,
}

impl Other {
    fn number_or_id(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.id)
    }
}

/// What the store knows of an invoice that is to be processed.
struct Known {
    siren: String,
    version: i64,
    key_released: bool,
    /// Another invoice with the same (legal person, issue year, supplier SIREN, number).
    same_key: Option<Other>,
    /// Another invoice of the same supplier with the same total, issued within the window.
    same_total: Option<Other>,
}

/// Asks all of it in one order, since each order is a change of thread and back.
async fn known(connection: &mut Connection, new: &Process) -> Result<Known, StoreError> {
    let (identity, window) = (&new.identity, new.probable.as_ref());
    let row = sqlx::query(
        "SELECT own.siren, own.version, own.key_released, own.state, \
                keyed.id, keyed.number, totalled.id, totalled.number \
         FROM invoice AS own \
         LEFT JOIN invoice AS keyed ON keyed.id = ( \
             SELECT id FROM invoice WHERE siren = own.siren AND supplier_siren = $2 AND number = $3 AND issue_year = $4 \
             AND id <> own.id AND key_exempt = 0 AND state NOT IN ('abandoned', 'duplicate') \
             ORDER BY received_at, id LIMIT 1) \
         LEFT JOIN invoice AS totalled ON totalled.id = ( \
             SELECT id FROM invoice WHERE siren = own.siren AND supplier_siren = $2 AND total = $5 \
             AND issued BETWEEN $6 AND $7 AND id <> own.id AND state NOT IN ('abandoned', 'duplicate') \
             ORDER BY received_at, id LIMIT 1) \
         WHERE own.id = $1",
    )
    .bind(&new.id)
    .bind(&identity.supplier_siren)
    .bind(&identity.number)
    .bind(identity.issue_year())
    .bind(&identity.total)
    .bind(window.map(|window| &window.from))
    .bind(window.map(|window| &window.until))
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| StoreError::Missing(new.id.clone()))?;
    let (expected, found): (State, String) = (State::Received, row.get(3));
    if found != expected.as_str() {
        return Err(StoreError::Moved { id: new.id.clone(), expected, found });
    }
    let other = |id: Option<String>, number| id.map(|id| Other { id, number });
    Ok(Known {
        siren: row.get(0),
        version: row.get(1),
        key_released: row.get::<i64, _>(2) != 0,
        same_key: other(row.get(4), row.get(5)),
        same_total: other(row.get(6), row.get(7)),
    })
}

/// What becomes of an invoice that was processed.
struct Outcome<'a> {
    siren: &'a str,
    version: i64,
    state: State,
    reason: Option<&'a Reason>,
    other: Option<&'a str>,
    document: Option<&'a Packed>,
    /// The findings, as a JSON array of texts.
    found: String,
}

/// The document, the invoice, its version, and the findings instead of those of an earlier look: in one order.
async fn write(connection: &mut Connection, new: &Process, outcome: Outcome<'_>) -> Result<(), StoreError> {
    let (identity, document) = (&new.identity, outcome.document);
    let splice = document.and_then(|document| document.stored.splice.as_ref());
    sqlx::query(WRITE_PROCESSED)
        .bind(&new.id)
        .bind(outcome.state.as_str())
        .bind(new.at.0)
        .bind(&identity.kind)
        .bind(&identity.profile)
        .bind(&identity.type_code)
        .bind(&identity.framework)
        .bind(&identity.number)
        .bind(&identity.issued)
        .bind(identity.issue_year())
        .bind(&identity.supplier_siren)
        .bind(&identity.supplier_siret)
        .bind(&identity.supplier)
        .bind(&identity.buyer_siret)
        .bind(&identity.buyer)
        .bind(&identity.total)
        .bind(&identity.currency)
        .bind(i64::from(identity.key_exempt))
        .bind(outcome.reason.map(|reason| &reason.code))
        .bind(outcome.reason.map(arguments))
        .bind(outcome.other)
        .bind(outcome.version)
        .bind(&new.embedded)
        .bind(&new.transmitted)
        .bind(&new.seal)
        .bind(&new.verdict)
        .bind(&new.layers)
        .bind(&new.packs)
        .bind(outcome.siren)
        .bind(document.map(|document| &document.sha256))
        .bind(document.map(|document| document.role.as_str()))
        .bind(document.map(|document| &document.media_type))
        .bind(document.map(|document| document.size))
        .bind(document.map(|document| &document.stored.packing))
        .bind(document.map(|document| &document.stored.bytes))
        .bind(outcome.found)
        .bind(&identity.service)
        .bind(&identity.commitment)
        .bind(&identity.preceding)
        .bind(identity.cents())
        .bind(pack_list_id(&new.packs))
        .bind(document.and_then(|document| document.own.as_ref()).map(|own| &own.name))
        .bind(document.and_then(|document| document.own.as_ref()).map(|own| &*own.bytes))
        .bind(document.and_then(|document| document.stored.dictionary.as_ref()))
        .bind(splice.map(|splice| &splice.base))
        .bind(splice.map(|splice| splice.at))
        .bind(splice.map(|splice| splice.skipped))
        .bind(document.map_or("", |document| document.role.retention_class()))
        .bind(&new.retention_end)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps what is proposed of a plain PDF, unless a person was at work on it already.
async fn propose(connection: &mut Connection, new: &Process, version: i64) -> Result<(), StoreError> {
    let Some(body) = &new.draft else { return Ok(()) };
    sqlx::query(
        "INSERT INTO draft (invoice, n, body, revision, at) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (invoice, n) DO NOTHING",
    )
    .bind(&new.id)
    .bind(version)
    .bind(body)
    .bind(new.at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// The findings, with the one about a probable double.
fn findings(new: &Process, probable: Option<&Other>) -> String {
    let double = match (&new.probable, probable) {
        (Some(window), Some(other)) => Some(window.finding.replace(OTHER, other.number_or_id())),
        _ => None,
    };
    json!(new.findings.iter().chain(double.as_ref()).collect::<Vec<_>>()).to_string()
}
