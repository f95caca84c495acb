//! The chain of layers, on a schema and documents of our own; the official schemas on our fixtures.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use facteur_model::finding::{Finding, Layer, LayerStatus, Severity, Verdict};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_validate::packs::{Manifest, PackError, Packs};
use facteur_validate::{Checker, Context, Occasion, Plan, Report, RuleLayer, RuleOutcome, Subject};
use facteur_xml::Document;

const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:own" targetNamespace="urn:own"
  elementFormDefault="qualified">
 <xs:element name="list"><xs:complexType><xs:sequence>
  <xs:element name="item" maxOccurs="unbounded"><xs:complexType><xs:simpleContent><xs:extension base="code">
    <xs:attribute name="kind" use="required"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
  <xs:element name="date" type="xs:date" minOccurs="0"/>
 </xs:sequence></xs:complexType></xs:element>
 <xs:simpleType name="code"><xs:restriction base="xs:string">
  <xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction></xs:simpleType>
</xs:schema>"#;

/// Packs that hold the schema above, for the root `{urn:own}list`.
fn own_packs(folder: &std::path::Path, schema: &str) -> Result<Packs, PackError> {
    fs::create_dir_all(folder.join("own")).unwrap();
    fs::write(folder.join("own/list.xsd"), schema).unwrap();
    let write = |sha256: &str| {
        let text = format!(
            "format = 1\n[[distribution]]\nname = 'd'\nversion = '1'\nfile = 'd.whl'\nsha256 = '{zeros}'\nlicence = 'ours'\n\
             [[artefact]]\nfamily = 'OWN'\nversion = '1'\nkind = 'xsd'\nlayer = 'xsd'\ndistribution = 'd'\nfolder = 'own'\n\
             entry = 'list.xsd'\nfiles = ['list.xsd']\nsha256 = '{sha256}'\nlicence = 'ours'\nroots = ['{{urn:own}}list']\n",
            zeros = "0".repeat(64)
        );
        fs::write(folder.join("manifest.toml"), text).unwrap();
        Manifest::read(&folder.join("manifest.toml")).unwrap()
    };
    let mut packs = Packs::open(folder.join("packs")).unwrap();
    let Err(PackError::Digest { found, .. }) = packs.add_directory(folder, &write(&"0".repeat(64))) else {
        panic!("a wrong digest was accepted")
    };
    packs.add_directory(folder, &write(&found))?;
    Ok(packs)
}

fn subject(bytes: &[u8]) -> Subject<'_> {
    Subject {
        bytes,
        document: None,
        kind: DocumentKind::Unknown,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "invoice.xml",
        file_size: bytes.len() as u64,
    }
}

fn xsd_only() -> Plan {
    Plan::only(vec![Layer::Xsd], Context::Plain)
}

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn a_finding_of_the_schema_has_path_line_words_and_the_official_text() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    let good = b"<o:list xmlns:o='urn:own'><o:item kind='k'>A</o:item></o:list>";
    assert_eq!(checker.check(&subject(good), &xsd_only()).verdict, Verdict::Valid);
    let bad = "<list xmlns='urn:own'>\n<item kind='k'>A</item>\n<!-- --><item kind='k'>X</item>\n<item>B</item>\n<date>2026-13-01</date>\n</list>";
    let report = checker.check(&subject(bad.as_bytes()), &xsd_only());
    assert_eq!(report.verdict, Verdict::Invalid);
    let seen: Vec<_> = report
        .findings
        .iter()
        .map(|f| {
            (f.key.as_str(), f.path.as_deref().unwrap(), f.line.unwrap(), f.found.as_deref(), f.expected.as_deref())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("XSD-VALUE", "/list/item[2]", 3, Some("X"), Some("A, B")),
            ("XSD-MISSING-ATTRIBUTE", "/list/item[3]", 4, None, Some("kind")),
            ("XSD-VALUE", "/list/date", 5, Some("2026-13-01"), Some("xs:date")),
        ]
    );
    assert_eq!(report.findings[0].rule, "XSD-CVC-ENUMERATION-VALID");
    assert!(report.findings.iter().all(|finding| finding.official.is_some() && finding.severity == Severity::Fatal));
}

#[test]
fn findings_are_capped_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    let bad = format!("<list xmlns='urn:own'>{}</list>", "<item>A</item>".repeat(60));
    let report = checker.check(&subject(bad.as_bytes()), &xsd_only());
    assert_eq!(report.findings.len(), 51);
    let last = report.findings.last().unwrap();
    assert_eq!((last.rule.as_str(), last.args["count"].as_str()), ("XSD-MORE", "10"));
}

#[test]
fn one_compiled_schema_serves_all_threads() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..200 {
                    let (value, expected) = if n % 2 == 0 { ("A", Verdict::Valid) } else { ("C", Verdict::Invalid) };
                    let text = format!("<list xmlns='urn:own'><item kind='{n}'>{value}</item></list>");
                    assert_eq!(checker.check(&subject(text.as_bytes()), &xsd_only()).verdict, expected);
                }
            });
        }
    });
}

