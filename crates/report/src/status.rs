//! Where each invoice is: the JSON lines of the contract (`facteur-status/1`) and the table for people.

use facteur_model::finding::{Finding, Layer};
use facteur_model::lifecycle::State;
use facteur_store::change::Reason;
use facteur_store::record::Invoice;
use facteur_store::report::Entry;
use facteur_texts::{Language, amount, finding_text, printable, say};
use serde_json::{Value, json};

use crate::table::{Align, Table};

/// One line of `facteur status --format json`.
#[must_use]
pub fn line(invoice: &Invoice) -> Value {
    json!({
        "schema": "facteur-status/1",
        "id": invoice.id,
        "version": invoice.version,
        "file": invoice.file,
        "sha256": invoice.sha256,
        "sent_sha256": invoice.sent_sha256,
        "kind": invoice.kind,
        "supplier": invoice.supplier,
        "number": invoice.number,
        "issued": invoice.issued,
        "total": invoice.total,
        "currency": invoice.currency,
        "state": invoice.state,
        "since": invoice.since.rfc3339(),
        "gateway": invoice.gateway,
        "flow": invoice.flow,
        "flow_state": invoice.flow_state,
        "invoice_state": invoice.invoice_state,
        "reason": invoice.reason,
        "attempts": invoice.attempts,
        "duplicate_of": invoice.duplicate_of,
    })
}

/// `facteur status --summary --format json`: the sum of `by_state` is `received`.
#[must_use]
pub fn summary(counts: &[(State, i64)]) -> Value {
    let received: i64 = counts.iter().map(|(_, count)| count).sum();
    let by_state: serde_json::Map<String, Value> =
        counts.iter().map(|(state, count)| (state.to_string(), json!(count))).collect();
    json!({"received": received, "by_state": by_state})
}

/// From this width on the whole table can be read; below it, [`narrow_table`].
pub const WIDE: usize = 110;

/// The table of invoices for a narrow terminal: what an invoice is called, whose it is, how much, and where it is.
#[must_use]
pub fn narrow_table(language: Language, invoices: &[Invoice]) -> Table {
    let heading = |key: &str| say(language, &format!("column.{key}"), &[]);
    let mut table = Table::new(vec![
        (heading("id"), Align::Left),
        (heading("number_or_file"), Align::Left),
        (heading("supplier"), Align::Left),
        (heading("total"), Align::Right),
        (heading("state"), Align::Left),
    ]);
    table.keep(&[0, 4]).middle(1);
    for invoice in invoices {
        table.row(vec![
            short(&invoice.id).to_owned(),
            printable(invoice.number.as_deref().unwrap_or(&invoice.file)),
            printable(invoice.supplier.as_deref().unwrap_or("—")),
            total(language, invoice),
            facteur_texts::state(language, invoice.state),
        ]);
    }
    table
}

fn total(language: Language, invoice: &Invoice) -> String {
    let currency = currency_sign(invoice.currency.as_deref().unwrap_or_default());
    let total = invoice.total.as_deref().map(|total| format!("{} {currency}", amount(language, total)));
    total.unwrap_or_else(|| "—".to_owned())
}

/// The table of invoices, for people.
#[must_use]
pub fn table(language: Language, invoices: &[Invoice]) -> Table {
    let heading = |key: &str| say(language, &format!("column.{key}"), &[]);
    let mut table = Table::new(vec![
        (heading("id"), Align::Left),
        (heading("file"), Align::Left),
        (heading("supplier"), Align::Left),
        (heading("number"), Align::Left),
        (heading("total"), Align::Right),
        (heading("state"), Align::Left),
        (heading("gateway"), Align::Left),
    ]);
    table.keep(&[0, 3, 5]).middle(1);
    for invoice in invoices {
        table.row(vec![
            short(&invoice.id).to_owned(),
            printable(&invoice.file),
            printable(invoice.supplier.as_deref().unwrap_or("—")),
            printable(invoice.number.as_deref().unwrap_or("—")),
            total(language, invoice),
            facteur_texts::state(language, invoice.state),
            at_gateway(language, invoice),
        ]);
    }
    table
}

