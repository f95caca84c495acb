//! For programs: one object, sums as exact text, days as `YYYY-MM-DD`.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::document::{Cell, Kind, Report, Section};

/// The report as one object.
pub(super) fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (title, about) = (json!(report.title), json!(report.about));
    write!(out, "{{\"schema\":\"facteur-report/1\",\"report\":{},", json!(report.name))?;
    write!(out, "\"title\":{title},\"about\":{about},\"sections\":[")?;
    for (index, one) in report.sections.iter().enumerate() {
        out.write_all(if index == 0 { b"" } else { b"," })?;
        section(one, out)?;
    }
    write!(out, "],\"notes\":{},\"attention\":{}}}", json!(report.notes), report.attention)
}

fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    let columns: Vec<Value> = section
        .columns
        .iter()
        .map(|column| json!({"key": column.key, "heading": column.heading, "kind": kind(column.kind)}))
        .collect();
    let (key, title) = (json!(section.key), json!(section.title));
    write!(out, "{{\"key\":{key},\"title\":{title},\"columns\":{},\"rows\":[", json!(columns))?;
    let mut comma = "";
    section.rows.try_each(|cells| write!(out, "{}{}", std::mem::replace(&mut comma, ","), row(section, cells)))?;
    let totals: Vec<Value> = section.totals()?.iter().map(|cells| row(section, cells)).collect();
    write!(out, "],\"totals\":{}}}", json!(totals))
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
        Cell::Amount(number) | Cell::Measure(number) => json!(number.to_string()),
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
