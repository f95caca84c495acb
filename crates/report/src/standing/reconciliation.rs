//! Whether everything that came in is somewhere: the journal against the states, and our states against the gateway's.

use std::collections::BTreeMap;

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::{Census, Standing};
use facteur_texts::printable;

use super::{Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::status::gateway_word;
use crate::vocabulary::{told, vocabulary};

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let census = store.census().await?;
    let sum: i64 = census.standings.iter().map(|standing| standing.count).sum();
    let apart: Vec<&Standing> = census.standings.iter().filter(|standing| disagrees(standing)).collect();
    let mut report = query.report();
    report.attention = sum != census.journal_received || !apart.is_empty();
    report.sections = vec![checks(query, &census, sum), by_state(query, &census), at_gateway(query, &census.standings)];
    let verdict = if sum == census.journal_received { "adds_up" } else { "does_not_add_up" };
    report.notes.push(query.sentence(verdict, &[]));
    for standing in apart {
        let word = standing.invoice_state.as_deref().map(|word| told(query.language, word)).unwrap_or_default();
        let state = facteur_texts::state(query.language, standing.state);
        let count = standing.count.to_string();
        report.notes.push(query.sentence("apart", &[("count", &count), ("state", &state), ("word", &word)]));
    }
    Ok(report)
}

/// Whether the gateway's word belongs to another state than ours. Words that we do not know say nothing.
fn disagrees(standing: &Standing) -> bool {
    let status = standing.invoice_state.as_deref().and_then(|word| vocabulary().of_chorus(word));
    // What a person gave up keeps the gateway's last word.
    status.is_some_and(|status| !status.states.contains(&standing.state)) && standing.state != State::Abandoned
}

fn checks(query: &Query, census: &Census, sum: i64) -> Section {
    let columns = vec![query.column("figure", Kind::Text), query.column("count", Kind::Count)];
    let mut section = Section::new("checks", query.section_title("checks"), columns);
    section.rows = vec![
        query.figure("journal_received", Cell::Count(census.journal_received)),
        query.figure("sum_of_states", Cell::Count(sum)),
        query.figure("difference", Cell::Count(census.journal_received - sum)),
        query.figure("archives", Cell::Count(census.archives)),
    ]
    .into();
    section
}

fn by_state(query: &Query, census: &Census) -> Section {
    let mut counts: BTreeMap<State, i64> = BTreeMap::new();
    for standing in &census.standings {
        *counts.entry(standing.state).or_default() += standing.count;
    }
    let columns = vec![query.column("state", Kind::Text), query.column("count", Kind::Count)];
    let mut section = Section::new("states", query.section_title("states"), columns);
    let row = |(state, count): (&State, &i64)| {
        vec![Cell::Text(facteur_texts::state(query.language, *state)), Cell::Count(*count)]
    };
    section.rows = counts.iter().map(row).collect();
    (section.totals, section.bars) = (vec![1], Some((0, 1)));
    section
}

fn at_gateway(query: &Query, standings: &[Standing]) -> Section {
    let columns = vec![
        query.column("state", Kind::Text),
        query.column("flow_state", Kind::Text),
        query.column("invoice_state", Kind::Text),
        query.column("code", Kind::Text),
        query.column("afnor", Kind::Text),
        query.column("payment_order", Kind::Text),
        query.column("count", Kind::Count),
    ];
    let mut section = Section::new("at_gateway", query.section_title("at_gateway"), columns);
    section.rows = standings.iter().map(|standing| row(query, standing)).collect();
    section.totals = vec![6];
    section
}

fn row(query: &Query, standing: &Standing) -> Vec<Cell> {
    let language = query.language;
    let word = standing.invoice_state.as_deref();
    let status = word.and_then(|word| vocabulary().of_chorus(word));
    let order = status.and_then(|status| status.order.as_deref());
    vec![
        Cell::Text(facteur_texts::state(language, standing.state)),
        Cell::maybe(standing.flow_state.as_deref().map(|code| gateway_word(language, code)).as_deref()),
        Cell::maybe(word.map(|word| told(language, word)).as_deref()),
        Cell::maybe(word.map(printable).as_deref()),
        Cell::maybe(status.map(|status| status.afnor.join(", ")).as_deref()),
        Cell::maybe(order.map(|order| facteur_texts::say(language, &format!("order_state.{order}"), &[])).as_deref()),
        Cell::Count(standing.count),
    ]
}
