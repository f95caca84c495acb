//! Every change as SQL. State, records and journal line are one transaction.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State, next};
use serde_json::{Map, Value as Json, json};
use sqlx::{Row as _, Sqlite, SqliteConnection};

use crate::change::{
    Change, Correction, Done, GatewayEventRow, Intent, OTHER, Process, Reason, ReasonChange, Receive, ReceiveContainer,
    Step, Value,
};
use crate::document::{Packed, sha256_hex};
use crate::error::StoreError;
use crate::journal::{GENESIS, line_hash};
use crate::{killpoint, new_id};

/// Writes all of them in one transaction, or none.
pub(crate) async fn together(connection: &mut SqliteConnection, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    match all(connection, changes).await {
        Ok(done) => {
            killpoint::reach("store.before_commit");
            if let Err(error) = sqlx::query("COMMIT").execute(&mut *connection).await {
                roll_back(connection).await;
                return Err(error.into());
            }
            killpoint::reach("store.after_commit");
            Ok(done)
        }
        Err(error) => {
            roll_back(connection).await;
            Err(error)
        }
    }
}

/// The database may have rolled back by itself (a full disk); then there is nothing to undo.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
}

async fn all(connection: &mut SqliteConnection, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
    let mut scribe = Scribe::open(connection).await?;
    let mut done = Vec::with_capacity(changes.len());
    for change in changes {
        done.push(one(connection, &mut scribe, change).await?);
    }
    Ok(done)
}

async fn one(connection: &mut SqliteConnection, scribe: &mut Scribe, change: &Change) -> Result<Done, StoreError> {
    match change {
        Change::Receive(receive) => self::receive(connection, scribe, receive).await,
        Change::ReceiveContainer(container) => receive_container(connection, scribe, container).await,
        Change::ArrivalOutcome { arrival, outcome } => {
            sqlx::query("UPDATE arrival SET outcome = $1 WHERE id = $2")
                .bind(outcome)
                .bind(arrival)
                .execute(connection)
                .await?;
            Ok(Done::Written)
        }
        Change::Process(process) => self::process(connection, scribe, process).await,
        Change::Step(step) => self::step(connection, scribe, step).await,
        Change::Intent(intent) => self::intent(connection, scribe, intent).await,
        Change::Correct(correction) => correct(connection, scribe, correction).await,
        Change::Note { kind, subject, payload, at } => {
            scribe.line(connection, *at, kind, subject, payload.clone()).await?;
            Ok(Done::Written)
        }
    }
}

/// Writes journal lines; knows the end of the chain inside one transaction.
struct Scribe {
    seq: i64,
    hash: String,
}

impl Scribe {
    async fn open(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last =
            sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
        Ok(match last {
            Some(row) => Self { seq: row.get(0), hash: row.get(1) },
            None => Self { seq: 0, hash: GENESIS.to_owned() },
        })
    }

