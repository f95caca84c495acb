//! Writing what reading, checking and sealing found out.

use std::collections::{HashMap, HashSet};

use facteur_model::lifecycle::State;
use serde::Serialize;
use serde_json::json;
use sqlx::Row as _;

use super::super::{Connection, Row};
use super::doubles::{Doubles, Other};
use super::orders::{NUMBERS, PROCESS, WHAT_IS_KNOWN_OF_INVOICES};
use super::papers::{Papers, rows};
use super::scribe::Scribe;
use super::shared::{arguments, names, road};
use crate::change::{Done, OTHER, Process, Reason};
use crate::document::{pack_list_id, sha256_hex};
use crate::error::StoreError;

/// A processed invoice, and its place in the transaction.
pub(super) type Placed<'a> = (usize, &'a Process);

/// Writes processed invoices: what is known of all of them is asked in one order, and all is written in another.
pub(super) async fn process(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &[Placed<'_>],
) -> Result<Vec<Done>, StoreError> {
    let known = known(connection, new).await?;
    let ids: HashSet<&str> = new.iter().map(|(_, new)| new.id.as_str()).collect();
    let all_for_the_first_time = ids.len() == new.len() && known.iter().all(|known| known.first_time);
    if let (false, [(_, only)]) = (all_for_the_first_time, new) {
        forget_findings(connection, &only.id, known[0].version).await?;
    } else if !all_for_the_first_time {
        // What one of them was before counts for the others, depending on their order.
        let mut done = Vec::with_capacity(new.len());
        for one in new {
            done.append(&mut Box::pin(process(connection, scribe, std::slice::from_ref(one))).await?);
        }
        return Ok(done);
    }
    let mut doubles = Doubles::default();
    let mut decisions = Vec::with_capacity(new.len());
    for ((place, new), known) in new.iter().zip(&known) {
        let decision = Decision::of(new, known, &doubles)?;
        doubles.remember(&known.siren, new, decision.state(), known.received_at);
        scribe.at(*place);
        decision.tell(scribe, new);
        decisions.push(decision);
    }
    write(connection, new, &known, &decisions).await?;
    for ((_, new), known) in new.iter().zip(&known) {
        propose(connection, new, known.version).await?;
    }
    Ok(decisions.into_iter().map(Decision::done).collect())
}

/// What the store knows of an invoice that is to be processed.
struct Known {
    siren: String,
    version: i64,
    key_released: bool,
    received_at: i64,
    /// It was not looked at before.
    first_time: bool,
    /// Another invoice with the same (legal person, issue year, supplier SIREN, number).
    same_key: Option<Other>,
    /// Another invoice of the same supplier with the same total, issued within the window.
    same_total: Option<Other>,
}

#[derive(Serialize)]
struct Question<'a> {
    id: &'a str,
    supplier_siren: Option<&'a str>,
    number: Option<&'a str>,
    issue_year: Option<i64>,
    total: Option<&'a str>,
    from: Option<&'a str>,
    until: Option<&'a str>,
}

impl<'a> Question<'a> {
    fn of(new: &'a Process) -> Self {
        let (identity, window) = (&new.identity, new.probable.as_ref());
        Self {
            id: &new.id,
            supplier_siren: identity.supplier_siren.as_deref(),
            number: identity.number.as_deref(),
            issue_year: identity.issue_year(),
            total: identity.total.as_deref(),
            from: window.map(|window| window.from.as_str()),
            until: window.map(|window| window.until.as_str()),
        }
    }
}

