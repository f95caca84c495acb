//! From words of a page to a value in the spelling of the model, with what the template says of dates and decimals.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use serde::{Deserialize, Serialize};

use crate::pdf::fields::FieldName;
use crate::pdf::fields::view::{Token, fold};
use crate::pdf::fields::{amount, date, document, identifier};
use crate::pdf::text::Place;

/// Most words of one date.
const DATE_WORDS_MAX: usize = 6;
/// A gap of this many heights ends a text.
const GAP_HEIGHTS: i32 = 2;

/// How a supplier prints dates and amounts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spelling<'t> {
    pub(super) date_format: Option<&'t DateFormat>,
    pub(super) decimal: Option<char>,
}

/// The value at the beginning of these tokens, and how many it takes.
pub(super) fn read(field: FieldName, tokens: &[Token], spelling: Spelling<'_>) -> Option<(String, usize)> {
    match field {
        FieldName::Issued | FieldName::Due => day(tokens, spelling).map(|(date, used)| (date.to_string(), used)),
        FieldName::Net | FieldName::Vat | FieldName::Total | FieldName::Payable => money(tokens, spelling.decimal),
        FieldName::SupplierSiret | FieldName::BuyerSiret => identifier::digits(tokens, 14),
        FieldName::SupplierSiren => identifier::digits(tokens, 9),
        FieldName::SupplierVat | FieldName::BuyerVat => identifier::joined(tokens, identifier::vat_length),
        FieldName::Iban => identifier::joined(tokens, identifier::iban_length),
        FieldName::Number | FieldName::Order => document::reference(tokens),
        FieldName::Service => word(tokens),
        FieldName::Currency => currency(tokens),
        FieldName::Kind => kind(tokens),
        FieldName::Supplier | FieldName::Buyer => phrase(tokens),
    }
}

/// The value that a text is, whole.
pub(super) fn from_text(field: FieldName, text: &str, spelling: Spelling<'_>) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match field {
        FieldName::Number | FieldName::Order | FieldName::Service | FieldName::Supplier | FieldName::Buyer => {
            Some(document::bare(text).to_owned()).filter(|value| !value.is_empty())
        }
        _ => read(field, &tokens_of(text), spelling).map(|(value, _)| value),
    }
}

/// Words without places, side by side.
fn tokens_of(text: &str) -> Vec<Token> {
    let token = |word: &str| Token {
        text: word.to_owned(),
        folded: fold(word),
        tail: String::new(),
        place: Place { left: 0, top: 0, right: 0, bottom: 1_000 },
        page: 0,
        line: 0,
    };
    text.split_whitespace().map(token).collect()
}