    async fn line(
        &mut self,
        connection: &mut SqliteConnection,
        at: Timestamp,
        kind: &str,
        subject: &str,
        payload: String,
    ) -> Result<(), StoreError> {
        let (seq, digest) = (self.seq + 1, sha256_hex(payload.as_bytes()));
        let hash = line_hash(seq, at.0, kind, subject, &digest, &self.hash);
        sqlx::query(
            "INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(seq)
        .bind(at.0)
        .bind(kind)
        .bind(subject)
        .bind(&digest)
        .bind(&self.hash)
        .bind(&hash)
        .execute(&mut *connection)
        .await?;
        sqlx::query("INSERT INTO journal_payload (seq, body) VALUES ($1, $2)")
            .bind(seq)
            .bind(payload)
            .execute(connection)
            .await?;
        self.seq = seq;
        self.hash = hash;
        Ok(())
    }
}

async fn put_document(
    connection: &mut SqliteConnection,
    siren: &str,
    document: &Packed,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO document (siren, sha256, role, media_type, size, packing, bytes, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(siren)
    .bind(&document.sha256)
    .bind(document.role.as_str())
    .bind(&document.media_type)
    .bind(document.size)
    .bind(document.packing)
    .bind(&document.bytes)
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// What comes in: a file, an archive, or a member of one.
struct Arrival<'a> {
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
    fn of(file: &'a Receive) -> Self {
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
async fn put_arrival(connection: &mut SqliteConnection, arrival: &Arrival<'_>) -> Result<bool, StoreError> {
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

async fn receive(connection: &mut SqliteConnection, scribe: &mut Scribe, new: &Receive) -> Result<Done, StoreError> {
    let document = &new.document;
    if !put_arrival(connection, &Arrival::of(new)).await? {
        return already_received(connection, &new.arrival).await;
    }
    let twin: Option<String> = sqlx::query(
        "SELECT id FROM invoice WHERE siren = $1 AND sha256 = $2 AND state NOT IN ('abandoned', 'duplicate') \
         ORDER BY received_at, id LIMIT 1",
    )
    .bind(&new.siren)
    .bind(&document.sha256)
    .fetch_optional(&mut *connection)
    .await?
    .map(|row| row.get(0));
    put_document(connection, &new.siren, document, new.at).await?;
    let state = if twin.is_some() { next(State::Received, Event::SameBytes)? } else { State::Received };
    insert_invoice(connection, new, state, twin.as_deref(), None).await?;
    let mut payload = Map::new();
    payload.insert("actor".into(), json!(new.actor));
    payload.insert("path".into(), json!(new.path));
    payload.insert("member".into(), json!(new.member));
    payload.insert("sha256".into(), json!(document.sha256));
    payload
        .insert("states".into(), json!(if twin.is_some() { vec!["received", "duplicate"] } else { vec!["received"] }));
    payload.insert("duplicate_of".into(), json!(twin));
    scribe.line(connection, new.at, "received", &new.invoice, Json::Object(payload).to_string()).await?;
    Ok(Done::Received { invoice: new.invoice.clone(), state, duplicate_of: twin, resumed: false })
}

async fn already_received(connection: &mut SqliteConnection, arrival: &str) -> Result<Done, StoreError> {
    let row =
        sqlx::query("SELECT id, state, duplicate_of FROM invoice WHERE arrival = $1 ORDER BY received_at LIMIT 1")
            .bind(arrival)
            .fetch_optional(connection)
            .await?
            .ok_or_else(|| StoreError::Missing(arrival.to_owned()))?;
    let state = state_of(row.get(1))?;
    Ok(Done::Received { invoice: row.get(0), state, duplicate_of: row.get(2), resumed: true })
}

async fn insert_invoice(
    connection: &mut SqliteConnection,
    new: &Receive,
    state: State,
    duplicate_of: Option<&str>,
    ancestor: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invoice (id, siren, siret, arrival, file, sha256, state, since, received_at, duplicate_of, ancestor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)",
    )
    .bind(&new.invoice)
    .bind(&new.siren)
    .bind(&new.siret)
    .bind(&new.arrival)
    .bind(&new.file)
    .bind(&new.document.sha256)
    .bind(state.as_str())
    .bind(new.at.0)
    .bind(duplicate_of)
    .bind(ancestor)
    .execute(&mut *connection)
    .await?;
    insert_version(connection, &new.invoice, 1, &new.siren, &new.document.sha256, new.at).await
}

async fn insert_version(
    connection: &mut SqliteConnection,
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

async fn receive_container(
    connection: &mut SqliteConnection,
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
        scribe.line(connection, new.at, "archive", &new.arrival, payload).await?;
    }
    Ok(Done::Written)
}

/// Follows the life cycle from `state` through `events`: every state on the way, the last one last.
fn road(state: State, events: &[Event]) -> Result<Vec<State>, StoreError> {
    let mut states = vec![state];
    let mut now = state;
    for event in events {
        now = next(now, *event)?;
        states.push(now);
    }
    Ok(states)
}

fn names(states: &[State]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

fn state_of(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

async fn process(connection: &mut SqliteConnection, scribe: &mut Scribe, new: &Process) -> Result<Done, StoreError> {
    let (siren, version, key_released) = current(connection, &new.id, State::Received).await?;
    let conflict = match &new.key_guard {
        Some(_) if !key_released && !new.identity.key_exempt => key_taken(connection, &siren, new).await?,
        _ => None,
    };
    let (events, reason) = match (&conflict, &new.key_guard) {
        (Some(other), Some(guard)) => {
            (&guard.events, Some(guard.reason.clone().arg("other", other.number_or_id()).arg("other_id", &other.id)))
        }
        _ => (&new.events, new.reason.clone()),
    };
    let states = road(State::Received, events)?;
    let state = *states.last().unwrap_or(&State::Received);
    for document in &new.documents {
        put_document(connection, &siren, document, new.at).await?;
    }
    let probable = match &new.probable {
        Some(_) if conflict.is_none() => probable_double(connection, &siren, new).await?,
        _ => None,
    };
    write_identity(connection, new, state, reason.as_ref(), conflict.as_ref().map(|other| other.id.as_str())).await?;
    write_version(connection, new, version).await?;
    write_findings(connection, new, version, probable.as_ref()).await?;
    let payload = json!({
        "actor": new.actor, "states": names(&states), "verdict": new.verdict, "packs": new.packs,
        "transmitted": new.transmitted, "seal": new.seal, "reason": reason,
        "duplicate_of": conflict.as_ref().map(|other| &other.id),
    });
    scribe.line(connection, new.at, "processed", &new.id, payload.to_string()).await?;
    Ok(Done::Processed {
        state,
        conflict: conflict.map(|other| other.id),
        probable: probable.map(|other| other.number_or_id().to_owned()),
    })
}

async fn current(
    connection: &mut SqliteConnection,
    id: &str,
    expected: State,
) -> Result<(String, i64, bool), StoreError> {
    let row = sqlx::query("SELECT siren, version, key_released, state FROM invoice WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
    let found: String = row.get(3);
    if found != expected.as_str() {
        return Err(StoreError::Moved { id: id.to_owned(), expected, found });
    }
    Ok((row.get(0), row.get(1), row.get::<i64, _>(2) != 0))
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

/// Another invoice with the same (legal person, issue year, supplier SIREN, number).
async fn key_taken(connection: &mut SqliteConnection, siren: &str, new: &Process) -> Result<Option<Other>, StoreError> {
    let identity = &new.identity;
    let (Some(number), Some(supplier), Some(year)) =
        (&identity.number, &identity.supplier_siren, identity.issue_year())
    else {
        return Ok(None);
    };
    let row = sqlx::query(
        "SELECT id, number FROM invoice WHERE siren = $1 AND supplier_siren = $2 AND number = $3 AND issue_year = $4 \
         AND id <> $5 AND key_exempt = 0 AND state NOT IN ('abandoned', 'duplicate') ORDER BY received_at, id LIMIT 1",
    )
    .bind(siren)
    .bind(supplier)
    .bind(number)
    .bind(year)
    .bind(&new.id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Other { id: row.get(0), number: row.get(1) }))
}

/// Another invoice of the same supplier with the same total, issued within the window.
async fn probable_double(
    connection: &mut SqliteConnection,
    siren: &str,
    new: &Process,
) -> Result<Option<Other>, StoreError> {
    let (Some(window), Some(supplier), Some(total)) =
        (&new.probable, &new.identity.supplier_siren, &new.identity.total)
    else {
        return Ok(None);
    };
    let row = sqlx::query(
        "SELECT id, number FROM invoice WHERE siren = $1 AND supplier_siren = $2 AND total = $3 \
         AND issued BETWEEN $4 AND $5 AND id <> $6 AND state NOT IN ('abandoned', 'duplicate') \
         ORDER BY received_at, id LIMIT 1",
    )
    .bind(siren)
    .bind(supplier)
    .bind(total)
    .bind(&window.from)
    .bind(&window.until)
    .bind(&new.id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Other { id: row.get(0), number: row.get(1) }))
}

async fn write_identity(
    connection: &mut SqliteConnection,
    new: &Process,
    state: State,
    reason: Option<&Reason>,
    duplicate_of: Option<&str>,
) -> Result<(), StoreError> {
    let identity = &new.identity;
    sqlx::query(
        "UPDATE invoice SET state = $2, since = $3, kind = $4, profile = $5, type_code = $6, framework = $7, \
         number = $8, issued = $9, issue_year = $10, supplier_siren = $11, supplier_siret = $12, supplier = $13, \
         buyer_siret = $14, buyer = $15, total = $16, currency = $17, key_exempt = $18, reason = $19, \
         reason_args = $20, duplicate_of = $21, next_at = 0, attempts = 0 WHERE id = $1",
    )
    .bind(&new.id)
    .bind(state.as_str())
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
    .bind(reason.map(|reason| &reason.code))
    .bind(reason.map(arguments))
    .bind(duplicate_of)
    .execute(connection)
    .await?;
    Ok(())
}

fn arguments(reason: &Reason) -> String {
    serde_json::to_string(&reason.args).unwrap_or_default()
}

async fn write_version(connection: &mut SqliteConnection, new: &Process, version: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE version SET embedded = $3, transmitted = $4, seal = $5, verdict = $6, layers = $7, packs = $8 \
         WHERE invoice = $1 AND n = $2",
    )
    .bind(&new.id)
    .bind(version)
    .bind(&new.embedded)
    .bind(&new.transmitted)
    .bind(&new.seal)
    .bind(&new.verdict)
    .bind(&new.layers)
    .bind(&new.packs)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_findings(
    connection: &mut SqliteConnection,
    new: &Process,
    version: i64,
    probable: Option<&Other>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM finding WHERE invoice = $1 AND n = $2")
        .bind(&new.id)
        .bind(version)
        .execute(&mut *connection)
        .await?;
    let double = match (&new.probable, probable) {
        (Some(window), Some(other)) => Some(window.finding.replace(OTHER, other.number_or_id())),
        _ => None,
    };
    for (ordinal, body) in (0_i64..).zip(new.findings.iter().chain(double.as_ref())) {
        sqlx::query("INSERT INTO finding (invoice, n, ordinal, body) VALUES ($1, $2, $3, $4)")
            .bind(&new.id)
            .bind(version)
            .bind(ordinal)
            .bind(body)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn step(connection: &mut SqliteConnection, scribe: &mut Scribe, step: &Step) -> Result<Done, StoreError> {
    let (siren, version, _) = current(connection, &step.id, step.expect).await?;
    let states = road(step.expect, &step.events)?;
    let state = *states.last().unwrap_or(&step.expect);
    update_invoice(connection, step, state).await?;
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
    scribe.line(connection, step.at, "step", &step.id, line.to_string()).await?;
    Ok(Done::Written)
}

async fn update_invoice(connection: &mut SqliteConnection, step: &Step, state: State) -> Result<(), StoreError> {
    let mut update = sqlx::QueryBuilder::<Sqlite>::new("UPDATE invoice SET state = ");
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

async fn put_gateway_event(
    connection: &mut SqliteConnection,
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

async fn end_delivery(connection: &mut SqliteConnection, step: &Step) -> Result<(), StoreError> {
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

async fn intent(connection: &mut SqliteConnection, scribe: &mut Scribe, new: &Intent) -> Result<Done, StoreError> {
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
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
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
    scribe.line(connection, new.at, "intent", &new.id, payload.to_string()).await?;
    Ok(Done::Written)
}

async fn correct(connection: &mut SqliteConnection, scribe: &mut Scribe, new: &Correction) -> Result<Done, StoreError> {
    let (siren, version, _) = current(connection, &new.id, new.expect).await?;
    let file = &new.receive;
    let document = &file.document;
    put_arrival(connection, &Arrival::of(file)).await?;
    put_document(connection, &siren, document, file.at).await?;
    if new.successor {
        insert_invoice(connection, file, State::Received, None, Some(&new.id)).await?;
        let payload = json!({"actor": file.actor, "path": file.path, "sha256": document.sha256,
            "states": ["received"], "ancestor": new.id, "note": new.note});
        scribe.line(connection, file.at, "received", &file.invoice, payload.to_string()).await?;
        let id = file.invoice.clone();
        return Ok(Done::Received { invoice: id, state: State::Received, duplicate_of: None, resumed: false });
    }
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
    scribe.line(connection, file.at, "corrected", &new.id, payload.to_string()).await?;
    Ok(Done::Received { invoice: new.id.clone(), state: State::Received, duplicate_of: None, resumed: false })
}
