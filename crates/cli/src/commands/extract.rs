//! `facteur extract FILE`: what the pages of a PDF seem to say. A proposal, never a fact.

use std::path::Path;

use facteur_model::finding::{Finding, Layer};
use facteur_pipeline::draft::{Read, nothing_to_read, read_file};
use facteur_pipeline::pdf_worker::{Field, Place};
use facteur_pipeline::template::Templates;
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use serde_json::{Value, json};

use super::{Context, Outcome, status};
use crate::args::Extract;

pub async fn run(context: &Context, options: &Extract) -> Outcome {
    let talk = context.talk;
    let program = std::env::current_exe()?;
    let templates = context.home_if_any()?.map(|home| Templates::of(&home)).unwrap_or_default();
    super::import::complain_of_templates(talk, &templates.problems);
    let read = match read_file(&program, &options.file, templates.usable).await? {
        Ok(read) => read,
        Err(finding) => return Ok(refused(context, &options.file.display().to_string(), &finding)),
    };
    if let Some(rule) = nothing_to_read(&read.pages) {
        let finding = match &read.scan {
            Some(scan) => scan.finding(),
            None => Finding::warning(Layer::Reading, rule),
        };
        return Ok(refused(context, &options.file.display().to_string(), &finding));
    }
    tell(context, &options.file, &read);
    Ok(status(true))
}

/// What was read, for people or for programs.
pub fn tell(context: &Context, file: &Path, read: &Read) {
    if context.talk.json() {
        context.talk.data(&as_json(&file.display().to_string(), read).to_string());
    } else {
        show(context, read);
    }
}

/// Why nothing is proposed.
pub fn refused(context: &Context, file: &str, finding: &Finding) -> std::process::ExitCode {
    let talk = context.talk;
    if talk.json() {
        talk.data(
            &json!({"schema": "facteur-extract/1", "file": file, "refused": finding.rule, "fields": {}}).to_string(),
        );
    }
    crate::output::complain(&talk.finding(finding));
    status(false)
}

fn as_json(file: &str, read: &Read) -> Value {
    let reading = &read.pages.reading;
    let fields: serde_json::Map<String, Value> =
        reading.fields.iter().map(|(name, field)| (name.as_str().to_owned(), field_json(field))).collect();
    let vat = reading.vat.iter().map(|row| {
        json!({"rate": row.rate, "base": row.base, "amount": row.amount, "page": row.page, "box": corners(row.place)})
    });
    let lines = reading.lines.iter().map(|row| {
        json!({"name": row.name, "quantity": row.quantity, "price": row.price, "amount": row.amount, "rate": row.rate,
            "page": row.page, "box": corners(row.place)})
    });
    json!({"schema": "facteur-extract/1", "file": file, "sha256": read.sha256, "pages": read.pages.pages,
        "truncated": read.pages.truncated, "recognised": read.pages.recognised, "template": reading.template,
        "fields": fields, "vat": vat.collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>()})
}

fn field_json(field: &Field) -> Value {
    json!({"value": field.value, "confidence": hundredth(i64::from(field.confidence)), "sure": field.is_sure(),
        "method": field.method, "page": field.page, "box": corners(field.place)})
}

/// Left, top, right and bottom in points from the upper left corner of the page.
pub fn corners(place: Place) -> Value {
    let points = [place.left, place.top, place.right, place.bottom].map(|edge| hundredth(i64::from(edge)));
    Value::from(points.to_vec())
}

/// A number of hundredths as a decimal fraction, without a binary one on the way.
pub fn hundredth(number: i64) -> Value {
    let sign = if number < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:02}", number.abs() / 100, number.abs() % 100);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn show(context: &Context, read: &Read) {
    let talk = context.talk;
    let heading = |key: &str, align| (talk.say(key, &[]), align);
    let mut table = Table::new(vec![
        heading("extract.field", Align::Left),
        heading("extract.value", Align::Left),
        heading("extract.trust", Align::Left),
        heading("extract.method", Align::Left),
        heading("extract.page", Align::Right),
    ]);
    for (name, field) in &read.pages.reading.fields {
        let trust = if field.is_sure() { "extract.sure" } else { "extract.unsure" };
        let method = serde_json::to_value(field.method).ok().and_then(|method| method.as_str().map(str::to_owned));
        table.row(vec![
            talk.say(&format!("field.{}", name.as_str()), &[]),
            printable(&field.value),
            talk.say(trust, &[("percent", &field.confidence.to_string())]),
            talk.say(&format!("method.{}", method.unwrap_or_default()), &[]),
            field.page.to_string(),
        ]);
    }
    talk.table(&table);
    let counts = [("vat", read.pages.reading.vat.len()), ("lines", read.pages.reading.lines.len())];
    let [vat, lines] = counts.map(|(_, count)| count.to_string());
    if let Some(template) = &read.pages.reading.template {
        talk.tell("extract.template", &[("name", &printable(template))]);
    }
    if read.pages.recognised {
        talk.tell("extract.recognised", &[]);
    }
    talk.tell("extract.rows", &[("vat", &vat), ("lines", &lines)]);
    talk.note("extract.proposal", &[]);
}
