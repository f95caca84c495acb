//! Every question as SQL.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use sqlx::{QueryBuilder, Row as _};

pub(crate) use super::kept::document;
pub(super) use super::kept::{DOCUMENT, to_document, unpacked};
pub(crate) use super::lines::{head, journal_after, journal_of, last_journal_time, timestamps};
use super::{CONTAINS, Connection, Db, Pool, Row};
use crate::change::Reason;
use crate::error::StoreError;
use crate::record::{Delivery, Depth, Filter, GatewayEvent, Invoice, Version};
use crate::report::{MOST_NAMES, is_number};

const INVOICE: &str = "SELECT invoice.*, (SELECT flow.sha256 FROM delivery JOIN flow ON flow.id = delivery.flow \
     WHERE delivery.invoice = invoice.id ORDER BY delivery.began_at DESC, delivery.flow DESC LIMIT 1) AS sent_sha256 \
     FROM invoice";
/// Shortest part of an identity that is looked up.
const SHORTEST_PREFIX: usize = 4;
/// Letters at the end of an identity by which people know it.
const SHORT: usize = 8;
/// Most parts of a filter that are read one by one.
const MOST_STRANDS: usize = 100;
/// Digits of a SIREN.
const SIREN: usize = 9;

/// An invoice by its identity, its number, or the beginning or the end of its identity: each is looked up in its index.
pub(crate) async fn invoice(readers: &Pool, name: &str) -> Result<Invoice, StoreError> {
    let mut query = QueryBuilder::<Db>::new(INVOICE);
    query.push(" WHERE invoice.id IN (SELECT id FROM invoice WHERE id = ").push_bind(name);
    query.push(" UNION SELECT id FROM invoice WHERE number = ").push_bind(name);
    let identity_like = name.len() >= SHORTEST_PREFIX && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if identity_like {
        let part = name.to_ascii_lowercase();
        query.push(" UNION SELECT id FROM invoice WHERE id >= ").push_bind(part.clone());
        // Behind every letter of an identity.
        query.push(" AND id < ").push_bind(format!("{part}~"));
        let end = part.get(part.len().saturating_sub(SHORT)..).unwrap_or_default().to_owned();
        query.push(" UNION SELECT id FROM invoice WHERE ");
        if part.len() >= SHORT {
            query.push("substr(id, 29) = ").push_bind(end).push(" AND id").push(CONTAINS);
            query.push_bind(format!("%{part}"));
        } else {
            query.push("id").push(CONTAINS).push_bind(format!("%{part}%"));
        }
    }
    query.push(") LIMIT 2");
    let mut rows = query.build().fetch_all(readers).await?;
    match rows.len() {
        0 => Err(StoreError::Missing(name.to_owned())),
        1 => to_invoice(&rows.remove(0)),
        _ => Err(StoreError::Ambiguous(name.to_owned())),
    }
}

