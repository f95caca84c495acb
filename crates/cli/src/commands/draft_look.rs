//! A draft as a clerk looks at it: what is sure, what is to be checked, what is missing.

use facteur_pipeline::draft::{DraftField, Entry, FIELDS, Lack, Opened, Want, build, unsure, wants};
use facteur_pipeline::engine::Engine;
use facteur_pipeline::error::PipelineError;
use facteur_report::status::short;
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use serde_json::{Value, json};

use super::convert::need_key;
use super::extract::{corners, hundredth};
use crate::output::Talk;

/// Shows a draft; whether it could be confirmed.
pub async fn show(talk: Talk, engine: &Engine, opened: &Opened) -> Result<bool, PipelineError> {
    let wanted = wants(opened, engine.home.configuration.draft.form);
    let doubtful = unsure(opened);
    let ready = wanted.is_empty() && doubtful.is_empty();
    if talk.json() {
        talk.data(&as_json(talk, opened, &wanted, ready).to_string());
        return Ok(ready);
    }
    let args = [("id", short(&opened.invoice.id)), ("file", &printable(&opened.invoice.file))];
    talk.tell("draft.head", &args);
    let heading = |key: &str, align| (talk.say(key, &[]), align);
    let mut table = Table::new(vec![
        heading("draft.name", Align::Left),
        heading("extract.field", Align::Left),
        heading("extract.value", Align::Left),
        heading("extract.trust", Align::Left),
        heading("extract.method", Align::Left),
    ]);
    for (field, entry) in entries(opened) {
        let method = talk.say(&format!("method.{}", entry.origin.as_str()), &[]);
        let page = if entry.page == 0 { String::new() } else { format!(", p. {}", entry.page) };
        table.row(vec![
            field.name.to_owned(),
            format!("{} ({})", field_name(talk, field), field.term),
            printable(&entry.value),
            talk.say(trust(&entry), &[("percent", &entry.confidence.to_string())]),
            format!("{method}{page}"),
        ]);
    }
    talk.table(&table);
    lines_of(talk, opened);
    if !wanted.is_empty() {
        talk.tell("draft.missing", &[]);
        wanted.iter().for_each(|want| talk.data(&format!("  {}\n", want_sentence(talk, want))));
    }
    let next = match (wanted.is_empty(), doubtful.is_empty()) {
        (false, _) => "draft.next_complete",
        (true, false) => "draft.next_check",
        (true, true) => "draft.next_confirm",
    };
    talk.note(next, &[("id", short(&opened.invoice.id))]);
    Ok(ready)
}

/// How many lines the invoice will have, and where they come from.
pub fn lines_of(talk: Talk, opened: &Opened) {
    let built = build(&opened.draft, opened.frame);
    if built.invoice.lines.is_empty() {
        return;
    }
    let counts = [built.invoice.vat_breakdown.len(), built.invoice.lines.len()].map(|count| count.to_string());
    let key = if built.summary_lines { "draft.lines_summary" } else { "draft.lines" };
    talk.tell(key, &[("vat", &counts[0]), ("lines", &counts[1])]);
}

pub fn field_name(talk: Talk, field: &DraftField) -> String {
    talk.say(&format!("field.{}", field.name), &[])
}

/// What is wanted, with its term and in words.
pub fn want_sentence(talk: Talk, want: &Want) -> String {
    let (term, sentence) = match want {
        Want::Draft(Lack::Missing(field)) => {
            (field.term, talk.say("draft.want_field", &[("name", &field_name(talk, field)), ("field", field.name)]))
        }
        Want::Draft(Lack::Unusable(field, value)) => {
            let value = printable(value);
            let args = [("field", field.name), ("value", value.as_str()), ("expected", &field.form.expected())];
            (field.term, talk.say(&format!("draft.fault_{}", field.form.word()), &args))
        }
        Want::Draft(Lack::Sums { expected, found }) => {
            let args = [("expected", expected.to_string()), ("found", found.to_string())];
            ("BT-112", talk.say("draft.want_sums", &args.each_ref().map(|(name, value)| (*name, value.as_str()))))
        }
        Want::Draft(Lack::Breakdown) => ("BG-23", talk.say("draft.want_breakdown", &[])),
        Want::Draft(Lack::Lines) => ("BG-25", talk.say("draft.want_lines", &[])),
        Want::Channel(missing) => (missing.term.0, talk.say(&need_key(missing), &[])),
    };
    format!("{term}{} {sentence}", talk.colon())
}

fn entries(opened: &Opened) -> impl Iterator<Item = (&'static DraftField, Entry)> {
    FIELDS.iter().filter_map(|field| Some((field, opened.draft.entry(field, opened.frame)?)))
}

const fn trust(entry: &Entry) -> &'static str {
    if entry.sure { "extract.sure" } else { "extract.unsure" }
}

fn as_json(talk: Talk, opened: &Opened, wanted: &[Want], ready: bool) -> Value {
    let fields: serde_json::Map<String, Value> = entries(opened)
        .map(|(field, entry)| {
            let value = json!({"value": entry.value, "term": field.term, "sure": entry.sure, "usable": entry.usable,
                "confidence": hundredth(i64::from(entry.confidence)), "method": entry.origin.as_str(),
                "page": entry.page, "box": corners(entry.place)});
            (field.name.to_owned(), value)
        })
        .collect();
    let built = build(&opened.draft, opened.frame);
    let missing = wanted.iter().map(|want| {
        let field = match want {
            Want::Draft(Lack::Missing(field) | Lack::Unusable(field, _)) => Some(field.name),
            _ => None,
        };
        json!({"term": want.term(), "field": field, "message": want_sentence(talk, want)})
    });
    let vat = built
        .invoice
        .vat_breakdown
        .iter()
        .map(|row| json!({"rate": row.rate, "base": row.taxable, "amount": row.tax, "category": row.category}));
    let lines = built.invoice.lines.iter().map(|line| {
        json!({"name": line.item.name, "quantity": line.quantity.as_ref().and_then(|quantity| quantity.value),
            "price": line.price.net, "amount": line.net_amount, "rate": line.vat_rate})
    });
    json!({"schema": "facteur-draft/1", "id": opened.invoice.id, "file": opened.invoice.file,
        "sha256": opened.invoice.sha256, "state": opened.invoice.state, "revision": opened.revision, "ready": ready,
        "fields": fields, "missing": missing.collect::<Vec<_>>(), "vat": vat.collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(), "summary_lines": built.summary_lines})
}
