//! A report in a format: for a terminal, CSV, JSON, HTML, XLSX. Every format gets the same cells.

mod chart;
mod csv;
mod html;
mod json;
mod text;
mod xlsx;

use facteur_texts::Language;

use crate::document::{Cell, Column, Kind, Report};
use crate::status::short;
use crate::wording::{day, sum};

pub use text::text;
pub use xlsx::WorkbookError;

/// A format for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// `;`, byte order mark, decimal comma in French: what a spreadsheet opens with a double click.
    Csv,
    /// For programs: one object.
    Json,
    /// One page that needs nothing else.
    Html,
    /// A workbook.
    Xlsx,
}

/// The whole report as bytes.
///
/// # Errors
/// When the workbook cannot be made.
pub fn render(format: Format, language: Language, report: &Report) -> Result<Vec<u8>, WorkbookError> {
    Ok(match format {
        Format::Text => text(language, report, 0).into_bytes(),
        Format::Csv => csv::csv(language, report).into_bytes(),
        Format::Json => json::json(report).to_string().into_bytes(),
        Format::Html => html::html(language, report).into_bytes(),
        Format::Xlsx => xlsx::xlsx(language, report)?,
    })
}

/// A cell of a column as a person reads it: identities are short.
fn shown_in(language: Language, column: &Column, cell: &Cell) -> String {
    match cell {
        Cell::Text(text) if column.kind == Kind::Identity => short(text).to_owned(),
        other => shown(language, other),
    }
}

/// A cell as a person reads it.
fn shown(language: Language, cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Amount(amount) => sum(language, *amount),
        Cell::Day(date) => day(language, *date),
    }
}

/// Puts the word "total" into the first column that is free.
fn label_total(language: Language, section: &crate::document::Section, total: &mut [Cell]) {
    let is_free = |index: &usize| !section.totals.contains(index) && section.currency != Some(*index);
    if let Some(cell) = (0..total.len()).find(is_free).and_then(|index| total.get_mut(index)) {
        *cell = Cell::Text(facteur_texts::say(language, "report.total", &[]));
    }
}