/// The invoices of a filter, in the order in which they came in. With a limit each state and each supplier's name is
/// read from an index in order, so that the limit is reached without sorting a whole store.
pub(crate) async fn invoices(readers: &Pool, filter: &Filter) -> Result<Vec<Invoice>, StoreError> {
    let Some(strands) = strands(readers, filter).await? else { return Ok(Vec::new()) };
    let mut query = QueryBuilder::<Db>::new("WITH chosen (id, received_at) AS (");
    for (index, strand) in strands.iter().enumerate() {
        query.push(if index == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
        query.push("SELECT id, received_at FROM invoice WHERE 1 = 1");
        conditions(&mut query, filter, strand);
        if let Some(limit) = filter.limit {
            query.push(" ORDER BY received_at, id LIMIT ").push_bind(limit);
        }
        query.push(") AS part");
    }
    query
        .push(") ")
        .push(INVOICE)
        .push(" JOIN chosen ON chosen.id = invoice.id ORDER BY chosen.received_at, chosen.id");
    if let Some(limit) = filter.limit {
        query.push(" LIMIT ").push_bind(limit);
    }
    query.build().fetch_all(readers).await?.iter().map(to_invoice).collect()
}

/// A part of a filter that an index has in order.
#[derive(Default)]
struct Strand {
    states: Vec<State>,
    supplier: Option<String>,
}

/// The filter in such parts; none where no supplier has that name. Many parts are read as one instead.
async fn strands(readers: &Pool, filter: &Filter) -> Result<Option<Vec<Strand>>, StoreError> {
    let mut suppliers = vec![None];
    if let Some(text) = filter.supplier.as_deref().filter(|text| !is_number(text)) {
        let names = supplier_names(readers, text, MOST_NAMES + 1).await?;
        if names.is_empty() {
            return Ok(None);
        }
        if names.len() * filter.states.len().max(1) <= MOST_STRANDS {
            suppliers = names.into_iter().map(Some).collect();
        }
    }
    let states: Vec<Vec<State>> = match filter.states.as_slice() {
        [] => vec![vec![]],
        several if filter.limit.is_none() => vec![several.to_vec()],
        several => several.iter().map(|state| vec![*state]).collect(),
    };
    let strand =
        |supplier: &Option<String>, states: &Vec<State>| Strand { supplier: supplier.clone(), states: states.clone() };
    let all = suppliers.iter().flat_map(|supplier| states.iter().map(move |states| strand(supplier, states)));
    Ok(Some(all.collect()))
}

/// Every condition of the filter, each after an AND.
fn conditions(query: &mut QueryBuilder<Db>, filter: &Filter, strand: &Strand) {
    among_states(query, &strand.states);
    if let Some(name) = &strand.supplier {
        query.push(" AND supplier = ").push_bind(name.clone());
    } else if let Some(supplier) = &filter.supplier {
        of_supplier(query, supplier);
    }
    if let Some(after) = &filter.after {
        query.push(" AND (received_at, id) > (").push_bind(after.received_at.0);
        query.push(", ").push_bind(after.id.clone()).push(")");
    }
    if let Some(number) = &filter.number {
        query.push(" AND number = ").push_bind(number.clone());
    }
    if let Some(flow) = &filter.flow {
        query.push(" AND flow = ").push_bind(flow.clone());
    }
    if let Some(due) = filter.due {
        query.push(" AND next_at <= ").push_bind(due.0);
    }
}

pub(super) fn among_states(query: &mut QueryBuilder<Db>, states: &[State]) {
    match states {
        [] => {}
        [state] => {
            query.push(" AND state = ").push_bind(state.as_str());
        }
        several => {
            query.push(" AND state IN (");
            let mut list = query.separated(", ");
            for state in several {
                list.push_bind(state.as_str());
            }
            query.push(")");
        }
    }
}

/// By SIREN or SIRET, which an index has in the order of reception; else by a part of the name.
pub(super) fn of_supplier(query: &mut QueryBuilder<Db>, supplier: &str) {
    if !is_number(supplier) {
        query.push(" AND supplier").push(CONTAINS).push_bind(part(supplier)).push(" ESCAPE '\\'");
        return;
    }
    query.push(" AND supplier_siren = ");
    query.push_bind(supplier.chars().take(SIREN).collect::<String>());
    if supplier.len() > SIREN {
        query.push(" AND supplier_siret = ").push_bind(supplier.to_owned());
    }
}

/// The different names of suppliers with that part in them: from one to the next by the index, so that it takes as long
/// as there are names, not as there are invoices.
pub(crate) async fn supplier_names(readers: &Pool, text: &str, most: i64) -> Result<Vec<String>, StoreError> {
    let mut query = QueryBuilder::<Db>::new(
        "WITH RECURSIVE known (name) AS ( \
             SELECT min(supplier) FROM invoice \
             UNION ALL SELECT (SELECT min(supplier) FROM invoice WHERE supplier > known.name) FROM known \
             WHERE known.name IS NOT NULL) \
         SELECT name FROM known WHERE name",
    );
    query.push(CONTAINS).push_bind(part(text)).push(" ESCAPE '\\' LIMIT ").push_bind(most);
    let rows = query.build().fetch_all(readers).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// These invoices, in this order.
pub(super) async fn invoices_by_id(connection: &mut Connection, ids: &[String]) -> Result<Vec<Invoice>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<Db>::new(INVOICE);
    query.push(" WHERE id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(")");
    let rows = query.build().fetch_all(connection).await?;
    let mut invoices = rows.iter().map(to_invoice).collect::<Result<Vec<_>, _>>()?;
    invoices.sort_by_key(|invoice| ids.iter().position(|id| *id == invoice.id));
    Ok(invoices)
}

/// A pattern that finds the text anywhere, and nothing else: the wildcards in it are plain letters.
pub(super) fn part(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn to_invoice(row: &Row) -> Result<Invoice, StoreError> {
    let state: String = row.get("state");
    let reason: Option<String> = row.get("reason");
    let args: Option<String> = row.get("reason_args");
    let args = args.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let instant = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    Ok(Invoice {
        id: row.get("id"),
        siren: row.get("siren"),
        siret: row.get("siret"),
        file: row.get("file"),
        sha256: row.get("sha256"),
        state: State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("unknown state {state}")))?,
        since: Timestamp(row.get("since")),
        received_at: Timestamp(row.get("received_at")),
        version: row.get("version"),
        kind: row.get("kind"),
        profile: row.get("profile"),
        type_code: row.get("type_code"),
        framework: row.get("framework"),
        number: row.get("number"),
        issued: row.get("issued"),
        supplier_siren: row.get("supplier_siren"),
        supplier_siret: row.get("supplier_siret"),
        supplier: row.get("supplier"),
        buyer_siret: row.get("buyer_siret"),
        buyer: row.get("buyer"),
        total: row.get("total"),
        currency: row.get("currency"),
        key_exempt: row.get::<i64, _>("key_exempt") != 0,
        key_released: row.get::<i64, _>("key_released") != 0,
        gateway: row.get("gateway"),
        flow: row.get("flow"),
        flow_state: row.get("flow_state"),
        invoice_state: row.get("invoice_state"),
        gateway_id: row.get("gateway_id"),
        reason: reason.map(|code| Reason { code, args }),
        attempts: row.get("attempts"),
        next_at: Timestamp(row.get("next_at")),
        uncertain_since: instant("uncertain_since"),
        duplicate_of: row.get("duplicate_of"),
        ancestor: row.get("ancestor"),
        lease_holder: row.get("lease_holder"),
        lease_until: instant("lease_until"),
        sent_sha256: row.get("sent_sha256"),
    })
}

