//! What waits for a person: for whom, since when, why, and the commands that lead on.

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Entry;
use facteur_texts::say;

use super::collect::{currency, each, signed};
use super::{Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::rows::Rows;
use crate::status::reason_title;
use crate::vocabulary::vocabulary;

const AGE: usize = 7;

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("number", Kind::Text),
        query.column("supplier", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("status", Kind::Text),
        query.column("since", Kind::Day),
        query.column("days", Kind::Count),
        query.column("reason", Kind::Text),
        query.column("waits_for", Kind::Text),
        query.column("commands", Kind::Text),
    ];
    let mut section = Section::new("waiting", query.section_title("waiting"), columns);
    (section.currency, section.totals) = (Some(4), vec![3]);
    section.rows = Rows::ordered_by(oldest_first);
    if let Some(asked) = query.within(State::waits_for_person) {
        each(store, &asked, |entry| section.rows.push(row(query, entry))).await?;
    }
    let mut report = query.report();
    report.attention = !section.rows.is_empty();
    report.sections.push(section);
    Ok(report)
}

fn oldest_first(row: &[Cell]) -> i64 {
    match row.get(AGE) {
        Some(Cell::Count(days)) => -days,
        _ => 0,
    }
}

fn row(query: &Query, entry: &Entry) -> Vec<Cell> {
    let language = query.language;
    let status = vocabulary().of(entry.state, entry.invoice_state.as_deref());
    let waits_for = status.and_then(|status| status.waits_for.as_deref());
    let commands: Vec<String> = entry.state.exits().iter().map(|verb| format!("facteur {verb}")).collect();
    vec![
        Cell::text(&entry.id),
        Cell::maybe(entry.number.as_deref()),
        Cell::text(entry.supplier.as_deref().unwrap_or(&entry.file)),
        Cell::amount(signed(entry)),
        Cell::text(&currency(entry)),
        Cell::maybe(status.map(|status| status.word(language, None)).as_deref()),
        Cell::Day(query.day(entry.since)),
        Cell::Count(query.age(entry)),
        Cell::maybe(entry.reason.as_ref().map(|reason| reason_title(language, reason)).as_deref()),
        Cell::maybe(waits_for.map(|who| say(language, &format!("who.{who}"), &[])).as_deref()),
        Cell::text(&commands.join(", ")),
    ]
}