/// The table of cases that a person is about to touch.
#[must_use]
pub fn entries_table(language: Language, entries: &[Entry]) -> Table {
    let heading = |key: &str| say(language, &format!("column.{key}"), &[]);
    let mut table = Table::new(vec![
        (heading("id"), Align::Left),
        (heading("number_or_file"), Align::Left),
        (heading("supplier"), Align::Left),
        (heading("state"), Align::Left),
        (say(language, "show.reason", &[]), Align::Left),
    ]);
    table.keep(&[0, 3]).middle(1);
    for entry in entries {
        table.row(vec![
            short(&entry.id).to_owned(),
            printable(entry.number.as_deref().unwrap_or(&entry.file)),
            printable(entry.supplier.as_deref().unwrap_or("—")),
            facteur_texts::state(language, entry.state),
            entry.reason.as_ref().map_or_else(String::new, |reason| reason_title(language, reason)),
        ]);
    }
    table
}

/// The end of an identity: it tells invoices apart, its beginning is the time.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

fn currency_sign(code: &str) -> String {
    if code == "EUR" { "€".to_owned() } else { printable(code) }
}

/// The invoice's or the flow's state at the gateway in people's words, or the reason of a side state.
fn at_gateway(language: Language, invoice: &Invoice) -> String {
    if let Some(reason) = &invoice.reason {
        return reason_title(language, reason);
    }
    if invoice.state == State::Duplicate {
        let other = invoice.duplicate_of.as_deref().unwrap_or_default();
        return format!("= {}", short(other));
    }
    let code = invoice.invoice_state.as_deref().or(invoice.flow_state.as_deref());
    code.map_or_else(String::new, |code| gateway_word(language, code))
}

/// A gateway's word as people say it; an unknown one stays as it is.
#[must_use]
pub fn gateway_word(language: Language, code: &str) -> String {
    let key = format!("gateway.{code}");
    if facteur_texts::knows(language, &key) { say(language, &key, &[]) } else { printable(code) }
}

/// The short title of a reason.
#[must_use]
pub fn reason_title(language: Language, reason: &Reason) -> String {
    // The rule that failed says more than that one failed.
    if let Some(text) = rule_of(language, reason).and_then(|rule| finding_text(language, rule)) {
        return text.title.clone();
    }
    finding_text(language, &reason.code).map_or_else(|| reason.code.clone(), |text| text.title.clone())
}

/// A reason in full: what happened, and what to do. Where a rule failed, it is the rule's own words.
#[must_use]
pub fn reason_sentences(language: Language, reason: &Reason) -> (String, String) {
    let rule = rule_of(language, reason).unwrap_or(&reason.code);
    let mut finding = Finding::warning(Layer::Reading, rule);
    finding.found = reason.args.get("found").cloned();
    finding.expected = reason.args.get("expected").cloned();
    finding.term = reason.args.get("term").cloned();
    finding.line = reason.args.get("line").and_then(|line| line.parse().ok());
    finding.args.clone_from(&reason.args);
    if let Some(other) = finding.args.get_mut("other_id") {
        *other = short(other).to_owned();
    }
    let text = facteur_texts::speak(language, &finding);
    (text.message, text.advice)
}

/// The rule that failed, under the closer of its two names that has a sentence.
fn rule_of(language: Language, reason: &Reason) -> Option<&str> {
    let names = ["key", "rule"].into_iter().filter_map(|name| reason.args.get(name));
    names.map(String::as_str).find(|rule| finding_text(language, rule).is_some())
}

/// The counts by state, for people; the last line is their sum.
#[must_use]
pub fn summary_table(language: Language, counts: &[(State, i64)]) -> Table {
    let heading = |key: &str| say(language, &format!("column.{key}"), &[]);
    let mut table = Table::new(vec![(heading("state"), Align::Left), (heading("count"), Align::Right)]);
    for (state, count) in counts {
        table.row(vec![facteur_texts::state(language, *state), count.to_string()]);
    }
    let sum: i64 = counts.iter().map(|(_, count)| count).sum();
    table.rule();
    table.row(vec![say(language, "column.received", &[]), sum.to_string()]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_what_was_received() {
        let counts = [(State::Queued, 3), (State::Held, 1)];
        let summary = summary(&counts);
        assert_eq!(summary["received"], 4);
        assert_eq!(summary["by_state"]["held"], 1);
    }
}
