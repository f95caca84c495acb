//! Bars as inline SVG: no script, no style from elsewhere. Lengths are whole numbers.

use std::io;

use facteur_texts::Language;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::html::escaped;
use super::shown;
use crate::document::{Cell, Section};

const MOST_BARS: usize = 24;
const BAR_HEIGHT: usize = 22;
const LABEL_WIDTH: usize = 340;
const BARS_WIDTH: i64 = 380;
const VALUE_WIDTH: usize = 110;
const LONGEST_LABEL: usize = 50;
const LETTER_WIDTH: usize = 7;
const GAP: usize = 8;
/// Currencies in which the same group may stand, one row each.
const MOST_CURRENCIES: usize = 4;

/// The bars of a table, where it has some and a value above zero. Rows under the same name, a month
/// in several currencies, are one bar where they are counted.
pub(super) fn bars(language: Language, section: &Section) -> io::Result<Option<String>> {
    let Some((label, value)) = section.bars else { return Ok(None) };
    let mut rows: Vec<(Cell, Cell)> = Vec::new();
    for row in section.rows.first(MOST_BARS * MOST_CURRENCIES)? {
        let (Some(name), Some(cell)) = (row.get(label), row.get(value)) else { continue };
        let same = rows.iter_mut().find(|(other, _)| other == name);
        match (same, cell) {
            (Some((_, Cell::Count(sum))), Cell::Count(count)) => *sum = sum.saturating_add(*count),
            _ => rows.push((name.clone(), cell.clone())),
        }
    }
    rows.truncate(MOST_BARS);
    let largest = rows.iter().map(|(_, value)| size(value)).max().filter(|largest| *largest > Decimal::ZERO);
    Ok(largest.map(|largest| drawing(language, &section.title, &rows, largest)))
}

fn drawing(language: Language, title: &str, rows: &[(Cell, Cell)], largest: Decimal) -> String {
    let labels: Vec<String> = rows.iter().map(|(name, _)| label(language, name)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let left = (longest * LETTER_WIDTH + GAP * 2).min(LABEL_WIDTH);
    let width = left + VALUE_WIDTH + usize::try_from(BARS_WIDTH).unwrap_or_default();
    let height = rows.len() * BAR_HEIGHT + 6;
    let mut svg = format!(
        "<svg role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\
         <title>{}</title>",
        escaped(title)
    );
    for (index, (label, (_, value))) in labels.iter().zip(rows).enumerate() {
        svg.push_str(&bar(language, (index, left), label, value, largest));
    }
    svg.push_str("</svg>");
    svg
}

fn label(language: Language, name: &Cell) -> String {
    let label = shown(language, name);
    if label.chars().count() <= LONGEST_LABEL {
        return label;
    }
    label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

fn bar(language: Language, (index, left): (usize, usize), label: &str, value: &Cell, largest: Decimal) -> String {
    let top = index * BAR_HEIGHT + 4;
    let middle = top + 12;
    let length = length(value, largest);
    let after = left + usize::try_from(length).unwrap_or_default() + 6;
    let before = left.saturating_sub(GAP);
    format!(
        "<text x=\"{before}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{left}\" y=\"{top}\" width=\"{length}\" height=\"16\"/>\
         <text x=\"{after}\" y=\"{middle}\">{}</text>",
        escaped(label),
        escaped(&shown(language, value))
    )
}

/// A bar's length in whole units; nothing below zero is drawn.
fn length(value: &Cell, largest: Decimal) -> i64 {
    let share = size(value).max(Decimal::ZERO).checked_div(largest).unwrap_or_default();
    (share * Decimal::from(BARS_WIDTH)).round().to_i64().unwrap_or_default().clamp(0, BARS_WIDTH)
}

fn size(cell: &Cell) -> Decimal {
    match cell {
        Cell::Count(count) => Decimal::from(*count),
        Cell::Amount(number) | Cell::Measure(number) => *number,
        _ => Decimal::ZERO,
    }
}
