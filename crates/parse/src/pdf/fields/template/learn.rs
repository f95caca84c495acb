//! A template from a corrected draft: where does each corrected value stand, and what announces it?
//!
//! Every rule is tried on the page before it is kept, and the whole template after that: what it does not give back is
//! said by name, with the reason.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use serde::{Deserialize, Serialize};

use super::apply::{self, Found};
use super::rule::{FieldRule, Find, Occurrence, PageChoice, Position};
use super::value::{self, DateFormat};
use super::{Supplier, Template, may_be_constant, shape};
use crate::pdf::fields::view::{self, View};
use crate::pdf::fields::{FieldName, amount, date};
use crate::pdf::text::{PdfText, Place};

/// Most words of a label.
const LABEL_WORDS_MAX: usize = 5;
/// Letters of a label that says something by itself.
const LABEL_LETTERS_MIN: usize = 4;
/// A gap of this many heights parts a label from its neighbour.
const LABEL_GAP_HEIGHTS: i32 = 2;
/// Lines above a value on which its label may stand.
const LINES_ABOVE: usize = 6;
/// How far a box goes beyond the value, in hundredths of a point.
const BOX_MARGIN: i32 = 400;
/// Places of one value that are tried.
const PLACES_MAX: usize = 12;
/// Spellings of dates, the usual ones first.
const DATE_FORMATS: [&str; 14] = [
    "jj/mm/aaaa",
    "jj.mm.aaaa",
    "jj-mm-aaaa",
    "aaaa-mm-jj",
    "aaaa/mm/jj",
    "aaaa.mm.jj",
    "jj/mm/aa",
    "jj.mm.aa",
    "jj-mm-aa",
    "j mois aaaa",
    "j. mois aaaa",
    "mois j, aaaa",
    "mm/jj/aaaa",
    "jjmmaaaa",
];

/// What was learnt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The template, without a name.
    pub template: Template,
    /// What applying it to the same pages gives, for every value that was asked for and comes back.
    pub given_back: Vec<FieldName>,
    /// What it does not give back, and why.
    pub missing: Vec<Missing>,
}

/// A value that the template does not give back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which.
    pub field: FieldName,
    /// As a person corrected it.
    pub value: String,
    /// Why.
    pub reason: Unlearnable,
}

/// Why a value cannot be learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlearnable {
    /// It stands on no page, and is another one on each invoice.
    NotPrinted,
    /// It stands there, and no label, shape or place leads to it alone.
    NoWay,
    /// What it was corrected to is no value of its kind.
    NotAValue,
}

impl Unlearnable {
    /// The one spelling in JSON and in the keys of the sentences.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotPrinted => "not_printed",
            Self::NoWay => "no_way",
            Self::NotAValue => "not_a_value",
        }
    }
}

/// Learns from the pages of an invoice and the values that a person made of them.
///
/// `None` where nothing on the pages names the supplier: no VAT number, SIRET, SIREN or name of theirs is printed.
#[must_use]
pub fn learn(text: &PdfText, values: &BTreeMap<FieldName, String>) -> Option<Learnt> {
    let view = View::of(text);
    let mut learnt = Learnt::default();
    let mut known = BTreeMap::new();
    for (field, value) in values {
        match spelt(*field, value) {
            Some(value) => {
                known.insert(*field, value);
            }
            None => learnt.missing.push(missing(*field, value, Unlearnable::NotAValue)),
        }
    }
    let page = view.compact();
    let unaided = crate::pdf::fields::read_view(&view);
    let template = &mut learnt.template;
    template.supplier = supplier(&known);
    template.keywords = keywords(&page, &known)?;
    template.decimal = decimal(&view, &known);
    template.date_format = common_date_format(&view, &known);
    for (field, value) in &known {
        let of_supplier = template.supplier.fields().any(|(name, _)| name == *field);
        let read_unaided = unaided.fields.get(field).is_some_and(|read| same(*field, &read.value, value));
        // Two sums with one value may swap their labels: what is read without a rule goes on without one.
        if of_supplier || (read_unaided && is_shared(&known, *field, value)) {
            continue;
        }
        match rule(&view, *field, value, template) {
            Some(rule) => {
                template.fields.insert(*field, rule);
            }
            None if may_be_constant(*field) => {
                template.constants.insert(*field, value.clone());
            }
            None => {
                let printed = page.contains(&view::compact(value)) || !places(&view, *field, value).is_empty();
                let reason = if printed { Unlearnable::NoWay } else { Unlearnable::NotPrinted };
                learnt.missing.push(missing(*field, value, reason));
            }
        }
    }
    verify(&view, &known, &mut learnt);
    Some(learnt)
}