pub(crate) async fn versions(readers: &Pool, id: &str) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query(
        "SELECT version.*, pack_list.list FROM version LEFT JOIN pack_list ON pack_list.id = version.packs \
         WHERE invoice = $1 ORDER BY n",
    )
    .bind(id)
    .fetch_all(readers)
    .await?;
    let version = |row: &Row| Version {
        n: row.get("n"),
        original: row.get("original"),
        embedded: row.get("embedded"),
        transmitted: row.get("transmitted"),
        seal: row.get("seal"),
        verdict: row.get("verdict"),
        layers: row.get("layers"),
        packs: row.get::<Option<String>, _>("list").or_else(|| row.get("packs")),
        created_at: Timestamp(row.get("created_at")),
    };
    Ok(rows.iter().map(version).collect())
}

pub(crate) async fn findings(readers: &Pool, id: &str, n: i64) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT body FROM finding WHERE invoice = $1 AND n = $2 ORDER BY ordinal")
        .bind(id)
        .bind(n)
        .fetch_all(readers)
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

pub(crate) async fn deliveries(readers: &Pool, id: &str) -> Result<Vec<Delivery>, StoreError> {
    let rows = sqlx::query(
        "SELECT delivery.*, flow.number, flow.file_name, flow.sha256, flow.syntax, flow.signed FROM delivery \
         JOIN flow ON flow.id = delivery.flow WHERE invoice = $1 ORDER BY began_at, delivery.flow",
    )
    .bind(id)
    .fetch_all(readers)
    .await?;
    let delivery = |row: &Row| Delivery {
        flow: row.get("flow"),
        number: row.get("number"),
        file_name: row.get("file_name"),
        sha256: row.get("sha256"),
        syntax: row.get("syntax"),
        signed: row.get::<i64, _>("signed") != 0,
        n: row.get("n"),
        outcome: row.get("outcome"),
        reason: row.get("reason"),
        began_at: Timestamp(row.get("began_at")),
        ended_at: row.get::<Option<i64>, _>("ended_at").map(Timestamp),
    };
    Ok(rows.iter().map(delivery).collect())
}

