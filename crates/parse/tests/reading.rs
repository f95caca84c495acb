//! What the readers make of our own invoices, and of what is wrong in them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use facteur_model::amount::Amount;
use facteur_model::finding::{Finding, Layer, Severity};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_parse::Parsed;
use facteur_xml::{Document, Limits, Node};
use proptest::prelude::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn text_of(fixture: &str) -> String {
    std::fs::read_to_string(fixtures().join(fixture)).unwrap()
}

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn read(text: &str) -> Parsed {
    facteur_parse::read(&document(text)).unwrap()
}

/// Every XML fixture of the two syntaxes.
fn every_fixture() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["ubl", "cii"] {
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".xml") {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    assert!(names.len() >= 7, "{names:?}");
    names
}

/// The invoice as JSON, without what is absent.
fn pruned(invoice: &Invoice) -> String {
    fn prune(value: serde_json::Value) -> Option<serde_json::Value> {
        use serde_json::Value;
        match value {
            Value::Null => None,
            Value::Array(items) if items.is_empty() => None,
            Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(prune).collect())),
            Value::Object(map) => {
                let kept: serde_json::Map<_, _> =
                    map.into_iter().filter_map(|(key, value)| Some((key, prune(value)?))).collect();
                (!kept.is_empty()).then_some(Value::Object(kept))
            }
            other => Some(other),
        }
    }
    serde_json::to_string_pretty(&prune(serde_json::to_value(invoice).unwrap())).unwrap()
}

#[test]
fn the_full_invoice_is_read_term_by_term() {
    insta::assert_snapshot!(pruned(&read(&text_of("ubl/invoice-full.xml")).invoice));
}

#[test]
fn the_invoice_of_the_french_profile_is_read_term_by_term() {
    insta::assert_snapshot!(pruned(&read(&text_of("ubl/invoice-extended-ctc-fr.xml")).invoice));
}

#[test]
fn the_credit_note_is_read_term_by_term() {
    insta::assert_snapshot!(pruned(&read(&text_of("ubl/credit-note-a1.xml")).invoice));
}

#[test]
fn the_historic_cii_invoice_is_read_term_by_term() {
    insta::assert_snapshot!(pruned(&read(&text_of("cii/invoice-a1.xml")).invoice));
}

#[test]
fn both_syntaxes_of_one_invoice_give_the_same_invoice() {
    for name in ["invoice-full.xml", "invoice-extended-ctc-fr.xml"] {
        let ubl = read(&text_of(&format!("ubl/{name}"))).invoice;
        let cii = read(&text_of(&format!("cii/{name}"))).invoice;
        assert_eq!(pruned(&ubl), pruned(&cii), "{name}");
        assert_eq!(ubl, cii, "{name}");
    }
}

