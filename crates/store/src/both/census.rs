//! How many invoices stand so: what the database counts by itself (migration 0007), read and checked.

use facteur_model::lifecycle::State;
use sqlx::{QueryBuilder, Row as _};

use super::read::among_states;
use super::{Connection, Db, Pool, Row, snapshot};
use crate::error::StoreError;
use crate::report::{Census, Standing, Tallied};

fn state(row: &Row) -> Result<State, StoreError> {
    let name: String = row.get("state");
    State::from_name(&name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

/// An empty text stands for a word that is not there.
fn word(row: &Row, column: &str) -> Option<String> {
    Some(row.get::<String, _>(column)).filter(|word| !word.is_empty())
}

/// How many invoices are in each state.
pub(crate) async fn summary(readers: &Pool) -> Result<Vec<(State, i64)>, StoreError> {
    let rows =
        sqlx::query("SELECT state, CAST(sum(many) AS BIGINT) AS many FROM census GROUP BY state HAVING sum(many) <> 0")
            .fetch_all(readers)
            .await?;
    let mut counts =
        rows.iter().map(|row| Ok((state(row)?, row.get("many")))).collect::<Result<Vec<_>, StoreError>>()?;
    counts.sort_by_key(|(state, _)| *state);
    Ok(counts)
}

/// Counts and sums of whole states, by state and currency.
pub(crate) async fn tally(readers: &Pool, states: &[State]) -> Result<Vec<Tallied>, StoreError> {
    let mut query = QueryBuilder::<Db>::new(
        "SELECT state, currency, CAST(sum(many) AS BIGINT) AS many, \
         CASE WHEN priced = 1 THEN CAST(sum(cents) AS BIGINT) END AS cents FROM census WHERE 1 = 1",
    );
    among_states(&mut query, states);
    query.push(" GROUP BY state, currency, priced HAVING sum(many) <> 0 ORDER BY state, currency, priced DESC");
    let tallied = |row: &Row| {
        Ok(Tallied {
            state: state(row)?,
            currency: word(row, "currency"),
            count: row.get("many"),
            cents: row.get("cents"),
        })
    };
    query.build().fetch_all(readers).await?.iter().map(tallied).collect()
}

/// One transaction, so that the counts belong to the same instant.
pub(crate) async fn census(readers: &Pool) -> Result<Census, StoreError> {
    let mut reading = snapshot(readers).await?;
    let rows = sqlx::query(
        "SELECT state, flow_state, invoice_state, CAST(sum(many) AS BIGINT) AS many FROM census \
         GROUP BY state, flow_state, invoice_state HAVING sum(many) <> 0 ORDER BY state, flow_state, invoice_state",
    )
    .fetch_all(&mut *reading)
    .await?;
    let counts = sqlx::query(
        "SELECT (SELECT count(*) FROM journal WHERE kind = 'received') AS documents, \
         (SELECT count(*) FROM journal WHERE kind = 'archive') AS archives",
    )
    .fetch_one(&mut *reading)
    .await?;
    reading.commit().await?;
    let standing = |row: &Row| {
        Ok(Standing {
            state: state(row)?,
            flow_state: word(row, "flow_state"),
            invoice_state: word(row, "invoice_state"),
            count: row.get("many"),
        })
    };
    let mut standings = rows.iter().map(standing).collect::<Result<Vec<_>, StoreError>>()?;
    standings.sort_by_key(|standing| standing.state);
    Ok(Census { standings, journal_received: counts.get("documents"), archives: counts.get("archives") })
}

/// Where the counts are not those of the invoices, in technical words: both looked at in one order, at one instant.
pub(super) async fn problems(readers: &Pool) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT state, flow_state, invoice_state, currency, priced, CAST(sum(many) AS BIGINT) AS many, \
         CAST(sum(cents) AS BIGINT) AS cents FROM ( \
             SELECT state, flow_state, invoice_state, currency, priced, many, cents FROM census \
             UNION ALL SELECT state, coalesce(flow_state, ''), coalesce(invoice_state, ''), coalesce(currency, ''), \
             CASE WHEN cents IS NULL THEN 0 ELSE 1 END, -1, -coalesce(cents, 0) FROM invoice) AS both_of_them \
         GROUP BY state, flow_state, invoice_state, currency, priced \
         HAVING sum(many) <> 0 OR sum(cents) <> 0 ORDER BY state, flow_state, invoice_state, currency, priced",
    )
    .fetch_all(readers)
    .await?;
    let problem = |row: &Row| {
        let words: Vec<String> = (0..4).map(|column| row.get::<String, _>(column)).filter(|w| !w.is_empty()).collect();
        let (many, cents): (i64, i64) = (row.get("many"), row.get("cents"));
        format!("the counts of reports ({}) are {many} invoices and {cents} cents too many", words.join(" "))
    };
    Ok(rows.iter().map(problem).collect())
}

/// Adds up what was counted during the copy.
pub(crate) async fn settle(connection: &mut Connection) -> Result<(), StoreError> {
    super::transaction::settle_counts(connection).await
}