/// A value that a person wrote, in the spelling of the model; else what is possible.
pub(super) fn constant(field: FieldName, text: &str) -> Result<String, &'static str> {
    let alphanumeric = || text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let digits = |length: usize| {
        let plain = alphanumeric();
        Some(plain).filter(|plain| plain.len() == length && plain.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match field {
        FieldName::SupplierSiret | FieldName::BuyerSiret => digits(14).ok_or("14 × 0–9"),
        FieldName::SupplierSiren => digits(9).ok_or("9 × 0–9"),
        FieldName::SupplierVat | FieldName::BuyerVat => {
            let number = alphanumeric();
            let country = number.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
            Some(number).filter(|number| country && (4..=14).contains(&number.len())).ok_or("FR…")
        }
        FieldName::Currency => {
            let upper = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            if upper { Ok(text.to_owned()) } else { Err("EUR") }
        }
        FieldName::Kind => {
            if matches!(text, "380" | "381") {
                Ok(text.to_owned())
            } else {
                Err("380, 381")
            }
        }
        _ => Ok(text.to_owned()),
    }
}

fn day(tokens: &[Token], spelling: Spelling<'_>) -> Option<(Date, usize)> {
    match spelling.date_format {
        Some(format) => format.read(tokens),
        None => date::at(tokens).map(|(date, used, _)| (date, used)),
    }
}

/// An amount; where the template says what parts the cents, nothing else does.
fn money(tokens: &[Token], decimal: Option<char>) -> Option<(String, usize)> {
    let (value, _, used) = amount::read(tokens)?;
    let percent = tokens[used - 1].text.contains('%') || tokens.get(used).is_some_and(|next| next.text == "%");
    if percent {
        return None;
    }
    let Some(decimal) = decimal else { return Some((value.to_string(), used)) };
    let printed: String = tokens[..used].iter().map(|token| token.text.as_str()).collect();
    let plain = printed.chars().filter_map(|c| match c {
        c if c == decimal => Some('.'),
        c if c.is_ascii_digit() => Some(c),
        _ => None,
    });
    let value = Amount::parse(&format!("{}{}", if value.is_negative() { "-" } else { "" }, plain.collect::<String>()));
    Some((value.ok()?.to_string(), used))
}

fn word(tokens: &[Token]) -> Option<(String, usize)> {
    let word = document::bare(&tokens.first()?.text);
    word.chars().any(char::is_alphanumeric).then(|| (word.to_owned(), 1))
}

/// Words until a wide gap.
fn phrase(tokens: &[Token]) -> Option<(String, usize)> {
    let mut used = 1;
    let first = tokens.first()?;
    while let Some(next) = tokens.get(used) {
        let before = &tokens[used - 1];
        if next.place.left - before.place.right > GAP_HEIGHTS * first.place.height().max(1) {
            break;
        }
        used += 1;
    }
    let words: Vec<&str> = tokens[..used].iter().map(|token| token.text.as_str()).collect();
    let phrase = document::bare(&words.join(" ")).to_owned();
    phrase.chars().any(char::is_alphabetic).then_some((phrase, used))
}

fn currency(tokens: &[Token]) -> Option<(String, usize)> {
    let word = document::bare(&tokens.first()?.text);
    let code = match word {
        "€" | "Euro" | "Euros" | "euro" | "euros" => "EUR",
        "$" => "USD",
        "£" => "GBP",
        code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => code,
        _ => return None,
    };
    Some((code.to_owned(), 1))
}

fn kind(tokens: &[Token]) -> Option<(String, usize)> {
    let word = tokens.first()?.folded.as_str();
    let credit = ["avoir", "credit", "gutschrift", "creditnota"].iter().any(|name| word.starts_with(name));
    let invoice = ["facture", "invoice", "rechnung", "factuur"].iter().any(|name| word.starts_with(name));
    (credit || invoice).then(|| (if credit { "381" } else { "380" }.to_owned(), 1))
}

/// How a date is printed: `jj/mm/aaaa`, `dd.mm.yy`, `j mois aaaa`, `yyyymmdd`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DateFormat {
    spelt: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Day,
    Month,
    /// With two or four digits.
    Year(usize),
    Name,
    Blank,
    Sign(char),
}

impl DateFormat {
    /// Reads a format: `j` or `d` for the day, `m` for the month, `a` or `y` for the year, `mois` or `month` for its
    /// name.
    #[must_use]
    pub fn parse(spelt: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let lower = spelt.to_lowercase();
        let mut rest = lower.as_str();
        while let Some(first) = rest.chars().next() {
            let run = rest.chars().take_while(|c| *c == first).count();
            let (part, used) = match first {
                'm' if rest.starts_with("mois") => (Part::Name, 4),
                'm' if rest.starts_with("month") => (Part::Name, 5),
                'd' | 'j' if run <= 2 => (Part::Day, run),
                'm' if run <= 2 => (Part::Month, run),
                'm' => (Part::Name, run),
                'a' | 'y' if run == 2 || run == 4 => (Part::Year(run), run),
                ' ' => (Part::Blank, run),
                sign @ ('/' | '.' | '-' | ',' | '_') => (Part::Sign(sign), 1),
                _ => return None,
            };
            parts.push(part);
            rest = &rest[used..];
        }
        let count = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
        let whole = count(|part| matches!(part, Part::Day)) == 1
            && count(|part| matches!(part, Part::Month | Part::Name)) == 1
            && count(|part| matches!(part, Part::Year(_))) == 1;
        whole.then(|| Self { spelt: spelt.to_owned(), parts })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelt
    }

