//! A value as a person writes it, checked and brought into the spelling of the model.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::{Iban, Siren, Siret, VatNumber};

use super::field::Form;

/// Most decimals of a sum, and of a rate, a price or a quantity.
const CENTS: u32 = 2;
const FINE: u32 = 6;
/// Longest number of an invoice (Chorus Pro, G1.05).
const NUMBER_MAX: usize = 20;

/// The value in the spelling of the model; nothing where it is not what it has to be.
#[must_use]
pub fn checked(form: Form, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    match form {
        Form::Text(most) => (text.chars().count() <= most).then(|| text.to_owned()),
        Form::Number => number(text),
        Form::Date => date(text).map(|date| date.to_string()),
        Form::Amount => amount(text, CENTS).map(|amount| amount.to_string()),
        Form::Rate => amount(text, FINE).filter(|rate| !rate.is_negative()).map(|rate| rate.to_string()),
        Form::Currency => code(text, 3),
        Form::Country => code(text, 2),
        Form::Siret => Siret::parse(&compact(text)).ok().map(String::from),
        Form::Siren => Siren::parse(&compact(text)).ok().map(String::from),
        Form::Vat => VatNumber::parse(&compact(text).to_ascii_uppercase()).ok().map(String::from),
        Form::Iban => Iban::parse(&compact(text).to_ascii_uppercase()).ok().map(String::from),
        Form::OneOf(codes) => {
            let wanted = text.to_ascii_uppercase();
            codes.iter().find(|code| **code == wanted).map(|code| (*code).to_owned())
        }
    }
}

/// A number of a price or a quantity.
#[must_use]
pub fn fine(text: &str) -> Option<Amount> {
    amount(text, FINE)
}

/// A sum of money.
#[must_use]
pub fn money(text: &str) -> Option<Amount> {
    amount(text, CENTS)
}

/// `1 234,56 €`, `1.234,56`, `1234.56`: the last sign that parts is the decimal one.
fn amount(text: &str, decimals: u32) -> Option<Amount> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '€' | '%' | '\'' | '’')).collect();
    let text = match (plain.rfind(','), plain.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => plain.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => plain.replace(',', ""),
        (Some(_), None) => plain.replace(',', "."),
        _ => plain,
    };
    let text = text.replace('\u{2212}', "-");
    let amount = Amount::parse(&text).ok()?;
    let rounded = amount.rounded(decimals);
    (rounded == amount).then_some(rounded)
}

/// `2026-10-05`, `05/10/2026`, `5.10.2026`.
fn date(text: &str) -> Option<Date> {
    if let Ok(date) = Date::parse(text) {
        return Some(date);
    }
    let mut parts = text.split(['/', '.', '-']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn number(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'+' | b'_' | b'/' | b'-');
    (text.len() <= NUMBER_MAX && text.bytes().all(allowed)).then(|| text.to_owned())
}

fn code(text: &str, length: usize) -> Option<String> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| text.to_ascii_uppercase())
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(form: Form, text: &str, expected: Option<&str>) {
        assert_eq!(checked(form, text).as_deref(), expected, "{form:?} {text:?}");
    }

    #[test]
    fn what_a_person_writes_becomes_what_the_model_spells() {
        for text in ["1 234,56 €", "1.234,56", "1,234.56", "1234.56", "1\u{202f}234,56"] {
            is(Form::Amount, text, Some("1234.56"));
        }
        for text in ["2026-10-05", "05/10/2026", "5.10.2026", "05-10-2026"] {
            is(Form::Date, text, Some("2026-10-05"));
        }
        is(Form::Siret, "404 833 048 00022", Some("40483304800022"));
        is(Form::Currency, "eur", Some("EUR"));
        is(Form::Iban, "fr14 2004 1010 0505 0001 3m02 606", Some("FR1420041010050500013M02606"));
    }

    #[test]
    fn what_is_not_what_it_has_to_be_is_refused() {
        is(Form::Amount, "12,345", None);
        is(Form::Amount, "1e3", None);
        is(Form::Date, "31/02/2026", None);
        is(Form::Date, "05/10/26", None);
        is(Form::Siret, "40483304800023", None);
        is(Form::Vat, "FR00404833048", None);
        is(Form::Iban, "FR1420041010050500013M02607", None);
        is(Form::Number, "F-2026-0000000000000001", None);
        is(Form::OneOf(&["380", "381"]), "999", None);
        is(Form::Text(3), "abcd", None);
        is(Form::Text(10), "a\nb", None);
    }
}
