//! Labels: the words that announce a value, and the values beside and below them.

use super::view::{Token, View};

/// How far below a label its value may stand, in lines.
const LINES_BELOW: usize = 8;
/// Words between a label and its value on one line.
const WORDS_BETWEEN: usize = 4;

/// A label: folded words parted by blanks, and how much it says, in percent.
pub(super) struct Label {
    pub(super) words: &'static str,
    pub(super) weight: u8,
}

/// Writes a table of labels.
macro_rules! labels {
    ($($weight:literal: $($words:literal),+ ;)+) => {
        &[$($($crate::pdf::fields::label::Label { words: $words, weight: $weight }),+),+]
    };
}
pub(super) use labels;

/// A label met on a page: the tokens that spell it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) weight: u8,
}

/// Every place where one of the labels stands; where several begin or end in one, the longest.
pub(super) fn find(view: &View, labels: &[Label]) -> Vec<Met> {
    let mut met: Vec<Met> = Vec::new();
    for first in 0..view.tokens.len() {
        let longest = labels.iter().filter_map(|label| spelt(view, first, label)).max_by_key(|met| met.after);
        let Some(found) = longest else { continue };
        if met.last().is_none_or(|last| last.after <= first) {
            met.push(found);
        }
    }
    met
}

/// Every place where these folded words stand one after the other.
pub(super) fn places(view: &View, words: &[String]) -> Vec<Met> {
    let words = || words.iter().map(String::as_str);
    let spelt = |first| Some(Met { first, after: spelt_to(view, first, words())?, weight: 0 });
    (0..view.tokens.len()).filter_map(spelt).collect()
}

fn spelt(view: &View, first: usize, label: &Label) -> Option<Met> {
    Some(Met { first, after: spelt_to(view, first, label.words.split(' '))?, weight: label.weight })
}

/// Where the words end that begin at a token.
fn spelt_to<'w>(view: &View, first: usize, words: impl Iterator<Item = &'w str>) -> Option<usize> {
    let rest = view.rest(first);
    let mut used = 0;
    for word in words {
        let token = rest.get(used)?;
        // A label ends where a wide gap or another column begins.
        if used > 0 && token.place.left - rest[used - 1].place.right > 3 * token.place.height().max(1) {
            return None;
        }
        if token.folded != word {
            return None;
        }
        used += 1;
    }
    (used > 0).then_some(first + used)
}

/// The first value after a label on its line; `read` answers the value and how many tokens it takes.
pub(super) fn beside<T>(
    view: &View,
    met: Met,
    read: impl Fn(&[Token]) -> Option<(T, usize)>,
) -> Option<(T, usize, usize)> {
    let rest = following(view, met);
    for skipped in 0..=WORDS_BETWEEN.min(rest.len()) {
        if let Some((value, used)) = read(&rest[skipped..]) {
            let first = met.after + skipped;
            return Some((value, first, first + used));
        }
        // Another label begins: what follows is its value.
        match rest.get(skipped) {
            Some(between) if skipped == 0 || !between.text.ends_with(':') => {}
            _ => break,
        }
    }
    level(view, met, read)
}

/// The tokens after a label on its line.
pub(super) fn following(view: &View, met: Met) -> &[Token] {
    let end = view.lines[view.tokens[met.first].line].end;
    view.tokens.get(met.after..end).unwrap_or_default()
}

/// A value to the right whose base line is a little off, as where label and value are set in two sizes.
fn level<T>(view: &View, met: Met, read: impl Fn(&[Token]) -> Option<(T, usize)>) -> Option<(T, usize, usize)> {
    let label = view.tokens[met.first].place.with(view.tokens[met.after - 1].place);
    let line = view.tokens[met.first].line;
    let near = [line.checked_sub(1), Some(line + 1)].into_iter().flatten().filter_map(|line| view.lines.get(line));
    for range in near {
        for first in range.clone() {
            let token = &view.tokens[first];
            let shared = token.place.bottom.min(label.bottom) - token.place.top.max(label.top);
            let beside = token.page == view.tokens[met.first].page && token.place.left >= label.right;
            if !beside || shared * 2 < label.height().min(token.place.height()) {
                continue;
            }
            if let Some((value, used)) = read(view.rest(first)) {
                return Some((value, first, first + used));
            }
        }
    }
    None
}

/// The first value that stands under a label: its box overlaps the label's, or ends where the label ends.
pub(super) fn under<T>(
    view: &View,
    met: Met,
    read: impl Fn(&[Token]) -> Option<(T, usize)>,
) -> Option<(T, usize, usize)> {
    let label = view.tokens[met.first].place.with(view.tokens[met.after - 1].place);
    let line = view.tokens[met.first].line;
    for range in view.below(line, LINES_BELOW) {
        for first in range.clone() {
            let Some((value, used)) = read(view.rest(first)) else { continue };
            let place = view.tokens[first].place.with(view.tokens[first + used - 1].place);
            let overlap = place.right.min(label.right) - place.left.max(label.left);
            let narrow = (place.right - place.left).min(label.right - label.left).max(1);
            let flush = (place.right - label.right).abs() < 600 || (place.left - label.left).abs() < 400;
            if overlap * 2 >= narrow || (flush && overlap > 0) {
                return Some((value, first, first + used));
            }
        }
    }
    None
}
