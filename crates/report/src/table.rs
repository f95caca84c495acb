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
/// Narrowest column of text that takes several lines: less is hard to read.
const NARROWEST_FOLDED: usize = 22;
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

    /// Whether it is at most so wide as it is; 0 is as wide as it likes.
    #[must_use]
    pub fn fits(&self, width: usize) -> bool {
        width == 0 || Self::total(&self.widths(0)) <= width
    }

    /// The table at most `width` characters wide with every word of it: one column of text takes several lines. None
    /// where that is not enough, or where that column would be too narrow to be read.
    #[must_use]
    pub fn folded(&self, width: usize) -> Option<String> {
        let natural = self.widths(0);
        let over = Self::total(&natural).checked_sub(width)?;
        let texts = natural.iter().enumerate().filter(|(index, _)| self.columns[*index].1 == Align::Left);
        let (widest, length) = texts.max_by_key(|(_, length)| **length)?;
        let narrow = length.checked_sub(over).filter(|narrow| *narrow >= NARROWEST_FOLDED)?;
        let mut widths = natural.clone();
        widths[widest] = narrow;
        let mut text = String::new();
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| head.clone()).collect();
        self.line(&mut text, &heads, &widths);
        Self::across(&mut text, &widths);
        for row in &self.rows {
            let Some(cells) = row else {
                Self::across(&mut text, &widths);
                continue;
            };
            let folded = wrapped(cells.get(widest).map_or("", String::as_str), narrow);
            for (index, part) in folded.into_iter().enumerate() {
                let mut cells = if index == 0 { cells.clone() } else { vec![String::new(); cells.len()] };
                if let Some(cell) = cells.get_mut(widest) {
                    *cell = part;
                }
                self.line(&mut text, &cells, &widths);
            }
        }
        Some(text)
    }

    fn total(widths: &[usize]) -> usize {
        widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
    }

    fn widths(&self, limit: usize) -> Vec<usize> {
        let cells = |index: usize| self.rows.iter().flatten().filter_map(move |row| row.get(index));
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let head = self.columns[index].0.chars().count();
                cells(index).map(|cell| cell.chars().count()).fold(head, usize::max)
            })
            .collect();
        while limit > 0 && Self::total(&widths) > limit {
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
        text.extend(std::iter::repeat_n('─', Self::total(widths)));
        text.push('\n');
    }
}

/// A text in lines of at most `width` characters, broken between words; a word that is longer is broken itself. At
/// least one line, which may be empty.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut letters = word.chars().peekable();
        let (length, last) = (word.chars().count(), lines.last().map_or(0, |line| line.chars().count()));
        if last > 0 && last + 1 + length <= width {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.extend(letters);
            }
            continue;
        }
        if last > 0 {
            lines.push(String::new());
        }
        loop {
            if let Some(line) = lines.last_mut() {
                line.extend(letters.by_ref().take(width));
            }
            if letters.peek().is_none() {
                break;
            }
            lines.push(String::new());
        }
    }
    lines
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
    fn what_does_not_fit_takes_several_lines_and_keeps_every_word() {
        let long = "La plateforme a rejeté le dépôt ; le destinataire ne l'a pas reçu.";
        let mut table = Table::new(vec![("situation".into(), Align::Left), ("nombre".into(), Align::Right)]);
        table.row(vec![long.into(), "242".into()]);
        assert!(table.fits(0) && table.fits(74) && !table.fits(73));
        let folded = table.folded(40).unwrap_or_default();
        assert!(folded.lines().all(|line| line.chars().count() <= 40), "{folded}");
        let first = |line: &str| line.split("  ").next().unwrap_or_default().to_owned();
        assert_eq!(folded.lines().skip(2).map(first).collect::<Vec<_>>().join(" "), long);
        assert_eq!(folded.matches("242").count(), 1);
        assert_eq!(table.folded(20), None, "too narrow to be read");
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrapped("un deux trois", 7), ["un deux", "trois"]);
        assert_eq!(wrapped("anticonstitutionnellement dit", 10), ["anticonsti", "tutionnell", "ement dit"]);
        assert_eq!(wrapped("", 7), [""]);
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
