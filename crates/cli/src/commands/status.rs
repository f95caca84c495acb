//! `facteur status`

use anyhow::bail;
use facteur_model::lifecycle::State;
use facteur_report::status as report;
use facteur_store::Store;
use facteur_store::record::{Filter, Invoice};

use super::{Context, Outcome};
use crate::args::Status;
use crate::output::Talk;

/// Invoices read at once.
const PAGE: i64 = 500;
/// Rows that a terminal is given where nobody says how many.
const MOST_ROWS: i64 = 1000;

pub async fn run(context: &Context, options: &Status) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    if options.summary {
        let counts = store.summary().await?;
        if talk.json() {
            talk.data(&report::summary(&counts).to_string());
        } else {
            talk.table(&report::summary_table(talk.language, &counts));
        }
        return Ok(super::status(true));
    }
    let filter = filter(options)?;
    if talk.json() {
        return each_page(&store, filter, |page| show(talk, page)).await.map(|()| super::status(true));
    }
    let most = filter.limit.unwrap_or(MOST_ROWS);
    let invoices = store.invoices(&Filter { limit: Some(most), ..filter }).await?;
    show(talk, &invoices);
    if options.limit.is_none() && invoices.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
        talk.note("status.more", &[("count", &most.to_string())]);
    }
    if !talk.json() {
        if home.configuration.demo {
            talk.note("status.demo", &[]);
        }
        context.note_missing_rules(&home);
    }
    Ok(super::status(true))
}

/// Page by page, so that memory does not grow with the store.
async fn each_page(store: &Store, mut filter: Filter, mut take: impl FnMut(&[Invoice])) -> anyhow::Result<()> {
    let mut left = filter.limit.unwrap_or(i64::MAX);
    while left > 0 {
        filter.limit = Some(left.min(PAGE));
        let page = store.invoices(&filter).await?;
        let Some(last) = page.last() else { break };
        filter.after = Some(last.after());
        left -= i64::try_from(page.len()).unwrap_or(left);
        take(&page);
    }
    Ok(())
}

fn filter(options: &Status) -> anyhow::Result<Filter> {
    let mut states = Vec::new();
    for name in &options.state {
        match State::from_name(name) {
            Some(state) => states.push(state),
            None => {
                let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
                bail!("{name} ? ({})", known.join(", "));
            }
        }
    }
    Ok(Filter {
        states,
        supplier: options.supplier.clone(),
        number: options.number.clone(),
        flow: options.flow.clone(),
        due: None,
        after: None,
        limit: options.limit,
    })
}

pub fn show(talk: Talk, invoices: &[Invoice]) {
    if talk.json() {
        return invoices.iter().for_each(|invoice| talk.data(&report::line(invoice).to_string()));
    }
    if invoices.is_empty() {
        return talk.note("status.nothing", &[]);
    }
    let width = crate::output::width();
    let narrow = width > 0 && width < report::WIDE;
    let table =
        if narrow { report::narrow_table(talk.language, invoices) } else { report::table(talk.language, invoices) };
    talk.table(&table);
}
