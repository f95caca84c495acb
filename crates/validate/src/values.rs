//! What stands in a document and what should stand there, wherever a broken rule compares: both sides of a sum and
//! their difference, the rate that a VAT category has, the later of two dates.
//!
//! The rules themselves are evaluated by their artefact; here the two sides are computed once more from the invoice as
//! it was read, in exact decimals, for people. Where that gives no other value than the one that stands there, nothing
//! is said: then the rule is broken for another reason.

use facteur_model::amount::Amount;
use facteur_model::finding::{Finding, Layer};
use facteur_model::invoice::{AllowanceCharge, Invoice, Line};

use crate::checker::Places;

/// Elements of one part of the VAT breakdown (BG-23), in UBL and CII.
const BREAKDOWN: [&str; 2] = ["TaxSubtotal", "ApplicableTradeTax"];
/// The VAT categories, as ids of rules write them, and their codes (UNTDID 5305).
const CATEGORIES: [(&str, &str); 9] =
    [("S", "S"), ("Z", "Z"), ("E", "E"), ("AE", "AE"), ("IC", "K"), ("G", "G"), ("O", "O"), ("AF", "L"), ("AG", "M")];

/// Two sides of a comparison.
enum Sides {
    /// Amounts, whose difference can be told.
    Sums { found: Option<Amount>, expected: Amount },
    /// What stands there is not less than something.
    AtLeast(String),
}

/// Adds what was found and expected to a finding of an official rule.
pub(crate) fn fill(finding: &mut Finding, invoice: &Invoice, places: &dyn Places) {
    let official = matches!(finding.layer, Layer::En16931 | Layer::FacturX | Layer::CtcFr | Layer::BrFr);
    if !official || !finding.evaluated || finding.expected.is_some() {
        return;
    }
    let Some(path) = finding.path.clone() else { return };
    let place = Place { path: scope(&path), places };
    match sides(&finding.key, finding.term.as_deref(), invoice, &place) {
        Some(Sides::Sums { found, expected }) if found != Some(expected) => {
            finding.found = found.map(|found| found.to_string());
            finding.expected = Some(expected.to_string());
            if let Some(difference) = found.and_then(|found| found.checked_sub(expected)) {
                finding.args.insert("difference".to_owned(), difference.to_string());
            }
        }
        Some(Sides::AtLeast(least)) => {
            finding.found = finding.term.as_deref().and_then(|term| place.value(term)).or(finding.found.take());
            finding.expected = Some(format!("≥ {least}"));
        }
        _ => {
            let own = || finding.term.as_deref().and_then(|term| place.value(term));
            finding.found = finding.found.take().or_else(own);
        }
    }
}

/// The element that a rule is about, and what is read in it.
struct Place<'p> {
    path: &'p str,
    places: &'p dyn Places,
}

impl Place<'_> {
    fn value(&self, term: &str) -> Option<String> {
        self.places.value_at(self.path, term)
    }

    fn amount(&self, term: &str) -> Option<Amount> {
        Amount::parse(&self.value(term)?).ok()
    }
}

/// Rules on the VAT breakdown look at an element inside one part of it: the whole part counts.
fn scope(path: &str) -> &str {
    let names = |step: &str| {
        let local = step.rsplit(':').next().unwrap_or(step);
        BREAKDOWN.contains(&local.split('[').next().unwrap_or(local))
    };
    let mut end = 0;
    for step in path.split_inclusive('/') {
        end += step.len();
        if names(step.trim_end_matches('/')) {
            return path[..end].trim_end_matches('/');
        }
    }
    path
}

fn sides(key: &str, term: Option<&str>, invoice: &Invoice, place: &Place<'_>) -> Option<Sides> {
    let totals = &invoice.totals;
    let sums = |found: Option<Amount>, expected: Option<Amount>| {
        expected.map(|expected| Sides::Sums { found, expected: expected.rounded(2) })
    };
    match (key, term) {
        ("BR-CO-10", _) => sums(totals.lines, sum(simple(invoice)?.iter().map(|line| line.net_amount))),
        ("BR-CO-11", _) => sums(totals.allowances, sum(invoice.allowances.iter().map(|one| one.amount))),
        ("BR-CO-12", _) => sums(totals.charges, sum(invoice.charges.iter().map(|one| one.amount))),
        ("BR-CO-13", _) => {
            let lines = totals.lines?.checked_sub(totals.allowances.unwrap_or_default());
            sums(totals.without_vat, lines?.checked_add(totals.charges.unwrap_or_default()))
        }
        ("BR-CO-14", _) => sums(totals.vat, sum(invoice.vat_breakdown.iter().map(|part| part.tax))),
        ("BR-CO-15", _) => sums(totals.with_vat, totals.without_vat?.checked_add(totals.vat?)),
        ("BR-CO-16", _) => {
            let paid = totals.with_vat?.checked_sub(totals.paid.unwrap_or_default());
            sums(totals.due, paid?.checked_add(totals.rounding.unwrap_or_default()))
        }
        ("BR-CO-17", _) => sums(place.amount("BT-117"), computed_tax(place)),
        ("BR-27" | "BR-28", _) => Some(Sides::AtLeast("0".to_owned())),
        ("BR-29", _) => place.value("BT-73").map(Sides::AtLeast),
        ("BR-30", _) => place.value("BT-134").map(Sides::AtLeast),
        ("BR-FR-CO-09/BT-23", Some("BT-113")) => sums(totals.paid, totals.with_vat),
        ("BR-FR-CO-09/BT-23", Some("BT-115")) => sums(totals.due, Some(Amount::ZERO)),
        _ => of_category(key, invoice, place),
    }
}

