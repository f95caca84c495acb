//! Credit notes beside what they credit, and corrected invoices beside what they replace (BT-25).

use std::collections::BTreeSet;

use facteur_store::Store;
use facteur_store::report::{Entry, Link};
use facteur_texts::say;

use super::collect::{currency, nature, signed};
use super::invoices::issued;
use super::{Query, ReportError};
use crate::document::{Cell, Kind, Section};
use crate::payment_period::Nature;

/// The table, still empty.
pub(super) fn section(query: &Query) -> Section {
    let columns = vec![
        query.column("number", Kind::Text),
        query.column("issued", Kind::Day),
        query.column("supplier", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("original", Kind::Text),
        query.column("original_issued", Kind::Day),
        query.column("original_state", Kind::Text),
        query.column("original_total", Kind::Amount),
        query.column("net", Kind::Amount),
    ];
    Section::new("credit_notes", query.section_title("credit_notes"), columns)
}

/// Adds those of a page that name a preceding invoice, and credit notes that name none.
pub(super) async fn add(
    store: &Store,
    query: &Query,
    page: &[Entry],
    section: &mut Section,
) -> Result<(), ReportError> {
    let linked = |entry: &&Entry| entry.preceding.is_some() || nature(entry) == Nature::CreditNote;
    let linked: Vec<&Entry> = page.iter().filter(linked).collect();
    let numbers: BTreeSet<String> = linked.iter().filter_map(|entry| entry.preceding.clone()).collect();
    let originals = store.report_originals(&Vec::from_iter(numbers)).await?;
    for entry in linked {
        let of = |other: &&Entry| {
            other.id != entry.id && other.number == entry.preceding && other.supplier_siren == entry.supplier_siren
        };
        let original = entry.preceding.as_ref().and_then(|_| originals.iter().find(of));
        section.rows.push(row(query, entry, original));
    }
    Ok(())
}

fn row(query: &Query, entry: &Entry, original: Option<&Entry>) -> Vec<Cell> {
    let amount = signed(entry);
    let before = original.and_then(signed);
    let same = original.is_some_and(|original| original.currency == entry.currency);
    let credits = nature(entry) == Nature::CreditNote && same;
    let net = amount.zip(before).filter(|_| credits).and_then(|(amount, before)| before.checked_add(amount));
    vec![
        Cell::maybe(entry.number.as_deref()),
        issued(entry),
        Cell::maybe(entry.supplier.as_deref()),
        Cell::amount(amount),
        Cell::text(&currency(entry)),
        Cell::maybe(entry.preceding.as_deref()),
        original.map_or(Cell::Empty, issued),
        original.map_or(Cell::Empty, |original| Cell::Text(facteur_texts::state(query.language, original.state))),
        Cell::amount(before),
        Cell::amount(net),
    ]
}

/// The invoices that belong to one: how, which, where they stand.
pub(super) fn family(query: &Query, relatives: &[(Link, Entry)]) -> Section {
    let columns = vec![
        query.column("link", Kind::Text),
        query.column("id", Kind::Identity),
        query.column("number", Kind::Text),
        query.column("issued", Kind::Day),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("state", Kind::Text),
        query.column("since", Kind::Day),
    ];
    let mut section = Section::new("family", query.section_title("family"), columns);
    for (link, entry) in relatives {
        section.rows.push(vec![
            Cell::Text(say(query.language, &format!("link.{}", link.as_str()), &[])),
            Cell::text(&entry.id),
            Cell::maybe(entry.number.as_deref()),
            issued(entry),
            Cell::amount(signed(entry)),
            Cell::text(&currency(entry)),
            Cell::Text(facteur_texts::state(query.language, entry.state)),
            Cell::Day(query.day(entry.since)),
        ]);
    }
    section
}
