//! Recording what comes in: documents and archives.

use std::collections::{HashMap, HashSet};

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State, next};
use serde::Serialize;
use serde_json::json;
use sqlx::Row as _;

use super::super::Connection;
use super::orders::{RECEIVE, WHAT_IS_KNOWN_OF_ARRIVALS};
use super::papers::{Papers, rows};
use super::scribe::Scribe;
use super::shared::state_of;
use crate::change::{Done, Receive, ReceiveContainer};
use crate::error::StoreError;

/// What comes in: a file, an archive, or a member of one.
pub(super) struct Arrival<'a> {
    id: &'a str,
    siren: &'a str,
    path: &'a str,
    member: Option<&'a str>,
    container: Option<&'a str>,
    size: i64,
    sha256: &'a str,
    at: Timestamp,
}

impl<'a> Arrival<'a> {
    pub(super) fn of(file: &'a Receive) -> Self {
        Self {
            id: &file.arrival,
            siren: &file.siren,
            path: &file.path,
            member: file.member.as_deref(),
            container: file.container.as_deref(),
            size: file.document.size,
            sha256: &file.document.sha256,
            at: file.at,
        }
    }
}

/// True when the arrival is new, false when it was recorded before.
pub(super) async fn put_arrival(connection: &mut Connection, arrival: &Arrival<'_>) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "INSERT INTO arrival (id, siren, path, member, container, size, sha256, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(arrival.id)
    .bind(arrival.siren)
    .bind(arrival.path)
    .bind(arrival.member)
    .bind(arrival.container)
    .bind(arrival.size)
    .bind(arrival.sha256)
    .bind(arrival.at.0)
    .execute(connection)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// A document that comes in, and its place in the transaction.
pub(super) type Placed<'a> = (usize, &'a Receive);

/// Records documents: what is known of all of them is asked in one order, and what is new written in another.
pub(super) async fn receive(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &[Placed<'_>],
) -> Result<Vec<Done>, StoreError> {
    let mut known = known(connection, new).await?;
    let (mut twins, mut arrivals) = (HashMap::new(), HashSet::new());
    let (mut newcomers, mut done) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()));
    for ((place, new), Known { recorded, twin }) in new.iter().zip(known.iter_mut()) {
        if *recorded || !arrivals.insert(new.arrival.as_str()) {
            done.push(None);
            continue;
        }
        // The first of several with the same bytes that come in together is the original of the others.
        let bytes = (new.siren.as_str(), new.document.sha256.as_str());
        match (&twin, twins.get(&bytes)) {
            (None, Some(first)) => *twin = Some(String::clone(first)),
            (None, None) => drop(twins.insert(bytes, new.invoice.clone())),
            (Some(_), _) => {}
        }
        let state = if twin.is_some() { next(State::Received, Event::SameBytes)? } else { State::Received };
        scribe.at(*place);
        scribe.line(new.at, "received", &new.invoice, said(new, twin.as_deref()));
        newcomers.push(Newcomer { file: new, state, duplicate_of: twin.clone(), ancestor: None });
        let (invoice, duplicate_of) = (new.invoice.clone(), twin.take());
        done.push(Some(Done::Received { invoice, state, duplicate_of, resumed: false }));
    }
    insert_invoices(connection, &newcomers).await?;
    let mut answers = Vec::with_capacity(new.len());
    for ((_, new), done) in new.iter().zip(done) {
        answers.push(match done {
            Some(done) => done,
            None => already_received(connection, &new.arrival).await?,
        });
    }
    Ok(answers)
}

fn said(new: &Receive, twin: Option<&str>) -> String {
    let states = if twin.is_some() { vec!["received", "duplicate"] } else { vec!["received"] };
    json!({"actor": new.actor, "path": new.path, "member": new.member, "sha256": new.document.sha256,
        "states": states, "duplicate_of": twin})
    .to_string()
}

/// What the store knows of a document that comes in.
#[derive(Default)]
struct Known {
    /// This very arrival was recorded before.
    recorded: bool,
    /// The invoice that has the same bytes.
    twin: Option<String>,
}

#[derive(Serialize)]
struct Question<'a> {
    place: usize,
    arrival: &'a str,
    siren: &'a str,
    sha256: &'a str,
}

