//! A report in a format: for a terminal, CSV, JSON, HTML, XLSX. Every format gets the same cells.

mod cards;
mod chart;
mod csv;
mod html;
mod json;
mod text;
mod xlsx;

use std::io::{self, Write};

use facteur_texts::Language;

use crate::document::{Cell, Column, Kind, Report};
use crate::status::short;
use crate::wording::{count, day, measure, sum};

pub use text::text;

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

/// Why a report cannot be put into its format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A table is longer than a sheet of a workbook.
    #[error("{0} rows are more than a sheet holds")]
    TooLong(usize),
    /// The writer of workbooks refuses it.
    #[error("the workbook cannot be made: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The rows cannot be read back, or what is made of them cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
}

/// The whole report as bytes.
///
/// # Errors
/// As [`write_to`].
pub fn render(format: Format, language: Language, report: &Report) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Vec::new();
    write_to(format, language, report, &mut bytes)?;
    Ok(bytes)
}

/// Writes the whole report, row after row: memory does not grow with their number.
///
/// # Errors
/// When a table does not fit into a workbook, rows cannot be read back, or `out` cannot be written.
pub fn write_to(format: Format, language: Language, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    match format {
        Format::Text => out.write_all(text(language, report, 0)?.as_bytes())?,
        Format::Csv => csv::csv(language, report, out)?,
        Format::Json => json::json(report, out)?,
        Format::Html => html::html(language, report, out)?,
        Format::Xlsx => xlsx::xlsx(language, report, out)?,
    }
    Ok(())
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
        Cell::Count(number) => count(language, *number),
        Cell::Amount(amount) => sum(language, *amount),
        Cell::Measure(value) => measure(language, *value),
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
