//! Templates of suppliers: learnt from one invoice, they read the next; what contradicts them takes their certainty.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use facteur_parse::pdf::fields::template::{Find, Position, Template, Unlearnable, learn};
use facteur_parse::pdf::fields::{Field, FieldName, Method, read, read_with};
use facteur_parse::pdf::text::{Place, TextLine, TextPage, TextWord};
use facteur_parse::pdf::{PdfLimits, PdfText, read_text};
use proptest::prelude::*;

fn taxi() -> PdfText {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/inbox/06-pdf-simple-taxi.pdf");
    read_text(&std::fs::read(file).unwrap(), &PdfLimits::default()).unwrap()
}

fn values(rows: &[(FieldName, &str)]) -> BTreeMap<FieldName, String> {
    rows.iter().map(|(field, value)| (*field, (*value).to_owned())).collect()
}

fn corrected() -> BTreeMap<FieldName, String> {
    values(&[
        (FieldName::Kind, "380"),
        (FieldName::Number, "TX-2026-0902"),
        (FieldName::Issued, "2026-11-13"),
        (FieldName::Due, "2026-12-13"),
        (FieldName::Currency, "EUR"),
        (FieldName::Supplier, "Taxis de la Combe"),
        (FieldName::SupplierSiret, "99981005400018"),
        (FieldName::SupplierVat, "FR54999810054"),
        (FieldName::Buyer, "Ville d’Essai, services généraux"),
        (FieldName::BuyerSiret, "12345678200051"),
        (FieldName::Service, "TRANSPORT"),
        (FieldName::Net, "573.00"),
        (FieldName::Vat, "57.30"),
        (FieldName::Total, "630.30"),
        (FieldName::Payable, "630.30"),
        (FieldName::Iban, "FR7699999000011005555666626"),
    ])
}

/// Words as they would stand on a page: columns are parted by bars, words are as wide as their letters.
fn page(lines: &[&str]) -> PdfText {
    let line = |(row, line): (usize, &&str)| {
        let top = i32::try_from(row).unwrap() * 2_000 + 4_000;
        let mut words = Vec::new();
        for (column, cell) in line.split('|').enumerate() {
            let mut left = 4_000 + i32::try_from(column).unwrap() * 15_000;
            for word in cell.split_whitespace() {
                let width = i32::try_from(word.chars().count()).unwrap() * 500;
                let place = Place { left, top, right: left + width, bottom: top + 1_000 };
                words.push(TextWord { text: word.to_owned(), place });
                left += width + 300;
            }
        }
        TextLine { words }
    };
    let lines = lines.iter().enumerate().map(line).collect();
    PdfText { pages: vec![TextPage { number: 1, width: 59_500, height: 84_200, lines }], ..PdfText::default() }
}

fn template(yaml: &str) -> Template {
    let head = "format: facteur-template/1\nkeywords: [ 'FR54999810054' ]\n";
    Template::parse("taxi", format!("{head}{yaml}").as_bytes()).unwrap()
}

fn field(text: &PdfText, template: &Template, name: FieldName) -> Field {
    read_with(text, std::slice::from_ref(template)).fields.get(&name).unwrap().clone()
}

#[test]
fn a_template_gives_back_the_corrected_values_of_the_invoice_it_was_learnt_from() {
    let (text, corrected) = (taxi(), corrected());
    let learnt = learn(&text, &corrected).unwrap();
    assert_eq!(learnt.missing, []);
    let reading = read_with(&text, std::slice::from_ref(&learnt.template));
    for (name, value) in &corrected {
        let read = &reading.fields[name];
        assert_eq!((&read.value, read.is_sure()), (value, true), "{name:?} {read:?}");
    }
    assert_eq!(learnt.given_back.len(), corrected.len());
    assert_eq!(learnt.template.keywords, ["FR54999810054", "Taxis de la Combe"]);
    assert_eq!(learnt.template.constants[&FieldName::Service], "TRANSPORT");
    assert_eq!(learnt.template.decimal, Some(','));
    let number = &learnt.template.fields[&FieldName::Number];
    assert_eq!(number.find, Find::Label { words: "Facture n°".to_owned(), position: Position::Right });
    assert_eq!(number.pattern.as_deref(), Some(r"[A-Z]{2}\-\d{4}\-\d+"));
}

#[test]
fn it_reads_the_next_invoice_of_the_supplier() {
    let learnt = learn(&taxi(), &corrected()).unwrap();
    let mut next = taxi();
    for word in next.pages.iter_mut().flat_map(|page| &mut page.lines).flat_map(|line| &mut line.words) {
        for (from, to) in [
            ("TX-2026-0902", "TX-2027-11"),
            ("13/11/2026", "04/01/2027"),
            ("13/12/2026", "03/02/2027"),
            ("573,00", "2000,00"),
            ("57,30", "200,00"),
            ("630,30", "2200,00"),
        ] {
            word.text = word.text.replace(from, to);
        }
    }
    let reading = read_with(&next, &[learnt.template]);
    for (name, value) in [
        (FieldName::Number, "TX-2027-11"),
        (FieldName::Issued, "2027-01-04"),
        (FieldName::Due, "2027-02-03"),
        (FieldName::Net, "2000.00"),
        (FieldName::Vat, "200.00"),
        (FieldName::Total, "2200.00"),
        (FieldName::Service, "TRANSPORT"),
    ] {
        let read = &reading.fields[&name];
        // A total that is the sum to pay as well is read without a rule.
        let method = if name == FieldName::Total { Method::Arithmetic } else { Method::Template };
        assert_eq!((read.value.as_str(), read.method), (value, method), "{name:?}");
        assert!(read.is_sure(), "{name:?} {}", read.confidence);
    }
}