    /// A date at the beginning of these tokens, and how many it takes.
    pub(super) fn read(&self, tokens: &[Token]) -> Option<(Date, usize)> {
        let tokens = &tokens[..tokens.len().min(DATE_WORDS_MAX)];
        let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        let text = words.join(" ");
        let mut rest = text.trim_start_matches(['(', ',', ' ']);
        let (mut year, mut month, mut day) = (0, 0, 0);
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Blank => rest = rest.trim_start(),
                Part::Sign(sign) => rest = rest.trim_start().strip_prefix(*sign)?,
                Part::Name => {
                    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
                    month = date::month(&fold(&rest[..end]))?;
                    rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
                }
                Part::Year(digits) => {
                    let number = number(&mut rest, *digits, *digits)?;
                    year = if *digits == 2 { 2000 + number } else { number };
                }
                Part::Day | Part::Month => {
                    let packed = matches!(self.parts.get(index + 1), Some(Part::Month | Part::Year(_) | Part::Day));
                    let number = number(&mut rest, if packed { 2 } else { 1 }, 2)?;
                    if *part == Part::Month {
                        month = number;
                    } else {
                        day = number;
                        rest = rest.strip_prefix("er").unwrap_or(rest);
                    }
                }
            }
        }
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let date = Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok()?;
        Some((date, taken(&words, text.len() - rest.len())))
    }
}

/// How many words so many bytes of them cover, joined by blanks.
fn taken(words: &[&str], bytes: usize) -> usize {
    let mut end = 0;
    let covered = words.iter().position(|word| {
        end += word.len() + 1;
        end > bytes
    });
    covered.map_or(words.len(), |index| index + 1)
}

fn number(rest: &mut &str, least: usize, most: usize) -> Option<i32> {
    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    let number = rest[..digits].parse().ok()?;
    *rest = &rest[digits..];
    Some(number)
}

impl TryFrom<String> for DateFormat {
    type Error = &'static str;

    fn try_from(spelt: String) -> Result<Self, Self::Error> {
        Self::parse(&spelt).ok_or("not a date format")
    }
}

impl From<DateFormat> for String {
    fn from(format: DateFormat) -> Self {
        format.spelt
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_read_as_their_format_says() {
        for (format, printed, expected) in [
            ("jj/mm/aaaa", "31/01/2026", "2026-01-31"),
            ("mm/jj/aaaa", "03/04/2026", "2026-03-04"),
            ("dd.mm.yy", "05.03.26,", "2026-03-05"),
            ("j mois aaaa", "1er août 2026", "2026-08-01"),
            ("yyyymmdd", "20260131", "2026-01-31"),
            ("month d, yyyy", "March 3, 2026", "2026-03-03"),
        ] {
            let (date, _) = DateFormat::parse(format).unwrap().read(&tokens_of(printed)).unwrap();
            assert_eq!(date.to_string(), expected, "{format}");
        }
        let format = DateFormat::parse("jj/mm/aaaa").unwrap();
        assert!(format.read(&tokens_of("2026-01-31")).is_none() && format.read(&tokens_of("31/13/2026")).is_none());
        assert!(format.read(&tokens_of("31/01/20261")).is_none());
        assert_eq!(format.read(&tokens_of("31/01/2026 à Lyon")).unwrap().1, 1);
    }

    #[test]
    fn a_format_names_day_month_and_year_once() {
        for wrong in ["", "jj/mm", "jj/jj/aaaa", "jj/mm/aaa", "%d/%m/%Y", "jj mm mois aaaa"] {
            assert_eq!(DateFormat::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_parts_the_cents_is_what_the_template_says() {
        let comma = Spelling { decimal: Some(','), ..Spelling::default() };
        let point = Spelling { decimal: Some('.'), ..Spelling::default() };
        assert_eq!(from_text(FieldName::Total, "1.234", comma).as_deref(), Some("1234"));
        assert_eq!(from_text(FieldName::Total, "1,234.50 EUR", point).as_deref(), Some("1234.50"));
        assert_eq!(from_text(FieldName::Total, "-1 234,50 €", comma).as_deref(), Some("-1234.50"));
        assert_eq!(from_text(FieldName::Total, "20 %", comma), None);
    }
}
