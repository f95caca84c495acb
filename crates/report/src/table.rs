//! A plain table for a terminal: columns as wide as they must be, cut to the width there is.

use std::fmt::Write as _;

/// Which side a column keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table under construction.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Option<Vec<String>>>,
    kept: Vec<usize>,
    middle: Option<usize>,
}

/// Narrowest a column is cut to.
const NARROWEST: usize = 8;
const GAP: &str = "  ";

impl Table {
    /// A table with these columns.
    #[must_use]
    pub const fn new(columns: Vec<(String, Align)>) -> Self {
        Self { columns, rows: Vec::new(), kept: Vec::new(), middle: None }
    }

    /// Columns that are cut only when cutting all others is not enough.
    pub fn keep(&mut self, columns: &[usize]) -> &mut Self {
        self.kept = columns.to_vec();
        self
    }

    /// A column that is cut in its middle: both ends of a file's name say something.
    pub fn middle(&mut self, column: usize) -> &mut Self {
        self.middle = Some(column);
        self
    }

    /// Adds a row; it should have as many cells as there are columns.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(Some(cells));
    }

    /// Adds a line across.
    pub fn rule(&mut self) {
        self.rows.push(None);
    }

    /// The table as text, at most `width` characters wide where that can be had (0: as wide as it is).
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let widths = self.widths(width);
        let mut text = String::new();
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| head.clone()).collect();
        self.line(&mut text, &heads, &widths);
        Self::across(&mut text, &widths);
        for row in &self.rows {
            match row {
                Some(cells) => self.line(&mut text, cells, &widths),
                None => Self::across(&mut text, &widths),
            }
        }
        text
    }

    fn widths(&self, limit: usize) -> Vec<usize> {
        let cells = |index: usize| self.rows.iter().flatten().filter_map(move |row| row.get(index));
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let head = self.columns[index].0.chars().count();
                cells(index).map(|cell| cell.chars().count()).fold(head, usize::max)
            })
            .collect();
        let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        while limit > 0 && total(&widths) > limit {
            let text = |index: usize| self.columns[index].1 == Align::Left;
            let widest = |kept_too: bool| {
                let may = |(index, length): &(usize, &usize)| {
                    text(*index) && **length > NARROWEST && (kept_too || !self.kept.contains(index))
                };
                widths.iter().enumerate().filter(may).max_by_key(|(_, length)| **length).map(|(index, _)| index)
            };
            let Some(widest) = widest(false).or_else(|| widest(true)) else { break };
            widths[widest] -= 1;
        }
        widths
    }

    fn line(&self, text: &mut String, cells: &[String], widths: &[usize]) {
        let mut line = String::new();
        for (index, (width, (_, align))) in widths.iter().zip(&self.columns).enumerate() {
            let cell = cut(cells.get(index).map_or("", String::as_str), *width, self.middle == Some(index));
            let gap = if index == 0 { "" } else { GAP };
            let _ = match align {
                Align::Left => write!(line, "{gap}{cell:<width$}"),
                Align::Right => write!(line, "{gap}{cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }

    fn across(text: &mut String, widths: &[usize]) {
        let total = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        text.extend(std::iter::repeat_n('─', total));
        text.push('\n');
    }
}

fn cut(cell: &str, width: usize, middle: bool) -> String {
    let length = cell.chars().count();
    if length <= width {
        return cell.to_owned();
    }
    let room = width.saturating_sub(1);
    let end = if middle { room / 2 } else { 0 };
    let head = cell.chars().take(room - end);
    head.chain(['…']).chain(cell.chars().skip(length - end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_are_cut_to_the_width() {
        let mut table = Table::new(vec![("a".into(), Align::Left), ("n".into(), Align::Right)]);
        table.row(vec!["été".into(), "1".into()]);
        table.row(vec!["a long name indeed".into(), "12".into()]);
        assert_eq!(table.render(14), "a            n\n──────────────\nété          1\na long na…  12\n");
        table.middle(0);
        assert_eq!(table.render(14), "a            n\n──────────────\nété          1\na lon…deed  12\n");
    }

    #[test]
    fn a_column_that_is_kept_is_cut_last() {
        let mut table = Table::new(vec![("a".into(), Align::Left), ("b".into(), Align::Left)]);
        table.row(vec!["ten letter".into(), "twelve lette".into()]);
        table.keep(&[1]);
        assert_eq!(table.render(22).lines().last(), Some("ten let…  twelve lette"));
        assert_eq!(table.render(20).lines().last(), Some("ten let…  twelve le…"));
    }
}