#[test]
fn what_the_document_says_about_schemas_and_encodings_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    let hint = "<list xmlns='urn:own' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
                xsi:schemaLocation='urn:own http://127.0.0.1:9/x.xsd'><item kind='k'>A</item></list>";
    assert_eq!(checker.check(&subject(hint.as_bytes()), &xsd_only()).verdict, Verdict::Valid);
    let text = "<?xml version='1.0' encoding='UTF-16'?><list xmlns='urn:own'><item kind='é€'>A</item></list>";
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(checker.check(&subject(&utf16), &xsd_only()).verdict, Verdict::Valid);
    let latin =
        b"<?xml version='1.0' encoding='windows-1252'?><list xmlns='urn:own'><item kind='\x80\xE9'>A</item></list>";
    assert_eq!(checker.check(&subject(latin), &xsd_only()).verdict, Verdict::Valid);
}

#[test]
fn a_schema_that_is_damaged_or_reaches_outside_is_never_a_silent_green() {
    let folder = tempfile::tempdir().unwrap();
    let packs = own_packs(folder.path(), SCHEMA).unwrap();
    fs::write(packs.list()[0].entry(), "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>").unwrap();
    let good = b"<list xmlns='urn:own'><item kind='k'>A</item></list>";
    let report = Checker::new(packs).check(&subject(good), &xsd_only());
    assert_eq!((report.verdict, rules(&report)), (Verdict::NotChecked, vec!["XSD-SCHEMA-UNUSABLE"]));

    let outside = SCHEMA.replace(
        "<xs:element name=\"list\">",
        "<xs:import namespace='n' schemaLocation='../../../../../etc/x.xsd'/><xs:element name=\"list\">",
    );
    let folder = tempfile::tempdir().unwrap();
    let report = Checker::new(own_packs(folder.path(), &outside).unwrap()).check(&subject(good), &xsd_only());
    assert_eq!((report.verdict, rules(&report)), (Verdict::NotChecked, vec!["XSD-SCHEMA-UNUSABLE"]));

    let folder = tempfile::tempdir().unwrap();
    let report = Checker::new(own_packs(folder.path(), "<not-a-schema/>").unwrap()).check(&subject(good), &xsd_only());
    assert_eq!((report.verdict, rules(&report)), (Verdict::NotChecked, vec!["XSD-SCHEMA-UNUSABLE"]));
}

#[test]
fn without_packs_nothing_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(Packs::open(folder.path()).unwrap());
    let invoice = fs::read(common::workspace().join("fixtures/ubl/invoice-a1.xml")).unwrap();
    let report = checker.check(&subject(&invoice), &Plan::chain(Context::Plain));
    assert_eq!((report.verdict, rules(&report)), (Verdict::NotChecked, vec!["XSD-NOT-INSTALLED"]));
    assert_eq!(report.status(Layer::Xsd), Some(LayerStatus::NotEvaluable));
}

#[test]
fn hostile_and_unreadable_documents_are_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(Packs::open(folder.path()).unwrap());
    let entities: String =
        (1..10).map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10))).collect();
    let bomb = format!("<!DOCTYPE a [<!ENTITY e0 'ha'>{entities}]><a>&e9;</a>");
    let external = "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><a/>".to_owned();
    let file = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>".to_owned();
    let deep = "<a>".repeat(100_000);
    let cases = [
        (bomb, "XML-DOCTYPE"),
        (external, "XML-DOCTYPE"),
        (file, "XML-DOCTYPE"),
        (deep, "XML-TOO-DEEP"),
        (String::new(), "XML-EMPTY"),
        ("<a>".to_owned(), "XML-MALFORMED"),
        ("{}".to_owned(), "XML-NOT-XML"),
        ("<?xml version='1.0' encoding='UTF-7'?><a/>".to_owned(), "XML-ENCODING"),
    ];
    for (text, rule) in cases {
        let report = checker.check(&subject(text.as_bytes()), &Plan::chain(Context::Plain));
        assert_eq!((report.verdict, rules(&report)), (Verdict::Unreadable, vec![rule]));
        assert_eq!(report.status(Layer::Xsd), Some(LayerStatus::Skipped));
    }
}

#[test]
fn an_unknown_root_is_invalid_and_a_pdf_without_xml_is_not_checked() {
    let folder = tempfile::tempdir().unwrap();
    let checker = Checker::new(Packs::open(folder.path()).unwrap());
    let report = checker.check(&subject(b"<html/>"), &Plan::chain(Context::Plain));
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(report.findings[0].rule, "ROOT-UNKNOWN");
    let pdf = Subject { kind: DocumentKind::Pdf, ..subject(b"%PDF-1.7") };
    assert_eq!(checker.check(&pdf, &Plan::chain(Context::Plain)).verdict, Verdict::NotChecked);
    let damaged = [Finding::fatal(Layer::Reading, "PDF-DAMAGED")];
    let pdf = Subject { reading: &damaged, ..pdf };
    assert_eq!(checker.check(&pdf, &Plan::chain(Context::Plain)).verdict, Verdict::Invalid);
}

