//! A table that is wider than the terminal: each row as a few lines. The first columns say which row it is; the others
//! follow with their headings, and what is empty is left out. Nothing is cut.

use facteur_texts::Language;

use super::shown_in;
use crate::document::{Cell, Column, Section};
use crate::table::wrapped;

/// Columns that say which row it is.
const HEAD: usize = 3;
const INDENT: &str = "    ";
const BETWEEN: &str = " · ";

/// One row, or one row of totals.
pub(super) fn card(language: Language, section: &Section, row: &[Cell], width: usize) -> String {
    let cells: Vec<(&Column, String)> = section
        .columns
        .iter()
        .zip(row)
        .map(|(column, cell)| (column, shown_in(language, column, cell)))
        .filter(|(_, shown)| !shown.is_empty())
        .collect();
    let is_head = |column: &Column| section.columns.iter().take(HEAD).any(|head| head.key == column.key);
    let head: Vec<&str> = cells.iter().filter(|(column, _)| is_head(column)).map(|(_, shown)| shown.as_str()).collect();
    let rest = cells.iter().filter(|(column, _)| !is_head(column));
    let colon = if language == Language::French { " : " } else { ": " };
    let rest: Vec<String> = rest.map(|(column, shown)| format!("{}{colon}{shown}", column.heading)).collect();
    let mut lines = wrapped(&head.join("  "), width);
    lines.extend(paired(&rest, width.saturating_sub(INDENT.len())).iter().map(|line| format!("{INDENT}{line}")));
    lines.join("\n") + "\n"
}

/// Pairs of a heading and a value, as many a line as there is room for; one that is longer than a line is wrapped.
fn paired(pairs: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for pair in pairs {
        let room = |line: &&mut String| line.chars().count() + BETWEEN.len() + pair.chars().count() <= width;
        match lines.last_mut().filter(room) {
            Some(line) => line.push_str(&format!("{BETWEEN}{pair}")),
            None => lines.extend(wrapped(pair, width)),
        }
    }
    lines
}