/// The rules that every VAT category has: `BR-S-08`, the sum of what it taxes; `BR-S-09`, its tax; `BR-E-05` to `07`,
/// its rate.
fn of_category(key: &str, invoice: &Invoice, place: &Place<'_>) -> Option<Sides> {
    let (family, number) = key.strip_prefix("BR-")?.rsplit_once('-')?;
    let (_, code) = CATEGORIES.into_iter().find(|(name, _)| *name == family)?;
    let rated = matches!(code, "S" | "L" | "M");
    let term = match number {
        "05" => "BT-152",
        "06" => "BT-96",
        "07" => "BT-103",
        "08" => {
            let rate = if rated { Some(place.amount("BT-119")?) } else { None };
            let expected = taxable(invoice, code, rate)?.rounded(2);
            return Some(Sides::Sums { found: place.amount("BT-116"), expected });
        }
        "09" => {
            let expected = if rated { computed_tax(place)? } else { Amount::ZERO };
            return Some(Sides::Sums { found: place.amount("BT-117"), expected: expected.rounded(2) });
        }
        _ => return None,
    };
    let rate = place.amount(term);
    match code {
        // A rate that is not there at all is another matter, and one of "not subject to VAT" has to be away.
        "O" | "S" => None,
        _ if rated => Some(Sides::AtLeast("0".to_owned())),
        _ => rate.map(|rate| Sides::Sums { found: Some(rate), expected: Amount::ZERO }),
    }
}

/// BT-116 of a category: lines plus charges minus allowances, of that category and, where it has several, that rate.
fn taxable(invoice: &Invoice, code: &str, rate: Option<Amount>) -> Option<Amount> {
    let fits = |category: Option<&str>, own: Option<Amount>| {
        category.map(str::trim) == Some(code) && (rate.is_none() || own == rate)
    };
    let lines = simple(invoice)?.iter().filter(|line| fits(line.vat_category.as_deref(), line.vat_rate));
    let of = |list: &[AllowanceCharge]| {
        sum(list.iter().filter(|one| fits(one.vat_category.as_deref(), one.vat_rate)).map(|one| one.amount))
    };
    let lines = sum(lines.map(|line| line.net_amount))?;
    lines.checked_add(of(&invoice.charges)?)?.checked_sub(of(&invoice.allowances)?)
}

/// The lines, where each counts: of lines in groups the extension counts some only.
fn simple(invoice: &Invoice) -> Option<&[Line]> {
    invoice.lines.iter().all(|line| line.subtype.is_none() && line.parent.is_none()).then_some(&invoice.lines)
}

/// BT-116 times BT-119, to the cent.
fn computed_tax(place: &Place<'_>) -> Option<Amount> {
    let hundredth = Amount::parse("0.01").ok()?;
    let rate = place.amount("BT-119").unwrap_or_default();
    Some(place.amount("BT-116")?.checked_mul(rate)?.checked_mul(hundredth)?.rounded(2))
}

/// The sum of amounts; what is not there counts nothing.
fn sum(amounts: impl Iterator<Item = Option<Amount>>) -> Option<Amount> {
    Amount::checked_sum(amounts.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_the_breakdown_is_found_in_a_path() {
        assert_eq!(
            scope("/Invoice/cac:TaxTotal/cac:TaxSubtotal[2]/cac:TaxCategory"),
            "/Invoice/cac:TaxTotal/cac:TaxSubtotal[2]"
        );
        assert_eq!(scope("/a/ram:ApplicableTradeTax/ram:CategoryCode"), "/a/ram:ApplicableTradeTax");
        assert_eq!(scope("/a/ram:ApplicableTradeTax[3]"), "/a/ram:ApplicableTradeTax[3]");
        assert_eq!(scope("/Invoice/cac:LegalMonetaryTotal"), "/Invoice/cac:LegalMonetaryTotal");
    }
}