/// Our CII invoice under the names that ZUGFeRD 1 had for the same elements.
fn as_zugferd_1(text: &str) -> String {
    let names = [
        ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", facteur_parse::ZUGFERD_1),
        ("BusinessInformationEntity:100", "BusinessInformationEntity:12"),
        ("UnqualifiedDataType:100", "UnqualifiedDataType:15"),
        ("rsm:CrossIndustryInvoice", "rsm:CrossIndustryDocument"),
        ("rsm:ExchangedDocumentContext", "rsm:SpecifiedExchangedDocumentContext"),
        ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
        ("rsm:SupplyChainTradeTransaction", "rsm:SpecifiedSupplyChainTradeTransaction"),
        ("ram:ApplicableHeaderTrade", "ram:ApplicableSupplyChainTrade"),
        ("ram:SpecifiedLineTrade", "ram:SpecifiedSupplyChainTrade"),
        ("SettlementHeaderMonetarySummation", "SettlementMonetarySummation"),
        ("SettlementLineMonetarySummation", "SettlementMonetarySummation"),
        ("ram:RateApplicablePercent", "ram:ApplicablePercent"),
        ("ram:IssuerAssignedID", "ram:ID"),
    ];
    names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn the_older_names_of_zugferd_1_give_the_same_invoice() {
    let text = text_of("cii/invoice-a1.xml");
    let older = as_zugferd_1(&text);
    assert_eq!(read(&older).invoice, read(&text).invoice);
    assert_eq!(read(&older).unmapped, []);
    assert_eq!(facteur_parse::detect(older.as_bytes()), DocumentKind::Cii);
}

#[test]
fn an_invoice_survives_serialisation() {
    for name in every_fixture() {
        let invoice = read(&text_of(&name)).invoice;
        let json = serde_json::to_string(&invoice).unwrap();
        assert_eq!(serde_json::from_str::<Invoice>(&json).unwrap(), invoice, "{name}");
    }
}

#[test]
fn our_fixtures_are_read_whole_and_without_a_finding() {
    for name in every_fixture() {
        let parsed = read(&text_of(&name));
        assert_eq!(parsed.unmapped, [], "{name}");
        assert_eq!(parsed.findings, [], "{name}");
    }
}

#[test]
fn our_fixtures_add_up() {
    for name in every_fixture() {
        let invoice = read(&text_of(&name)).invoice;
        let totals = &invoice.totals;
        let sum = |amounts: Vec<Option<Amount>>| Amount::checked_sum(amounts.into_iter().flatten()).unwrap();
        let or_zero = |amount: Option<Amount>| amount.unwrap_or(Amount::ZERO);
        // BR-CO-10: groups of the French profile only repeat the sum of their parts.
        let lines = invoice.lines.iter().filter(|line| line.subtype.as_deref() != Some("GROUP"));
        assert_eq!(Some(sum(lines.map(|line| line.net_amount).collect())), totals.lines, "{name}");
        // BR-CO-11, BR-CO-12, BR-CO-13
        assert_eq!(sum(invoice.allowances.iter().map(|a| a.amount).collect()), or_zero(totals.allowances), "{name}");
        assert_eq!(sum(invoice.charges.iter().map(|c| c.amount).collect()), or_zero(totals.charges), "{name}");
        let net = or_zero(totals.lines).checked_sub(or_zero(totals.allowances)).unwrap();
        assert_eq!(net.checked_add(or_zero(totals.charges)), totals.without_vat, "{name}");
        // BR-CO-14, BR-CO-15, BR-CO-16, BR-CO-17
        assert_eq!(Some(sum(invoice.vat_breakdown.iter().map(|part| part.tax).collect())), totals.vat, "{name}");
        assert_eq!(totals.without_vat.unwrap().checked_add(or_zero(totals.vat)), totals.with_vat, "{name}");
        let due = totals.with_vat.unwrap().checked_sub(or_zero(totals.paid)).unwrap();
        assert_eq!(due.checked_add(or_zero(totals.rounding)), totals.due, "{name}");
        for part in &invoice.vat_breakdown {
            assert_eq!(part.computed_tax(), part.tax, "{name}");
        }
    }
}

#[test]
fn the_historic_channel_finds_its_data_in_both_syntaxes() {
    for (name, siret, service, commitment) in [
        ("ubl/invoice-a1.xml", "99980123600012", "TECHNIQUE", "ENG2026-00042"),
        ("ubl/invoice-a1-scheme-1.xml", "99980123600012", "TECHNIQUE", "ENG2026-00042"),
        ("ubl/credit-note-a1.xml", "99980123600012", "TECHNIQUE", "ENG2026-00042"),
        ("cii/invoice-a1.xml", "99980456000012", "ECOLES", "ENG2026-00051"),
    ] {
        let parsed = read(&text_of(name));
        let invoice = &parsed.invoice;
        assert_eq!(invoice.framework(), Some("A1"), "{name}");
        assert_eq!(invoice.supplier_siret().as_deref(), Some(siret), "{name}");
        assert_eq!(invoice.supplier_key(), Some(format!("siren:{}", &siret[..9])), "{name}");
        assert_eq!(invoice.buyer_siret().as_deref(), Some("99970001600010"), "{name}");
        assert_eq!(invoice.service_code(), Some(service), "{name}");
        assert_eq!(invoice.commitment_number(), Some(commitment), "{name}");
        assert_eq!(invoice.issue_year(), Some(2026), "{name}");
        assert_eq!(parsed.is_credit_note(), name.contains("credit"), "{name}");
        assert_eq!(invoice.payment.accounts().count(), usize::from(!name.contains("credit")), "{name}");
    }
}

#[test]
fn the_framework_of_the_historic_template_stands_in_the_extensions() {
    let text = text_of("ubl/invoice-a1.xml").replace("  <cbc:ProfileID>A1</cbc:ProfileID>\n", "").replacen(
        "  <cbc:CustomizationID>",
        "  <e:UBLExtensions xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\">\
         <e:UBLExtension><e:ExtensionContent><cbc:CategoryCode>A2</cbc:CategoryCode></e:ExtensionContent>\
         </e:UBLExtension></e:UBLExtensions>\n  <cbc:CustomizationID>",
        1,
    );
    let parsed = read(&text);
    assert_eq!(parsed.invoice.framework(), Some("A2"));
    assert_eq!(parsed.unmapped, []);
}

/// The findings of a fixture after one replacement.
fn findings_after(fixture: &str, from: &str, to: &str) -> Vec<Finding> {
    let text = text_of(fixture);
    assert!(text.contains(from), "{fixture} has no {from}");
    read(&text.replacen(from, to, 1)).findings
}

#[test]
fn what_is_written_wrongly_is_a_warning_at_its_place() {
    const UBL: &str = "ubl/invoice-full.xml";
    const CII: &str = "cii/invoice-full.xml";
    let total = "<cbc:PayableAmount currencyID=\"EUR\">1000.00";
    for (fixture, from, to, rule, term) in [
        (UBL, "\"0009\">99980789400012", "\"0009\">99980789400013", "READ-SIRET-LUHN", "BT-29"),
        (UBL, "\"0009\">99980789400012", "\"0009\">9998078940001", "READ-SIRET-FORM", "BT-29"),
        (CII, "\"0002\">999807894<", "\"0002\">999807895<", "READ-SIREN-LUHN", "BT-30"),
        (CII, " schemeID=\"0002\">999807894<", ">999807895<", "READ-SIREN-LUHN", "BT-30"),
        (CII, "\"0002\">999700016<", "\"0002\">99970001<", "READ-SIREN-FORM", "BT-47"),
        (UBL, "FR73999807894", "FR74999807894", "READ-VAT-KEY", "BT-31"),
        (CII, "FR73999807894", "FR7399980789", "READ-VAT-FORM", "BT-31"),
        (UBL, "FR9299999000010012345678901", "FR9399999000010012345678901", "READ-IBAN", "BT-84"),
        (CII, "FR9299999000010012345678901", "10012345678901", "READ-IBAN-FORM", "BT-84"),
        (CII, "FR2399999000010098765432109", "FR2499999000010098765432109", "READ-IBAN", "BT-91"),
        (UBL, total, "<cbc:PayableAmount currencyID=\"EUR\">1 000,00", "READ-AMOUNT", "BT-115"),
        (
            UBL,
            total,
            "<cbc:PayableAmount currencyID=\"EUR\">1000.00000000000000000000000000",
            "READ-AMOUNT-LONG",
            "BT-115",
        ),
        (UBL, total, "<cbc:PayableAmount currencyID=\"USD\">1000.00", "READ-CURRENCY", "BT-115"),
        (UBL, "<cbc:IssueDate>2026-11-20", "<cbc:IssueDate>20/11/2026", "READ-DATE", "BT-2"),
        (CII, ">20261120<", ">20261131<", "READ-DATE-DAY", "BT-2"),
        (CII, "format=\"102\">20261120<", "format=\"610\">202611<", "READ-DATE-FORMAT", "BT-2"),
        (
            CII,
            "<ram:TypeCode>380</ram:TypeCode>",
            "<ram:TypeCode>380</ram:TypeCode><ram:TypeCode>381</ram:TypeCode>",
            "READ-REPEATED",
            "BT-3",
        ),
    ] {
        let findings = findings_after(fixture, from, to);
        let [finding] = &findings[..] else { panic!("{to}: {findings:?}") };
        assert_eq!((finding.rule.as_str(), finding.term.as_deref()), (rule, Some(term)), "{to}");
        assert_eq!((finding.layer, finding.severity), (Layer::Reading, Severity::Warning));
        let line = text_of(fixture).lines().position(|line| line.contains(from)).unwrap() + 1;
        assert_eq!(finding.line, u32::try_from(line).ok(), "{to}");
        assert!(finding.path.as_ref().is_some_and(|path| path.starts_with('/')), "{to}");
    }
}

#[test]
fn a_value_that_cannot_be_read_is_absent_and_the_rest_is_there() {
    let text = text_of("cii/invoice-full.xml");
    let mut expected = read(&text).invoice;
    expected.issued = None;
    expected.totals.due = None;
    let broken =
        text.replace(">20261120<", "><").replace("<ram:DuePayableAmount>1000.00", "<ram:DuePayableAmount>1000€");
    assert_eq!(read(&broken).invoice, expected);
}

#[test]
fn the_first_of_two_groups_is_kept() {
    let text = text_of("ubl/invoice-full.xml");
    let start = text.find("  <cac:PayeeParty>").unwrap();
    let end = text.find("  <cac:TaxRepresentativeParty>").unwrap();
    let second = text[start..end].replace("Crédit des Artisans", "Autre banque");
    let parsed = read(&[&text[..end], &second, &text[end..]].concat());
    assert_eq!(parsed.invoice, read(&text).invoice);
    let rules: Vec<_> = parsed.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["READ-REPEATED-GROUP"]);
}

