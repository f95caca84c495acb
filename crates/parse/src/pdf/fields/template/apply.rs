//! Which template a document asks for, and what it reads there.

use std::ops::Range;

use super::check;
use super::read::compile;
use super::rule::{FieldRule, Find, Occurrence, PageChoice, Position};
use super::value::{self, Spelling};
use super::{Template, may_be_constant};
use crate::pdf::fields::label::{self, Met};
use crate::pdf::fields::view::{self, Token, View};
use crate::pdf::fields::{Field, FieldName, Method, Reading};
use crate::pdf::text::Place;

/// Words of a box that are looked at.
const BOX_WORDS_MAX: usize = 400;
/// How far a value is trusted that a rule reads, in percent.
const BY_WORDS: u8 = 95;
/// The same where only its place on the page says what it is.
const BY_PLACE: u8 = 92;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) value: String,
    pub(super) page: usize,
    pub(super) place: Place,
}

/// The template whose keywords all stand on the pages; of several, the one that asks for most, then the first by name.
pub(in crate::pdf::fields) fn choose<'t>(view: &View, templates: &'t [Template]) -> Option<&'t Template> {
    if templates.is_empty() {
        return None;
    }
    let page = view.compact();
    let asked = |template: &Template| -> usize { template.keywords.iter().map(|word| view::compact(word).len()).sum() };
    let mut fitting: Vec<&Template> = templates.iter().filter(|template| fits(&page, template)).collect();
    fitting.sort_by(|one, other| asked(other).cmp(&asked(one)).then_with(|| one.name.cmp(&other.name)));
    fitting.first().copied()
}

/// Whether all keywords stand on a page of which only letters and digits are left.
pub(super) fn fits(page: &str, template: &Template) -> bool {
    let stands = |keyword: &String| page.contains(&view::compact(keyword));
    !template.keywords.is_empty() && template.keywords.iter().all(stands)
}

/// Puts what the template reads and knows in the place of what was read without it, then holds it against the page.
pub(in crate::pdf::fields) fn apply(view: &View, template: &Template, reading: &mut Reading) {
    let without = reading.fields.clone();
    for (field, rule) in &template.fields {
        let Some(found) = find(view, *field, rule, template) else {
            check::unexpected(reading, *field);
            continue;
        };
        let confidence = if matches!(rule.find, Find::Box(_)) { BY_PLACE } else { BY_WORDS };
        let Found { value, page, place } = found;
        let read = Field { value, confidence, method: Method::Template, page, place };
        reading.fields.insert(*field, read);
    }
    let page = view.compact();
    let own = template.constants.iter().map(|(field, value)| (*field, value.as_str()));
    for (field, value) in template.supplier.fields().chain(own.filter(|(field, _)| may_be_constant(*field))) {
        let known = check::constant(&page, field, value, without.get(&field));
        if let Some(known) = known.filter(|_| !template.fields.contains_key(&field)) {
            reading.fields.insert(field, known);
        }
    }
    reading.template = Some(template.name.clone());
    check::temper(&without, reading);
}

/// What a rule reads.
pub(super) fn find(view: &View, field: FieldName, rule: &FieldRule, template: &Template) -> Option<Found> {
    let date_format = rule.date_format.as_ref().or(template.date_format.as_ref());
    let spelling = Spelling { date_format, decimal: template.decimal };
    let page = match rule.page {
        Some(PageChoice::Number(number)) => Some(number),
        Some(PageChoice::Last) => Some(view.last_page()),
        None => None,
    };
    let search = Search { view, field, spelling, page, pattern: rule.pattern.as_deref() };
    let mut found = match &rule.find {
        Find::Regex(pattern) => search.by_regex(pattern),
        Find::Label { words, position } => search.by_label(&view::words(words), *position),
        Find::Box(corners) => search.in_box(*corners),
    };
    match rule.occurrence {
        Occurrence::First => (!found.is_empty()).then(|| found.swap_remove(0)),
        Occurrence::Last => found.pop(),
    }
}

struct Search<'v> {
    view: &'v View,
    field: FieldName,
    spelling: Spelling<'v>,
    page: Option<usize>,
    pattern: Option<&'v str>,
}

