//! Net, VAT, total and amount due: labels propose, arithmetic decides.

use facteur_model::amount::Amount;

use super::amount::{self, Printed};
use super::label::{self, Label, Met, labels};
use super::view::View;
use super::{Field, FieldName, Method, Reading, unsigned};
use crate::pdf::text::Place;

const TOTAL: &[Label] = labels! {
    94: "total ttc", "montant ttc", "montant total ttc", "total t.t.c", "total facture ttc", "total general ttc",
        "gesamtbetrag brutto", "bruttobetrag", "brutto gesamt", "total ttc en euros", "total avec tva", "bruttosumme",
        "invoice total amount", "total including vat", "total incl vat", "total incl. vat", "bruttosumme eur",
        "gesamtbetrag inkl", "rechnungsbetrag brutto", "montant de la facture ttc", "total toutes taxes comprises",
        "brutto-rechnungsbetrag", "total facture", "rechnungssumme brutto", "gesamt brutto", "summe brutto";
    88: "rechnungsbetrag", "gesamtbetrag", "gesamtsumme", "rechnungsgesamtbetrag", "endbetrag", "invoice total",
        "grand total", "total amount", "montant total", "total general", "brutto", "ttc", "rechnungssumme",
        "endsumme", "totaal", "gutschriftsbetrag", "total eur", "gesamt", "rechnungsendbetrag", "totaal te betalen";
    75: "total", "summe", "total due";
};

const PAYABLE: &[Label] = labels! {
    92: "net a payer", "reste a payer", "solde a payer", "montant a payer", "total a payer", "zahlbetrag",
        "zu zahlender betrag", "amount due", "balance due", "a payer", "net a payer ttc", "offener betrag",
        "montant du", "fälliger betrag", "falliger betrag", "total due", "zu zahlen";
};

const NET: &[Label] = labels! {
    94: "total ht", "montant ht", "total h.t", "montant total ht", "total net ht", "base ht", "net ht", "nettobetrag",
        "summe netto", "nettosumme", "total hors taxes", "total hors taxe", "netto gesamt", "gesamtbetrag netto",
        "total excluding vat", "net amount", "total net", "montant hors taxe", "montant hors taxes", "warenwert netto",
        "rechnungsbetrag netto", "gesamt netto", "zwischensumme netto", "steuerbasisbetrag";
    80: "sous-total", "subtotal", "sous-total ht", "zwischensumme", "netto", "ht", "warenwert", "net", "positionssumme";
};

const VAT: &[Label] = labels! {
    94: "total tva", "montant tva", "montant total tva", "montant de la tva", "total de la tva", "steuerbetrag",
        "mwst betrag", "mwst-betrag", "vat amount", "total vat", "umsatzsteuerbetrag", "gesamtbetrag umsatzsteuer",
        "total t.v.a", "summe umsatzsteuer", "gesamtsteuerbetrag", "steuergesamtbetrag";
    82: "tva", "mwst", "ust", "umsatzsteuer", "mehrwertsteuer", "vat", "t.v.a", "zzgl", "btw", "steuer";
};

struct Candidate {
    value: Amount,
    weight: u8,
    page: usize,
    place: Place,
}

pub(super) fn read(view: &View, reading: &mut Reading) {
    let printed: Vec<Printed> =
        amount::all(view).into_iter().filter(|number| number.cents && !number.percent).collect();
    let totals = candidates(view, TOTAL);
    let nets = candidates(view, NET);
    let vats = candidates(view, VAT);
    let payable = candidates(view, PAYABLE);
    let solution = solve(&printed, &totals, &nets, &vats, &payable, reading);
    let put = |reading: &mut Reading, name, value: Option<(Amount, u8, bool)>, from: &[Candidate]| {
        let Some((value, confidence, proved)) = value else { return };
        let Some((page, place)) = place_of(value, from, &printed) else { return };
        let method = if proved { Method::Arithmetic } else { Method::Label };
        reading.put(name, Some(Field { value: value.to_string(), confidence, method, page, place }));
    };
    put(reading, FieldName::Total, solution.total, &totals);
    put(reading, FieldName::Net, solution.net, &nets);
    put(reading, FieldName::Vat, solution.vat, &vats);
    let due = payable.iter().max_by_key(|candidate| candidate.weight).map(|due| (due.value, due.weight, false));
    put(reading, FieldName::Payable, due.or(solution.total), &payable);
}

fn place_of(value: Amount, from: &[Candidate], printed: &[Printed]) -> Option<(usize, Place)> {
    let labelled = from.iter().filter(|candidate| candidate.value == value).max_by_key(|candidate| candidate.weight);
    labelled
        .map(|candidate| (candidate.page, candidate.place))
        .or_else(|| printed.iter().rev().find(|number| number.value == value).map(|number| (number.page, number.place)))
}

/// Amounts beside and under the labels. A label in a row of other labels (a heading) has its value under it.
fn candidates(view: &View, labels: &[Label]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for met in label::find(view, labels) {
        let mut push = |(value, first, after): (Amount, usize, usize), weight: u8| {
            let place = view.tokens[first].place.with(view.tokens[after - 1].place);
            found.push(Candidate { value, weight, page: view.tokens[first].page, place });
        };
        if let Some(last) = last_beside(view, met) {
            push(last, met.weight.saturating_sub(3));
        }
        if let Some(beside) = label::beside(view, met, amount::money) {
            push(beside, met.weight);
        } else if let Some(under) = label::under(view, met, amount::money) {
            push(under, met.weight.saturating_sub(4));
        }
    }
    found
}