/// Whether a label is that of another date, which may be the same day.
fn is_other(field: FieldName, label: &str) -> bool {
    let words = view::words(label);
    field == FieldName::Issued && words.iter().any(|word| date::OTHER_DATE.iter().any(|other| word.contains(other)))
}

/// Whether another sum has the same value.
fn is_shared(known: &BTreeMap<FieldName, String>, field: FieldName, value: &str) -> bool {
    let sums = [FieldName::Net, FieldName::Vat, FieldName::Total, FieldName::Payable];
    let others = sums.iter().filter(|other| **other != field).filter_map(|other| known.get(other));
    sums.contains(&field) && others.into_iter().any(|other| same(field, other, value))
}

fn missing(field: FieldName, value: &str, reason: Unlearnable) -> Missing {
    Missing { field, value: value.to_owned(), reason }
}

/// Applies the template to the pages that it was learnt from; what does not come back is taken out and named.
fn verify(view: &View, known: &BTreeMap<FieldName, String>, learnt: &mut Learnt) {
    let mut reading = crate::pdf::fields::read_view(view);
    apply::apply(view, &learnt.template, &mut reading);
    for (field, value) in known {
        let same = reading.fields.get(field).is_some_and(|read| same(*field, &read.value, value));
        if same {
            learnt.given_back.push(*field);
        } else if !learnt.missing.iter().any(|missing| missing.field == *field) {
            learnt.template.fields.remove(field);
            learnt.missing.push(missing(*field, value, Unlearnable::NoWay));
        }
    }
    // What comes back without a rule (by its label or by arithmetic) is not missing.
    let given_back = learnt.given_back.clone();
    learnt.missing.retain(|missing| !given_back.contains(&missing.field));
}

/// A corrected value in the spelling of the model; `None` where it is none.
fn spelt(field: FieldName, value: &str) -> Option<String> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    match field {
        FieldName::Issued | FieldName::Due => facteur_model::date::Date::parse(value).ok().map(|date| date.to_string()),
        FieldName::Net | FieldName::Vat | FieldName::Total | FieldName::Payable => {
            Amount::parse(value).ok().map(|amount| amount.to_string())
        }
        FieldName::Iban => Some(value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()),
        _ => value::constant(field, value).ok(),
    }
}

fn same(field: FieldName, one: &str, other: &str) -> bool {
    match field {
        FieldName::Net | FieldName::Vat | FieldName::Total | FieldName::Payable => {
            Amount::parse(one).ok().map(|amount| amount.rounded(2))
                == Amount::parse(other).ok().map(|amount| amount.rounded(2))
        }
        _ => one == other,
    }
}

fn supplier(known: &BTreeMap<FieldName, String>) -> Supplier {
    let value = |field| known.get(&field).cloned();
    Supplier {
        name: value(FieldName::Supplier),
        siret: value(FieldName::SupplierSiret),
        vat: value(FieldName::SupplierVat),
    }
}

/// The strongest thing on the page that names the supplier and nobody else, and its name where that is printed too.
fn keywords(page: &str, known: &BTreeMap<FieldName, String>) -> Option<Vec<String>> {
    const NAMES: [FieldName; 4] =
        [FieldName::SupplierVat, FieldName::SupplierSiret, FieldName::SupplierSiren, FieldName::Supplier];
    let printed = |field: &FieldName| {
        let value = known.get(field)?;
        let compact = view::compact(value);
        (compact.chars().count() >= 4 && page.contains(&compact)).then(|| value.clone())
    };
    let own = NAMES.iter().find_map(printed);
    // The SIREN is in the SIRET and in the VAT number, and may stand alone.
    let siren =
        || known.get(&FieldName::SupplierSiret)?.get(..9).filter(|siren| page.contains(siren)).map(str::to_owned);
    let mut keywords = vec![own.or_else(siren)?];
    keywords.extend(printed(&FieldName::Supplier).filter(|name| *name != keywords[0]));
    Some(keywords)
}