#[test]
fn an_undecided_allowance_is_left_over_and_not_guessed() {
    let text =
        text_of("ubl/invoice-full.xml").replacen("<cbc:ChargeIndicator>false", "<cbc:ChargeIndicator>peut-être", 1);
    let parsed = read(&text);
    assert_eq!((parsed.invoice.allowances.len(), parsed.invoice.charges.len()), (0, 1));
    assert_eq!(parsed.findings[0].rule, "READ-INDICATOR");
    let left: Vec<_> = parsed.unmapped.iter().map(|left| left.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(left[0], "cbc:ChargeIndicator");
    assert!(left.contains(&"cbc:Amount") && left.contains(&"cbc:BaseAmount"), "{left:?}");
}

#[test]
fn what_has_no_term_is_listed_with_its_place() {
    let text = text_of("ubl/invoice-a1.xml")
        .replacen("  <cbc:IssueDate>", "  <cbc:UUID>42</cbc:UUID>\n  <cbc:IssueDate>", 1)
        .replacen("<cbc:Name>Pose", "<cbc:Name lang=\"fr\" languageID=\"fr\">Pose", 1)
        .replacen("<cac:InvoiceLine>", "<cac:InvoiceLine>hors balise", 1);
    let parsed = read(&text);
    let left: Vec<_> = parsed.unmapped.iter().map(|left| (left.path.as_str(), left.text.as_str())).collect();
    let expected = [
        ("/Invoice/cbc:UUID", "42"),
        ("/Invoice/cac:InvoiceLine[1]", "hors balise"),
        ("/Invoice/cac:InvoiceLine[2]/cac:Item/cbc:Name/@lang", "fr"),
    ];
    assert_eq!(left, expected);
    let [finding] = &parsed.findings[..] else { panic!("{:?}", parsed.findings) };
    assert_eq!((finding.rule.as_str(), finding.args["count"].as_str()), ("READ-UNMAPPED", "3"));
}

#[test]
fn elements_of_another_namespace_are_not_taken_for_ours() {
    let text = text_of("ubl/invoice-a1.xml").replacen(
        "<cbc:ID>FA-2026-0042</cbc:ID>",
        "<ID xmlns=\"urn:example:other\">FAUX</ID><cbc:ID>FA-2026-0042</cbc:ID>",
        1,
    );
    let parsed = read(&text);
    assert_eq!(parsed.invoice.number.as_deref(), Some("FA-2026-0042"));
    assert_eq!(parsed.unmapped[0].text, "FAUX");
    let text = text_of("cii/invoice-a1.xml").replacen("<ram:ID>FA", "<ID xmlns=\"urn:example\">FAUX</ID><ram:ID>FA", 1);
    let parsed = read(&text);
    assert_eq!(parsed.invoice.number.as_deref(), Some("FA-2026-0043"));
    assert_eq!(parsed.unmapped[0].text, "FAUX");
}

#[test]
fn a_signature_is_no_leftover() {
    let text = text_of("ubl/invoice-a1.xml").replacen(
        "  <cbc:CustomizationID>",
        "  <e:UBLExtensions xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\">\
         <e:UBLExtension><e:ExtensionContent><s:Signature xmlns:s=\"http://www.w3.org/2000/09/xmldsig#\">\
         <s:SignatureValue>AAAA</s:SignatureValue></s:Signature></e:ExtensionContent></e:UBLExtension>\
         </e:UBLExtensions>\n  <cbc:CustomizationID>",
        1,
    );
    assert_eq!(read(&text).unmapped, []);
}

#[test]
fn text_is_read_across_comments_and_sections() {
    let text = text_of("ubl/invoice-a1.xml")
        .replacen("FA-2026-0042", "\n  FA-<!-- saisie -->2026<![CDATA[-00]]>&#52;2 ", 1)
        .replacen(">1944.00</cbc:PayableAmount>", ">19<!-- -->44.00</cbc:PayableAmount>", 1);
    assert_eq!(read(&text).invoice, read(&text_of("ubl/invoice-a1.xml")).invoice);
}

#[test]
fn prefixes_and_encodings_do_not_matter() {
    let text = text_of("cii/invoice-a1.xml");
    let expected = read(&text).invoice;
    let renamed = text.replace("ram:", "a:").replace("xmlns:ram", "xmlns:a");
    assert_eq!(read(&renamed).invoice, expected);
    let declared = text.replace("UTF-8", "UTF-16");
    let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(declared.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(facteur_parse::read(&document).unwrap().invoice, expected);
    assert_eq!(facteur_parse::detect(&bytes), DocumentKind::Cii);
}

#[test]
fn a_vat_total_in_an_unnamed_currency_does_not_take_the_place_of_the_other() {
    let text = text_of("ubl/invoice-full.xml").replacen("  <cbc:TaxCurrencyCode>XPF</cbc:TaxCurrencyCode>\n", "", 1);
    let foreign = "  <cac:TaxTotal>\n    <cbc:TaxAmount currencyID=\"XPF\">23986</cbc:TaxAmount>\n  </cac:TaxTotal>\n";
    let first = text.find("  <cac:TaxTotal>").unwrap();
    let moved = text.replace(foreign, "");
    let parsed = read(&[&moved[..first], foreign, &moved[first..]].concat());
    assert_eq!(parsed.invoice.totals.vat, Amount::parse("201.00").ok());
    assert_eq!(parsed.invoice.totals.vat_in_accounting_currency, Amount::parse("23986").ok());
    assert_eq!(parsed.findings[0].rule, "READ-CURRENCY");
}

#[test]
fn another_root_is_no_invoice() {
    let error = facteur_parse::read(&document("<lettre xmlns='urn:x'>Bonjour</lettre>")).unwrap_err();
    assert_eq!((error.root.as_str(), error.namespace.as_str()), ("lettre", "urn:x"));
    assert!(facteur_parse::read(&document("<Invoice/>")).is_err());
}

#[test]
fn an_empty_invoice_is_an_invoice_of_which_everything_is_absent() {
    for (name, namespace) in [
        ("Invoice", facteur_parse::UBL_INVOICE),
        ("CreditNote", facteur_parse::UBL_CREDIT_NOTE),
        ("CrossIndustryInvoice", facteur_parse::CII),
        ("CrossIndustryDocument", facteur_parse::ZUGFERD_1),
    ] {
        let parsed = read(&format!("<{name} xmlns='{namespace}'/>"));
        assert_eq!(parsed.invoice, Invoice::default());
        assert_eq!(parsed.findings, []);
    }
}

#[test]
fn a_flood_of_leftovers_and_findings_is_counted_and_not_listed() {
    let line = "<cac:InvoiceLine><cbc:UUID>x</cbc:UUID><cbc:LineExtensionAmount>?</cbc:LineExtensionAmount>\
                </cac:InvoiceLine>";
    let text = text_of("ubl/invoice-a1.xml").replace("</Invoice>", &format!("{}</Invoice>", line.repeat(3000)));
    let parsed = read(&text);
    assert_eq!(parsed.invoice.lines.len(), 3002);
    assert_eq!((parsed.unmapped.len(), parsed.unmapped_total), (50, 3000));
    assert_eq!(parsed.findings.len(), 52);
    let last = parsed.findings.last().unwrap();
    assert_eq!((last.rule.as_str(), last.args["count"].as_str()), ("READ-MORE", "2950"));
}

#[test]
fn a_finding_beside_an_element_knows_its_term() {
    let document = document(&text_of("ubl/invoice-full.xml"));
    let parsed = facteur_parse::read(&document).unwrap();
    for (path, term) in [
        (&["ID"][..], "BT-1"),
        (&["AccountingSupplierParty", "Party"], "BG-4"),
        (&["AccountingCustomerParty", "Party", "PartyLegalEntity", "CompanyID"], "BT-47"),
        (&["LegalMonetaryTotal", "PayableAmount"], "BT-115"),
        (&["InvoiceLine", "Price", "PriceAmount"], "BT-146"),
    ] {
        let node = document.root().descend(path).unwrap();
        assert_eq!(parsed.term(node.id()).map(|term| term.0), Some(term));
    }
    assert!(parsed.terms.is_sorted_by_key(|(node, _)| *node));
}

/// Elements that carry text and are taken without a term, because the syntax demands them.
const SYNTAX: [&str; 6] = ["ID", "TypeCode", "DocumentTypeCode", "Indicator", "ChargeIndicator", "NetworkID"];

/// Every element with text that is neither a term nor listed as left over, by name.
fn dropped<'a>(document: &'a Document, parsed: &Parsed) -> BTreeSet<&'a str> {
    let terms: BTreeSet<_> = parsed.terms.iter().map(|(node, _)| *node).collect();
    let listed: BTreeSet<_> = parsed.unmapped.iter().map(|left| left.path.as_str()).collect();
    let silent = |node: &Node<'_>| {
        !node.text().trim().is_empty() && !terms.contains(&node.id()) && !listed.contains(node.path().as_str())
    };
    document.root().descendants().filter(silent).map(Node::name).collect()
}

