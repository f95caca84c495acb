//! The text as the field readers look at it: words without accents and case, with what stands beside and below them.

use crate::pdf::text::{PdfText, Place, TextWord};

/// Most words that are looked at.
const WORDS_MAX: usize = 60_000;

/// A word, as printed and folded.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) folded: String,
    /// Punctuation that stands alone after it.
    pub(super) tail: String,
    pub(super) place: Place,
    pub(super) page: usize,
    pub(super) line: usize,
}

/// All words in reading order, and where each line begins.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) tokens: Vec<Token>,
    /// Ranges of `tokens`, line by line.
    pub(super) lines: Vec<std::ops::Range<usize>>,
}

impl View {
    pub(super) fn of(text: &PdfText) -> Self {
        let mut view = Self::default();
        for page in &text.pages {
            for line in &page.lines {
                let begin = view.tokens.len();
                if begin >= WORDS_MAX {
                    return view;
                }
                for word in &line.words {
                    view.push(word, page.number);
                }
                if view.tokens.len() > begin {
                    view.lines.push(begin..view.tokens.len());
                }
            }
        }
        view
    }

    /// `Date:31/01/2022` is two words for us.
    fn push(&mut self, word: &TextWord, page: usize) {
        let line = self.lines.len();
        let length = i32::try_from(word.text.chars().count().max(1)).unwrap_or(i32::MAX);
        let width = (word.place.right - word.place.left).max(0);
        let mut offset = 0;
        for piece in word.text.split_inclusive([':', '=']) {
            let characters = i32::try_from(piece.chars().count()).unwrap_or(length);
            let left = word.place.left + width / length * offset;
            offset += characters;
            let right = word.place.left + width / length * offset;
            let folded = fold(piece);
            if folded.is_empty() {
                if let Some(last) = self.tokens.last_mut().filter(|last| last.line == line) {
                    last.tail.push(' ');
                    last.tail.push_str(piece);
                }
                continue;
            }
            let place = Place { left, right, ..word.place };
            let (text, tail) = (piece.to_owned(), String::new());
            self.tokens.push(Token { text, folded, tail, place, page, line });
        }
    }

    /// Letters and digits of all pages, one after the other.
    pub(super) fn compact(&self) -> String {
        self.tokens.iter().map(|token| compact(&token.text)).collect()
    }

    /// The number of the last page that has a word.
    pub(super) fn last_page(&self) -> usize {
        self.tokens.last().map_or(0, |token| token.page)
    }

    /// The tokens of a line from an index on.
    pub(super) fn rest(&self, index: usize) -> &[Token] {
        let end = self.tokens.get(index).map_or(0, |token| self.lines[token.line].end);
        self.tokens.get(index..end).unwrap_or_default()
    }

    /// Lines of the same page below a line, nearest first, at most so many.
    pub(super) fn below(&self, line: usize, most: usize) -> impl Iterator<Item = &std::ops::Range<usize>> {
        let page = self.lines.get(line).map(|range| self.tokens[range.start].page);
        self.lines.iter().skip(line + 1).take(most).filter(move |range| Some(self.tokens[range.start].page) == page)
    }
}

/// Lower case, no accents, no punctuation around it; `n°`, `nº` and `no.` are `n`.
pub(super) fn fold(word: &str) -> String {
    let folded: String = word.chars().flat_map(char::to_lowercase).map(plain).collect();
    let folded = folded.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '°' | '#' | '%' | '€' | '-' | '+'));
    match folded {
        "n°" | "n" | "no" | "nr" | "num" | "#" | "nro" | "°" => "n".to_owned(),
        other => other.trim_matches('°').to_owned(),
    }
}

/// Letters and digits only, folded: blanks and punctuation do not count when a page is asked whether it holds a text.
pub(super) fn compact(text: &str) -> String {
    let folded = text.chars().flat_map(char::to_lowercase).map(plain);
    folded.filter(|character| character.is_alphanumeric()).collect()
}

/// The words of a label, folded and parted as those of a page are.
pub(super) fn words(label: &str) -> Vec<String> {
    let pieces = label.split_whitespace().flat_map(|word| word.split_inclusive([':', '=']));
    pieces.map(fold).filter(|word| !word.is_empty()).collect()
}

fn plain(character: char) -> char {
    match character {
        'à' | 'â' | 'ä' | 'á' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' | 'í' => 'i',
        'ô' | 'ö' | 'ó' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        'ç' => 'c',
        'ß' => 's',
        'º' | '˚' => '°',
        '’' | '‘' | '`' => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(fold("Échéance:"), "echeance");
        assert_eq!((fold("N°").as_str(), fold("Nr.").as_str(), fold("n°:").as_str()), ("n", "n", "n"));
        assert_eq!(fold("20,00%"), "20,00%");
    }
}
