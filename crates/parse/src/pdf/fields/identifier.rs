//! Numbers that carry their own proof: VAT numbers, SIRET, SIREN, IBAN.

use facteur_model::identifiers::{Iban, Siren, Siret, VatNumber};

use super::view::{Token, View};
use super::{Field, FieldName, Method, Reading};

/// Most tokens that one number is spread over.
const PIECES_MAX: usize = 10;

/// Words near a number that say that it is the buyer's.
const BUYER: [&str; 14] = [
    "client",
    "acheteur",
    "destinataire",
    "votre",
    "vos",
    "kunde",
    "kunden",
    "ihre",
    "buyer",
    "customer",
    "bill",
    "your",
    "kaufer",
    "preneur",
];

/// A number met: where, whether its check digits agree, whether it is announced, whether it seems to be the buyer's.
struct Met {
    value: String,
    proved: bool,
    labelled: bool,
    buyer: bool,
    first: usize,
    after: usize,
}

pub(super) fn read(view: &View, reading: &mut Reading) {
    let vat = vat_numbers(view);
    let sirets = announced(view, "siret", 14, |digits| Siret::parse(digits).is_ok());
    let mut sirens = announced(view, "siren", 9, |digits| Siren::parse(digits).is_ok());
    sirens.extend(announced(view, "rcs", 9, |digits| Siren::parse(digits).is_ok()));
    parties(view, reading, &vat, (FieldName::SupplierVat, FieldName::BuyerVat));
    parties(view, reading, &sirets, (FieldName::SupplierSiret, FieldName::BuyerSiret));
    if let Some(siren) = sirens.iter().find(|met| !met.buyer).or(sirens.first()) {
        reading.put(FieldName::SupplierSiren, Some(field(view, siren, 92)));
    }
    agree(reading);
    if let Some(iban) = ibans(view).into_iter().max_by_key(|met| (met.proved, met.labelled)) {
        reading.put(FieldName::Iban, Some(field(view, &iban, if iban.labelled { 97 } else { 92 })));
    }
}

/// The supplier's and the buyer's: by the words around, else the first and the next.
fn parties(view: &View, reading: &mut Reading, all: &[Met], (supplier, buyer): (FieldName, FieldName)) {
    let Some(first) = all.iter().find(|met| !met.buyer).or(all.first()) else { return };
    let others: Vec<&Met> = all.iter().filter(|met| met.value != first.value).collect();
    let said = all.iter().any(|met| met.buyer);
    let certain = if others.is_empty() || said { 92 } else { 80 };
    reading.put(supplier, Some(field(view, first, certain)));
    if let Some(other) = others.iter().find(|met| met.buyer).or(others.first()) {
        reading.put(buyer, Some(field(view, other, if other.buyer { 90 } else { 70 })));
    }
}

/// A SIRET, a SIREN and a French VAT number that hold the same nine digits prove each other.
fn agree(reading: &mut Reading) {
    let siren_of = |name: FieldName, reading: &Reading| {
        let value = &reading.fields.get(&name)?.value;
        match name {
            FieldName::SupplierVat => value.strip_prefix("FR").and_then(|rest| rest.get(2..11)).map(str::to_owned),
            _ => value.get(..9).map(str::to_owned),
        }
    };
    let names = [FieldName::SupplierVat, FieldName::SupplierSiret, FieldName::SupplierSiren];
    for name in names {
        let own = siren_of(name, reading);
        let agrees = own.is_some() && names.iter().any(|other| *other != name && siren_of(*other, reading) == own);
        if agrees && let Some(field) = reading.fields.get_mut(&name) {
            field.confidence = (field.confidence + 8).min(99);
        }
    }
}

fn field(view: &View, met: &Met, confidence: u8) -> Field {
    let (first, last) = (&view.tokens[met.first], &view.tokens[met.after - 1]);
    Field {
        value: met.value.clone(),
        confidence: if met.proved { confidence } else { confidence.min(60) },
        method: if met.proved { Method::Checksum } else { Method::Label },
        page: first.page,
        place: first.place.with(last.place),
    }
}

/// Whether the words of the line before a token speak of the buyer.
fn of_buyer(view: &View, index: usize) -> bool {
    let line = &view.lines[view.tokens[index].line];
    let from = line.start.max(index.saturating_sub(6));
    view.tokens[from..index].iter().any(|token| BUYER.contains(&token.folded.as_str()))
}

fn labelled(view: &View, index: usize, words: &[&str]) -> bool {
    let line = &view.lines[view.tokens[index].line];
    let from = line.start.max(index.saturating_sub(6));
    view.tokens[from..index].iter().any(|token| words.iter().any(|word| token.folded.contains(word)))
}

/// Whether a heading right above holds the word.
fn above(view: &View, index: usize, word: &str) -> bool {
    let token = &view.tokens[index];
    let Some(range) = token.line.checked_sub(1).and_then(|line| view.lines.get(line)) else { return false };
    let mut heading = view.tokens[range.clone()].iter();
    heading.any(|other| {
        let near = token.place.top - other.place.bottom < 2 * token.place.height();
        other.page == token.page && near && other.folded == word && (other.place.left - token.place.left).abs() < 1000
    })
}

