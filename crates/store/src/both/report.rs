//! The questions of reports as SQL.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use sqlx::{QueryBuilder, Row as _};

use super::read::{among_states, of_supplier, part};
use super::{CONTAINS, Db, Pool, Row};
use crate::change::Reason;
use crate::error::StoreError;
use crate::record::GatewayEvent;
use crate::report::{After, Entry, Link, Selection, Tallied};

const COLUMNS: &str = "id, file, kind, type_code, framework, number, issued, supplier, supplier_siren, buyer, \
     buyer_siret, service, commitment, preceding, total, currency, state, since, received_at, flow_state, \
     invoice_state, reason, reason_args, ancestor, \
     (SELECT elder.number FROM invoice AS elder WHERE elder.id = invoice.ancestor) AS ancestor_number";
/// Most invoices shown beside one that they belong to.
const MOST_RELATIVES: i64 = 200;

/// Invoices with an odd amount looked at in one order.
const ODD_AT_ONCE: i64 = 500;

/// Behind every identity.
const LAST: &str = "~";

fn select() -> QueryBuilder<Db> {
    QueryBuilder::new(format!("SELECT {COLUMNS} FROM invoice WHERE "))
}

pub(crate) async fn page(
    readers: &Pool,
    selection: &Selection,
    after: &After,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    // The page begins where the period does: one bound for the index, not two of which it would take the wrong one.
    let first = selection.from.filter(|from| *from > after.received_at);
    let (received_at, id) = first.map_or((after.received_at.0, after.id.as_str()), |from| (from.0 - 1, LAST));
    let mut query = select();
    query.push("(received_at, id) > (").push_bind(received_at).push(", ").push_bind(id.to_owned()).push(")");
    conditions(&mut query, selection);
    query.push(" ORDER BY received_at, id LIMIT ").push_bind(limit);
    query.build().fetch_all(readers).await?.iter().map(to_entry).collect()
}

/// Every condition of the selection, each after an AND.
fn conditions(query: &mut QueryBuilder<Db>, selection: &Selection) {
    if selection.moved.is_none() {
        among_states(query, &selection.states);
    }
    if let Some(supplier) = &selection.supplier {
        of_supplier(query, supplier);
    }
    if let Some(name) = &selection.exact_supplier {
        query.push(" AND supplier = ").push_bind(name.clone());
    }
    if let Some(recipient) = &selection.recipient {
        query.push(" AND (buyer").push(CONTAINS).push_bind(part(recipient)).push(" ESCAPE '\\' OR buyer_siret = ");
        query.push_bind(recipient.clone()).push(")");
    }
    if let Some(service) = &selection.service {
        query.push(" AND service = ").push_bind(service.clone());
    }
    if let Some(from) = selection.from {
        query.push(" AND received_at >= ").push_bind(from.0);
    }
    if let Some(until) = selection.until {
        query.push(" AND received_at < ").push_bind(until.0);
    }
    if let Some(period) = selection.moved {
        moved(query, &selection.states, period);
    }
}

/// What moved is found by the index of moves: nothing that is written here as a computation can lure a database without
/// statistics to the index of states or of receptions, where it would look at a whole store.
fn moved(query: &mut QueryBuilder<Db>, states: &[State], (from, until): (Timestamp, Timestamp)) {
    query.push(" AND since >= ").push_bind(from.0).push(" AND since < ").push_bind(until.0);
    query.push(" AND (+received_at < ").push_bind(from.0).push(" OR +received_at >= ").push_bind(until.0).push(")");
    if states.is_empty() {
        return;
    }
    query.push(" AND state || '' IN (");
    let mut list = query.separated(", ");
    for state in states {
        list.push_bind(state.as_str());
    }
    query.push(")");
}

pub(crate) async fn tally(readers: &Pool, selection: &Selection) -> Result<Vec<Tallied>, StoreError> {
    let mut query = QueryBuilder::<Db>::new(
        "SELECT state, currency, count(*) AS many, CAST(sum(cents) AS BIGINT) AS cents FROM invoice WHERE 1 = 1",
    );
    conditions(&mut query, selection);
    query.push(" GROUP BY state, currency, cents IS NULL ORDER BY state, currency NULLS FIRST, cents IS NULL");
    let tallied = |row: &Row| {
        Ok(Tallied {
            state: state(&row.get::<String, _>("state"))?,
            currency: row.get("currency"),
            count: row.get("many"),
            cents: row.get("cents"),
        })
    };
    query.build().fetch_all(readers).await?.iter().map(tallied).collect()
}