async fn known(connection: &mut Connection, new: &[Placed<'_>]) -> Result<Vec<Known>, StoreError> {
    let asked: Vec<Question<'_>> = new
        .iter()
        .enumerate()
        .map(|(place, (_, new))| Question {
            place,
            arrival: &new.arrival,
            siren: &new.siren,
            sha256: &new.document.sha256,
        })
        .collect();
    let answers = sqlx::query(WHAT_IS_KNOWN_OF_ARRIVALS).bind(rows(&asked)?).fetch_all(connection).await?;
    let mut known: Vec<Known> = asked.iter().map(|_| Known::default()).collect();
    for row in answers {
        let place = usize::try_from(row.get::<i64, _>(0)).ok().and_then(|place| known.get_mut(place));
        if let Some(known) = place {
            *known = Known { recorded: row.get::<i64, _>(1) != 0, twin: row.get(2) };
        }
    }
    Ok(known)
}

async fn already_received(connection: &mut Connection, arrival: &str) -> Result<Done, StoreError> {
    let row =
        sqlx::query("SELECT id, state, duplicate_of FROM invoice WHERE arrival = $1 ORDER BY received_at LIMIT 1")
            .bind(arrival)
            .fetch_optional(connection)
            .await?
            .ok_or_else(|| StoreError::Missing(arrival.to_owned()))?;
    let state = state_of(row.get(1))?;
    Ok(Done::Received { invoice: row.get(0), state, duplicate_of: row.get(2), resumed: true })
}

/// An invoice that comes into being.
pub(super) struct Newcomer<'a> {
    pub(super) file: &'a Receive,
    pub(super) state: State,
    pub(super) duplicate_of: Option<String>,
    pub(super) ancestor: Option<&'a str>,
}

#[derive(Serialize)]
struct InvoiceRow<'a> {
    invoice: &'a str,
    arrival: &'a str,
    siren: &'a str,
    siret: &'a str,
    path: &'a str,
    member: Option<&'a str>,
    container: Option<&'a str>,
    file: &'a str,
    size: i64,
    sha256: &'a str,
    at: i64,
    state: &'static str,
    duplicate_of: Option<&'a str>,
    ancestor: Option<&'a str>,
}

/// New invoices with their arrivals, documents and first versions, in one order.
pub(super) async fn insert_invoices(connection: &mut Connection, new: &[Newcomer<'_>]) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut papers = Papers::new();
    let mut invoices = Vec::with_capacity(new.len());
    for newcomer in new {
        let file = newcomer.file;
        papers.put(&file.siren, &file.document, file.at);
        invoices.push(InvoiceRow {
            invoice: &file.invoice,
            arrival: &file.arrival,
            siren: &file.siren,
            siret: &file.siret,
            path: &file.path,
            member: file.member.as_deref(),
            container: file.container.as_deref(),
            file: &file.file,
            size: file.document.size,
            sha256: &file.document.sha256,
            at: file.at.0,
            state: newcomer.state.as_str(),
            duplicate_of: newcomer.duplicate_of.as_deref(),
            ancestor: newcomer.ancestor,
        });
    }
    let (bytes, documents, dictionaries) = papers.parameters()?;
    let order = sqlx::query(RECEIVE).bind(bytes).bind(documents).bind(dictionaries).bind(rows(&invoices)?);
    order.execute(connection).await?;
    Ok(())
}

pub(super) async fn insert_version(
    connection: &mut Connection,
    invoice: &str,
    n: i64,
    siren: &str,
    original: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO version (invoice, n, siren, original, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(invoice)
        .bind(n)
        .bind(siren)
        .bind(original)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn receive_container(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &ReceiveContainer,
) -> Result<Done, StoreError> {
    let arrival = Arrival {
        id: &new.arrival,
        siren: &new.siren,
        path: &new.path,
        member: None,
        container: None,
        size: new.size,
        sha256: &new.sha256,
        at: new.at,
    };
    if put_arrival(connection, &arrival).await? {
        let payload = json!({"actor": new.actor, "path": new.path, "sha256": new.sha256}).to_string();
        scribe.line(new.at, "archive", &new.arrival, payload);
    }
    Ok(Done::Written)
}