#[test]
fn what_cannot_be_learnt_is_named_with_its_reason() {
    let mut corrected = corrected();
    corrected.insert(FieldName::Order, "EJ-77-2026".to_owned());
    corrected.insert(FieldName::Issued, "31 février".to_owned());
    let learnt = learn(&taxi(), &corrected).unwrap();
    let missing: Vec<_> = learnt.missing.iter().map(|missing| (missing.field, missing.reason)).collect();
    assert_eq!(missing, [(FieldName::Issued, Unlearnable::NotAValue), (FieldName::Order, Unlearnable::NotPrinted)]);
    let stranger = values(&[(FieldName::Supplier, "Un autre"), (FieldName::Number, "TX-2026-0902")]);
    assert!(learn(&taxi(), &stranger).is_none(), "nothing on the page names that supplier");
}

#[test]
fn values_are_found_by_label_by_expression_and_in_a_box() {
    let text = page(&[
        "Garage du Lac|TVA FR54999810054",
        "Pièce|Émission|Total",
        "GL/0042|03.02.2026|1.200,00",
        "Référence interne : ABC-77 (ne pas payer avant le 12)",
    ]);
    let template = template(
        "decimal: ','\ndate_format: 'jj.mm.aaaa'\nfields:\n  number:\n    label: Pièce\n    position: below\n    pattern: 'GL/\\d+'\n\
         \x20 issued: { label: Émission, position: below }\n  order:\n    regex: 'interne : ([A-Z]+-\\d+)'\n\
         \x20 total:\n    box: [330, 70, 500, 95.5]\n",
    );
    let read = |name| field(&text, &template, name);
    assert_eq!(read(FieldName::Number).value, "GL/0042");
    assert_eq!(read(FieldName::Issued).value, "2026-02-03");
    assert_eq!((read(FieldName::Order).value.as_str(), read(FieldName::Order).page), ("ABC-77", 1));
    assert_eq!(read(FieldName::Total).value, "1200.00");
    assert!(read(FieldName::Order).place.left > 4_000 && read(FieldName::Order).place.top == 10_000);
}

#[test]
fn first_last_and_page_choose_among_several() {
    let mut text = page(&["TVA FR54999810054", "Solde : 10,00", "Solde : 20,00"]);
    let mut second = page(&["Solde : 30,00", "Solde : 40,00"]).pages.remove(0);
    second.number = 2;
    text.pages.push(second);
    for (choice, expected) in [
        ("", "10.00"),
        ("occurrence: last", "40.00"),
        ("page: 2", "30.00"),
        ("page: last", "30.00"),
        ("page: 1", "10.00"),
    ] {
        let template = template(&format!("fields:\n  payable:\n    label: Solde\n    {choice}\n"));
        assert_eq!(field(&text, &template, FieldName::Payable).value, expected, "{choice}");
    }
}

#[test]
fn the_template_that_asks_for_most_is_chosen_and_none_where_a_keyword_is_missing() {
    let text = page(&["Taxi du Lac|TVA FR 54 999 810 054", "Course 12,00"]);
    let named = |name: &str, keywords: &str| {
        let yaml = format!("format: facteur-template/1\nkeywords: [{keywords}]\nconstants: {{ service: {name} }}\n");
        Template::parse(name, yaml.as_bytes()).unwrap()
    };
    let chosen = |templates: &[Template]| read_with(&text, templates).template;
    let vague = named("a", "'FR54999810054'");
    let exact = named("b", "'FR54999810054', 'taxi du lac'");
    let other = named("c", "'FR54999810054', 'autocar'");
    assert_eq!(chosen(&[vague.clone(), exact, other.clone()]).as_deref(), Some("b"));
    assert_eq!(chosen(std::slice::from_ref(&other)), None);
    assert_eq!(read_with(&text, &[other]), read(&text), "a template that does not fit changes nothing");
    assert_eq!(chosen(&[named("z", "'FR54999810054'"), vague]).as_deref(), Some("a"));
}