/// The last amount of the line: `Total TTC (TVA 20,00) 120,00`.
fn last_beside(view: &View, met: Met) -> Option<(Amount, usize, usize)> {
    let (rest, after) = (label::following(view, met), met.after);
    (0..rest.len()).rev().find_map(|from| {
        let (value, used) = amount::money(&rest[from..])?;
        Some((value, after + from, after + from + used))
    })
}

#[derive(Default)]
struct Solution {
    total: Option<(Amount, u8, bool)>,
    net: Option<(Amount, u8, bool)>,
    vat: Option<(Amount, u8, bool)>,
}

/// The triple `net + vat = total` that labels and the VAT breakdown support best; without one, the best label.
fn solve(
    printed: &[Printed],
    totals: &[Candidate],
    nets: &[Candidate],
    vats: &[Candidate],
    payable: &[Candidate],
    reading: &Reading,
) -> Solution {
    let weight = |from: &[Candidate], value: Amount| {
        from.iter().filter(|candidate| candidate.value == value).map(|candidate| candidate.weight).max().unwrap_or(0)
    };
    let table = breakdown(reading);
    let mut best: Option<(u32, Amount, Amount, Amount)> = None;
    let mut values: Vec<Amount> = printed.iter().map(|number| number.value).collect();
    values.sort_unstable();
    values.dedup();
    let wanted: Vec<Amount> =
        totals.iter().chain(payable).map(|candidate| candidate.value).chain(largest(&values)).collect();
    for total in wanted {
        for net in values.iter().copied() {
            let Some(vat) = total.checked_sub(net) else { continue };
            let possible = !vat.is_zero() && vat.is_negative() == total.is_negative() && is_plausible(net, vat);
            if !possible || values.binary_search(&vat).is_err() {
                continue;
            }
            let labels = u32::from(weight(totals, total)) * 2
                + u32::from(weight(payable, total))
                + u32::from(weight(nets, net)) * 2
                + u32::from(weight(vats, vat)) * 2;
            let proof = if table == Some((net, vat)) { 300 } else { 0 };
            let score = labels + proof;
            if best.is_none_or(|(known, known_total, ..)| (score, unsigned(total)) > (known, unsigned(known_total))) {
                best = Some((score, net, vat, total));
            }
        }
    }
    let strongest = totals.iter().max_by_key(|candidate| (candidate.weight, unsigned(candidate.value)));
    match best {
        Some((score, net, vat, total)) if score > 0 => {
            let contradicted = strongest.is_some_and(|label| label.weight >= 88 && label.value != total);
            if contradicted && weight(totals, total) < 88 {
                return without_vat(strongest, nets, payable);
            }
            // A greater sum that nothing explains may be the real one.
            let greatest = values.iter().all(|value| unsigned(*value) <= unsigned(total));
            let confidence = match score {
                _ if contradicted => 65,
                _ if !greatest && weight(totals, total).max(weight(payable, total)) < 85 => 75,
                450.. => 97,
                330.. => 93,
                170.. => 85,
                _ => 65,
            };
            Solution {
                total: Some((total, confidence, true)),
                net: Some((net, confidence.min(93), true)),
                vat: Some((vat, confidence.min(93), true)),
            }
        }
        _ => without_vat(strongest, nets, payable),
    }
}

/// No tax is printed, or none that adds up: the labels alone.
fn without_vat(strongest: Option<&Candidate>, nets: &[Candidate], payable: &[Candidate]) -> Solution {
    let best_of = |from: &[Candidate]| {
        from.iter()
            .max_by_key(|candidate| (candidate.weight, unsigned(candidate.value)))
            .map(|best| (best.value, best.weight))
    };
    let (net, due) = (best_of(nets), best_of(payable));
    let total = strongest.map(|label| (label.value, label.weight)).or(due).or(net);
    let Some((total, weight)) = total else { return Solution::default() };
    let agree = [net, due].into_iter().flatten().filter(|(value, _)| *value == total).count();
    let confidence = if agree > 0 && weight >= 88 { 91 } else { weight.min(80) };
    let same = net.filter(|(value, _)| *value == total);
    Solution {
        total: Some((total, confidence, false)),
        net: net.map(|(value, weight)| (value, weight.min(if same.is_some() { 88 } else { 75 }), false)),
        vat: None,
    }
}

/// Sums of the VAT breakdown.
fn breakdown(reading: &Reading) -> Option<(Amount, Amount)> {
    if reading.vat.is_empty() {
        return None;
    }
    let base = Amount::checked_sum(reading.vat.iter().map(|row| row.base))?;
    let tax = Amount::checked_sum(reading.vat.iter().map(|row| row.amount))?;
    Some((base, tax))
}

fn largest(values: &[Amount]) -> Vec<Amount> {
    let mut ordered = values.to_vec();
    ordered.sort_by_key(|value| std::cmp::Reverse(unsigned(*value)));
    ordered.truncate(6);
    ordered
}

/// Taxes are between 0.5 and 30 percent of what is taxed; part of it may be exempt.
fn is_plausible(net: Amount, vat: Amount) -> bool {
    let (net, vat) = (unsigned(net), unsigned(vat));
    let Ok(most) = Amount::parse("0.30") else { return false };
    net.checked_mul(most).is_some_and(|most| vat <= most)
}
