//! The form as it is written: each field under a line of comment that says what it is and what is known of it.

use facteur_texts::{Language, printable, say};

use super::super::body::{Entry, Origin};
use super::super::build::build;
use super::super::confirm::{Outgoing, Want, wants};
use super::super::field::{DraftField, FIELDS};
use super::super::work::Opened;

/// The whole form.
pub(super) fn page(opened: &Opened, language: Language) -> String {
    let sentence = |key: &str, args: &[(&str, &str)]| comment(&say(language, key, args));
    let wanted = wants(opened, Outgoing::default());
    let mut page = sentence("draft.form_head", &[("file", &printable(&opened.invoice.file))]);
    page.push_str(&sentence("draft.form_how", &[]));
    page.push_str(&format!("revision = {}\n\n", opened.revision));
    for field in &FIELDS {
        let entry = opened.draft.entry(field, opened.frame);
        page.push_str(&about(field, entry.as_ref(), &wanted, language));
        // What only follows from the rest is left to follow from it.
        let value = entry.filter(|entry| entry.origin != Origin::Default).map(|entry| entry.value).unwrap_or_default();
        page.push_str(&format!("{} = {}\n", field.name, quoted(&value)));
    }
    page.push('\n');
    page.push_str(&sentence("draft.form_tables", &[]));
    page.push_str(&tables(opened));
    page
}

/// What a field is, and what is known of its value.
fn about(field: &DraftField, entry: Option<&Entry>, wanted: &[Want], language: Language) -> String {
    let name = say(language, &format!("field.{}", field.name), &[]);
    let missing = wanted.iter().any(|want| want.term() == Some(field.term));
    let known = match entry {
        Some(entry) if entry.origin == Origin::Default => {
            say(language, "draft.form_default", &[("value", &printable(&entry.value))])
        }
        Some(entry) => {
            let trust = if entry.sure { "extract.sure" } else { "extract.unsure" };
            let method = say(language, &format!("method.{}", entry.origin.as_str()), &[]);
            format!("{}, {method}", say(language, trust, &[("percent", &entry.confidence.to_string())]))
        }
        None if missing => say(language, "draft.form_missing", &[]),
        None => String::new(),
    };
    let known = if known.is_empty() { known } else { format!(" — {known}") };
    let codes = field.form.expected();
    let codes = if matches!(field.form, super::Form::OneOf(_)) { format!(" [{codes}]") } else { String::new() };
    comment(&format!("{name} ({}){codes}{known}", field.term))
}

/// The VAT breakdown and the lines as they would be written now.
fn tables(opened: &Opened) -> String {
    let built = build(&opened.draft, opened.frame);
    let number = |amount: Option<facteur_model::amount::Amount>| {
        quoted(&amount.map(|amount| amount.to_string()).unwrap_or_default())
    };
    let mut text = String::new();
    for row in &built.invoice.vat_breakdown {
        text.push_str(&format!(
            "\n[[vat_row]]\nrate = {}\nbase = {}\namount = {}\n",
            number(row.rate),
            number(row.taxable),
            number(row.tax)
        ));
    }
    for line in &built.invoice.lines {
        text.push_str(&format!(
            "\n[[line]]\nname = {}\nquantity = {}\nprice = {}\namount = {}\nrate = {}\n",
            quoted(line.item.name.as_deref().unwrap_or_default()),
            number(line.quantity.as_ref().and_then(|quantity| quantity.value)),
            number(line.price.net),
            number(line.net_amount),
            number(line.vat_rate)
        ));
    }
    text
}

/// A text as a string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.replace(char::is_control, " ")).to_string()
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {line}\n")).collect()
}
