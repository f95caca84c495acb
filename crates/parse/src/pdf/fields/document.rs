//! Kind, number, currency, order and service: what identifies the invoice.

use super::label::{self, Label, Met, labels};
use super::view::{Token, View};
use super::{Field, FieldName, Method, Reading, date};
use crate::pdf::text::Place;

const NUMBER: &[Label] = labels! {
    95: "facture n", "n de facture", "n facture", "numero de facture", "numero facture", "n de la facture", "facture numero",
        "avoir n", "n d'avoir", "numero d'avoir", "n avoir", "rechnungsnummer", "rechnungs-n", "rechnung n", "rechnungs n", "rechnungsnr",
        "invoice number", "invoice n", "gutschrift n", "gutschriftsnummer", "rechnungs-nummer", "factuurnummer",
        "factuur n", "facture proforma n", "credit note n", "credit note number", "facture d'acompte n", "n° facture",
        "numero fattura", "fattura n", "numero de factura", "belegnummer", "beleg-n", "rechnung-n", "beleg n", "rechnungskorrektur n",
        "invoice id", "rechnungs-id", "gutschrift-n", "referentie factuur", "rechnungsnummer n";
    84: "facture", "avoir", "invoice", "rechnung", "gutschrift", "factuur", "reference facture", "facture ref",
        "reference de la facture", "credit note", "rechnungskorrektur", "nummer";
    70: "n", "numero", "reference", "ref", "document", "n document", "dokumentnummer", "n piece", "piece n";
};

/// Words after or before a label that make it another number.
const OTHER_NUMBER: [&str; 37] = [
    "client",
    "commande",
    "associee",
    "precedente",
    "origine",
    "tva",
    "livraison",
    "compte",
    "siret",
    "siren",
    "bon",
    "contrat",
    "page",
    "telephone",
    "tel",
    "fax",
    "customer",
    "order",
    "vat",
    "kunde",
    "kunden",
    "bestell",
    "auftrag",
    "liefer",
    "steuer",
    "ust",
    "lieferschein",
    "projet",
    "article",
    "code",
    "rcs",
    "bic",
    "iban",
    "ligne",
    "marche",
    "engagement",
    "rectifiee",
];

const ORDER: &[Label] = labels! {
    92: "n d'engagement", "numero d'engagement", "engagement n", "n engagement", "engagement juridique",
        "n de bon de commande", "bon de commande n", "n bon de commande", "n de commande", "commande n",
        "numero de commande", "votre commande n", "bestellnummer", "order number", "purchase order", "purchase order n",
        "bestell-n", "order n", "po number", "ihre bestellung", "ihre bestellnummer", "auftragsnummer";
    80: "bon de commande", "commande", "votre commande", "votre reference", "engagement", "bestellung";
};

const SERVICE: &[Label] = labels! {
    92: "code service", "service executant", "code du service", "code service executant", "service destinataire";
};

/// Names of the document, as they stand in its title.
const DOCUMENTS: [&str; 8] =
    ["facture", "avoir", "rechnung", "gutschrift", "invoice", "factuur", "fattura", "rechnungskorrektur"];

/// The weight of a label that says nothing by itself.
const WEAK: u8 = 70;
/// How far below its label a number may stand, in lines.
const UNDER_MAX: usize = 3;
/// Abbreviations before other numbers.
const OTHER_PREFIX: [&str; 10] = ["GLN", "TVA", "TEL", "FAX", "BIC", "RCS", "APE", "NAF", "EUR", "DE"];

pub(super) fn read(view: &View, reading: &mut Reading) {
    let kind = kind(view);
    reading.put(FieldName::Kind, kind);
    reading.put(FieldName::Number, number(view));
    reading.put(FieldName::Currency, currency(view));
    reading.put(FieldName::Order, labelled(view, ORDER));
    reading.put(FieldName::Service, labelled(view, SERVICE));
}

struct Candidate {
    value: String,
    weight: u8,
    first: usize,
    after: usize,
}

