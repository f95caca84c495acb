//! For a terminal: plain tables.

use std::io;

use facteur_texts::{Language, say};

use super::cards::card;
use super::shown_in;
use crate::document::{Cell, Kind, Report, Section};
use crate::table::{Align, Table, wrapped};

/// Rows of a table that a terminal is given; the other formats have them all.
const MOST_ROWS: usize = 200;

/// The report as text, at most `width` characters wide where that can be had (0: as wide as it is).
///
/// # Errors
/// When the rows cannot be read back.
pub fn text(language: Language, report: &Report, width: usize) -> io::Result<String> {
    let mut text = format!("{}\n", report.title);
    for line in &report.about {
        text.push_str(&lines(line, width));
    }
    for section in &report.sections {
        text.push_str(&format!("\n{}\n", section.title));
        if section.rows.is_empty() {
            text.push_str(&format!("  {}\n", say(language, "report.empty", &[])));
            continue;
        }
        let table = table(language, section)?;
        match table.fits(width) {
            true => text.push_str(&table.render(width)),
            false => match table.folded(width) {
                Some(folded) => text.push_str(&folded),
                None => text.push_str(&cards(language, section, width)?),
            },
        }
        if section.rows.len() > MOST_ROWS {
            let more = (section.rows.len() - MOST_ROWS).to_string();
            text.push_str(&format!("{}\n", say(language, "report.more", &[("count", &more)])));
        }
    }
    if !report.notes.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        text.push_str(&lines(note, width));
    }
    Ok(text)
}

/// A sentence, broken between its words where it is longer than a line.
fn lines(sentence: &str, width: usize) -> String {
    let lines = if width == 0 { vec![sentence.to_owned()] } else { wrapped(sentence, width) };
    lines.join("\n") + "\n"
}

/// A table that is too wide in whatever way: its rows one after the other, a few lines each.
fn cards(language: Language, section: &Section, width: usize) -> io::Result<String> {
    let mut text = String::new();
    for row in section.rows.first(MOST_ROWS)? {
        text.push_str(&card(language, section, &row, width));
    }
    for mut total in section.totals()? {
        super::label_total(language, section, &mut total);
        text.push_str(&card(language, section, &total, width));
    }
    Ok(text)
}

fn table(language: Language, section: &Section) -> io::Result<Table> {
    let align = |kind| if matches!(kind, Kind::Count | Kind::Amount) { Align::Right } else { Align::Left };
    let columns = section.columns.iter().map(|column| (column.heading.clone(), align(column.kind))).collect();
    let mut table = Table::new(columns);
    let line =
        |row: &[Cell]| section.columns.iter().zip(row).map(|(column, cell)| shown_in(language, column, cell)).collect();
    for row in section.rows.first(MOST_ROWS)? {
        table.row(line(&row));
    }
    let totals = section.totals()?;
    if !totals.is_empty() {
        table.rule();
    }
    for mut total in totals {
        super::label_total(language, section, &mut total);
        table.row(line(&total));
    }
    Ok(table)
}