/// Few invoices are so, and an index has them all: first these, page by page, then the conditions on each of them. Asked
/// together, a database may look at every invoice of the selection instead.
pub(crate) async fn odd(readers: &Pool, selection: &Selection) -> Result<Vec<Entry>, StoreError> {
    let (mut found, mut after) = (Vec::new(), (i64::MIN, String::new()));
    loop {
        let page = sqlx::query(
            "SELECT received_at, id FROM invoice WHERE cents IS NULL AND total IS NOT NULL \
             AND (received_at, id) > ($1, $2) ORDER BY received_at, id LIMIT $3",
        )
        .bind(after.0)
        .bind(&after.1)
        .bind(ODD_AT_ONCE)
        .fetch_all(readers)
        .await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = (last.get(0), last.get(1));
        let mut query = QueryBuilder::<Db>::new("WITH odd AS MATERIALIZED (SELECT * FROM invoice WHERE id IN (");
        let mut list = query.separated(", ");
        for row in &page {
            list.push_bind(row.get::<String, _>(1));
        }
        query.push(format!(")) SELECT {COLUMNS} FROM odd AS invoice WHERE 1 = 1"));
        conditions(&mut query, selection);
        query.push(" ORDER BY received_at, id");
        for row in query.build().fetch_all(readers).await? {
            found.push(to_entry(&row)?);
        }
    }
}

pub(crate) async fn entries(readers: &Pool, ids: &[String]) -> Result<Vec<Entry>, StoreError> {
    among(readers, "id", ids).await
}

pub(crate) async fn originals(readers: &Pool, numbers: &[String]) -> Result<Vec<Entry>, StoreError> {
    among(readers, "number", numbers).await
}

/// The invoices with one of these values in that column.
async fn among(readers: &Pool, column: &str, values: &[String]) -> Result<Vec<Entry>, StoreError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = select();
    query.push(column).push(" IN (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value.clone());
    }
    query.push(") ORDER BY received_at, id");
    query.build().fetch_all(readers).await?.iter().map(to_entry).collect()
}

/// How other invoices belong to this one, and their identities.
pub(crate) async fn family(readers: &Pool, id: &str) -> Result<Vec<(Link, String)>, StoreError> {
    // UNION, not UNION ALL: a chain that bites its tail ends.
    let rows = sqlx::query(
        "WITH RECURSIVE \
         elder (id) AS (SELECT ancestor FROM invoice WHERE id = $1 AND ancestor IS NOT NULL \
             UNION SELECT invoice.ancestor FROM elder JOIN invoice ON invoice.id = elder.id \
             WHERE invoice.ancestor IS NOT NULL), \
         younger (id) AS (SELECT id FROM invoice WHERE ancestor = $1 \
             UNION SELECT invoice.id FROM younger JOIN invoice ON invoice.ancestor = younger.id) \
         SELECT CAST(1 AS BIGINT) AS link, id FROM elder UNION ALL SELECT CAST(2 AS BIGINT), id FROM younger \
         UNION ALL SELECT CAST(3 AS BIGINT), other.id FROM invoice AS own JOIN invoice AS other ON other.number = own.preceding \
             WHERE own.id = $1 AND other.id <> own.id AND other.supplier_siren = own.supplier_siren \
         UNION ALL SELECT CAST(4 AS BIGINT), other.id FROM invoice AS own JOIN invoice AS other ON other.preceding = own.number \
             WHERE own.id = $1 AND other.id <> own.id AND other.supplier_siren = own.supplier_siren LIMIT $2",
    )
    .bind(id)
    .bind(MOST_RELATIVES)
    .fetch_all(readers)
    .await?;
    let link = |number: i64| match number {
        1 => Link::Ancestor,
        2 => Link::Successor,
        3 => Link::Original,
        _ => Link::CreditNote,
    };
    Ok(rows.iter().map(|row| (link(row.get(0)), row.get(1))).collect())
}

fn to_entry(row: &Row) -> Result<Entry, StoreError> {
    let reason: Option<String> = row.get("reason");
    let args: Option<String> = row.get("reason_args");
    let args = args.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Entry {
        id: row.get("id"),
        file: row.get("file"),
        kind: row.get("kind"),
        type_code: row.get("type_code"),
        framework: row.get("framework"),
        number: row.get("number"),
        issued: row.get("issued"),
        supplier: row.get("supplier"),
        supplier_siren: row.get("supplier_siren"),
        buyer: row.get("buyer"),
        buyer_siret: row.get("buyer_siret"),
        service: row.get("service"),
        commitment: row.get("commitment"),
        preceding: row.get("preceding"),
        total: row.get("total"),
        currency: row.get("currency"),
        state: state(&row.get::<String, _>("state"))?,
        since: Timestamp(row.get("since")),
        received_at: Timestamp(row.get("received_at")),
        flow_state: row.get("flow_state"),
        invoice_state: row.get("invoice_state"),
        reason: reason.map(|code| Reason { code, args }),
        ancestor: row.get("ancestor"),
        ancestor_number: row.get("ancestor_number"),
    })
}

fn state(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

pub(crate) async fn events(readers: &Pool, ids: &[String]) -> Result<Vec<(String, GatewayEvent)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<Db>::new(
        "SELECT invoice, subject, code, happened, comment, flow, seen_at FROM gateway_event WHERE invoice IN (",
    );
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(") ORDER BY invoice, seen_at, id");
    let rows = query.build().fetch_all(readers).await?;
    let event = |row: &Row| GatewayEvent {
        subject: row.get("subject"),
        code: row.get("code"),
        happened: row.get("happened"),
        comment: row.get("comment"),
        flow: row.get("flow"),
        seen_at: Timestamp(row.get("seen_at")),
    };
    Ok(rows.iter().map(|row| (row.get("invoice"), event(row))).collect())
}
