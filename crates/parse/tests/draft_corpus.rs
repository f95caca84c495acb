//! What is read from the pages of real hybrid PDFs, with the XML that they carry as the truth.
#![allow(clippy::unwrap_used)]

mod hybrids;

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_parse::pdf::fields::{FieldName, Reading, read};
use hybrids::Hybrid;

struct Sample {
    hybrid: Hybrid,
    reading: Reading,
}

/// Letters and digits only, as a person compares.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The spellings under which a value may stand on a page.
fn printed(sample: &Sample, name: FieldName, truth: &str) -> bool {
    let page = sample.hybrid.text.plain();
    match name {
        FieldName::Issued => {
            let (year, month, day) = (&truth[..4], &truth[5..7], &truth[8..10]);
            let plain = |number: &str| number.trim_start_matches('0').to_owned();
            let spellings = [
                format!("{day}/{month}/{year}"),
                format!("{day}.{month}.{year}"),
                format!("{year}-{month}-{day}"),
                format!("{day}-{month}-{year}"),
                format!("{}.{}.{year}", plain(day), plain(month)),
                format!("{day}.{month}.{}", &year[2..]),
                format!("{day}/{month}/{}", &year[2..]),
                format!("{}/{}/{year}", plain(day), plain(month)),
            ];
            spellings.iter().any(|spelt| page.contains(spelt.as_str()))
        }
        FieldName::Total => {
            let amount = Amount::parse(truth).unwrap().rounded(2);
            let spelt = compact(&format!("{:.2}", amount.decimal().abs()));
            page.lines().any(|line| compact(line).contains(&spelt))
        }
        _ => page.lines().any(|line| compact(line).contains(&compact(truth))),
    }
}

fn truth(sample: &Sample, name: FieldName) -> Option<String> {
    let invoice = &sample.hybrid.truth;
    match name {
        FieldName::Number => invoice.number.clone(),
        FieldName::Issued => invoice.issued.map(|date| date.to_string()),
        FieldName::SupplierVat => invoice.seller.vat_number.clone(),
        FieldName::Total => invoice.totals.with_vat.map(|amount| amount.to_string()),
        FieldName::Iban => {
            invoice.payment.means.iter().find_map(|means| means.credit_transfer.as_ref()?.account.clone())
        }
        _ => None,
    }
}

fn same(name: FieldName, found: &str, truth: &str) -> bool {
    if name == FieldName::Total {
        // A credit note's sums stand on the page with either sign.
        let (found, truth) = (Amount::parse(found).unwrap().decimal(), Amount::parse(truth).unwrap().decimal());
        return found.abs().round_dp(2) == truth.abs().round_dp(2);
    }
    compact(found) == compact(truth)
}

#[derive(Default, Debug)]
struct Score {
    printed: u32,
    right: u32,
    wrong_sure: u32,
    sure: u32,
}

#[test]
fn fields_of_hybrid_pdfs_agree_with_their_xml() {
    let Some(hybrids) = hybrids::all() else { return };
    let mut scores: BTreeMap<(bool, FieldName), Score> = BTreeMap::new();
    let mut seen = std::collections::HashSet::new();
    let mut alarms = Vec::new();
    for hybrid in hybrids {
        let sample = Sample { reading: read(&hybrid.text), hybrid };
        let french =
            sample.hybrid.truth.seller.address.as_ref().is_some_and(|address| address.country.as_deref() == Some("FR"));
        // Copies of one document count once.
        if !seen.insert((sample.hybrid.text.plain(), sample.hybrid.truth.number.clone())) {
            continue;
        }
        if let Some(shown) = sample.hybrid.truth.totals.with_vat.and_then(|own| sample.reading.other_total(own)) {
            println!(
                "{}: shows {}, the XML says {:?}",
                sample.hybrid.name,
                shown.value,
                sample.hybrid.truth.totals.with_vat.map(|own| own.to_string())
            );
            alarms.push(sample.hybrid.name.clone());
        }
        for name in [FieldName::Number, FieldName::Issued, FieldName::SupplierVat, FieldName::Total, FieldName::Iban] {
            let Some(truth) = truth(&sample, name) else { continue };
            let score = scores.entry((french, name)).or_default();
            let stands = printed(&sample, name, &truth);
            score.printed += u32::from(stands);
            let found = sample.reading.fields.get(&name);
            let right = found.is_some_and(|field| same(name, &field.value, &truth));
            score.right += u32::from(right && stands);
            let sure = found.is_some_and(facteur_parse::pdf::fields::Field::is_sure);
            score.sure += u32::from(sure);
            score.wrong_sure += u32::from(sure && !right && stands);
            if (stands || sure) && !right {
                println!(
                    "{} {}: {:?} {:?}, truth {truth} printed {stands}",
                    sample.hybrid.name,
                    name.as_str(),
                    found.map(|field| &field.value),
                    found.map(|field| field.confidence)
                );
            }
        }
    }
    let mut problems = Vec::new();
    for ((french, name), score) in &scores {
        println!("{} {:13} {score:?}", if *french { "fr" } else { "--" }, name.as_str());
        let least = match (french, name) {
            (true, FieldName::Number | FieldName::SupplierVat | FieldName::Total) => 95,
            (true, FieldName::Issued) => 90,
            (false, FieldName::Number | FieldName::Total) => 80,
            _ => continue,
        };
        if score.right * 100 < score.printed * least {
            problems.push(format!("{} (French: {french}): {score:?}, at least {least} %", name.as_str()));
        }
    }
    let sure: u32 = scores.values().map(|score| score.sure).sum();
    let wrong: u32 = scores.values().map(|score| score.wrong_sure).sum();
    println!("wrong values offered as sure: {wrong} of {sure}");
    assert!(sure > 100, "{sure} sure values only");
    assert!(wrong * 100 <= sure, "{wrong} of {sure} sure values are wrong");
    println!("pages that show another total than their XML: {alarms:?}");
    assert!(alarms.len() * 50 <= seen.len(), "{alarms:?}");
    assert!(problems.is_empty(), "{problems:#?}");
}
