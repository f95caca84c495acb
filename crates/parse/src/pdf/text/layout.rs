//! From glyphs to what the eye joins: words, and the lines they stand on.

use std::cmp::Ordering;

use super::content::Glyph;
use super::{Place, TextLine, TextWord, hundredths};

/// A gap of this part of the size parts two words.
const GAP: f32 = 0.22;
/// A glyph this far back, in parts of the size, begins anew.
const BACK: f32 = 0.35;
/// Base lines that differ by less, in parts of the size, are one.
const SAME_LINE: f32 = 0.35;
/// What stands above and below the base line, in parts of the size.
const ASCENT: f32 = 0.8;
const DESCENT: f32 = 0.2;
/// The same character painted again this near, in parts of the size, is a bold one.
const PAINTED_AGAIN: f32 = 0.12;

struct Word {
    text: String,
    left: f32,
    right: f32,
    base: f32,
    size: f32,
    /// Where the last glyph began.
    last: f32,
}

/// The lines of a page, from the top, each from the left.
pub(super) fn lines(mut glyphs: Vec<Glyph>) -> Vec<TextLine> {
    // What runs up the margin would fall into every line.
    let upright = glyphs.iter().filter(|glyph| is_level(glyph)).count();
    if upright * 2 > glyphs.len() {
        glyphs.retain(is_level);
    }
    let mut words = words(glyphs);
    words.sort_by(|one, other| order(one.base, other.base).then(order(one.left, other.left)));
    let mut rows: Vec<Vec<Word>> = Vec::new();
    for word in words {
        let row = rows.iter_mut().rev().take(8).find(|row| on_one_line(row, &word));
        match row {
            Some(row) => row.push(word),
            None => rows.push(vec![word]),
        }
    }
    rows.into_iter().map(line).collect()
}

fn order(one: f32, other: f32) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

fn on_one_line(row: &[Word], word: &Word) -> bool {
    row.last().is_some_and(|last| (last.base - word.base).abs() < SAME_LINE * last.size.min(word.size))
}

fn line(mut row: Vec<Word>) -> TextLine {
    row.sort_by(|one, other| order(one.left, other.left));
    row.dedup_by(|again, first| {
        again.text == first.text && (again.left - first.left).abs() < PAINTED_AGAIN * first.size * 4.0
    });
    let words = row
        .into_iter()
        .map(|word| TextWord {
            place: Place {
                left: hundredths(word.left),
                top: hundredths(word.base - ASCENT * word.size),
                right: hundredths(word.right),
                bottom: hundredths(word.base + DESCENT * word.size),
            },
            text: word.text,
        })
        .collect();
    TextLine { words }
}

/// Joins glyphs in the order in which they are painted; then pieces of a word that were painted apart.
fn words(glyphs: Vec<Glyph>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for glyph in glyphs {
        if glyph.text.trim().is_empty() {
            open = false;
            continue;
        }
        let level = is_level(&glyph);
        if open && level && words.last_mut().is_some_and(|word| join(word, &glyph)) {
            continue;
        }
        words.push(Word {
            left: glyph.start.0.min(glyph.end.0),
            right: glyph.end.0.max(glyph.start.0),
            base: glyph.start.1,
            size: glyph.size,
            last: glyph.start.0,
            text: glyph.text.trim().to_owned(),
        });
        open = level && !glyph.text.ends_with(' ');
    }
    words
}

fn is_level(glyph: &Glyph) -> bool {
    (glyph.end.1 - glyph.start.1).abs() <= (glyph.end.0 - glyph.start.0).abs().max(0.01)
}

/// Whether the glyph goes on with the word; then it is added.
fn join(word: &mut Word, glyph: &Glyph) -> bool {
    let size = word.size.max(glyph.size);
    if (glyph.start.1 - word.base).abs() > SAME_LINE * size
        || glyph.size < 0.4 * word.size
        || word.size < 0.4 * glyph.size
    {
        return false;
    }
    if (glyph.start.0 - word.last).abs() < PAINTED_AGAIN * size && word.text.ends_with(glyph.text.as_str()) {
        return true;
    }
    let gap = glyph.start.0 - word.right;
    if gap > GAP * size || gap < -BACK * size {
        return false;
    }
    word.text.push_str(glyph.text.trim());
    word.right = word.right.max(glyph.end.0);
    word.last = glyph.start.0;
    word.size = size;
    true
}