/// Rules that fail whatever they see.
struct Refusing;

impl RuleLayer for Refusing {
    fn layer(&self) -> Layer {
        Layer::En16931
    }

    fn artefact(&self, _: &Subject<'_>, _: &Document, _: Occasion) -> Option<String> {
        Some("REFUSING@1".to_owned())
    }

    fn check(&self, _: &Subject<'_>, _: &Document, _: Occasion) -> RuleOutcome {
        RuleOutcome { findings: vec![Finding::fatal(Layer::En16931, "BR-01")], unusable: false }
    }
}

#[test]
fn a_layer_without_rules_says_so_and_one_with_rules_counts() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"<list xmlns='urn:own'><item kind='k'>A</item></list>";
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    let report = checker.check(&subject(bytes), &Plan::chain(Context::Plain));
    assert_eq!((report.verdict, report.status(Layer::En16931)), (Verdict::Valid, Some(LayerStatus::NotEvaluable)));
    let asked = checker.check(&subject(bytes), &Plan::only(vec![Layer::En16931], Context::Plain));
    assert_eq!(asked.verdict, Verdict::NotChecked);
    let report = checker.with_rules(Box::new(Refusing)).check(&subject(bytes), &Plan::chain(Context::Plain));
    assert_eq!((report.verdict, report.status(Layer::En16931)), (Verdict::Invalid, Some(LayerStatus::Failed)));
    assert_eq!(
        report.layers.iter().find(|l| l.layer == Layer::En16931).unwrap().artefact.as_deref(),
        Some("REFUSING@1")
    );
}

#[test]
fn the_deposit_context_requires_the_checks_of_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"<list xmlns='urn:own'><item kind='k'>A</item></list>";
    let checker = Checker::new(own_packs(folder.path(), SCHEMA).unwrap());
    let plan = Plan::chain(Context::CproHistoric);
    assert_eq!(checker.check(&subject(bytes), &plan).verdict, Verdict::NotChecked);
    let invoice = Invoice::default();
    let report = checker.check(&Subject { invoice: Some(&invoice), ..subject(bytes) }, &plan);
    assert_eq!((report.verdict, report.status(Layer::ChorusPro)), (Verdict::Invalid, Some(LayerStatus::Failed)));
}

#[test]
fn our_fixtures_follow_the_official_schemas_and_a_change_is_found() {
    let Some((_folder, packs)) = common::installed() else { return };
    let checker = Checker::new(packs);
    let fixtures = common::workspace().join("fixtures");
    for name in ["ubl/invoice-a1.xml", "ubl/credit-note-a1.xml", "cii/invoice-a1.xml"] {
        let text = fs::read_to_string(fixtures.join(name)).unwrap();
        let report = checker.check(&subject(text.as_bytes()), &Plan::chain(Context::Plain));
        assert_eq!(report.verdict, Verdict::Valid, "{name}: {:?}", report.findings);
        assert_eq!(report.profile.as_deref(), Some("urn:cen.eu:en16931:2017"), "{name}");

        let unknown = text.replace("urn:cen.eu:en16931:2017", "urn:example.org:mine");
        let report = checker.check(&subject(unknown.as_bytes()), &Plan::chain(Context::Plain));
        let fatal: Vec<&str> = report.fatal().map(|finding| finding.rule.as_str()).collect();
        assert_eq!((report.verdict, fatal), (Verdict::Invalid, vec!["PROFILE-UNKNOWN"]), "{name}");
        assert!(
            report.findings[0].line.is_some() && report.findings[0].found.as_deref() == Some("urn:example.org:mine")
        );

        let (before, after) = text.rsplit_once("</").unwrap();
        let extra = format!("{before}<surplus xmlns=''/></{after}");
        let report = checker.check(&subject(extra.as_bytes()), &xsd_only());
        assert_eq!(
            (report.verdict, report.findings[0].key.as_str()),
            (Verdict::Invalid, "XSD-UNEXPECTED-ELEMENT"),
            "{name}"
        );
    }
}

#[test]
fn a_profile_of_factur_x_is_checked_by_its_own_schema() {
    let Some((_folder, packs)) = common::installed() else { return };
    let checker = Checker::new(packs);
    let text = fs::read_to_string(common::workspace().join("fixtures/cii/invoice-a1.xml")).unwrap();
    let minimum = text.replace("urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:minimum");
    let report = checker.check(&subject(minimum.as_bytes()), &Plan::chain(Context::Plain));
    let layer = report.layers.iter().find(|result| result.layer == Layer::FacturX).unwrap();
    assert_eq!((report.verdict, layer.status), (Verdict::Invalid, LayerStatus::Failed));
    assert_eq!(layer.artefact.as_deref(), Some("FACTUR-X-MINIMUM@1.09"));
    assert!(report.findings.iter().all(|finding| finding.layer == Layer::FacturX), "{:?}", report.findings);
}
