//! The promises, judged on what can be seen. Each breach is a sentence; none is what is hoped for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::evidence::Evidence;

type Judge = fn(&Evidence) -> Vec<String>;

/// Every judge by name.
pub const JUDGES: [(&str, Judge); 8] = [
    ("lost", lost),
    ("counts", counts),
    ("twice", twice),
    ("from nowhere", from_nowhere),
    ("ended", ended),
    ("bytes", bytes),
    ("books", books),
    ("left", left),
];

/// Everything that is wrong.
pub fn breaches(evidence: &Evidence) -> Vec<String> {
    JUDGES
        .iter()
        .flat_map(|(name, judge)| judge(evidence).into_iter().map(move |what| format!("{name}: {what}")))
        .collect()
}

fn word<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_default()
}

/// A deposit that the gateway took for good: an invoice came of it.
fn integrated(deposit: &Value) -> bool {
    !deposit["invoice_state"].is_null()
}

/// Promise 1: every file that came in is one invoice.
fn lost(evidence: &Evidence) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    evidence.lines.iter().for_each(|line| *seen.entry(word(line, "number")).or_default() += 1);
    let times = |number: &String| seen.get(number.as_str()).copied().unwrap_or(0);
    let wrong = evidence.dropped.iter().filter(|number| times(number) != 1);
    wrong.map(|number| format!("{number} is {} times in the store", times(number))).collect()
}

/// Promise 1: the counts add up, and those of before are as they were.
fn counts(evidence: &Evidence) -> Vec<String> {
    let mut expected = evidence.before.clone();
    for line in &evidence.lines {
        *expected.entry(word(line, "state").to_owned()).or_default() += 1;
    }
    expected.retain(|_, count| *count > 0);
    let by_state = evidence.summary["by_state"].as_object();
    let shown: BTreeMap<String, u64> = by_state
        .into_iter()
        .flatten()
        .filter_map(|(state, count)| Some((state.clone(), count.as_u64().filter(|count| *count > 0)?)))
        .collect();
    let mut wrong = Vec::new();
    if shown != expected {
        wrong.push(format!("{shown:?} instead of {expected:?}"));
    }
    let received = evidence.before.values().sum::<u64>() + evidence.dropped.len() as u64;
    if evidence.summary["received"].as_u64() != Some(received) || shown.values().sum::<u64>() != received {
        wrong.push(format!("{} received instead of {received}", evidence.summary["received"]));
    }
    wrong
}

/// Promise 2: no two integrated invoices, and no second accepted deposit while the first is pending or integrated.
fn twice(evidence: &Evidence) -> Vec<String> {
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    let taken = evidence.ledger.iter().filter(|deposit| integrated(deposit));
    taken.for_each(|deposit| *there.entry(word(deposit, "number")).or_default() += 1);
    let several = there.iter().filter(|(_, count)| **count > 1);
    let several = several.map(|(number, count)| format!("{number} was integrated {count} times"));
    let doubles = evidence.ledger.iter().filter(|deposit| !deposit["duplicate_of"].is_null());
    several.chain(doubles.map(|deposit| format!("accepted while another one stood: {deposit}"))).collect()
}

/// What the gateway has came from us.
fn from_nowhere(evidence: &Evidence) -> Vec<String> {
    let ours: BTreeSet<&str> = evidence.dropped.iter().map(String::as_str).collect();
    let strange = evidence.ledger.iter().filter(|deposit| !ours.contains(word(deposit, "number")));
    strange.map(ToString::to_string).collect()
}

/// Every invoice got to its end without a person, and the gateway says the same of it.
fn ended(evidence: &Evidence) -> Vec<String> {
    let deposits = |number: &str| -> Vec<&Value> {
        evidence.ledger.iter().filter(|deposit| word(deposit, "number") == number).collect()
    };
    let wrong = evidence.lines.iter().filter_map(|line| {
        let deposits = deposits(word(line, "number"));
        let there = deposits.iter().any(|deposit| integrated(deposit));
        let refused = deposits.iter().any(|deposit| deposit["errors"].as_array().is_some_and(|list| !list.is_empty()));
        let true_to_it = match word(line, "state") {
            "integrated" | "settled" => there,
            "rejected" => refused && !there,
            _ => false,
        };
        (!true_to_it).then(|| format!("{line} where the gateway has {deposits:?}"))
    });
    wrong.collect()
}

/// What arrived is what we say that we sent.
fn bytes(evidence: &Evidence) -> Vec<String> {
    let taken = evidence.ledger.iter().filter(|deposit| integrated(deposit));
    let arrived: BTreeMap<&str, &str> =
        taken.map(|deposit| (word(deposit, "number"), word(deposit, "sha256"))).collect();
    let wrong = evidence
        .lines
        .iter()
        .filter(|line| arrived.get(word(line, "number")).is_some_and(|sha256| *sha256 != word(line, "sent_sha256")));
    wrong.map(|line| format!("{line}: other bytes arrived")).collect()
}

/// Promise 6: the journal verifies, and documents and states are what it says.
fn books(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    if evidence.journal["verified"] != true {
        wrong.push(format!("journal verify: {}", evidence.journal));
    }
    if evidence.store["healthy"] != true {
        wrong.push(format!("store check: {}", evidence.store));
    }
    if evidence.journal["lines"] != evidence.store["lines"] {
        wrong.push(format!("{} lines or {}", evidence.journal["lines"], evidence.store["lines"]));
    }
    wrong
}

/// No file stays half-way.
fn left(evidence: &Evidence) -> Vec<String> {
    evidence.left.clone()
}