fn leaves(document: &Document) -> Vec<Node<'_>> {
    document.root().descendants().filter(|node| node.elements().next().is_none()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One leaf is doubled, another one takes the name of a third: whatever comes of it, nothing vanishes.
    #[test]
    fn nothing_is_silently_dropped(
        fixture in 0_usize..2, doubled in any::<prop::sample::Index>(), renamed in any::<prop::sample::Index>(),
        model in any::<prop::sample::Index>(), value in "[ -~é]{0,12}",
    ) {
        let text = text_of(["ubl/invoice-full.xml", "cii/invoice-full.xml"][fixture]);
        let original = document(&text);
        let leaves = leaves(&original);
        let double = leaves[doubled.index(leaves.len())].byte_range();
        let rename = leaves[renamed.index(leaves.len())];
        let name = leaves[model.index(leaves.len())].name();
        let place = rename.byte_range();
        let value: String = value.chars().filter(|c| !matches!(c, '<' | '&' | '>')).collect();
        let prefix = rename.prefix().unwrap();
        let tag = format!("<{prefix}:{name}>{value}</{prefix}:{name}>");
        let mut changed = text.clone();
        if place.start > double.start {
            changed.replace_range(place, &tag);
            changed.insert_str(double.end, &text[double]);
        } else {
            changed.insert_str(double.end, &text[double.clone()]);
            changed.replace_range(place, &tag);
        }
        let changed = document(&changed);
        let parsed = facteur_parse::read(&changed).unwrap();
        let dropped = dropped(&changed, &parsed);
        prop_assert!(dropped.iter().all(|name| SYNTAX.contains(name) || *name == "Name"), "{:?}", dropped);
    }
}

#[test]
fn every_rule_of_the_readers_has_its_texts_in_both_languages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut rules = BTreeSet::new();
    for file in ["checks.rs", "reader.rs", "reader/values.rs", "ubl/totals.rs", "cii/tax.rs"] {
        let source = std::fs::read_to_string(folder.join("src").join(file)).unwrap();
        let quoted = source.split('"').filter(|text| text.starts_with("READ-"));
        rules.extend(quoted.map(str::to_owned));
    }
    assert!(rules.len() > 15, "{rules:?}");
    for language in ["fr", "en"] {
        let path = folder.join(format!("../texts/findings/reading.{language}.toml"));
        let texts = std::fs::read_to_string(path).unwrap();
        let keys: BTreeSet<_> =
            texts.lines().filter_map(|line| line.strip_prefix("[\"")?.strip_suffix("\"]")).map(str::to_owned).collect();
        assert_eq!(keys, rules, "{language}");
    }
}
