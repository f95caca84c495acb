//! The dates of an invoice.

use facteur_model::date::Date;

use super::label::{self, Label, Met, labels};
use super::view::{Token, View};
use super::{Field, FieldName, Method, Reading, document};

const ISSUED: &[Label] = labels! {
    94: "date de facture", "date de la facture", "date facture", "date d'emission", "date de facturation",
        "facture du", "date d'emission de la facture", "date emission", "rechnungsdatum", "invoice date",
        "date of invoice", "datum der rechnung", "belegdatum", "factuurdatum", "date de l'avoir", "avoir du",
        "fecha factura", "data fattura", "issue date", "date of issue", "credit note date", "gutschriftsdatum",
        "ausstellungsdatum", "rechnungs-datum";
    82: "date", "datum", "fecha", "data";
    70: "le", "du", "den", "vom";
};

const DUE: &[Label] = labels! {
    92: "date d'echeance", "echeance", "date echeance", "a payer avant le", "date limite de paiement", "payable le",
        "a regler avant le", "due date", "payment due", "pay by", "falligkeitsdatum", "fallig am", "zahlbar bis",
        "echeance le", "date de paiement", "vervaldatum", "falligkeit", "zahlungsziel";
};

/// Words before or after a date label that make it another date.
pub(super) const OTHER_DATE: [&str; 29] = [
    "echeance",
    "livraison",
    "commande",
    "paiement",
    "debut",
    "fin",
    "associee",
    "prestation",
    "delivery",
    "due",
    "order",
    "start",
    "end",
    "lieferdatum",
    "leistungsdatum",
    "liefer",
    "faellig",
    "fallig",
    "bestelldatum",
    "contrat",
    "periode",
    "reception",
    "leistung",
    "lieferung",
    "expiration",
    "shipment",
    "impression",
    "print",
    "signature",
];

pub(super) fn read(view: &View, reading: &mut Reading) {
    let due = best(view, DUE, &[]);
    let issued = best(view, ISSUED, &OTHER_DATE).or_else(|| lonely(view));
    reading.put(FieldName::Issued, issued);
    reading.put(FieldName::Due, due);
}

struct Candidate {
    date: Date,
    weight: u8,
    first: usize,
    after: usize,
}

fn best(view: &View, labels: &[Label], other: &[&str]) -> Option<Field> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for met in label::find(view, labels) {
        if is_other(view, met, other) {
            continue;
        }
        let met = Met {
            weight: if met.weight <= 70 && document::ends_with_number(view, met.first) { 93 } else { met.weight },
            ..met
        };
        let day = |tokens: &[Token]| at(tokens).map(|(date, used, _)| (date, used));
        if let Some((date, first, after)) = label::beside(view, met, day) {
            candidates.push(Candidate { date, weight: met.weight, first, after });
        } else if met.weight > 70
            && let Some((date, first, after)) = label::under(view, met, day)
        {
            candidates.push(Candidate { date, weight: met.weight.saturating_sub(4), first, after });
        }
    }
    let best = candidates.iter().max_by_key(|candidate| (candidate.weight, usize::MAX - candidate.first))?;
    let rivals = candidates.iter().any(|other| other.weight + 3 >= best.weight && other.date != best.date);
    let ambiguous = at(view.rest(best.first)).is_some_and(|(_, _, ambiguous)| ambiguous);
    let confidence = if rivals || ambiguous { best.weight.min(70) } else { best.weight };
    Some(field(view, best, confidence, Method::Label))
}

/// Only one date on the first page: it is that of the invoice, probably.
fn lonely(view: &View) -> Option<Field> {
    let mut dates = (0..view.tokens.len())
        .take_while(|index| view.tokens[*index].page == view.tokens[0].page)
        .filter_map(|first| {
            at(view.rest(first)).map(|(date, used, _)| Candidate { date, weight: 55, first, after: first + used })
        });
    let first = dates.next()?;
    let alone = dates.all(|other| other.date == first.date);
    Some(field(view, &first, if alone { 60 } else { 35 }, Method::Position))
}

fn field(view: &View, candidate: &Candidate, confidence: u8, method: Method) -> Field {
    let (first, last) = (&view.tokens[candidate.first], &view.tokens[candidate.after - 1]);
    Field {
        value: candidate.date.to_string(),
        confidence,
        method,
        page: first.page,
        place: first.place.with(last.place),
    }
}