/// Of each of them, in their order.
async fn known(connection: &mut Connection, new: &[Placed<'_>]) -> Result<Vec<Known>, StoreError> {
    let questions: Vec<Question<'_>> = new.iter().map(|(_, new)| Question::of(new)).collect();
    let asked = sqlx::query(WHAT_IS_KNOWN_OF_INVOICES).bind(rows(&questions)?);
    let answers = asked.fetch_all(&mut *connection).await?;
    let both = |row: &Row| -> [Option<String>; 2] { [row.get(7), row.get(8)] };
    let others: HashSet<String> = answers.iter().flat_map(both).flatten().collect();
    let others = numbers(connection, &others).await?;
    let answers: HashMap<String, _> = answers.into_iter().map(|row| (row.get::<String, _>(0), row)).collect();
    new.iter()
        .map(|(_, new)| {
            let row = answers.get(&new.id).ok_or_else(|| StoreError::Missing(new.id.clone()))?;
            let (expected, found): (State, String) = (State::Received, row.get(4));
            if found != expected.as_str() {
                return Err(StoreError::Moved { id: new.id.clone(), expected, found });
            }
            let other = |column: usize| row.get::<Option<String>, _>(column).and_then(|id| others.get(&id).cloned());
            Ok(Known {
                siren: row.get(1),
                version: row.get(2),
                key_released: row.get::<i64, _>(3) != 0,
                received_at: row.get(5),
                first_time: row.get::<i64, _>(6) != 0,
                same_key: other(7),
                same_total: other(8),
            })
        })
        .collect()
}

async fn numbers(connection: &mut Connection, ids: &HashSet<String>) -> Result<HashMap<String, Other>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let asked: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    let answers = sqlx::query(NUMBERS).bind(rows(&asked)?).fetch_all(connection).await?;
    let other = |row| {
        let (id, number, received_at): (String, Option<String>, i64) = row;
        (id.clone(), Other { id, number, received_at })
    };
    Ok(answers.iter().map(|row| other((row.get(0), row.get(1), row.get(2)))).collect())
}

/// Those of an earlier look.
async fn forget_findings(connection: &mut Connection, id: &str, version: i64) -> Result<(), StoreError> {
    let order = sqlx::query("DELETE FROM finding WHERE invoice = $1 AND n = $2").bind(id).bind(version);
    order.execute(connection).await?;
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

/// What becomes of an invoice that was processed.
struct Decision {
    states: Vec<State>,
    reason: Option<Reason>,
    conflict: Option<Other>,
    probable: Option<Other>,
    /// The findings, with the one about a probable double.
    findings: Vec<String>,
}

impl Decision {
    fn of(new: &Process, known: &Known, doubles: &Doubles<'_>) -> Result<Self, StoreError> {
        let guard = new.key_guard.as_ref().filter(|_| !known.key_released && !new.identity.key_exempt);
        let conflict = guard.and_then(|_| doubles.same_key(&known.siren, new, known.same_key.clone()));
        let (events, reason) = match (&conflict, guard) {
            (Some(other), Some(guard)) => {
                let reason = guard.reason.clone().arg("other", other.number_or_id()).arg("other_id", &other.id);
                (&guard.events, Some(reason))
            }
            _ => (&new.events, new.reason.clone()),
        };
        let probable = doubles.same_total(&known.siren, new, known.same_total.clone());
        let probable = probable.filter(|_| conflict.is_none());
        let findings = findings(new, probable.as_ref());
        Ok(Self { states: road(State::Received, events)?, reason, conflict, probable, findings })
    }

    fn state(&self) -> State {
        self.states.last().copied().unwrap_or(State::Received)
    }

    fn tell(&self, scribe: &mut Scribe, new: &Process) {
        scribe.reached(self.state());
        let payload = json!({
            "actor": new.actor, "states": names(&self.states), "verdict": new.verdict,
            "packs": sha256_hex(new.packs.as_bytes()), "transmitted": new.transmitted, "seal": new.seal,
            "reason": self.reason, "duplicate_of": self.conflict.as_ref().map(|other| &other.id),
        });
        scribe.line(new.at, "processed", &new.id, payload.to_string());
    }

    fn done(self) -> Done {
        Done::Processed {
            state: self.state(),
            conflict: self.conflict.map(|other| other.id),
            probable: self.probable.map(|other| other.number_or_id().to_owned()),
        }
    }
}

fn findings(new: &Process, probable: Option<&Other>) -> Vec<String> {
    let double = match (&new.probable, probable) {
        (Some(window), Some(other)) => Some(window.finding.replace(OTHER, other.number_or_id())),
        _ => None,
    };
    new.findings.iter().cloned().chain(double).collect()
}

#[derive(Serialize)]
struct InvoiceRow<'a> {
    id: &'a str,
    version: i64,
    state: &'static str,
    at: i64,
    kind: &'a str,
    profile: Option<&'a str>,
    type_code: Option<&'a str>,
    framework: Option<&'a str>,
    number: Option<&'a str>,
    issued: Option<&'a str>,
    issue_year: Option<i64>,
    supplier_siren: Option<&'a str>,
    supplier_siret: Option<&'a str>,
    supplier: Option<&'a str>,
    buyer_siret: Option<&'a str>,
    buyer: Option<&'a str>,
    total: Option<&'a str>,
    currency: Option<&'a str>,
    service: Option<&'a str>,
    commitment: Option<&'a str>,
    preceding: Option<&'a str>,
    cents: Option<i64>,
    key_exempt: i64,
    reason: Option<&'a str>,
    reason_args: Option<String>,
    duplicate_of: Option<&'a str>,
    retention_end: Option<&'a str>,
    embedded: Option<&'a str>,
    transmitted: Option<&'a str>,
    seal: Option<&'a str>,
    verdict: &'a str,
    layers: &'a str,
    packs: String,
}

