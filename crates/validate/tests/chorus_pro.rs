//! The eight checks before a deposit on the historic channel of Chorus Pro, each with what passes and what does not.
#![allow(clippy::unwrap_used)]

use facteur_model::finding::Severity;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Attachment, Contact, CreditTransfer, Invoice, Party, PaymentMeans, SupportingDocument};
use facteur_model::kind::DocumentKind;
use facteur_validate::chorus_pro::{self, Demands};
use facteur_validate::{Places, Subject};

const NOTHING: Demands = Demands { service_code: false, commitment_number: false, either: false };

fn party(name: &str, siret: &str) -> Party {
    Party { name: Some(name.to_owned()), legal_identifier: Some(Identifier::of("0009", siret)), ..Party::default() }
}

fn means(code: &str, account: Option<&str>) -> PaymentMeans {
    let credit_transfer = account.map(|a| CreditTransfer { account: Some(a.to_owned()), ..CreditTransfer::default() });
    PaymentMeans { code: Some(code.to_owned()), credit_transfer, ..PaymentMeans::default() }
}

/// An invoice that passes all eight.
fn good() -> Invoice {
    let mut invoice = Invoice {
        number: Some("FA-2026/0042 b_+".to_owned()),
        framework: Some("A1".to_owned()),
        type_code: Some("380".to_owned()),
        seller: party("Menuiserie Exemple", "73282932000074"),
        buyer: party("Commune d'Exemple", "21590350100017"),
        ..Invoice::default()
    };
    invoice.payment.means = vec![means("30", Some("FR14 2004 1010 0505 0001 3M02 606"))];
    invoice
}

fn attachment(name: &str, content: &str) -> SupportingDocument {
    let attachment =
        Attachment { file_name: Some(name.to_owned()), content: content.to_owned(), ..Attachment::default() };
    SupportingDocument { attachment: Some(attachment), ..SupportingDocument::default() }
}

fn subject(kind: DocumentKind) -> Subject<'static> {
    Subject {
        bytes: b"",
        document: None,
        kind,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "facture-0042.xml",
        file_size: 9_000,
    }
}

fn rules(invoice: &Invoice, demands: Demands) -> Vec<String> {
    let findings = chorus_pro::check(&subject(DocumentKind::UblInvoice), invoice, &demands);
    findings.into_iter().map(|finding| finding.rule).collect()
}

fn after(change: impl FnOnce(&mut Invoice)) -> Vec<String> {
    let mut invoice = good();
    change(&mut invoice);
    rules(&invoice, NOTHING)
}

#[test]
fn a_good_invoice_passes() {
    assert_eq!(after(|_| {}), Vec::<String>::new());
}

#[test]
fn the_framework_is_an_a_code_that_is_deposited() {
    for (code, expected) in [
        ("A2", None),
        ("A9", Some("CPRO-HIST-FRAMEWORK-PARTIAL")),
        ("A12", Some("CPRO-HIST-FRAMEWORK-PARTIAL")),
        ("A3", Some("CPRO-HIST-FRAMEWORK-UNSUPPORTED")),
        ("A25", Some("CPRO-HIST-FRAMEWORK-UNSUPPORTED")),
        ("A26", Some("CPRO-HIST-FRAMEWORK")),
        ("A0", Some("CPRO-HIST-FRAMEWORK")),
        ("A01", Some("CPRO-HIST-FRAMEWORK")),
        ("a1", Some("CPRO-HIST-FRAMEWORK")),
        (" ", Some("CPRO-HIST-FRAMEWORK")),
        ("B1", Some("CPRO-HIST-FRAMEWORK-REFORM")),
        ("S1", Some("CPRO-HIST-FRAMEWORK-REFORM")),
        ("M8", Some("CPRO-HIST-FRAMEWORK-REFORM")),
    ] {
        let found = after(|invoice| invoice.framework = Some(code.to_owned()));
        assert_eq!(found.first().map(String::as_str), expected, "{code}");
    }
    assert_eq!(after(|invoice| invoice.framework = None), ["CPRO-HIST-FRAMEWORK"]);
    let mut partial = good();
    partial.framework = Some("A9".to_owned());
    let findings = chorus_pro::check(&subject(DocumentKind::UblInvoice), &partial, &NOTHING);
    assert!(findings.iter().filter(|f| f.rule.ends_with("PARTIAL")).all(|f| f.severity == Severity::Warning));
}

#[test]
fn both_parties_have_a_siret() {
    let siren = |party: &mut Party| party.legal_identifier = Some(Identifier::of("0002", "732829320"));
    assert_eq!(after(|invoice| siren(&mut invoice.seller)), ["CPRO-HIST-SIRET-SUPPLIER"]);
    assert_eq!(after(|invoice| siren(&mut invoice.buyer)), ["CPRO-HIST-SIRET-RECIPIENT"]);
    let abroad = |party: &mut Party| party.legal_identifier = Some(Identifier::of("0223", "BE0123456789"));
    assert_eq!(after(|invoice| abroad(&mut invoice.seller)), Vec::<String>::new());
    assert_eq!(after(|invoice| abroad(&mut invoice.buyer)), ["CPRO-HIST-SIRET-RECIPIENT"]);
}

