//! The words of a recogniser, in its table (TSV of tesseract): one row a word, with its box in pixels and how sure the
//! recogniser is.

use crate::pdf::PdfPages;
use crate::pdf::fields::template::Template;
use crate::pdf::fields::{SURE, read_with};
use crate::pdf::text::{PdfText, Place, TextLine, TextPage, TextWord};

/// Nothing recognised is trusted more than this, in percent.
const RECOGNISED_MAX: u8 = 80;
const _: () = assert!(RECOGNISED_MAX < SURE);
/// Words that the recogniser itself trusts less than this are noise.
const WORD_MIN: i32 = 20;
/// Most words of one page.
const WORDS_MAX: usize = 20_000;
/// The level of a row that is the page, and of one that is a word.
const PAGE_LEVEL: i32 = 1;
const WORD_LEVEL: i32 = 5;

/// What was recognised on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognisedPage {
    /// Its number, from 1.
    pub number: usize,
    /// Its width in hundredths of a point.
    pub width: i32,
    /// Its height in hundredths of a point.
    pub height: i32,
    /// The table of words.
    pub table: String,
}

/// A word with what the recogniser thinks of it, in percent.
struct Word {
    text: String,
    place: Place,
    trust: i32,
}

/// The fields of an invoice from recognised pages; `of` is how many pages the document has.
#[must_use]
pub fn read_recognised(pages: &[RecognisedPage], of: usize, templates: &[Template]) -> PdfPages {
    let mut text = PdfText { images: true, truncated: pages.len() < of, ..PdfText::default() };
    let mut all: Vec<(usize, Place, i32)> = Vec::new();
    for page in pages {
        let words = words(page);
        all.extend(words.iter().map(|word| (page.number, word.place, word.trust)));
        text.pages.push(TextPage { number: page.number, width: page.width, height: page.height, lines: lines(words) });
    }
    let mut reading = read_with(&text, templates);
    for field in reading.fields.values_mut().filter(|field| field.page > 0) {
        let under = all.iter().filter(|(page, place, _)| *page == field.page && meets(*place, field.place));
        let least = under.map(|(_, _, trust)| *trust).min().unwrap_or_default();
        field.confidence = field.confidence.min(RECOGNISED_MAX).min(u8::try_from(least.clamp(0, 100)).unwrap_or(0));
    }
    PdfPages {
        pages: pages.len(),
        empty: text.is_empty(),
        images: true,
        truncated: text.truncated,
        recognised: true,
        reading,
    }
}

fn meets(one: Place, other: Place) -> bool {
    one.left.max(other.left) < one.right.min(other.right) && one.top.max(other.top) < one.bottom.min(other.bottom)
}

/// The words of a table; pixels become hundredths of a point by the width of the page.
fn words(page: &RecognisedPage) -> Vec<Word> {
    let mut pixels = 0;
    let mut words = Vec::new();
    for row in page.table.lines().take(WORDS_MAX * 4) {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let number = |index: usize| columns.get(index).and_then(|column| column.parse::<i32>().ok());
        match number(0) {
            Some(PAGE_LEVEL) => pixels = number(8).unwrap_or_default(),
            Some(WORD_LEVEL) if pixels > 0 && words.len() < WORDS_MAX => {}
            _ => continue,
        }
        let (Some(left), Some(top), Some(width), Some(height)) = (number(6), number(7), number(8), number(9)) else {
            continue;
        };
        let text = columns.get(11).map_or("", |text| text.trim());
        // `96.31` is 96 percent.
        let trust = columns.get(10).and_then(|trust| trust.split('.').next()?.parse().ok()).unwrap_or(-1);
        if number(0) != Some(WORD_LEVEL) || text.is_empty() || trust < WORD_MIN {
            continue;
        }
        let scaled =
            |edge: i32| i32::try_from(i64::from(edge) * i64::from(page.width) / i64::from(pixels)).unwrap_or(i32::MAX);
        let place = Place {
            left: scaled(left),
            top: scaled(top),
            right: scaled(left.saturating_add(width)),
            bottom: scaled(top.saturating_add(height)),
        };
        words.push(Word { text: text.to_owned(), place, trust });
    }
    words
}

/// Words whose middles are on one height, from the left: a label and its value stand in two blocks for the recogniser.
fn lines(mut words: Vec<Word>) -> Vec<TextLine> {
    let middle = |word: &Word| word.place.top.midpoint(word.place.bottom);
    words.sort_by_key(|word| (middle(word), word.place.left));
    let mut rows: Vec<Vec<Word>> = Vec::new();
    for word in words {
        let fits = |row: &&mut Vec<Word>| {
            row.last().is_some_and(|last| {
                let height = last.place.height().min(word.place.height()).max(1);
                (middle(last) - middle(&word)).abs() * 2 < height
            })
        };
        match rows.iter_mut().rev().take(4).find(fits) {
            Some(row) => row.push(word),
            None => rows.push(vec![word]),
        }
    }
    let line = |mut row: Vec<Word>| {
        row.sort_by_key(|word| word.place.left);
        TextLine { words: row.into_iter().map(|word| TextWord { text: word.text, place: word.place }).collect() }
    };
    rows.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::pdf::fields::FieldName;

    fn page(rows: &[(i32, i32, i32, &str, &str)]) -> RecognisedPage {
        let mut table =
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
                         1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n"
                .to_owned();
        for (left, top, width, conf, text) in rows {
            table += &format!("5\t1\t1\t1\t1\t1\t{left}\t{top}\t{width}\t30\t{conf}\t{text}\n");
        }
        RecognisedPage { number: 1, width: 59_500, height: 84_200, table }
    }

    #[test]
    fn recognised_values_are_never_sure_and_never_surer_than_their_words() {
        let rows = [
            (100, 100, 200, "96.5", "FACTURE"),
            (320, 100, 60, "95.1", "N°"),
            (400, 103, 200, "91.2", "F-2026-17"),
            (100, 200, 80, "96.0", "Total"),
            (200, 200, 60, "96.0", "TTC"),
            (900, 202, 100, "41.9", "120,00"),
            (1010, 202, 20, "96.0", "€"),
            (100, 300, 80, "5.0", "bruit"),
        ];
        let read = read_recognised(&[page(&rows)], 1, &[]);
        let field = |name| read.reading.fields.get(&name).unwrap();
        assert_eq!(field(FieldName::Number).value, "F-2026-17");
        assert_eq!((field(FieldName::Total).value.as_str(), field(FieldName::Total).confidence), ("120.00", 41));
        assert!(read.recognised && read.reading.fields.values().all(|field| !field.is_sure()));
        assert!(!read.empty && !read.truncated);
    }

    #[test]
    fn a_table_that_lies_is_read_without_harm() {
        let table =
            "1\t\n5\t1\n1\t1\t0\t0\t0\t0\t0\t0\t1\t1\t-1\t\n5\t1\t1\t1\t1\t1\t2147483647\t-9\t2147483647\t0\t99\tx\n";
        let page = RecognisedPage { number: 1, width: i32::MAX, height: 1, table: table.to_owned() };
        assert!(!read_recognised(&[page], 3, &[]).empty);
    }
}