impl<'a> InvoiceRow<'a> {
    fn of(new: &'a Process, known: &Known, decision: &'a Decision) -> Self {
        let identity = &new.identity;
        Self {
            id: &new.id,
            version: known.version,
            state: decision.state().as_str(),
            at: new.at.0,
            kind: &identity.kind,
            profile: identity.profile.as_deref(),
            type_code: identity.type_code.as_deref(),
            framework: identity.framework.as_deref(),
            number: identity.number.as_deref(),
            issued: identity.issued.as_deref(),
            issue_year: identity.issue_year(),
            supplier_siren: identity.supplier_siren.as_deref(),
            supplier_siret: identity.supplier_siret.as_deref(),
            supplier: identity.supplier.as_deref(),
            buyer_siret: identity.buyer_siret.as_deref(),
            buyer: identity.buyer.as_deref(),
            total: identity.total.as_deref(),
            currency: identity.currency.as_deref(),
            service: identity.service.as_deref(),
            commitment: identity.commitment.as_deref(),
            preceding: identity.preceding.as_deref(),
            cents: identity.cents(),
            key_exempt: i64::from(identity.key_exempt),
            reason: decision.reason.as_ref().map(|reason| reason.code.as_str()),
            reason_args: decision.reason.as_ref().map(arguments),
            duplicate_of: decision.conflict.as_ref().map(|other| other.id.as_str()),
            retention_end: new.retention_end.as_deref(),
            embedded: new.embedded.as_deref(),
            transmitted: new.transmitted.as_deref(),
            seal: new.seal.as_deref(),
            verdict: &new.verdict,
            layers: &new.layers,
            packs: pack_list_id(&new.packs),
        }
    }
}

#[derive(Serialize)]
struct FindingRow<'a> {
    invoice: &'a str,
    n: i64,
    ordinal: usize,
    body: &'a str,
}

/// The documents, the invoices, their versions and their findings, in one order.
async fn write(
    connection: &mut Connection,
    new: &[Placed<'_>],
    known: &[Known],
    decisions: &[Decision],
) -> Result<(), StoreError> {
    let (mut papers, mut lists) = (Papers::new(), HashMap::new());
    let (mut invoices, mut found) = (Vec::with_capacity(new.len()), Vec::new());
    for (((_, new), known), decision) in new.iter().zip(known).zip(decisions) {
        new.documents.iter().for_each(|document| papers.put(&known.siren, document, new.at));
        let row = InvoiceRow::of(new, known, decision);
        if !row.packs.is_empty() {
            lists.insert(row.packs.clone(), new.packs.as_str());
        }
        invoices.push(row);
        let finding = |(ordinal, body)| FindingRow { invoice: &new.id, n: known.version, ordinal, body };
        found.extend(decision.findings.iter().map(String::as_str).enumerate().map(finding));
    }
    let lists: Vec<_> = lists.into_iter().map(|(id, list)| json!({"id": id, "list": list})).collect();
    let (bytes, documents, dictionaries) = papers.parameters()?;
    let order = sqlx::query(PROCESS).bind(bytes).bind(documents).bind(dictionaries);
    let order = order.bind(rows(&invoices)?).bind(rows(&found)?).bind(rows(&lists)?);
    order.execute(connection).await?;
    Ok(())
}
