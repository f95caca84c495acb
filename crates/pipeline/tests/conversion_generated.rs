//! Invoices that nobody would write: whatever they say stands in the document or in the list of what is lost.
#![allow(clippy::unwrap_used)]

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{
    Address, AllowanceCharge, Attachment, Contact, CreditTransfer, CurrencyExchange, Delivery, DeliveryTerms, Invoice,
    InvoicePeriod, Item, ItemAttribute, Line, LineAllowanceCharge, LineReference, Note, OtherParties, Party, Payment,
    PaymentCard, PaymentMeans, PrecedingInvoice, Price, Quantity, SupportingDocument, Totals, VatBreakdown,
};
use facteur_pipeline::convert::unlisted;
use facteur_render::{Written, cii, ubl};
use facteur_xml::{Document, Limits};
use proptest::prelude::*;
use serde_json::Value;

/// Texts that are hard to carry through XML.
const TEXTS: [&str; 8] =
    ["Bois & Fils", "a<b>c", "\"cité\" l'été", "ligne 1\nligne 2\ttab", "œuvre 漢字 🪵", "]]>", "x\r\ny", "l 1  l 2"];

/// Draws an invoice out of bytes: each decides whether a field is there, or what it says.
struct Draw<'a> {
    bytes: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    count: usize,
}

