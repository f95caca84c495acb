//! The HTML page of a checked document: complete, and inert whatever the document says.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use facteur_model::finding::{Finding, Layer, LayerResult, LayerStatus, Verdict};
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{
    Address, Attachment, Contact, CreditTransfer, Delivery, Invoice, Item, Line, Note, Party, PaymentMeans,
    PrecedingInvoice, Quantity, SupportingDocument, VatBreakdown,
};
use facteur_report::check_html::page;
use facteur_report::checked::Checked;
use facteur_texts::Language;

const HOSTILE: &str =
    "</title></style></p><script>alert(1)</script><img src=x onerror=\"alert(1)\">'\"&amp;\u{202E}\u{1b}[2J";

fn party(text: &str) -> Party {
    let some = || Some(text.to_owned());
    Party {
        name: some(),
        trading_name: some(),
        identifiers: vec![Identifier::of(text, text)],
        legal_identifier: Some(Identifier::of(text, text)),
        vat_number: some(),
        endpoint: Some(Identifier::of(text, text)),
        address: Some(Address { line_1: some(), line_2: some(), city: some(), country: some(), ..Address::default() }),
        contacts: vec![Contact { name: some(), mail: some(), telephone: some(), ..Contact::default() }],
        ..Party::default()
    }
}

/// An invoice that says the same in every field that is shown.
fn invoice(text: &str) -> Invoice {
    let some = || Some(text.to_owned());
    let attachment = Attachment { file_name: some(), ..Attachment::default() };
    let mut invoice = Invoice {
        number: some(),
        type_code: some(),
        currency: some(),
        framework: some(),
        profile: some(),
        contract: some(),
        purchase_order: some(),
        buyer_reference: some(),
        project: some(),
        notes: vec![Note { subject: some(), text: some() }],
        preceding: vec![PrecedingInvoice { number: some(), ..PrecedingInvoice::default() }],
        seller: party(text),
        buyer: party(text),
        payee: Some(party(text)),
        delivery: Some(Delivery { name: some(), locations: vec![Identifier::of(text, text)], ..Delivery::default() }),
        vat_breakdown: vec![VatBreakdown { category: some(), exemption: some(), ..VatBreakdown::default() }],
        supporting_documents: vec![SupportingDocument {
            reference: some(),
            description: some(),
            attachment: Some(attachment),
            ..SupportingDocument::default()
        }],
        lines: vec![line(text), line(text)],
        ..Invoice::default()
    };
    let transfer = CreditTransfer { account: some(), name: some(), provider: some() };
    let means = PaymentMeans { code: some(), text: some(), credit_transfer: Some(transfer), ..PaymentMeans::default() };
    invoice.payment.means = vec![means];
    invoice.payment.terms = some();
    invoice.payment.remittance = some();
    invoice.totals.due = Some("1234.50".parse().unwrap());
    invoice
}

fn line(text: &str) -> Line {
    let some = || Some(text.to_owned());
    Line {
        id: some(),
        notes: vec![Note { subject: some(), text: some() }],
        quantity: Some(Quantity { value: Some("2".parse().unwrap()), unit: some() }),
        vat_category: some(),
        item: Item { name: some(), description: some(), ..Item::default() },
        ..Line::default()
    }
}

fn checked<'a>(findings: &'a [Finding], layers: &'a [LayerResult], invoice: Option<&'a Invoice>) -> Checked<'a> {
    Checked {
        file: HOSTILE,
        sha256: Some(HOSTILE),
        kind: "ubl-invoice",
        profile: Some(HOSTILE),
        verdict: Verdict::Invalid,
        layers,
        findings,
        invoice,
    }
}

fn hostile_findings() -> Vec<Finding> {
    let finding = |term: &str| {
        let mut finding = Finding::fatal(Layer::ChorusPro, "BR-FR-CPRO-01").term(term).found(HOSTILE);
        finding = finding.expected(HOSTILE).official(HOSTILE).arg("party", HOSTILE).at(HOSTILE, 3);
        finding
    };
    ["BT-1", "BT-27", "BT-84", "BT-9999", HOSTILE].map(finding).into()
}

/// The tags of a page, and the names of their attributes.
fn tags(html: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut names, mut attributes) = (BTreeSet::new(), BTreeSet::new());
    let outside_style = html.split("<style>").map(|part| part.split_once("</style>").map_or(part, |(_, rest)| rest));
    for tag in outside_style.flat_map(|part| part.split('<').skip(1)) {
        let tag = tag.split('>').next().unwrap();
        names.insert(tag.split(' ').next().unwrap().trim_start_matches('/').to_owned());
        attributes.extend(tag.split('"').step_by(2).filter_map(|part| part.trim().strip_suffix('=')).map(|part| {
            let words: Vec<&str> = part.split(' ').collect();
            words.last().map(|word| (*word).to_owned()).unwrap_or_default()
        }));
    }
    (names, attributes)
}

