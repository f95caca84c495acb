//! Holding a written document against the invoice that it was written from: what a reader finds in it has to be what
//! the invoice says, less what the writer listed as lost, and what it listed as derived.

use std::collections::BTreeMap;

use facteur_model::invoice::Invoice;
use facteur_render::{TermValue, Written, all};

/// A value by term, line and text.
type Key = (&'static str, Option<String>, String);

/// What the invoice and the document read back disagree on although the writer did not say so: values that went
/// missing, and values that came from nowhere. Empty for a faithful writer.
#[must_use]
pub fn unlisted(before: &Invoice, written: &Written, after: &Invoice) -> Vec<TermValue> {
    let mut balance: BTreeMap<Key, (i64, TermValue)> = BTreeMap::new();
    let mut count = |values: &[TermValue], by: i64| {
        for value in values {
            balance.entry(key(value)).or_insert_with(|| (0, value.clone())).0 += by;
        }
    };
    count(&all(before), 1);
    count(&written.lost, -1);
    count(&written.derived, 1);
    count(&all(after), -1);
    balance.into_values().filter(|(count, _)| *count != 0).map(|(_, value)| value).collect()
}

/// What the second invoice no longer says, and what it says in its place.
pub(super) fn changes(before: &Invoice, after: &Invoice) -> (Vec<TermValue>, Vec<TermValue>) {
    let (before, after) = (all(before), all(after));
    let only_in = |these: &[TermValue], those: &[TermValue]| {
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        those.iter().for_each(|value| *left.entry(key(value)).or_default() += 1);
        let mut found = |value: &&TermValue| match left.get_mut(&key(value)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        these.iter().filter(|value| found(value)).cloned().collect()
    };
    (only_in(&before, &after), only_in(&after, &before))
}

fn key(value: &TermValue) -> Key {
    let text = match value.term.0 {
        "BT-8" | "EXT-FR-FE" => vat_point_code(&value.value),
        _ => &value.value,
    };
    (value.term.0, value.line.clone(), text.to_owned())
}

/// UBL and CII have other codes for the same event (UNTDID 2005 and 2475).
fn vat_point_code(code: &str) -> &str {
    match code {
        "5" => "3",
        "29" => "35",
        "72" => "432",
        other => other,
    }
}