impl Draw<'_> {
    fn byte(&mut self) -> usize {
        // The cycle is salted, so that short inputs do not repeat.
        self.count += 1;
        usize::from(*self.bytes.next().unwrap()) + self.count / 7
    }

    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.byte().is_multiple_of(3)).then(|| make(self))
    }

    fn many<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.byte() % 3).map(|_| make(self)).collect()
    }

    fn word(&mut self) -> String {
        let text = TEXTS[self.byte() % TEXTS.len()];
        format!("{text} {}", self.count)
    }

    fn text(&mut self) -> Option<String> {
        self.some(Self::word)
    }

    fn code(&mut self, codes: &[&str]) -> Option<String> {
        self.some(|draw| codes[draw.byte() % codes.len()].to_owned())
    }

    fn date(&mut self) -> Option<Date> {
        self.some(|draw| Date::new(2026, 1 + (draw.byte() % 12) as u8, 1 + (draw.byte() % 28) as u8).unwrap())
    }

    fn amount(&mut self) -> Option<Amount> {
        self.some(|draw| {
            let sign = if draw.byte() % 5 == 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", draw.byte() * draw.byte(), draw.byte() % 100).parse().unwrap()
        })
    }

    fn quantity(&mut self) -> Option<Quantity> {
        self.some(|draw| Quantity { value: draw.amount(), unit: draw.code(&["C62", "HUR"]) })
    }

    fn identifier(&mut self) -> Identifier {
        Identifier {
            value: self.word(),
            scheme: self.code(&["0002", "0009", "0088", "0224"]),
            scheme_version: self.code(&["1", "2"]),
        }
    }

    fn address(&mut self) -> Option<Address> {
        self.some(|draw| Address {
            line_1: draw.text(),
            line_2: draw.text(),
            line_3: draw.text(),
            city: draw.text(),
            post_code: draw.text(),
            subdivision: draw.text(),
            country: draw.code(&["FR", "BE"]),
        })
    }

    fn party(&mut self) -> Party {
        Party {
            name: self.text(),
            trading_name: self.text(),
            identifiers: self.many(Self::identifier),
            legal_identifier: self.some(Self::identifier),
            vat_number: self.code(&["FR81999801236", "BE0123456749"]),
            tax_registration: self.text(),
            legal_information: self.text(),
            endpoint: self.some(Self::identifier),
            address: self.address(),
            contacts: self.many(|draw| Contact {
                identifier: draw.text(),
                name: draw.text(),
                department: draw.text(),
                telephone: draw.text(),
                mail: draw.text(),
            }),
            role: self.code(&["SE", "BY"]),
            vat_regime: self.code(&["TVA DEBIT"]),
        }
    }

    fn note(&mut self) -> Note {
        Note { subject: self.code(&["PMT", "AAI", "sup"]), text: self.text() }
    }

    fn preceding(&mut self) -> PrecedingInvoice {
        PrecedingInvoice {
            number: self.text(),
            issued: self.date(),
            type_code: self.code(&["380", "386"]),
            line: self.text(),
        }
    }

    fn delivery(&mut self) -> Option<Delivery> {
        self.some(|draw| Delivery {
            name: draw.text(),
            locations: draw.many(Self::identifier),
            date: draw.date(),
            address: draw.address(),
        })
    }

    fn period(&mut self) -> Option<InvoicePeriod> {
        self.some(|draw| InvoicePeriod { start: draw.date(), end: draw.date(), description: draw.text() })
    }

    fn allowance(&mut self) -> AllowanceCharge {
        AllowanceCharge {
            amount: self.amount(),
            base: self.amount(),
            percentage: self.amount(),
            vat_category: self.code(&["S", "E"]),
            vat_rate: self.amount(),
            vat_exemption: self.text(),
            vat_exemption_code: self.text(),
            reason: self.text(),
            reason_code: self.code(&["95", "FC"]),
        }
    }

    fn line_allowance(&mut self) -> LineAllowanceCharge {
        let AllowanceCharge { amount, base, percentage, reason, reason_code, .. } = self.allowance();
        LineAllowanceCharge { amount, base, percentage, reason, reason_code }
    }

    fn payment(&mut self) -> Payment {
        Payment {
            terms: self.text(),
            remittance: self.text(),
            means: self.many(|draw| PaymentMeans {
                code: draw.code(&["30", "49"]),
                text: draw.text(),
                credit_transfer: draw.some(|draw| CreditTransfer {
                    account: draw.code(&["FR9299999000010012345678901", "30006000011234567890189"]),
                    name: draw.text(),
                    provider: draw.code(&["ZZZZFRPPXXX"]),
                }),
                card: draw.some(|draw| PaymentCard { number: draw.text(), holder: draw.text() }),
                debited_account: draw.text(),
            }),
            mandate: self.text(),
            creditor: self.text(),
        }
    }

    fn supporting_document(&mut self) -> SupportingDocument {
        SupportingDocument {
            reference: self.text(),
            description: self.text(),
            location: self.text(),
            attachment: self.some(|draw| Attachment {
                mime_code: draw.code(&["text/csv"]),
                file_name: draw.text(),
                content: "YTtiCg==".to_owned(),
            }),
            reference_type: self.code(&["AFL", "130", "50", "916"]),
            issued: self.date(),
        }
    }

    fn line_reference(&mut self) -> Option<LineReference> {
        self.some(|draw| LineReference { line: draw.text(), document: draw.text(), issued: draw.date() })
    }

    fn line(&mut self) -> Line {
        Line {
            id: self.text(),
            parent: self.text(),
            subtype: self.code(&["DETAIL", "GROUP"]),
            notes: self.many(Self::note),
            objects: self.many(Self::identifier),
            quantity: self.quantity(),
            per_package: self.quantity(),
            net_amount: self.amount(),
            order: self.line_reference(),
            sales_order: self.line_reference(),
            despatch_advice: self.line_reference(),
            receiving_advice: self.line_reference(),
            accounting_reference: self.text(),
            period: self.period(),
            preceding: self.many(Self::preceding),
            delivery: self.delivery(),
            allowances: self.many(Self::line_allowance),
            charges: self.many(Self::line_allowance),
            price: Price {
                net: self.amount(),
                discount: self.amount(),
                discount_reason: self.text(),
                discount_reason_code: self.text(),
                gross: self.amount(),
                base: self.quantity(),
            },
            vat_category: self.code(&["S", "E"]),
            vat_rate: self.amount(),
            vat_exemption: self.text(),
            vat_exemption_code: self.text(),
            vat_point_code: self.code(&["3", "29"]),
            vat_amount: self.amount(),
            vat_amount_in_accounting_currency: self.amount(),
            amount_with_vat: self.amount(),
            seller: self.some(Self::party),
            item: self.item(),
        }
    }

    fn item(&mut self) -> Item {
        Item {
            name: self.text(),
            description: self.text(),
            seller_identifier: self.text(),
            buyer_identifier: self.text(),
            standard_identifier: self.some(Self::identifier),
            classifications: self.many(Self::identifier),
            origin: self.code(&["FR"]),
            attributes: self.many(|draw| ItemAttribute {
                name: draw.text(),
                value: draw.text(),
                code: draw.text(),
                measure: draw.quantity(),
            }),
        }
    }

    fn invoice(&mut self) -> Invoice {
        Invoice {
            number: self.text(),
            issued: self.date(),
            type_code: self.code(&["380", "381"]),
            currency: self.code(&["EUR"]),
            vat_currency: self.code(&["XPF", "EUR"]),
            vat_point: self.date(),
            vat_point_code: self.code(&["3", "35", "432", "5", "72"]),
            due: self.date(),
            buyer_reference: self.text(),
            project: self.text(),
            contract: self.text(),
            contract_type: self.code(&["MARCHE"]),
            contract_date: self.date(),
            purchase_order: self.text(),
            purchase_order_date: self.date(),
            sales_order: self.text(),
            receiving_advice: self.text(),
            despatch_advice: self.text(),
            despatch_advice_date: self.date(),
            tender: self.text(),
            invoiced_objects: self.many(Self::identifier),
            accounting_reference: self.text(),
            notes: self.many(Self::note),
            framework: self.code(&["A1", "M1"]),
            profile: self.code(&["urn:cen.eu:en16931:2017", "urn:cen.eu:en16931:2017#conformant#urn:x"]),
            preceding: self.many(Self::preceding),
            seller: self.party(),
            buyer: self.party(),
            payee: self.some(Self::party),
            tax_representative: self.some(Self::party),
            other_parties: OtherParties {
                buyer_agent: self.some(Self::party),
                payer: self.some(Self::party),
                seller_agent: self.some(Self::party),
                invoicee: self.some(Self::party),
                invoicer: self.some(Self::party),
            },
            delivery: self.delivery(),
            delivery_terms: self.some(|draw| DeliveryTerms {
                code: draw.code(&["DAP"]),
                location: draw.text(),
                country: draw.code(&["FR"]),
            }),
            period: self.period(),
            payment: self.payment(),
            allowances: self.many(Self::allowance),
            charges: self.many(Self::allowance),
            vat_exchange: self.some(|draw| CurrencyExchange {
                source: draw.code(&["EUR"]),
                target: draw.code(&["XPF"]),
                rate: draw.amount(),
                date: draw.date(),
            }),
            totals: self.totals(),
            vat_breakdown: self.many(|draw| VatBreakdown {
                taxable: draw.amount(),
                tax: draw.amount(),
                category: draw.code(&["S", "E"]),
                rate: draw.amount(),
                exemption: draw.text(),
                exemption_code: draw.text(),
            }),
            supporting_documents: self.many(Self::supporting_document),
            lines: self.many(Self::line),
        }
    }

    fn totals(&mut self) -> Totals {
        Totals {
            lines: self.amount(),
            allowances: self.amount(),
            charges: self.amount(),
            without_vat: self.amount(),
            vat: self.amount(),
            vat_in_accounting_currency: self.amount(),
            with_vat: self.amount(),
            paid: self.amount(),
            rounding: self.amount(),
            due: self.amount(),
        }
    }
}