/// What parts the cents of the corrected amounts, where all agree.
fn decimal(view: &View, known: &BTreeMap<FieldName, String>) -> Option<char> {
    let mut found = None;
    for printed in amount::all(view).iter().filter(|printed| printed.cents) {
        if !known.values().any(|value| Amount::parse(value).ok() == Some(printed.value)) {
            continue;
        }
        let text: String = view.tokens[printed.first..printed.after].iter().map(|token| token.text.as_str()).collect();
        let sign = text.rfind([',', '.']).and_then(|at| text[at..].chars().next());
        match (found, sign) {
            (None, sign) => found = sign,
            (Some(one), Some(other)) if one != other => return None,
            _ => {}
        }
    }
    found
}

/// The spelling in which the issue date, or else the due date, is printed.
fn common_date_format(view: &View, known: &BTreeMap<FieldName, String>) -> Option<DateFormat> {
    let dates = [FieldName::Issued, FieldName::Due].into_iter().filter_map(|field| known.get(&field));
    dates.filter_map(|value| date_formats(view, value).into_iter().next()).next().map(|(format, _)| format)
}

/// The spellings in which a date is printed, with the places.
fn date_formats(view: &View, value: &str) -> Vec<(DateFormat, Vec<(usize, usize)>)> {
    let formats = DATE_FORMATS.iter().filter_map(|spelt| DateFormat::parse(spelt));
    let printed = formats.map(|format| {
        let at = |first: usize| {
            let (date, used) = format.read(view.rest(first)).filter(|(date, _)| date.to_string() == value)?;
            let _ = date;
            Some((first, first + used))
        };
        let places: Vec<_> = (0..view.tokens.len()).filter_map(at).take(PLACES_MAX).collect();
        (format, places)
    });
    printed.filter(|(_, places)| !places.is_empty()).collect()
}

/// Where a value is printed: ranges of tokens.
fn places(view: &View, field: FieldName, value: &str) -> Vec<(usize, usize)> {
    match field {
        FieldName::Issued | FieldName::Due => {
            date_formats(view, value).into_iter().next().map_or_else(Vec::new, |(_, places)| places)
        }
        FieldName::Net | FieldName::Vat | FieldName::Total | FieldName::Payable => {
            let wanted = Amount::parse(value).ok();
            let all = amount::all(view).into_iter().filter(|printed| !printed.percent && Some(printed.value) == wanted);
            // The sums stand at the end.
            let mut all: Vec<_> = all.map(|printed| (printed.first, printed.after)).collect();
            all.reverse();
            all.truncate(PLACES_MAX);
            all
        }
        _ => spans(view, value),
    }
}

/// Words of one line that spell a text, whatever blanks and punctuation are between them.
fn spans(view: &View, value: &str) -> Vec<(usize, usize)> {
    let wanted = view::compact(value);
    let mut all = Vec::new();
    for first in 0..view.tokens.len() {
        let mut spelt = String::new();
        for (index, token) in view.rest(first).iter().enumerate() {
            let piece = view::compact(&token.text);
            if piece.is_empty() && index == 0 {
                break;
            }
            spelt.push_str(&piece);
            if spelt.len() >= wanted.len() || !wanted.starts_with(&spelt) {
                if spelt == wanted {
                    all.push((first, first + index + 1));
                }
                break;
            }
        }
        if all.len() >= PLACES_MAX {
            break;
        }
    }
    all
}

/// The first rule that leads to the value: by a label right of or above it, by the words around it, by its place.
fn rule(view: &View, field: FieldName, value: &str, template: &Template) -> Option<FieldRule> {
    let places = places(view, field, value);
    let own_format = date_formats(view, value).into_iter().next().map(|(format, _)| format);
    let date_format = own_format.filter(|format| Some(format) != template.date_format.as_ref());
    let by_shape = matches!(field, FieldName::Number | FieldName::Order | FieldName::Service);
    let pattern = by_shape.then(|| shape::pattern(value));
    let leads = |rule: &FieldRule| {
        let found: Option<Found> = apply::find(view, field, rule, template);
        found.is_some_and(|found| same(field, &found.value, value))
    };
    let mut labels: Vec<(String, Position)> = Vec::new();
    for place in &places {
        labels.extend(labels_before(view, *place).into_iter().map(|words| (words, Position::Right)));
        labels.extend(labels_above(view, *place).into_iter().map(|words| (words, Position::Below)));
    }
    // `Nr.` announces anything: the words that say more come first.
    labels.sort_by_key(|(words, _)| view::compact(words).chars().count() < LABEL_LETTERS_MIN || is_other(field, words));
    let labelled = labels.into_iter().flat_map(|(words, position)| {
        [Occurrence::First, Occurrence::Last].map(|occurrence| FieldRule {
            find: Find::Label { words: words.clone(), position },
            pattern: pattern.clone(),
            page: None,
            occurrence,
            date_format: date_format.clone(),
        })
    });
    let inside = by_shape.then(|| within_words(view, value)).into_iter().flatten();
    let boxed = places.iter().map(|place| in_box(view, *place, date_format.clone()));
    labelled.chain(inside).chain(boxed).find(leads)
}