fn vat_numbers(view: &View) -> Vec<Met> {
    let mut all: Vec<Met> = Vec::new();
    let mut next = 0;
    while next < view.tokens.len() {
        let joined = joined(view.rest(next), vat_length);
        let Some((value, used)) = joined else {
            next += 1;
            continue;
        };
        let announced = above(view, next, "vat")
            || labelled(
                view,
                next,
                &["tva", "vat", "ust", "uid", "mwst", "btw", "iva", "umsatzsteuer", "steuer", "intra", "tax"],
            );
        let french = value.starts_with("FR");
        let proved = if french { VatNumber::parse(&value).is_ok() } else { announced };
        if announced || (french && proved) {
            all.push(Met {
                proved,
                labelled: announced,
                buyer: of_buyer(view, next),
                first: next,
                after: next + used,
                value,
            });
        }
        next += used;
    }
    all
}

/// How long a VAT number of this country is, by its first characters (Directive 2006/112, article 215; lengths as
/// the member states publish them).
pub(super) fn vat_length(text: &str) -> Option<usize> {
    Some(match text.get(..2)? {
        "FR" => 13,
        "DE" | "EE" | "EL" | "PT" => 11,
        "AT" if text.as_bytes().get(2) == Some(&b'U') => 11,
        "BE" | "PL" | "SK" => 12,
        "IT" | "HR" | "LV" => 13,
        "ES" | "SI" => {
            if text.starts_with("ES") {
                11
            } else {
                10
            }
        }
        "NL" | "SE" => 14,
        "LU" | "DK" | "FI" | "HU" | "MT" => 10,
        "GB" => 11,
        _ => return None,
    })
}

/// Joins tokens until the number has its length; it has to end where a token ends, and to hold digits enough.
pub(super) fn joined(tokens: &[Token], length: impl Fn(&str) -> Option<usize>) -> Option<(String, usize)> {
    let mut text = String::new();
    for (index, token) in tokens.iter().take(PIECES_MAX).enumerate() {
        if index > 0 && token.place.left - tokens[index - 1].place.right > 2 * token.place.height().max(1) {
            return None;
        }
        text.extend(token.text.chars().filter(char::is_ascii_alphanumeric));
        if text.len() < 2 {
            continue;
        }
        let wanted = length(&text)?;
        if text.len() == wanted {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let upper = text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            return (upper && digits >= wanted.saturating_sub(4)).then_some((text, index + 1));
        }
        if text.len() > wanted {
            return None;
        }
    }
    None
}

/// Numbers of so many digits that a word announces on their line.
fn announced(view: &View, word: &str, length: usize, proof: impl Fn(&str) -> bool) -> Vec<Met> {
    let mut all = Vec::new();
    for (index, token) in view.tokens.iter().enumerate() {
        if token.folded != word && !token.folded.starts_with(word) {
            continue;
        }
        for skipped in 1..=5 {
            let rest = view.rest(index + skipped);
            if rest.first().is_none_or(|next| next.line != token.line) {
                break;
            }
            let Some((value, used)) = digits(rest, length) else { continue };
            let first = index + skipped;
            all.push(Met {
                proved: proof(&value),
                labelled: true,
                buyer: of_buyer(view, index),
                first,
                after: first + used,
                value,
            });
            break;
        }
    }
    all
}

pub(super) fn digits(tokens: &[Token], length: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    for (index, token) in tokens.iter().take(PIECES_MAX).enumerate() {
        let piece = token.text.trim_matches([',', ';', '.', ':', '-', '(', ')']);
        let plain: String = piece.chars().filter(|c| !matches!(c, '.' | '-')).collect();
        if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.push_str(&plain);
        if text.len() >= length {
            return (text.len() == length).then_some((text, index + 1));
        }
    }
    None
}

fn ibans(view: &View) -> Vec<Met> {
    let mut all: Vec<Met> = Vec::new();
    for first in 0..view.tokens.len() {
        let Some((value, used)) = joined(view.rest(first), iban_length) else { continue };
        let announced = labelled(view, first, &["iban", "compte", "konto", "account"]);
        let proved = Iban::parse(&value).is_ok();
        if proved || announced {
            all.push(Met { proved, labelled: announced, buyer: false, first, after: first + used, value });
        }
    }
    all
}

/// How long an IBAN of this country is (ISO 13616 register).
pub(super) fn iban_length(text: &str) -> Option<usize> {
    let checks = text.as_bytes().get(2..4);
    if checks.is_some_and(|digits| !digits.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    Some(match text.get(..2)? {
        "FR" | "MC" | "IT" | "SM" => 27,
        "DE" | "IE" | "GB" | "ME" | "RS" => 22,
        "BE" => 16,
        "NL" | "FI" | "DK" => 18,
        "ES" | "SE" | "CZ" | "SK" | "AD" => 24,
        "PT" => 25,
        "AT" | "LU" | "LT" | "EE" => 20,
        "CH" | "LI" | "LV" | "HR" => 21,
        "PL" | "HU" | "CY" => 28,
        "SI" => 19,
        "MT" => 31,
        "GR" => 27,
        _ => return None,
    })
}