fn read(bytes: &[u8]) -> Invoice {
    let document = Document::parse(bytes, &Limits::default()).unwrap();
    facteur_parse::read(&document).unwrap().invoice
}

/// Every way of writing it.
fn written(invoice: &Invoice) -> Vec<(String, Written)> {
    use cii::Profile::{Basic, BasicWl, Cii, En16931, Extended, Minimum};
    let ways = [Minimum, BasicWl, Basic, En16931, Extended, Cii];
    let cii = ways.into_iter().map(|way| (format!("{way:?}"), cii::write(invoice, way, false)));
    cii.chain([("UBL".to_owned(), ubl::write(invoice, false))]).collect()
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.values().map(leaves).sum(),
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Null => 0,
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_in_the_document_or_in_the_list_of_what_is_lost(bytes in proptest::collection::vec(any::<u8>(), 16..96)) {
        let invoice = Draw { bytes: bytes.iter().cycle(), count: 0 }.invoice();
        for (way, written) in written(&invoice) {
            let after = read(&written.bytes);
            let wrong = unlisted(&invoice, &written, &after);
            prop_assert!(wrong.is_empty(), "{way}: {wrong:?}\n{}", String::from_utf8_lossy(&written.bytes));
        }
    }

    #[test]
    fn no_field_of_the_model_is_forgotten_and_the_bytes_are_always_the_same(bytes in proptest::collection::vec(any::<u8>(), 16..96)) {
        let invoice = Draw { bytes: bytes.iter().cycle(), count: 0 }.invoice();
        prop_assert_eq!(invoice.values().len(), leaves(&serde_json::to_value(&invoice).unwrap()));
        prop_assert_eq!(written(&invoice), written(&invoice.clone()));
    }
}
