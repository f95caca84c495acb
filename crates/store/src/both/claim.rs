//! Who works on what: leases on invoices, apart from their states.

use facteur_model::clock::Timestamp;
use sqlx::{QueryBuilder, Row as _};

use super::{Connection, Db, FOR_ONE_TAKER, read};
use crate::claim::Claim;
use crate::error::StoreError;
use crate::record::Invoice;

/// Takes due invoices, state by state in the order given, each by the index on (state, next_at, id), so that the time
/// does not grow with the store. The caller began a transaction and will commit it.
pub(crate) async fn claim(connection: &mut Connection, claim: &Claim) -> Result<Vec<Invoice>, StoreError> {
    let mut taken: Vec<String> = Vec::new();
    for state in &claim.states {
        let room = claim.limit.saturating_sub(i64::try_from(taken.len()).unwrap_or(i64::MAX));
        if room <= 0 {
            break;
        }
        let mut query = picked(claim, state.as_str(), room);
        let rows = query.build().fetch_all(&mut *connection).await?;
        taken.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    read::invoices_by_id(connection, &taken).await
}

/// One order picks and takes. Between the picking and the taking another may have been faster: what is leased by then
/// is not taken. The lease is looked up row by row, which keeps the plan on the index.
fn picked(claim: &Claim, state: &'static str, room: i64) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::<Db>::new("WITH picked AS (SELECT id FROM invoice WHERE state = ");
    query.push_bind(state).push(" AND next_at <= ").push_bind(claim.now.0);
    query.push(" AND coalesce((SELECT until FROM lease WHERE name = invoice.id), 0) <= ").push_bind(claim.now.0);
    if claim.in_order {
        query.push(FOLLOWS_NOTHING_THAT_WAITS);
    }
    query.push(" ORDER BY next_at, id LIMIT ").push_bind(room).push(FOR_ONE_TAKER);
    query.push(") INSERT INTO lease (name, holder, until) SELECT id, ").push_bind(claim.holder.clone());
    query.push(", ").push_bind(claim.until.0);
    query.push(
        " FROM picked WHERE true \
          ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE lease.until <= ",
    );
    query.push_bind(claim.now.0).push(" RETURNING name");
    query
}

/// A credit note or a corrective invoice (BT-3, UNTDID 1001) does not overtake what the same supplier sent the same
/// recipient before it: the recipient would meet it before the document that it refers to.
const FOLLOWS_NOTHING_THAT_WAITS: &str = " AND NOT (type_code IN ('261', '381', '384', '396', '532') AND EXISTS ( \
     SELECT 1 FROM invoice AS earlier WHERE earlier.siren = invoice.siren \
     AND earlier.supplier_siren = invoice.supplier_siren AND earlier.buyer_siret = invoice.buyer_siret \
     AND earlier.id < invoice.id AND earlier.state IN ('queued', 'depositing', 'deferred', 'uncertain')))";

pub(crate) async fn renew(connection: &mut Connection, holder: &str, until: Timestamp) -> Result<u64, StoreError> {
    let renewed = sqlx::query("UPDATE lease SET until = $2 WHERE holder = $1").bind(holder).bind(until.0);
    Ok(renewed.execute(connection).await?.rows_affected())
}

pub(crate) async fn let_go(connection: &mut Connection, holder: &str) -> Result<u64, StoreError> {
    let gone = sqlx::query("DELETE FROM lease WHERE holder = $1").bind(holder).execute(connection).await?;
    Ok(gone.rows_affected())
}
