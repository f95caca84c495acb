//! Templates on real hybrid PDFs: what a person would correct is the XML; learnt from one invoice of a supplier, a
//! template has to give its values back, and is then tried on the supplier's other invoices.
#![allow(clippy::unwrap_used)]

mod hybrids;

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_model::invoice::Invoice;
use facteur_parse::pdf::PdfText;
use facteur_parse::pdf::fields::template::{Template, Unlearnable, learn};
use facteur_parse::pdf::fields::{FieldName, read, read_with};

/// The pages of an invoice, and what its XML says.
type Sample = (PdfText, BTreeMap<FieldName, String>);

fn values(invoice: &Invoice) -> BTreeMap<FieldName, String> {
    let amount = |amount: Option<Amount>| amount.map(|amount| amount.rounded(2).to_string());
    let rows = [
        (FieldName::Number, invoice.number.clone()),
        (FieldName::Issued, invoice.issued.map(|date| date.to_string())),
        (FieldName::SupplierVat, invoice.seller.vat_number.clone()),
        (FieldName::Supplier, invoice.seller.name.clone()),
        (FieldName::Net, amount(invoice.totals.without_vat)),
        (FieldName::Total, amount(invoice.totals.with_vat)),
    ];
    rows.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
}

fn same(field: FieldName, found: &str, truth: &str) -> bool {
    let amounts = (Amount::parse(found), Amount::parse(truth));
    match (field, amounts) {
        (FieldName::Net | FieldName::Total, (Ok(one), Ok(other))) => one.rounded(2) == other.rounded(2),
        _ => found == truth,
    }
}

#[test]
fn what_is_learnt_from_a_real_invoice_comes_back_and_reads_the_next_one_no_worse() {
    let Some(hybrids) = hybrids::all() else { return };
    let mut seen = std::collections::HashSet::new();
    let mut suppliers: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for hybrids::Hybrid { text, truth, .. } in hybrids {
        let values = values(&truth);
        if seen.insert(text.plain()) {
            // Invented suppliers share invented VAT numbers: one is who has number and name.
            let part = |field| values.get(&field).cloned().unwrap_or_default();
            let supplier = part(FieldName::SupplierVat) + &part(FieldName::Supplier);
            suppliers.entry(supplier).or_default().push((text, values));
        }
    }
    let (mut learnt_from, mut nameless, mut asked, mut back, mut unprinted) = (0, 0, 0, 0, 0);
    let (mut others, mut with, mut without, mut wrong_sure, mut sure_with) = (0, 0, 0, 0, 0);
    for invoices in suppliers.values() {
        for (index, (text, values)) in invoices.iter().enumerate() {
            let Some(learnt) = learn(text, values) else {
                nameless += 1;
                continue;
            };
            learnt_from += 1;
            asked += values.len();
            back += learnt.given_back.len();
            unprinted += learnt.missing.iter().filter(|missing| missing.reason == Unlearnable::NotPrinted).count();
            let templates: [Template; 1] = [learnt.template];
            let again = read_with(text, &templates);
            for name in &learnt.given_back {
                assert!(same(*name, &again.fields[name].value, &values[name]), "{name:?} of {values:?}");
            }
            if index > 0 {
                continue;
            }
            for (text, values) in &invoices[1..] {
                // Examples on whose pages another invoice stands than in their data say nothing of either.
                if values.get(&FieldName::Number).is_some_and(|number| !text.plain().contains(number.as_str())) {
                    continue;
                }
                let (plain, read) = (read(text), read_with(text, &templates));
                for (name, truth) in values {
                    let right = |field: Option<&facteur_parse::pdf::fields::Field>| {
                        field.is_some_and(|field| same(*name, &field.value, truth))
                    };
                    others += 1;
                    with += u32::from(right(read.fields.get(name)));
                    without += u32::from(right(plain.fields.get(name)));
                    let sure =
                        read.fields.get(name).filter(|field| field.is_sure() && !same(*name, &field.value, truth));
                    wrong_sure += u32::from(sure.is_some());
                    sure_with +=
                        u32::from(read.fields.get(name).is_some_and(facteur_parse::pdf::fields::Field::is_sure));
                    if let Some(sure) = sure {
                        println!(
                            "{} {}: {sure:?}, truth {truth}, rule {:?}",
                            values[&FieldName::Number],
                            name.as_str(),
                            templates[0].fields.get(name)
                        );
                    }
                }
            }
        }
    }
    println!("learnt from {learnt_from} invoices ({nameless} name no supplier): {back} of {asked} values come back");
    println!("not printed: {unprinted}");
    println!(
        "the first invoice's template on the others of its supplier: {with} of {others} right, without {without}; wrong and sure {wrong_sure} of {sure_with}"
    );
    assert!(learnt_from > 20, "{learnt_from}");
    // What is printed nowhere cannot come back; of the rest nearly all does.
    assert!(back * 100 >= (asked - unprinted) * 95, "{back} of {}", asked - unprinted);
    assert!(with > without, "{with} with, {without} without");
    assert!(wrong_sure * 100 <= sure_with, "{wrong_sure} of {sure_with} sure values are wrong");
}