#[test]
fn what_contradicts_a_template_takes_its_certainty() {
    let text = page(&[
        "TVA FR54999810054|SIRET 99981005400018",
        "Facture n° 17|Net : 100,00|Taxe : 20,00|Somme : 125,00",
        "Compte|FR7699999000011005555666627",
    ]);
    let sums = "fields:\n  net: { label: Net }\n  vat: { label: Taxe }\n  total: { label: Somme }\n";
    let template_of_sums = template(sums);
    for name in [FieldName::Net, FieldName::Vat, FieldName::Total] {
        let read = field(&text, &template_of_sums, name);
        assert!(!read.is_sure() && read.method == Method::Template, "{name:?} {read:?}");
    }
    let account = template("fields:\n  iban: { label: Compte }\n");
    assert!(!field(&text, &account, FieldName::Iban).is_sure(), "its check digits are wrong");
    let stranger = template("supplier: { siret: '12345678200051', vat: FR54999810054 }\n");
    assert!(!field(&text, &stranger, FieldName::SupplierSiret).is_sure(), "another SIREN than that of the VAT number");
    let service = template("constants: { buyer_siret: '12345678200051', service: DST }\n");
    assert!(field(&text, &service, FieldName::Service).is_sure(), "nothing speaks against it");
}

#[test]
fn every_mistake_in_a_template_has_its_line() {
    let problem = |yaml: &str| {
        let head = "format: facteur-template/1\nkeywords: [ 'FR54999810054' ]\n";
        let error = Template::parse("x", format!("{head}{yaml}").as_bytes()).unwrap_err();
        (error.line, error.problem.rule())
    };
    for (yaml, line, rule) in [
        ("colour: red\n", 3, "TEMPLATE-UNKNOWN-KEY"),
        ("fields:\n  colour: { label: x }\n", 4, "TEMPLATE-UNKNOWN-KEY"),
        ("fields:\n  number: { label: x, colour: red }\n", 4, "TEMPLATE-UNKNOWN-KEY"),
        ("fields:\n  number:\n    regex: 'n ('\n", 5, "TEMPLATE-PATTERN"),
        ("fields:\n  number:\n    regex: 'n'\n", 5, "TEMPLATE-GROUPS"),
        ("fields:\n  number:\n    regex: '(a{1000}){1000}{1000}'\n", 5, "TEMPLATE-PATTERN"),
        ("fields:\n  number:\n    position: below\n", 5, "TEMPLATE-WAYS"),
        ("fields:\n  number: { label: x, regex: '(y)' }\n", 4, "TEMPLATE-WAYS"),
        ("fields:\n  number: { label: x, position: left }\n", 4, "TEMPLATE-VALUE"),
        ("fields:\n  number:\n    box: [1, 2, 3]\n", 5, "TEMPLATE-VALUE"),
        ("fields:\n  number:\n    box: [9, 2, 3, 99999]\n", 5, "TEMPLATE-VALUE"),
        ("constants:\n  iban: FR7699999000011005555666626\n", 4, "TEMPLATE-NOT-CONSTANT"),
        ("constants:\n  currency: euro\n", 4, "TEMPLATE-VALUE"),
        ("supplier: { siret: '12' }\n", 3, "TEMPLATE-VALUE"),
        ("supplier: Taxi\n", 3, "TEMPLATE-SHAPE"),
        ("date_format: '%d/%m'\n", 3, "TEMPLATE-VALUE"),
        ("decimal: ';'\n", 3, "TEMPLATE-VALUE"),
        ("keywords: [x]\n", 3, "TEMPLATE-TWICE"),
    ] {
        assert_eq!(problem(yaml), (line, rule), "{yaml}");
    }
    let whole = |yaml: &str| Template::parse("x", yaml.as_bytes()).unwrap_err().problem.rule();
    assert_eq!(whole("keywords: [abcd]\n"), "TEMPLATE-MISSING-KEY");
    assert_eq!(whole("format: facteur-template/1\n"), "TEMPLATE-MISSING-KEY");
    assert_eq!(whole("format: facteur-template/9\nkeywords: [abcd]\n"), "TEMPLATE-FORMAT");
    assert_eq!(whole("format: facteur-template/1\nkeywords: [a-b]\n"), "TEMPLATE-KEYWORD");
    let latin = Template::parse("x", b"format: facteur-template/1\nkeywords: [\xe9t\xe9]\n").unwrap_err();
    assert_eq!((latin.line, latin.problem.rule()), (2, "TEMPLATE-ENCODING"));
    assert_eq!(Template::parse("x", &[b' '; 70_000]).unwrap_err().problem.rule(), "TEMPLATE-SIZE");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_makes_the_reader_of_templates_or_the_learner_panic(
        noise in "[ -~éà\n:'\"{}\\[\\]&*!|>#-]{0,200}",
        word in "[ -~]{1,30}",
        value in "[0-9A-Za-z ./,-]{1,20}",
    ) {
        let yaml = format!("format: facteur-template/1\nkeywords: [abcd]\n{noise}");
        let _ = Template::parse("x", noise.as_bytes());
        let _ = Template::parse("x", yaml.as_bytes());
        let text = page(&["TVA FR54999810054", &noise.replace('\n', " "), &format!("{word} {value}")]);
        let mut corrected = values(&[(FieldName::SupplierVat, "FR54999810054")]);
        for field in FieldName::ALL.into_iter().filter(|field| *field != FieldName::SupplierVat) {
            corrected.insert(field, value.clone());
        }
        let learnt = learn(&text, &corrected).unwrap();
        let reading = read_with(&text, std::slice::from_ref(&learnt.template));
        for name in learnt.given_back {
            prop_assert!(reading.fields.contains_key(&name));
        }
    }
}
