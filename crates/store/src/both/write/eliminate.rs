//! Erasing dossiers: bytes, payloads and names go, digests stay.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::Row as _;

use super::super::Connection;
use super::super::archive::{payload_named, read};
use super::scribe::Scribe;
use crate::archive::{Dossier, Eliminate, Eliminated, Spared};
use crate::change::Done;
use crate::error::StoreError;

/// Rows read at a time.
const PAGE: i64 = 2000;

pub(super) async fn eliminate(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &Eliminate,
) -> Result<Done, StoreError> {
    let mut outcome = Eliminated::default();
    let mut dossiers = Vec::new();
    for (id, fingerprint) in &new.dossiers {
        match judge(read(connection, id).await?, fingerprint, new) {
            Ok(dossier) => dossiers.push(dossier),
            Err(spared) => outcome.spared.push((id.clone(), spared)),
        }
    }
    if dossiers.is_empty() {
        return Ok(Done::Eliminated(Box::new(outcome)));
    }
    begin(connection, scribe, new).await?;
    let needed = needed_by_others(connection, &dossiers).await?;
    for dossier in dossiers {
        one(connection, scribe, new, &dossier, &needed, &mut outcome).await?;
        outcome.dossiers.push(dossier.id);
    }
    Ok(Done::Eliminated(Box::new(outcome)))
}

fn judge(dossier: Option<Dossier>, fingerprint: &str, new: &Eliminate) -> Result<Dossier, Spared> {
    let dossier = dossier.ok_or(Spared::Unknown)?;
    if dossier.eliminated.is_some() {
        Err(Spared::Already)
    } else if dossier.hold.is_some() {
        Err(Spared::Held)
    } else if !new.states.contains(&dossier.state) {
        Err(Spared::NotFinal)
    } else if dossier.fingerprint() != fingerprint {
        Err(Spared::Changed)
    } else {
        Ok(dossier)
    }
}