/// Whether the words around the label make it another date.
fn is_other(view: &View, met: Met, other: &[&str]) -> bool {
    let line = &view.lines[view.tokens[met.first].line];
    let before = view.tokens[line.start.max(met.first.saturating_sub(3))..met.first].iter();
    let near = before.rev().take_while(|token| !token.text.ends_with(':'));
    let after =
        label::following(view, met).iter().take(2).take_while(|token| !token.text.chars().any(|c| c.is_ascii_digit()));
    near.chain(after).any(|token| other.iter().any(|word| token.folded.contains(word)))
}

/// A date at the beginning of these tokens, how many it takes, and whether day and month could be the other way round.
pub(super) fn at(tokens: &[Token]) -> Option<(Date, usize, bool)> {
    let first = tokens.first()?;
    let text = first.text.trim_matches([',', ';', ':', '(', ')']).trim_end_matches('.');
    if let Some((date, ambiguous)) = numeric(text) {
        return Some((date, 1, ambiguous));
    }
    spelt_out(tokens)
}

fn numeric(text: &str) -> Option<(Date, bool)> {
    let separator = text.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let [one, two, three] = parts.as_slice() else { return None };
    if !parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let number = |part: &str| part.parse::<i32>().ok();
    let (year, month, day) = match (one.len(), two.len(), three.len()) {
        (4, 1..=2, 1..=2) => (number(one)?, number(two)?, number(three)?),
        (1..=2, 1..=2, 4) => (number(three)?, number(two)?, number(one)?),
        (1..=2, 2, 2) => (2000 + number(three)?, number(two)?, number(one)?),
        _ => return None,
    };
    // Month first, as in English: only where it cannot be otherwise.
    let (month, day, swapped) = if month > 12 && day <= 12 { (day, month, true) } else { (month, day, false) };
    let english = separator == '/' && one.len() <= 2 && swapped;
    let date = plausible(year, month, day)?;
    Some((date, english))
}

fn plausible(year: i32, month: i32, day: i32) -> Option<Date> {
    if !(1990..=2099).contains(&year) {
        return None;
    }
    Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok()
}

/// `3 mars 2024`, `1er mars 2024`, `3. März 2024`, `March 3, 2024`.
fn spelt_out(tokens: &[Token]) -> Option<(Date, usize, bool)> {
    let [one, two, three, ..] = tokens else { return None };
    let day = |token: &Token| {
        let digits = token
            .folded
            .trim_end_matches("er")
            .trim_end_matches("st")
            .trim_end_matches("nd")
            .trim_end_matches("rd")
            .trim_end_matches("th");
        digits.trim_end_matches(['.', ',']).parse::<i32>().ok().filter(|day| (1..=31).contains(day))
    };
    let year = |token: &Token| token.folded.parse::<i32>().ok().filter(|year| (1990..=2099).contains(year));
    if let (Some(day), Some(month), Some(year)) = (day(one), month(&two.folded), year(three)) {
        return Some((plausible(year, month, day)?, 3, false));
    }
    if let (Some(month), Some(day), Some(year)) = (month(&one.folded), day(two), year(three)) {
        return Some((plausible(year, month, day)?, 3, false));
    }
    None
}

pub(super) fn month(word: &str) -> Option<i32> {
    let word = word.trim_end_matches('.');
    let beginnings: [(i32, &[&str]); 12] = [
        (1, &["janvier", "januar", "january", "janv", "jan"]),
        (2, &["fevrier", "februar", "february", "fevr", "fev", "feb"]),
        (3, &["mars", "marz", "maerz", "march", "mar"]),
        (4, &["avril", "april", "avr", "apr"]),
        (5, &["mai", "may"]),
        (6, &["juin", "juni", "june", "jun"]),
        (7, &["juillet", "juli", "july", "juil", "jul"]),
        (8, &["aout", "august", "aug"]),
        (9, &["septembre", "september", "sept", "sep"]),
        (10, &["octobre", "oktober", "october", "oct", "okt"]),
        (11, &["novembre", "november", "nov"]),
        (12, &["decembre", "dezember", "december", "dec", "dez"]),
    ];
    beginnings.into_iter().find(|(_, names)| names.contains(&word)).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_dates_are_read_day_first_unless_that_is_impossible() {
        let day = |text: &str| numeric(text).map(|(date, ambiguous)| (date.to_string(), ambiguous));
        assert_eq!(day("31/01/2022"), Some(("2022-01-31".to_owned(), false)));
        assert_eq!(day("2022-01-31"), Some(("2022-01-31".to_owned(), false)));
        assert_eq!(day("05.03.24"), Some(("2024-03-05".to_owned(), false)));
        assert_eq!(day("12/31/2023"), Some(("2023-12-31".to_owned(), true)));
        assert_eq!(day("1/2"), None);
        assert_eq!(day("99/99/2024"), None);
    }
}