#[test]
fn the_number_is_short_and_plain() {
    for bad in ["", "FA-2026-0042-0000-000", "FA.2026", "FA-é", "FA#1", "FA\n1"] {
        assert_eq!(after(|invoice| invoice.number = Some(bad.to_owned())), ["CPRO-HIST-NUMBER"], "{bad:?}");
    }
    assert_eq!(after(|invoice| invoice.number = None), ["CPRO-HIST-NUMBER"]);
    assert_eq!(after(|invoice| invoice.number = Some("F".repeat(20))), Vec::<String>::new());
}

#[test]
fn a_means_of_payment_is_given_and_accepted_but_not_on_credit_notes() {
    assert_eq!(after(|invoice| invoice.payment.means.clear()), ["CPRO-HIST-PAYMENT-MISSING"]);
    assert_eq!(after(|invoice| invoice.payment.means = vec![means("57", None)]), ["CPRO-HIST-PAYMENT"]);
    assert_eq!(after(|invoice| invoice.payment.means = vec![means("20", None)]), Vec::<String>::new());
    let credit_note = |invoice: &mut Invoice| invoice.type_code = Some("381".to_owned());
    assert_eq!(after(credit_note), ["CPRO-HIST-PAYMENT-CREDIT-NOTE"]);
    let bare = after(|invoice| {
        credit_note(invoice);
        invoice.payment.means.clear();
    });
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn a_credit_transfer_has_an_iban() {
    for code in ["30", "58"] {
        assert_eq!(after(|invoice| invoice.payment.means = vec![means(code, None)]), ["CPRO-HIST-IBAN"]);
        let wrong = Some("FR1420041010050500013M02607");
        assert_eq!(after(|invoice| invoice.payment.means = vec![means(code, wrong)]), ["CPRO-HIST-IBAN"]);
    }
}

#[test]
fn the_references_that_the_recipient_demands_are_where_the_gateway_reads_them() {
    let service = Demands { service_code: true, ..NOTHING };
    let commitment = Demands { commitment_number: true, ..NOTHING };
    let either = Demands { either: true, ..NOTHING };
    assert_eq!(rules(&good(), service), ["CPRO-HIST-SERVICE"]);
    assert_eq!(rules(&good(), commitment), ["CPRO-HIST-COMMITMENT"]);
    assert_eq!(rules(&good(), either), ["CPRO-HIST-REFERENCE"]);

    let mut with_contact = good();
    with_contact.buyer.contacts = vec![Contact { identifier: Some("SERV-12".to_owned()), ..Contact::default() }];
    assert!(rules(&with_contact, service).is_empty() && rules(&with_contact, either).is_empty());
    let mut with_reference = good();
    with_reference.buyer_reference = Some("SERV-12".to_owned());
    assert_eq!(rules(&with_reference, service), ["CPRO-HIST-SERVICE"], "UBL: BT-10 is not read");
    assert!(chorus_pro::check(&subject(DocumentKind::Cii), &with_reference, &service).is_empty());
    let mut with_order = good();
    with_order.purchase_order = Some("ENG-2026-1".to_owned());
    assert!(rules(&with_order, commitment).is_empty() && rules(&with_order, either).is_empty());
}

#[test]
fn file_and_attachments_have_a_size_and_a_name_that_are_accepted() {
    let check = |subject: &Subject<'_>, invoice: &Invoice| -> Vec<String> {
        chorus_pro::check(subject, invoice, &NOTHING).into_iter().map(|finding| finding.rule).collect()
    };
    let file = subject(DocumentKind::UblInvoice);
    assert_eq!(check(&Subject { file_size: 10_000_001, ..file }, &good()), ["CPRO-HIST-SIZE"]);
    let long = format!("{}.xml", "f".repeat(47));
    for bad in ["facture n°1.xml", "facture 1.xml", "facture", ".xml", "", long.as_str()] {
        assert_eq!(check(&Subject { file_name: bad, ..file }, &good()), ["CPRO-HIST-FILE-NAME"], "{bad}");
    }
    let attached =
        |name: &str, content: &str| after(|invoice| invoice.supporting_documents = vec![attachment(name, content)]);
    assert_eq!(attached("détail.PDF", "JVBERi0="), Vec::<String>::new());
    assert_eq!(attached("d.pdf", " \n="), ["CPRO-HIST-ATTACHMENT-EMPTY"]);
    assert_eq!(attached("d.exe", "TVo="), ["CPRO-HIST-ATTACHMENT-TYPE"]);
    assert_eq!(attached(&format!("{}.pdf", "é".repeat(47)), "JVBERi0="), ["CPRO-HIST-ATTACHMENT-NAME"]);
    assert_eq!(attached("d.pdf", &"A".repeat(13_333_336)), ["CPRO-HIST-ATTACHMENT-SIZE"]);
}

struct Somewhere;

impl Places for Somewhere {
    fn of(&self, term: &str) -> Option<(String, u32)> {
        (term == "BT-1").then(|| ("/Invoice/cbc:ID".to_owned(), 7))
    }
}

#[test]
fn a_finding_on_a_term_says_where_it_stands() {
    let mut invoice = good();
    invoice.number = Some("trop-long-pour-chorus-pro".to_owned());
    let subject = Subject { places: Some(&Somewhere), ..subject(DocumentKind::UblInvoice) };
    let findings = chorus_pro::check(&subject, &invoice, &NOTHING);
    assert_eq!((findings[0].path.as_deref(), findings[0].line), (Some("/Invoice/cbc:ID"), Some(7)));
    assert_eq!(findings[0].args["length"], "25");
}