/// How many flows were begun since an instant.
pub(crate) async fn flows_since(readers: &Pool, since: Timestamp) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT count(*) FROM flow WHERE created_at >= $1").bind(since.0).fetch_one(readers).await?;
    Ok(row.get(0))
}

/// The invoices of one supplier with that number, oldest first.
pub(crate) async fn invoices_of_number(
    readers: &Pool,
    siren: &str,
    supplier_siren: &str,
    number: &str,
) -> Result<Vec<Invoice>, StoreError> {
    let mut query = QueryBuilder::<Db>::new(INVOICE);
    query.push(" WHERE invoice.siren = ").push_bind(siren.to_owned());
    query.push(" AND supplier_siren = ").push_bind(supplier_siren.to_owned());
    query.push(" AND number = ").push_bind(number.to_owned()).push(" ORDER BY received_at, invoice.id");
    query.build().fetch_all(readers).await?.iter().map(to_invoice).collect()
}

/// How many invoices are in each of these states, how many of them since before each of these instants, and since
/// when the oldest.
pub(crate) async fn depths(readers: &Pool, states: &[State], before: &[Timestamp]) -> Result<Vec<Depth>, StoreError> {
    let mut query = QueryBuilder::<Db>::new("SELECT state, count(*), min(since)");
    for instant in before {
        query.push(", CAST(sum(CASE WHEN since <= ").push_bind(instant.0).push(" THEN 1 ELSE 0 END) AS BIGINT)");
    }
    query.push(" FROM invoice WHERE state IN (");
    let mut list = query.separated(", ");
    for state in states {
        list.push_bind(state.as_str());
    }
    query.push(") GROUP BY state ORDER BY state");
    let mut depths = Vec::new();
    for row in query.build().fetch_all(readers).await? {
        let name: String = row.get(0);
        let state = State::from_name(&name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))?;
        let older = (0..before.len()).map(|place| row.get(place + 3)).collect();
        depths.push(Depth { state, count: row.get(1), oldest: Timestamp(row.get(2)), older });
    }
    Ok(depths)
}

pub(crate) async fn gateway_events(readers: &Pool, id: &str) -> Result<Vec<GatewayEvent>, StoreError> {
    let rows = sqlx::query("SELECT * FROM gateway_event WHERE invoice = $1 ORDER BY seen_at, id")
        .bind(id)
        .fetch_all(readers)
        .await?;
    let event = |row: &Row| GatewayEvent {
        subject: row.get("subject"),
        code: row.get("code"),
        happened: row.get("happened"),
        comment: row.get("comment"),
        flow: row.get("flow"),
        seen_at: Timestamp(row.get("seen_at")),
    };
    Ok(rows.iter().map(event).collect())
}

/// The copy of the directory: entry (JSON), source and time of each recipient, by SIRET.
pub(crate) async fn directory(readers: &Pool) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
    let rows = sqlx::query("SELECT body, source, at FROM recipient ORDER BY siret").fetch_all(readers).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), Timestamp(row.get(2)))).collect())
}

/// Every SIRET of a buyer that an invoice names.
pub(crate) async fn buyers(readers: &Pool) -> Result<Vec<String>, StoreError> {
    let rows =
        sqlx::query("SELECT DISTINCT buyer_siret FROM invoice WHERE buyer_siret IS NOT NULL ORDER BY buyer_siret")
            .fetch_all(readers)
            .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// SIREN and name of a legal person, other than that one, which has invoices here.
pub(crate) async fn other_legal_person(readers: &Pool, siren: &str) -> Result<Option<(String, String)>, StoreError> {
    let person = sqlx::query(
        "SELECT siren, name FROM legal_person WHERE siren <> $1 \
         AND EXISTS (SELECT 1 FROM invoice WHERE invoice.siren = legal_person.siren) ORDER BY siren LIMIT 1",
    );
    let row = person.bind(siren).fetch_optional(readers).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}
