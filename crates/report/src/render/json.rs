//! For programs: one object, sums as exact text, days as `YYYY-MM-DD`.

use serde_json::{Map, Value, json};

use crate::document::{Cell, Kind, Report, Section};

/// The report as one object.
pub(super) fn json(report: &Report) -> Value {
    json!({
        "schema": "facteur-report/1",
        "report": report.name,
        "title": report.title,
        "about": report.about,
        "sections": report.sections.iter().map(section).collect::<Vec<_>>(),
        "notes": report.notes,
        "attention": report.attention,
    })
}

fn section(section: &Section) -> Value {
    let columns: Vec<Value> = section
        .columns
        .iter()
        .map(|column| json!({"key": column.key, "heading": column.heading, "kind": kind(column.kind)}))
        .collect();
    let rows: Vec<Value> = section.rows.iter().map(|cells| row(section, cells)).collect();
    let totals: Vec<Value> = section.totals().iter().map(|cells| row(section, cells)).collect();
    json!({"key": section.key, "title": section.title, "columns": columns, "rows": rows, "totals": totals})
}

fn row(section: &Section, cells: &[Cell]) -> Value {
    let pairs = section.columns.iter().zip(cells).map(|(column, cell)| (column.key.to_owned(), value(cell)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Count(count) => json!(count),
        Cell::Amount(amount) => json!(amount.to_string()),
        Cell::Day(date) => json!(date.to_string()),
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Identity => "text",
        Kind::Count => "count",
        Kind::Amount => "amount",
        Kind::Day => "day",
    }
}
