//! The form as a person leaves it: checked whole, with the line of whatever is wrong.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use toml::{Spanned, Table, Value};

use super::super::body::{Draft, LineEntry, Origin, VatEntry};
use super::super::build::build;
use super::super::field::{DraftField, Form};
use super::super::value::{fine, money};
use super::super::work::{Changed, Opened};
use super::{FormProblem, Wrong};

/// Most rows of a table.
const ROWS_MAX: usize = 5_000;

/// What a form says, where it can be used.
pub(super) struct Answer {
    pub(super) draft: Draft,
    pub(super) changed: Vec<Changed>,
}

/// Reads a form against the draft that it was made of.
pub(super) fn apply(opened: &Opened, text: &str) -> Result<Answer, Vec<FormProblem>> {
    let form: BTreeMap<String, Spanned<Value>> = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        vec![FormProblem { line, what: Wrong::Toml(error.message().to_owned()) }]
    })?;
    let mut reader = Reader { text, opened, draft: opened.draft.clone(), changed: Vec::new(), problems: Vec::new() };
    for (name, value) in &form {
        reader.entry(name, value);
    }
    if reader.problems.is_empty() {
        return Ok(Answer { draft: reader.draft, changed: reader.changed });
    }
    reader.problems.sort_by_key(|problem| problem.line);
    Err(reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    opened: &'a Opened,
    draft: Draft,
    changed: Vec<Changed>,
    problems: Vec<FormProblem>,
}

impl Reader<'_> {
    fn entry(&mut self, name: &str, value: &Spanned<Value>) {
        let line = line_at(self.text, value.span().start);
        match (name, value.get_ref()) {
            ("revision", Value::Integer(revision)) if *revision == self.opened.revision => {}
            ("revision", _) => self.problems.push(FormProblem { line, what: Wrong::Outdated }),
            ("vat_row", Value::Array(rows)) => self.vat(rows, line),
            ("line", Value::Array(rows)) => self.lines(rows, line),
            (_, value) => match DraftField::from_name(name) {
                Some(field) => self.field(field, &plain(value), line),
                None => self.problems.push(FormProblem { line, what: Wrong::Unknown(name.to_owned()) }),
            },
        }
    }

    fn field(&mut self, field: &DraftField, value: &str, line: usize) {
        let stands = self.opened.draft.entry(field, self.opened.frame).filter(|entry| entry.origin != Origin::Default);
        if stands.map(|entry| entry.value).unwrap_or_default() == value.trim() {
            return;
        }
        match self.draft.give(field.name, value, self.opened.frame) {
            Ok(Some((before, after))) => self.changed.push(Changed { field: field.name.to_owned(), before, after }),
            Ok(None) => {}
            Err(fault) => {
                let (field, value) = (fault.field, fault.value);
                let form = fault.form.unwrap_or(Form::Text(0));
                self.problems.push(FormProblem { line, what: Wrong::Value { field, value, form } });
            }
        }
    }

    /// Rows that say what would be written anyway stay a proposal.
    fn vat(&mut self, rows: &[Value], line: usize) {
        let mut entries = Vec::new();
        for row in self.tables(rows, &["rate", "base", "amount"], line) {
            let (rate, base) = (self.number(row, "rate", line, true), self.number(row, "base", line, false));
            let amount = self.number(row, "amount", line, false);
            if let (Some(rate), Some(base), Some(amount)) = (rate, base, amount) {
                entries.push(VatEntry { rate, base, amount });
            }
        }
        let built = build(&self.opened.draft, self.opened.frame).invoice.vat_breakdown;
        let same = built.len() == entries.len()
            && built.iter().zip(&entries).all(|(own, entry)| {
                (own.rate, own.taxable, own.tax) == (Some(entry.rate), Some(entry.base), Some(entry.amount))
            });
        if !same {
            self.change("vat_row", built.len(), entries.len());
            self.draft.vat = Some(entries);
        }
    }

    fn lines(&mut self, rows: &[Value], line: usize) {
        let mut entries = Vec::new();
        for row in self.tables(rows, &["name", "quantity", "price", "amount", "rate"], line) {
            let name = row.get("name").map(plain).unwrap_or_default().trim().to_owned();
            if name.is_empty() || name.chars().count() > 500 || name.chars().any(char::is_control) {
                self.wrong("line.name", &name, Form::Text(500), line);
                continue;
            }
            let quantity = self.number(row, "quantity", line, true);
            let (price, amount) = (self.number(row, "price", line, true), self.number(row, "amount", line, false));
            let rate = match row.get("rate").map(plain) {
                Some(text) if !text.trim().is_empty() => self.number(row, "rate", line, true),
                _ => None,
            };
            if let (Some(quantity), Some(price), Some(amount)) = (quantity, price, amount) {
                entries.push(LineEntry { name, quantity, price, amount, rate });
            }
        }
        let built = build(&self.opened.draft, self.opened.frame).invoice.lines;
        let same = built.len() == entries.len()
            && built.iter().zip(&entries).all(|(own, entry)| {
                own.item.name.as_deref() == Some(entry.name.as_str())
                    && own.quantity.as_ref().and_then(|quantity| quantity.value) == Some(entry.quantity)
                    && (own.price.net, own.net_amount) == (Some(entry.price), Some(entry.amount))
                    && own.vat_rate == entry.rate
            });
        if !same {
            self.change("line", built.len(), entries.len());
            self.draft.lines = Some(entries);
        }
    }

    fn change(&mut self, table: &str, before: usize, after: usize) {
        let (field, before, after) = (table.to_owned(), before.to_string(), after.to_string());
        self.changed.push(Changed { field, before, after });
    }

    /// The rows that are tables of known columns.
    fn tables<'r>(&mut self, rows: &'r [Value], columns: &[&str], line: usize) -> Vec<&'r Table> {
        let mut tables = Vec::new();
        for row in rows.iter().take(ROWS_MAX) {
            let Value::Table(table) = row else {
                self.problems.push(FormProblem { line, what: Wrong::Toml(row.to_string()) });
                continue;
            };
            for unknown in table.keys().filter(|name| !columns.contains(&name.as_str())) {
                self.problems.push(FormProblem { line, what: Wrong::Unknown(unknown.clone()) });
            }
            tables.push(table);
        }
        tables
    }

    fn number(&mut self, row: &Table, column: &str, line: usize, is_fine: bool) -> Option<Amount> {
        let text = row.get(column).map(plain).unwrap_or_default();
        let number = if is_fine { fine(&text) } else { money(&text) };
        if number.is_none() {
            self.wrong(column, &text, if is_fine { Form::Rate } else { Form::Amount }, line);
        }
        number
    }

    fn wrong(&mut self, field: &str, value: &str, form: Form, line: usize) {
        let (field, value) = (field.to_owned(), value.to_owned());
        self.problems.push(FormProblem { line, what: Wrong::Value { field, value, form } });
    }
}

/// A value as text, whether the person put it between quotes or not.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_at("a\nb\nc", 0), 1);
        assert_eq!(line_at("a\nb\nc", 4), 3);
    }
}
