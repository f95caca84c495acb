//! `facteur status`

use anyhow::bail;
use facteur_model::lifecycle::State;
use facteur_report::status as report;
use facteur_store::record::{Filter, Invoice};

use super::{Context, Outcome};
use crate::args::Status;
use crate::output::Talk;

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
    let invoices = store.invoices(&filter(options)?).await?;
    show(talk, &invoices);
    if !talk.json() {
        if home.configuration.demo {
            talk.note("status.demo", &[]);
        }
        context.note_missing_rules(&home);
    }
    Ok(super::status(true))
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