fn number(view: &View) -> Option<Field> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for met in label::find(view, NUMBER) {
        if speaks_of_another(view, met) {
            continue;
        }
        let named = names_document(view, met.first);
        let met = Met { weight: if met.weight == WEAK && named { 93 } else { met.weight }, ..met };
        let (found, weight) = match label::beside(view, met, reference) {
            Some(found) if found.1 == met.after => (Some(found), met.weight + 1),
            Some(found) => (Some(found), met.weight.saturating_sub(12)),
            None => {
                let under = label::under(view, met, reference)
                    .filter(|(_, first, _)| view.tokens[*first].line <= view.tokens[met.first].line + UNDER_MAX);
                let after_n = under.as_ref().is_some_and(|(_, first, _)| view.tokens[*first].folded == "n");
                (under, if after_n { met.weight + 7 } else { met.weight.saturating_sub(10) })
            }
        };
        if let Some((value, first, after)) = found {
            candidates.push(Candidate { value, weight, first, after });
        }
    }
    let best = candidates.iter().max_by_key(|candidate| (candidate.weight, usize::MAX - candidate.first))?;
    let rivals = candidates.iter().filter(|other| other.weight + 4 >= best.weight && other.value != best.value).count();
    let repeated = candidates.iter().filter(|other| other.value == best.value).count() > 1;
    let confidence = match (rivals, repeated) {
        (0, true) => (best.weight + 4).min(97),
        (0, false) => best.weight,
        _ => best.weight.min(70),
    };
    Some(field(view, best, confidence))
}

fn labelled(view: &View, labels: &[Label]) -> Option<Field> {
    let met = label::find(view, labels).into_iter();
    let found = met.filter_map(|met| {
        let (value, first, after) = label::beside(view, met, reference).filter(|(_, first, _)| *first == met.after)?;
        Some(Candidate { value, weight: met.weight.min(85), first, after })
    });
    let best = found.max_by_key(|candidate| (candidate.weight, usize::MAX - candidate.first))?;
    Some(field(view, &best, best.weight))
}

fn field(view: &View, candidate: &Candidate, confidence: u8) -> Field {
    let (first, last) = (&view.tokens[candidate.first], &view.tokens[candidate.after - 1]);
    let place = first.place.with(last.place);
    Field { value: candidate.value.clone(), confidence, method: Method::Label, page: first.page, place }
}

/// Whether the words next to a label make it the label of something else.
fn speaks_of_another(view: &View, met: Met) -> bool {
    let line = &view.lines[view.tokens[met.first].line];
    let before = view.tokens[line.start.max(met.first.saturating_sub(2))..met.first].iter().rev();
    let before = before.take_while(|token| !token.text.ends_with(':') && !has_digit(token));
    let following = label::following(view, met).iter().take(2).take_while(|token| !has_digit(token));
    before.chain(following).any(|token| OTHER_NUMBER.iter().any(|word| token.folded.starts_with(word)))
}

fn has_digit(token: &Token) -> bool {
    token.text.chars().any(|c| c.is_ascii_digit())
}

/// Whether one of the few words before is the name of the document: `Handelsrechnung (380) Nr.`.
fn names_document(view: &View, first: usize) -> bool {
    let line = &view.lines[view.tokens[first].line];
    let before = &view.tokens[line.start.max(first.saturating_sub(4))..first];
    let name = |token: &Token| DOCUMENTS.iter().any(|name| token.folded.contains(name));
    before.iter().any(name)
        && !before.iter().any(|token| OTHER_NUMBER.iter().any(|word| token.folded.starts_with(word)))
}

/// Whether the word before is a reference that the name of the document announces: `Facture 2024-12 du …`.
pub(super) fn ends_with_number(view: &View, first: usize) -> bool {
    let line = &view.lines[view.tokens[first].line];
    let before = &view.tokens[line.start.max(first.saturating_sub(6))..first];
    before.last().is_some_and(|token| is_reference(bare(&token.text)))
        && before.iter().any(|token| DOCUMENTS.iter().any(|name| token.folded.contains(name)))
}