#[test]
fn nothing_of_a_document_becomes_markup() {
    let layers =
        [LayerResult { layer: Layer::Xsd, artefact: Some(HOSTILE.to_owned()), status: LayerStatus::Failed, micros: 1 }];
    for language in [Language::French, Language::English] {
        let hostile = page(language, &checked(&hostile_findings(), &layers, Some(&invoice(HOSTILE))));
        let mut harmless_checked = checked(&[], &layers, None);
        harmless_checked.file = "a";
        let plain = page(language, &Checked { invoice: Some(&invoice("a")), ..harmless_checked });
        let (names, attributes) = tags(&hostile);
        let (mut known, mut known_attributes) = tags(&plain);
        // Boxes of findings are made of these; the plain page has none.
        known.extend(["div", "b", "code", "p"].map(str::to_owned));
        known_attributes.insert("class".to_owned());
        assert_eq!(names, known);
        assert_eq!(attributes, known_attributes);
        assert!(!names.contains("script") && !names.contains("img"));
        assert!(!hostile.contains('\u{202E}') && !hostile.contains('\u{1b}'), "control characters stay visible");
        assert!(hostile.matches("&lt;script&gt;").count() > 60, "the text itself is shown");
        assert!(!hostile.contains("http://") && !hostile.contains("https://"));
    }
}

#[test]
fn every_finding_is_shown_exactly_once_wherever_it_points() {
    let mut findings = Vec::new();
    let terms = ["BT-1", "BT-22", "BT-29", "BT-46", "BT-60", "BT-71", "BT-131", "BT-116", "BT-112", "BT-84", "BT-122"];
    for (index, term) in terms.iter().enumerate() {
        findings.push(Finding::fatal(Layer::En16931, &format!("TEST-{index}-END")).term(term).official("x"));
    }
    let paths = [
        "/Invoice/cac:InvoiceLine[2]/cbc:ID",
        "/Invoice/cac:InvoiceLine[99]",
        "/Invoice/cac:TaxTotal/cac:TaxSubtotal[7]",
        "/Invoice/cac:PayeeParty",
        "/Invoice/cac:Delivery",
        "facture.pdf",
    ];
    for (index, path) in paths.iter().enumerate() {
        findings.push(Finding::warning(Layer::En16931, &format!("PATH-{index}-END")).at(*path, 4).official("x"));
    }
    let full = invoice("a");
    let bare = Invoice::default();
    for shown in [Some(&full), Some(&bare), None] {
        let html = page(Language::French, &checked(&findings, &[], shown));
        for finding in &findings {
            let count = html.matches(&format!("<code>{}</code>", finding.rule)).count();
            assert_eq!(count, 1, "{} with {:?}", finding.rule, shown.map(|invoice| &invoice.number));
        }
    }
}

#[test]
fn a_finding_stands_beside_what_it_is_about() {
    let on_line = Finding::fatal(Layer::En16931, "ON-LINE-TWO").at("/Invoice/cac:InvoiceLine[2]", 9).official("x");
    let on_account = Finding::fatal(Layer::En16931, "ON-ACCOUNT").term("BT-84").official("x");
    let mut invoice = invoice("a");
    invoice.lines[0].id = Some("FIRST".into());
    invoice.lines[1].id = Some("SECOND".into());
    let html = page(Language::English, &checked(&[on_line, on_account], &[], Some(&invoice)));
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(
        at("FIRST") < at("SECOND")
            && at("SECOND") < at("<code>ON-LINE-TWO")
            && at("<code>ON-LINE-TWO") < at("BT-115</code>")
    );
    let account = at("<code>BT-84</code></dt>");
    assert!(account < at("<code>ON-ACCOUNT") && !html[account..at("<code>ON-ACCOUNT")].contains("<dt>"));
    assert!(html.contains("1,234.50 a"), "amounts are written as the language does");
}

#[test]
fn of_very_many_lines_those_with_findings_are_shown() {
    let mut invoice = invoice("a");
    invoice.lines = (1..=1500).map(|n| Line { id: Some(format!("L{n}.")), ..Line::default() }).collect();
    let finding = Finding::fatal(Layer::En16931, "LATE").at("/Invoice/cac:InvoiceLine[1400]", 9).official("x");
    let html = page(Language::French, &checked(&[finding], &[], Some(&invoice)));
    assert!(html.contains(">L1000.<") && html.contains(">L1400.<") && !html.contains(">L1300.<"));
    assert!(html.contains("499 ligne(s)"));
}
