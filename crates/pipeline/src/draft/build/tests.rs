#![allow(clippy::unwrap_used)]
use facteur_parse::pdf::fields::ItemRow;
use facteur_parse::pdf::text::Place;

use super::*;
use crate::config::ContextName;

const AGENT: Frame = Frame { context: ContextName::CproHistoric, role: Role::FilingAgent };

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

/// What a clerk gives; the rest follows.
fn draft(changes: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    let usual = [
        ("kind", "380"),
        ("number", "F-1"),
        ("issued", "2026-11-02"),
        ("due", "2026-12-02"),
        ("currency", "EUR"),
        ("supplier", "Atelier"),
        ("supplier_siret", "40483304800022"),
        ("supplier_vat", "FR83404833048"),
        ("buyer", "Commune"),
        ("buyer_siret", "99970001600010"),
        ("net", "250.00"),
        ("vat", "50.00"),
        ("total", "300.00"),
        ("iban", "FR1420041010050500013M02606"),
    ];
    for (name, value) in usual.iter().chain(changes) {
        draft.give(name, value, AGENT).unwrap();
    }
    draft
}

fn terms(lacks: &[Lack]) -> Vec<&str> {
    let term = |lack: &Lack| match lack {
        Lack::Missing(field) | Lack::Unusable(field, _) => field.name,
        Lack::Sums { .. } => "sums",
        Lack::Breakdown => "breakdown",
        Lack::Lines => "lines",
    };
    lacks.iter().map(term).collect()
}

#[test]
fn a_page_without_breakdown_gets_the_one_rate_that_makes_its_vat() {
    let built = build(&draft(&[]), AGENT);
    assert_eq!(terms(&built.lacks), [""; 0]);
    let row = &built.invoice.vat_breakdown[0];
    assert_eq!((row.rate, row.category.as_deref()), (Some(amount("20")), Some("S")));
    assert!(built.summary_lines && built.invoice.lines[0].item.name.as_deref().unwrap().contains("F-1"));
    let odd = build(&draft(&[("vat", "49.00"), ("total", "299.00")]), AGENT);
    assert_eq!(terms(&odd.lacks), ["breakdown"]);
}

#[test]
fn an_empty_draft_asks_for_everything_and_invents_nothing() {
    let built = build(&Draft::default(), AGENT);
    let asked = terms(&built.lacks);
    for name in REQUIRED.iter().chain(&["supplier_siret", "buyer_siret", "due", "payment_means"]) {
        assert!(asked.contains(name), "{name}: {asked:?}");
    }
    assert_eq!((built.invoice.number, built.invoice.totals.with_vat), (None, None));
}

#[test]
fn sums_that_do_not_add_up_are_named() {
    let built = build(&draft(&[("total", "310.00")]), AGENT);
    assert_eq!(built.lacks, [Lack::Sums { expected: amount("300"), found: amount("310") }]);
}

#[test]
fn an_invoice_without_vat_says_why() {
    let without = [("vat", "0"), ("total", "250.00"), ("supplier_vat", "")];
    assert_eq!(terms(&build(&draft(&without), AGENT).lacks), ["vat_exemption"]);
    let said = [&without[..], &[("vat_exemption", "TVA non applicable, art. 293 B du CGI")]].concat();
    let built = build(&draft(&said), AGENT);
    assert_eq!(terms(&built.lacks), [""; 0]);
    let row = &built.invoice.vat_breakdown[0];
    assert_eq!((row.category.as_deref(), row.exemption.is_some()), (Some("E"), true));
}

#[test]
fn a_credit_note_is_written_without_signs() {
    let printed = [("kind", "381"), ("net", "-250.00"), ("vat", "-50.00"), ("total", "-300.00"), ("due", "")];
    let built = build(&draft(&printed), AGENT);
    assert_eq!(terms(&built.lacks), [""; 0]);
    assert_eq!(built.invoice.totals.with_vat, Some(amount("300.00")));
    assert_eq!(built.invoice.lines[0].net_amount, Some(amount("250.00")));
}

#[test]
fn lines_are_taken_over_only_where_they_make_the_sums() {
    let row = |text: &str| ItemRow {
        name: "Révision".into(),
        quantity: amount("1"),
        price: amount(text),
        amount: amount(text),
        rate: None,
        page: 1,
        place: Place::default(),
    };
    let mut read = draft(&[]);
    read.read.lines = vec![row("100.00"), row("150.00")];
    let built = build(&read, AGENT);
    assert!(!built.summary_lines && built.invoice.lines.len() == 2);
    read.read.lines.pop();
    assert!(build(&read, AGENT).summary_lines);
    let line = |text: &str| LineEntry {
        name: "Révision".into(),
        quantity: amount("1"),
        price: amount(text),
        amount: amount(text),
        rate: None,
    };
    read.lines = Some(vec![line("100.00")]);
    assert_eq!(terms(&build(&read, AGENT).lacks), ["lines"], "a person's lines are never replaced");
}