/// A reference at the beginning of these tokens: a word with a digit that is no date and no amount with cents, or a
/// prefix of letters and the word with digits after it.
pub(super) fn reference(tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first()?;
    if first.folded == "n" {
        let (value, used) = reference(tokens.get(1..)?)?;
        return (used == 1).then_some((value, 2));
    }
    let word = bare(&first.text);
    if is_reference(word) && date::at(tokens).is_none() {
        return Some((word.to_owned(), 1));
    }
    let prefix = (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let second = tokens.get(1)?;
    let next = bare(&second.text);
    let near = second.place.left - first.place.right < second.place.height();
    let spelt = prefix && near && !first.text.ends_with(':') && is_reference(next) && !OTHER_PREFIX.contains(&word);
    spelt.then(|| (format!("{word} {next}"), 2))
}

pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| {
        matches!(c, ':' | ',' | ';' | '.' | '(' | ')' | '#' | '°' | '"' | '«' | '»' | '[' | ']')
    })
}

fn is_reference(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let allowed = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '+' | '#'));
    let cents =
        word.rsplit_once([',', '.']).is_some_and(|(_, decimals)| decimals.len() == 2 && word.len() - digits == 1);
    let paper = matches!(word, "1/1" | "1/2" | "1/3" | "A4");
    digits >= 1
        && (digits >= 2 || word.len() >= 3 || word.len() == digits)
        && word.len() <= 40
        && allowed
        && !cents
        && !paper
}

/// `381` where a title says so in the upper part of the first page, else `380`.
fn kind(view: &View) -> Option<Field> {
    const CREDIT: [&str; 6] = ["avoir", "gutschrift", "rechnungskorrektur", "creditnota", "stornorechnung", "abono"];
    const INVOICE: [&str; 6] = ["facture", "rechnung", "invoice", "factuur", "fattura", "factura"];
    let title = view.tokens.iter().take_while(|token| token.page == 1).take(120);
    let mut invoice = None;
    for (index, token) in title.enumerate() {
        let word = token.folded.as_str();
        let credit_note = word == "credit" && view.tokens.get(index + 1).is_some_and(|next| next.folded == "note");
        let upper = token.text.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        let begins = view.lines[token.line].start == index;
        if credit_note || (CREDIT.contains(&word) && (upper || begins || token.place.height() > 1300)) {
            return Some(Field {
                value: "381".to_owned(),
                confidence: 88,
                method: Method::Label,
                page: token.page,
                place: token.place,
            });
        }
        if invoice.is_none() && INVOICE.contains(&word) {
            invoice = Some(Field {
                value: "380".to_owned(),
                confidence: 85,
                method: Method::Label,
                page: token.page,
                place: token.place,
            });
        }
    }
    invoice
}

/// The currency that is met most.
fn currency(view: &View) -> Option<Field> {
    const KNOWN: [(&str, &str); 8] = [
        ("€", "EUR"),
        ("EUR", "EUR"),
        ("euro", "EUR"),
        ("USD", "USD"),
        ("$", "USD"),
        ("GBP", "GBP"),
        ("£", "GBP"),
        ("CHF", "CHF"),
    ];
    let mut counts: Vec<(&str, usize, &Token)> = Vec::new();
    for token in &view.tokens {
        let found = KNOWN
            .iter()
            .find(|(sign, _)| token.text.contains(sign) || token.folded == *sign || token.folded == format!("{sign}s"));
        let Some((_, code)) = found else { continue };
        match counts.iter_mut().find(|(known, ..)| known == code) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((code, 1, token)),
        }
    }
    let (code, _, token) = counts.iter().max_by_key(|(_, count, _)| *count)?;
    let confidence = if counts.len() == 1 { 95 } else { 75 };
    let place: Place = token.place;
    Some(Field { value: (*code).to_owned(), confidence, method: Method::Label, page: token.page, place })
}