impl Search<'_> {
    fn on_page(&self, token: &Token) -> bool {
        self.page.is_none_or(|page| page == token.page)
    }

    fn found(&self, value: String, tokens: Range<usize>) -> Option<Found> {
        let tokens = self.view.tokens.get(tokens)?;
        let first = tokens.first()?;
        let place = tokens.iter().fold(first.place, |place, token| place.with(token.place));
        Some(Found { value, page: first.page, place })
    }

    fn by_label(&self, words: &[String], position: Position) -> Vec<Found> {
        let pattern = match self.pattern.map(|pattern| compile(&format!("^(?:{pattern})"))) {
            Some(Ok(pattern)) => Some(pattern),
            Some(Err(_)) => return Vec::new(),
            None => None,
        };
        let read = |tokens: &[Token]| match &pattern {
            None => value::read(self.field, tokens, self.spelling),
            Some(pattern) => {
                let (text, ends) = joined(tokens);
                let met = pattern.find(&text).filter(|met| !met.is_empty())?;
                let used = ends.iter().take_while(|end| **end < met.end()).count() + 1;
                // A part of a word is another value.
                let rest = text.get(met.end()..*ends.get(used - 1)?)?;
                if rest.chars().any(char::is_alphanumeric) {
                    return None;
                }
                Some((value::from_text(self.field, met.as_str(), self.spelling)?, used.min(tokens.len())))
            }
        };
        let places = label::places(self.view, words).into_iter();
        let places = places.filter(|met| self.on_page(&self.view.tokens[met.first]));
        let one = |met: Met| match position {
            Position::Right => label::beside(self.view, met, read),
            Position::Below => label::under(self.view, met, read),
        };
        places.filter_map(one).filter_map(|(value, first, after)| self.found(value, first..after)).collect()
    }

    /// Page by page, over lines whose words are parted by one blank.
    fn by_regex(&self, pattern: &str) -> Vec<Found> {
        let Ok(pattern) = compile(pattern) else { return Vec::new() };
        let mut all = Vec::new();
        let mut next = 0;
        for page in self.view.tokens.chunk_by(|one, other| one.page == other.page) {
            let begin = next;
            next += page.len();
            if !page.first().is_some_and(|token| self.on_page(token)) {
                continue;
            }
            let (text, ends) = joined(page);
            for captures in pattern.captures_iter(&text) {
                let Some(group) = captures.get(1) else { continue };
                let Some(value) = value::from_text(self.field, group.as_str(), self.spelling) else { continue };
                let first = ends.iter().take_while(|end| **end <= group.start()).count();
                let last = ends.iter().take_while(|end| **end < group.end()).count();
                let from = begin + first;
                all.extend(self.found(value, from..from + last + 1 - first));
            }
        }
        all
    }

    /// The words whose middle is in the box, line by line.
    fn in_box(&self, [left, top, right, bottom]: [i32; 4]) -> Vec<Found> {
        let inside = |token: &Token| {
            let (x, y) = (token.place.left.midpoint(token.place.right), token.place.top.midpoint(token.place.bottom));
            (left..=right).contains(&x) && (top..=bottom).contains(&y) && self.on_page(token)
        };
        let all = self.view.tokens.iter().enumerate().filter(|(_, token)| inside(token));
        let (indices, tokens): (Vec<usize>, Vec<Token>) =
            all.take(BOX_WORDS_MAX).map(|(index, token)| (index, token.clone())).unzip();
        for page in tokens.chunk_by(|one, other| one.page == other.page) {
            let from = tokens.iter().take_while(|token| token.page < page[0].page).count();
            if let Some((value, used)) = self.in_words(page) {
                let place =
                    page[used.clone()].iter().fold(page[used.start].place, |place, token| place.with(token.place));
                let page = self.view.tokens[indices[from]].page;
                return vec![Found { value, page, place }];
            }
        }
        Vec::new()
    }

    /// The value that these words hold.
    fn in_words(&self, tokens: &[Token]) -> Option<(String, Range<usize>)> {
        let whole = matches!(
            self.field,
            FieldName::Supplier | FieldName::Buyer | FieldName::Number | FieldName::Order | FieldName::Service
        );
        if let Some(pattern) = self.pattern {
            let (text, ends) = joined(tokens);
            let met = compile(pattern).ok()?.find(&text)?;
            let first = ends.iter().take_while(|end| **end <= met.start()).count();
            let last = ends.iter().take_while(|end| **end < met.end()).count();
            return Some((value::from_text(self.field, met.as_str(), self.spelling)?, first..last + 1));
        }
        if whole {
            let (text, _) = joined(tokens);
            return Some((value::from_text(self.field, &text.replace('\n', " "), self.spelling)?, 0..tokens.len()));
        }
        (0..tokens.len()).find_map(|first| {
            let (value, used) = value::read(self.field, &tokens[first..], self.spelling)?;
            Some((value, first..first + used))
        })
    }
}

/// Words parted by blanks, lines by line ends; and where each word ends.
fn joined(tokens: &[Token]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut ends = Vec::with_capacity(tokens.len());
    for (index, token) in tokens.iter().enumerate() {
        if index > 0 {
            text.push_str(&tokens[index - 1].tail);
            text.push(if tokens[index - 1].line == token.line { ' ' } else { '\n' });
        }
        text.push_str(&token.text);
        ends.push(text.len());
    }
    (text, ends)
}