/// The elimination itself, once, with who and why.
async fn begin(connection: &mut Connection, scribe: &mut Scribe, new: &Eliminate) -> Result<(), StoreError> {
    let result = sqlx::query(
        "INSERT INTO elimination (id, siren, list_sha256, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(&new.elimination)
    .bind(&new.siren)
    .bind(&new.list)
    .bind(new.at.0)
    .execute(connection)
    .await?;
    if result.rows_affected() == 1 {
        let payload = json!({"actor": new.actor, "list": new.list, "why": new.why});
        scribe.line(new.at, "elimination", &new.elimination, payload.to_string());
    }
    Ok(())
}

/// The documents of these dossiers that a dossier which stays needs too.
async fn needed_by_others(connection: &mut Connection, dossiers: &[Dossier]) -> Result<BTreeSet<String>, StoreError> {
    let going: BTreeSet<&str> = dossiers.iter().map(|dossier| dossier.id.as_str()).collect();
    let documents = dossiers.iter().flat_map(|dossier| &dossier.documents);
    let names: BTreeSet<&str> = documents.map(|document| document.sha256.as_str()).collect();
    let mut needed = BTreeSet::new();
    let mut need = |owner: &str, name: Option<String>| {
        if let Some(name) = name.filter(|name| !going.contains(owner) && names.contains(name.as_str())) {
            needed.insert(name);
        }
    };
    let (mut id, mut n) = (String::new(), 0_i64);
    loop {
        let rows = sqlx::query(
            "SELECT version.invoice, version.n, original, embedded, transmitted, seal FROM version \
             JOIN invoice ON invoice.id = version.invoice WHERE invoice.eliminated IS NULL \
             AND (version.invoice, version.n) > ($1, $2) ORDER BY version.invoice, version.n LIMIT $3",
        )
        .bind(&id)
        .bind(n)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else { break };
        (id, n) = (last.get(0), last.get(1));
        for row in &rows {
            (2..6).for_each(|column| need(row.get(0), row.get(column)));
        }
    }
    for row in sqlx::query("SELECT document FROM mandate").fetch_all(&mut *connection).await? {
        need("", row.get(0));
    }
    let mut event = String::new();
    loop {
        let rows = sqlx::query(
            "SELECT id, invoice, payload FROM gateway_event WHERE payload IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(&event)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else { break };
        event = last.get(0);
        rows.iter().for_each(|row| need(row.get(1), row.get(2)));
    }
    let mut seq = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT seq, subject, body FROM journal JOIN journal_payload USING (seq) \
             WHERE kind = 'step' AND seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(seq)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else { break };
        seq = last.get(0);
        rows.iter().for_each(|row| need(row.get(1), payload_named(&row.get::<String, _>(2))));
    }
    Ok(needed)
}

async fn one(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &Eliminate,
    dossier: &Dossier,
    needed: &BTreeSet<String>,
    outcome: &mut Eliminated,
) -> Result<(), StoreError> {
    let (erased, shared): (Vec<_>, Vec<_>) =
        dossier.documents.iter().filter(|kept| !kept.eliminated).partition(|kept| !needed.contains(&kept.sha256));
    for document in &erased {
        sqlx::query(
            "UPDATE document SET bytes = $3, packing = 'none', dictionary = NULL, base = NULL, base_at = NULL, \
             base_skipped = NULL, eliminated = $4 WHERE siren = $1 AND sha256 = $2",
        )
        .bind(&new.siren)
        .bind(&document.sha256)
        .bind(Vec::<u8>::new())
        .bind(&new.elimination)
        .execute(&mut *connection)
        .await?;
        outcome.documents.push((document.sha256.clone(), document.size));
    }
    outcome.shared += shared.len() as u64;
    forget(connection, new, &dossier.id).await?;
    let erased_lines =
        sqlx::query("DELETE FROM journal_payload WHERE seq IN (SELECT seq FROM journal WHERE subject = $1)")
            .bind(&dossier.id)
            .execute(&mut *connection)
            .await?;
    outcome.payloads += erased_lines.rows_affected();
    let names = |list: &[&crate::archive::Kept]| list.iter().map(|kept| kept.sha256.clone()).collect::<Vec<_>>();
    let payload = json!({"elimination": new.elimination, "list": new.list, "states": [dossier.state.as_str()],
        "documents": names(&erased), "shared": names(&shared)});
    scribe.line(new.at, "eliminated", &dossier.id, payload.to_string());
    Ok(())
}

/// Everything about the invoice that is not a digest, a state or a time.
async fn forget(connection: &mut Connection, new: &Eliminate, id: &str) -> Result<(), StoreError> {
    const ORDERS: [&str; 7] = [
        "DELETE FROM draft WHERE invoice = $1",
        "DELETE FROM finding WHERE invoice = $1",
        "DELETE FROM gateway_event WHERE invoice = $1",
        "UPDATE delivery SET reason = NULL WHERE invoice = $1",
        "UPDATE flow SET file_name = '' WHERE id IN (SELECT flow FROM delivery WHERE invoice = $1) \
         AND NOT EXISTS (SELECT 1 FROM delivery AS other JOIN invoice ON invoice.id = other.invoice \
         WHERE other.flow = flow.id AND invoice.eliminated IS NULL AND invoice.id <> $1)",
        "UPDATE arrival SET path = '', member = NULL WHERE id = (SELECT arrival FROM invoice WHERE id = $1) \
         OR ((SELECT version FROM invoice WHERE id = $1) > 1 \
         AND sha256 IN (SELECT original FROM version WHERE invoice = $1))",
        "UPDATE invoice SET file = '', profile = NULL, number = NULL, issued = NULL, supplier_siren = NULL, \
         supplier_siret = NULL, supplier = NULL, buyer_siret = NULL, buyer = NULL, total = NULL, currency = NULL, \
         flow = NULL, gateway_id = NULL, service = NULL, commitment = NULL, preceding = NULL, cents = NULL, reason = NULL, reason_args = NULL WHERE id = $1",
    ];
    for order in ORDERS {
        sqlx::query(order).bind(id).execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE invoice SET eliminated = $2 WHERE id = $1")
        .bind(id)
        .bind(&new.elimination)
        .execute(connection)
        .await?;
    Ok(())
}
