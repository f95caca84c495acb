//! An invented year of invoices in a store, the same for the same seed, written by the changes that the program itself
//! writes: every state, refusals with their successors, suspensions, late payments, credit notes, hostile names, several
//! recipients and services. `year --home DIR [--invoices N] [--seed N]` fills a home that `facteur init` made.

mod fate;
mod life;
mod parties;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;

use anyhow::Context as _;
use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_store::Store;
use facteur_store::change::Done;

use crate::draw::Draw;
use fate::DAY;
use life::Lives;

/// Changes given to the writer before the first of them is waited for.
const IN_HAND: usize = 512;
/// Days of the year.
const DAYS: i64 = 365;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub invoices: u64,
    /// SIREN of the legal person whose store it is.
    pub siren: String,
    /// SIRET of the structure.
    pub siret: String,
    /// When the year ends.
    pub until: Timestamp,
}

/// Writes the year; gives the number of changes.
pub async fn fill(store: &Store, plan: &Plan) -> anyhow::Result<usize> {
    let mut lives = Lives::new(plan);
    let mut draw = Draw::new(plan.seed);
    let start = plan.until.plus_millis(-DAYS * DAY);
    let mut changes = Vec::new();
    for n in 0..plan.invoices {
        // Evenly over the year, in office hours, more or less.
        let even = DAYS * DAY / i64::try_from(plan.invoices.max(1))? * i64::try_from(n)?;
        let at = start.plus_millis(even + draw.between(0, DAY / 48));
        changes.extend(lives.next(at.min(plan.until.plus_millis(-1000))));
    }
    // The journal is written in the order of time, as in life; a stable sort keeps the order of an invoice's changes.
    changes.sort_by_key(|(at, _)| *at);
    let count = changes.len();
    let mut waiting = VecDeque::new();
    for (_, change) in changes {
        waiting.push_back((format!("{change:.200?}"), store.submit(change).await?));
        if waiting.len() >= IN_HAND {
            settle(&mut waiting, IN_HAND / 2).await?;
        }
    }
    settle(&mut waiting, 0).await?;
    Ok(count)
}

type Waiting = VecDeque<(String, facteur_store::Pending)>;

async fn settle(waiting: &mut Waiting, until: usize) -> anyhow::Result<()> {
    while waiting.len() > until {
        let Some((what, pending)) = waiting.pop_front() else { break };
        let _: Done = pending.done().await.with_context(|| what)?;
    }
    Ok(())
}

/// The part `year` of the command line.
pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let value = |name: &str| arguments.iter().skip_while(|word| *word != name).nth(1);
    let number = |name: &str, default: u64| value(name).map_or(Ok(default), |text| text.parse());
    let home = facteur_pipeline::home::Home::open(&PathBuf::from(value("--home").context("year --home DIR")?))?;
    let plan = Plan {
        seed: number("--seed", 1)?,
        invoices: number("--invoices", 30_000)?,
        siren: home.configuration.legal_person.siren.clone(),
        siret: home.configuration.structure.siret.clone(),
        until: SystemClock.now(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let store = home.store().await?;
        let begin = std::time::Instant::now();
        let changes = fill(&store, &plan).await?;
        println!("{} invoices, {changes} changes, {:.1} s", plan.invoices, begin.elapsed().as_secs_f64());
        store.close().await;
        Ok(())
    })
}
