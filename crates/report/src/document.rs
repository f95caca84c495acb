//! A report as data: titles, figures, tables and charts, before any format. Every text from outside is made printable
//! when it comes in; each format escapes what it has to.

use std::collections::BTreeMap;
use std::io;

use facteur_model::date::Date;
use facteur_texts::printable;
use rust_decimal::Decimal;

use crate::rows::Rows;

/// Longest text of a cell, in characters; more is cut with a sign of it.
const LONGEST: usize = 1000;
/// The currency of most reports.
const EURO: &str = "EUR";

/// A report.
#[derive(Debug)]
pub struct Report {
    /// Its name, in data and on the command line.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// What it is about: the period and the filters, one a line.
    pub about: Vec<String>,
    /// Its parts, in order.
    pub sections: Vec<Section>,
    /// What the reader has to know about the figures.
    pub notes: Vec<String>,
    /// Whether something in it does not add up or waits for a person.
    pub attention: bool,
}

/// A part of a report: a table, with or without a chart.
#[derive(Debug)]
pub struct Section {
    /// Its name in data.
    pub key: &'static str,
    /// Its title.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with as many cells as there are columns.
    pub rows: Rows,
    /// The column of the currency, where sums are made by currency.
    pub currency: Option<usize>,
    /// Columns with a total below.
    pub totals: Vec<usize>,
    /// The bars to draw: column of the labels, column of the values.
    pub bars: Option<(usize, usize)>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in data.
    pub key: &'static str,
    /// Its heading.
    pub heading: String,
    /// What stands in it.
    pub kind: Kind,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Identities of invoices: whole in data, short for people.
    Identity,
    /// Whole numbers.
    Count,
    /// Exact sums.
    Amount,
    /// Days.
    Day,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text, printable.
    Text(String),
    /// A whole number.
    Count(i64),
    /// An exact sum.
    Amount(Decimal),
    /// An exact number that is no sum: an average, a share.
    Measure(Decimal),
    /// A day.
    Day(Date),
}

impl Cell {
    /// A measure, or nothing.
    #[must_use]
    pub fn measure(measure: Option<Decimal>) -> Self {
        measure.map_or(Self::Empty, Self::Measure)
    }

    /// A text; control characters become visible, and what is too long is cut.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut shown = printable(text);
        if shown.chars().count() > LONGEST {
            shown = shown.chars().take(LONGEST).chain(['…']).collect();
        }
        Self::Text(shown)
    }

    /// A text, or nothing.
    #[must_use]
    pub fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A day, or nothing.
    #[must_use]
    pub fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }

    /// A number that puts days in order; what is no day comes last.
    #[must_use]
    pub fn day_number(&self) -> i64 {
        match self {
            Self::Day(day) => i64::from(day.year()) * 400 + i64::from(day.month()) * 32 + i64::from(day.day()),
            _ => i64::MAX,
        }
    }

    /// A number, or nothing.
    #[must_use]
    pub fn count(count: Option<i64>) -> Self {
        count.map_or(Self::Empty, Self::Count)
    }

    /// A sum, or nothing.
    #[must_use]
    pub fn amount(amount: Option<Decimal>) -> Self {
        amount.map_or(Self::Empty, Self::Amount)
    }
}

impl Section {
    /// An empty table.
    #[must_use]
    pub const fn new(key: &'static str, title: String, columns: Vec<Column>) -> Self {
        Self { key, title, columns, rows: Rows::new(), currency: None, totals: Vec::new(), bars: None }
    }

    /// The rows of totals, one a currency; none without a column to add up, or without rows.
    ///
    /// # Errors
    /// When the rows cannot be read back.
    pub fn totals(&self) -> io::Result<Vec<Vec<Cell>>> {
        // The euro first: it is what the reader looks for.
        let mut sums: BTreeMap<(bool, String), Vec<Cell>> = BTreeMap::new();
        if self.totals.is_empty() {
            return Ok(Vec::new());
        }
        self.rows.try_each(|row| {
            self.add(&mut sums, row);
            io::Result::Ok(())
        })?;
        sums.retain(|_, sum| sum.iter().any(|cell| *cell != Cell::Empty));
        Ok(sums.into_iter().map(|((_, code), sum)| self.with_currency(sum, &code)).collect())
    }

    fn add(&self, sums: &mut BTreeMap<(bool, String), Vec<Cell>>, row: &[Cell]) {
        let currency = match self.currency.and_then(|column| row.get(column)) {
            Some(Cell::Text(code)) => code.as_str(),
            _ => "",
        };
        let sum = sums
            .entry((currency != EURO, currency.to_owned()))
            .or_insert_with(|| vec![Cell::Empty; self.columns.len()]);
        for column in &self.totals {
            if let (Some(sum), Some(cell)) = (sum.get_mut(*column), row.get(*column)) {
                *sum = added(sum, cell);
            }
        }
    }

    fn with_currency(&self, mut sum: Vec<Cell>, code: &str) -> Vec<Cell> {
        if let Some(cell) = self.currency.and_then(|column| sum.get_mut(column)) {
            *cell = Cell::Text(code.to_owned());
        }
        sum
    }
}

/// Exact, or nothing where the sum would be too large to be.
fn added(a: &Cell, b: &Cell) -> Cell {
    match (a, b) {
        (Cell::Count(a), Cell::Count(b)) => a.checked_add(*b).map_or(Cell::Empty, Cell::Count),
        (Cell::Amount(a), Cell::Amount(b)) => a.checked_add(*b).map_or(Cell::Empty, Cell::Amount),
        (Cell::Empty, other) | (other, Cell::Empty) => other.clone(),
        _ => Cell::Empty,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sums_are_exact_and_never_mix_currencies() {
        let column = |key, kind| Column { key, heading: String::new(), kind };
        let columns = vec![column("currency", Kind::Text), column("total", Kind::Amount), column("count", Kind::Count)];
        let mut section = Section::new("s", String::new(), columns);
        (section.currency, section.totals) = (Some(0), vec![1, 2]);
        for (code, sum) in [("EUR", "0.1"), ("USD", "5"), ("EUR", "0.2"), ("EUR", "-0.30")] {
            section.rows.push(vec![Cell::text(code), Cell::Amount(sum.parse().unwrap()), Cell::Count(1)]);
        }
        let totals = section.totals().unwrap();
        assert_eq!(totals.len(), 2);
        assert_eq!(totals[0], [Cell::text("EUR"), Cell::Amount(Decimal::ZERO), Cell::Count(3)]);
        assert_eq!(totals[1], [Cell::text("USD"), Cell::Amount(Decimal::from(5)), Cell::Count(1)]);
    }

    #[test]
    fn a_text_from_outside_is_printable_and_not_endless() {
        assert_eq!(Cell::text("a\u{1b}[2J\u{202e}"), Cell::Text("a\u{fffd}[2J\u{fffd}".into()));
        let Cell::Text(long) = Cell::text(&"x".repeat(5000)) else { panic!() };
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
