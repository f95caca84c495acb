use facteur_model::invoice::{Contact, CreditTransfer, Note, PaymentMeans};

use super::*;

const SUPPLIER: &str = "99980123600012";
const RECIPIENT: &str = "99970001600010";

fn note(subject: &str) -> Note {
    Note { subject: Some(subject.into()), text: Some("mention".into()) }
}

fn endpoint(value: &str) -> Option<Identifier> {
    Some(Identifier::of("0225", value))
}

/// As it comes by the historic UBL: A1, scheme 1, service code with the contact.
fn historic() -> Invoice {
    let transfer = CreditTransfer { account: Some("FR9299999000010012345678901".into()), ..Default::default() };
    let means = PaymentMeans { code: Some("30".into()), credit_transfer: Some(transfer), ..Default::default() };
    let mut invoice = Invoice { number: Some("FA-2026-1".into()), framework: Some("A1".into()), ..Invoice::default() };
    invoice.seller.identifiers = vec![Identifier::of("1", SUPPLIER)];
    invoice.buyer.identifiers = vec![Identifier::of("1", RECIPIENT)];
    invoice.buyer.contacts = vec![Contact { identifier: Some("TECHNIQUE".into()), ..Contact::default() }];
    invoice.payment.means = vec![means];
    invoice
}

/// As it comes by an approved platform.
fn reform() -> Invoice {
    let mut invoice = historic();
    invoice.framework = Some("M1".into());
    invoice.seller.identifiers = vec![Identifier::of("0009", SUPPLIER)];
    invoice.seller.legal_identifier = Some(Identifier::of("0002", &SUPPLIER[..9]));
    invoice.seller.endpoint = endpoint("999801236");
    invoice.buyer.identifiers = vec![Identifier::of("0009", RECIPIENT), Identifier::of("0224", "TECHNIQUE")];
    invoice.buyer.contacts.clear();
    invoice.buyer.endpoint = endpoint("999700016");
    invoice.notes = vec![note("PMT"), note("PMD"), note("AAB")];
    invoice
}

fn needs(adapted: &Adapted) -> Vec<(&str, Need)> {
    adapted.missing.iter().map(|missing| (missing.term.0, missing.need)).collect()
}

#[test]
fn the_historic_channel_gets_its_codes_and_the_whole_siret() {
    let ubl = adapt(&reform(), Channel::CproHistoric, Syntax::Ubl);
    assert_eq!(needs(&ubl), []);
    assert_eq!(ubl.invoice.framework(), Some("A1"));
    assert_eq!(ubl.invoice.seller.identifiers, [Identifier::of("1", SUPPLIER)]);
    assert_eq!(ubl.invoice.buyer.identifiers, [Identifier::of("1", RECIPIENT)]);
    assert_eq!(ubl.invoice.buyer.contacts[0].identifier.as_deref(), Some("TECHNIQUE"));
    let cii = adapt(&reform(), Channel::CproHistoric, Syntax::Cii);
    assert_eq!(cii.invoice.buyer_reference.as_deref(), Some("TECHNIQUE"));
    assert_eq!(cii.invoice.seller.legal_identifier, Some(Identifier::of("0002", SUPPLIER)));
    assert_eq!(cii.invoice.seller.identifiers, [Identifier::of("0009", SUPPLIER)]);
}

#[test]
fn the_approved_platforms_get_siren_and_siret_under_their_schemes() {
    let mut invoice = historic();
    invoice.framework = Some("A9".into());
    let adapted = adapt(&invoice, Channel::Afnor, Syntax::Ubl);
    assert_eq!(adapted.invoice.framework(), Some("S3"));
    assert_eq!(adapted.invoice.seller.legal_identifier, Some(Identifier::of("0002", "999801236")));
    let expected = [Identifier::of("0009", RECIPIENT), Identifier::of("0224", "TECHNIQUE")];
    assert_eq!(adapted.invoice.buyer.identifiers, expected);
    assert!(adapted.invoice.profile.as_deref().is_some_and(|profile| profile.ends_with("extended-ctc-fr")));
    assert_eq!(adapted.invoice.service_code(), Some("TECHNIQUE"));
}

#[test]
fn what_does_not_follow_is_asked_for_by_name() {
    let adapted = adapt(&historic(), Channel::Afnor, Syntax::Ubl);
    let expected = [
        ("BT-23", Need::FrameworkReform),
        ("BT-34", Need::SupplierEndpoint),
        ("BT-49", Need::BuyerEndpoint),
        ("BT-22", Need::NotePmt),
        ("BT-22", Need::NotePmd),
        ("BT-22", Need::NoteAab),
    ];
    assert_eq!(needs(&adapted), expected);
    assert_eq!(adapted.missing[0].found.as_deref(), Some("A1"));
    let empty = Invoice { number: Some("F-2026/000000000000000001".into()), ..Invoice::default() };
    let expected = [
        ("BT-1", Need::Number),
        ("BT-23", Need::FrameworkHistoric),
        ("BT-29", Need::SupplierSiret),
        ("BT-46", Need::BuyerSiret),
        ("BT-81", Need::PaymentMeans),
    ];
    assert_eq!(needs(&adapt(&empty, Channel::CproHistoric, Syntax::Cii)), expected);
}

#[test]
fn a_credit_transfer_needs_an_account_and_a_credit_note_no_means() {
    let mut invoice = historic();
    invoice.payment.means[0].credit_transfer = None;
    assert_eq!(needs(&adapt(&invoice, Channel::CproHistoric, Syntax::Ubl)), [("BT-84", Need::Account)]);
    invoice.type_code = Some("381".into());
    assert_eq!(needs(&adapt(&invoice, Channel::CproHistoric, Syntax::Ubl)), []);
}

#[test]
fn there_and_back_again_nothing_is_left_of_the_other_channel() {
    let once = adapt(&reform(), Channel::CproHistoric, Syntax::Ubl).invoice;
    let mut supplied = once;
    supplied.framework = Some("M1".into());
    let back = adapt(&supplied, Channel::Afnor, Syntax::Ubl);
    assert_eq!(needs(&back), []);
    assert_eq!(back.invoice.seller.identifiers, reform().seller.identifiers);
    assert_eq!(back.invoice.buyer.identifiers, reform().buyer.identifiers);
}