/// The words before a value on its line, from the longest label to the shortest; none with a digit, none beyond a wide
/// gap or another label's colon.
fn labels_before(view: &View, (first, _): (usize, usize)) -> Vec<String> {
    let line = &view.lines[view.tokens[first].line];
    let mut begin = first;
    while begin > line.start && first - begin < LABEL_WORDS_MAX {
        let token = &view.tokens[begin - 1];
        let gap = begin < first
            && view.tokens[begin].place.left - token.place.right > LABEL_GAP_HEIGHTS * token.place.height().max(1);
        if gap || token.text.chars().any(|c| c.is_ascii_digit()) || (begin < first && token.text.ends_with(':')) {
            break;
        }
        begin -= 1;
    }
    (begin..first).filter_map(|begin| label(view, begin, first)).collect()
}

/// The words above a value, nearest line first.
fn labels_above(view: &View, (first, after): (usize, usize)) -> Vec<String> {
    let place = view.tokens[first].place.with(view.tokens[after - 1].place);
    let (line, page) = (view.tokens[first].line, view.tokens[first].page);
    let mut labels = Vec::new();
    for range in view.lines[line.saturating_sub(LINES_ABOVE)..line].iter().rev() {
        let over = range.clone().filter(|index| {
            let token = &view.tokens[*index];
            token.page == page && overlaps(token.place, place) && !token.text.chars().any(|c| c.is_ascii_digit())
        });
        for index in over {
            let (mut begin, mut end) = (index, index + 1);
            let near = |one: usize, other: usize| {
                let gap = view.tokens[other].place.left - view.tokens[one].place.right;
                gap < view.tokens[one].place.height().max(1)
            };
            while begin > range.start && near(begin - 1, begin) && end - begin < LABEL_WORDS_MAX {
                begin -= 1;
            }
            while end < range.end && near(end - 1, end) && end - begin < LABEL_WORDS_MAX {
                end += 1;
            }
            labels.extend(label(view, begin, end).filter(|words| !labels.contains(words)));
        }
    }
    labels
}

fn overlaps(one: Place, other: Place) -> bool {
    one.left.max(other.left) < one.right.min(other.right)
}

/// Words as a label, if they hold a letter and no digit.
fn label(view: &View, begin: usize, end: usize) -> Option<String> {
    let words: Vec<&str> = view.tokens[begin..end].iter().map(|token| token.text.as_str()).collect();
    let label = words.join(" ");
    let says = label.chars().any(char::is_alphabetic) && !label.chars().any(|c| c.is_ascii_digit());
    (says && !view::words(&label).is_empty()).then_some(label)
}

/// A value that is a part of a word (`N°F-12`): what stands before it in the word announces it.
fn within_words(view: &View, value: &str) -> Vec<FieldRule> {
    let holding = view.tokens.iter().filter_map(|token| Some((token, token.text.find(value)?)));
    let rule = |(token, at): (&view::Token, usize)| {
        let before = &token.text[..at];
        let announced = before.chars().any(char::is_alphabetic) || before.ends_with(['°', '#', ':']);
        let pattern = format!("{}({})", regex::escape(before), shape::pattern(value));
        announced.then(|| FieldRule::new(Find::Regex(pattern)))
    };
    holding.filter_map(rule).take(PLACES_MAX).collect()
}

/// A box around the value, on its page from the front or, where it is the last of several, from the back.
fn in_box(view: &View, (first, after): (usize, usize), date_format: Option<DateFormat>) -> FieldRule {
    let place = view.tokens[first].place.with(view.tokens[after - 1].place);
    let page = view.tokens[first].page;
    let corners = [
        (place.left - BOX_MARGIN).max(0),
        (place.top - BOX_MARGIN / 2).max(0),
        place.right + BOX_MARGIN,
        place.bottom + BOX_MARGIN / 2,
    ];
    let choice = if page > 1 && page == view.last_page() { PageChoice::Last } else { PageChoice::Number(page) };
    FieldRule { page: Some(choice), date_format, ..FieldRule::new(Find::Box(corners)) }
}
