//! How long a claim takes, in turns in a small store and in a large one.

use std::time::Instant;

use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::claim::Claim;

use crate::measure::{Spread, micros, quantile};
use crate::report::{Goal, Row};

/// Claims in each of the two.
const CLAIMS: usize = 300;
/// Invoices of a claim.
const LIMIT: i64 = 32;
/// How much longer a claim may take.
const TIMES: f64 = 1.5;

/// How many times as long the claims take in the large one.
pub async fn measure(small: &Store, large: &Store) -> anyhow::Result<Vec<Row>> {
    let mut series = [Vec::new(), Vec::new()];
    for n in 0..CLAIMS + 10 {
        for (store, series) in [small, large].into_iter().zip(&mut series) {
            let time = claim(store).await?;
            // The first ones fetch pages and make plans.
            if n >= 10 {
                series.push(time);
            }
        }
    }
    let [small, large] = &series;
    let row = |what: &str, share: f64, goal| {
        let [few, many] = [quantile(small, share), quantile(large, share)];
        let ratio = Spread { median: many / few, low: many / few, high: many / few };
        Row {
            what: format!("a claim of {LIMIT}, {what}"),
            ours: format!("{many:.0} µs"),
            peer: format!("{few:.0} µs"),
            ratio,
            goal,
        }
    };
    Ok(vec![
        row("p50", 0.5, Goal::AtMost(TIMES)),
        row("p95", 0.95, Goal::None),
        row("the shortest, which no other program held up", 0.0, Goal::None),
    ])
}

async fn claim(store: &Store) -> anyhow::Result<f64> {
    let now = SystemClock.now();
    let claim = Claim {
        states: vec![State::Queued],
        now,
        holder: "bench".to_owned(),
        until: now.plus_millis(600_000),
        limit: LIMIT,
        in_order: true,
    };
    let begin = Instant::now();
    let taken = store.claim(&claim).await?;
    let time = micros(begin.elapsed());
    anyhow::ensure!(taken.len() == LIMIT as usize, "{} instead of {LIMIT}", taken.len());
    store.let_go("bench").await?;
    Ok(time)
}

pub fn note() -> String {
    format!(
        "{CLAIMS} claims in each, in turns, all invoices queued, 3 in 100 credit notes that wait for what came before them; \
         wall-clock, the commit and its fsync included. The *peer* is the small store."
    )
}
