//! What `facteur check` says of a broken rule: one key in every syntax, the term, both sides of a sum; and how a
//! recipient sees what it received.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Gateway, Home, packs, text};
use serde_json::Value;

/// A change of a fixture, and what comes of it: rule's key, term, found, expected, difference as people read it.
struct Case {
    base: &'static str,
    find: &'static str,
    put: &'static str,
    sides: [(&'static str, &'static str, &'static str, &'static str, &'static str); 2],
}

const UBL: &str = "ubl/invoice-a1.xml";
const CII: &str = "cii/invoice-a1.xml";

const CASES: [Case; 8] = [
    Case {
        base: UBL,
        find: "<cbc:LineExtensionAmount currencyID=\"EUR\">1620.00",
        put: "<cbc:LineExtensionAmount currencyID=\"EUR\">1600.00",
        sides: [
            ("BR-CO-10", "BT-106", "1600.00", "1620.00", "-20,00"),
            ("BR-CO-13", "BT-109", "1620.00", "1600.00", "20,00"),
        ],
    },
    Case {
        base: UBL,
        find: "<cbc:TaxInclusiveAmount currencyID=\"EUR\">1944.00",
        put: "<cbc:TaxInclusiveAmount currencyID=\"EUR\">1950.00",
        sides: [
            ("BR-CO-15", "BT-112", "1950.00", "1944.00", "6,00"),
            ("BR-CO-16", "BT-115", "1944.00", "1950.00", "-6,00"),
        ],
    },
    Case {
        base: UBL,
        find: "<cbc:TaxAmount currencyID=\"EUR\">324.00</cbc:TaxAmount>\n    <cac:TaxSubtotal>",
        put: "<cbc:TaxAmount currencyID=\"EUR\">320.00</cbc:TaxAmount>\n    <cac:TaxSubtotal>",
        sides: [
            ("BR-CO-14", "BT-110", "320.00", "324.00", "-4,00"),
            ("BR-CO-15", "BT-112", "1944.00", "1940.00", "4,00"),
        ],
    },
    Case {
        base: UBL,
        find: "<cbc:TaxableAmount currencyID=\"EUR\">1620.00",
        put: "<cbc:TaxableAmount currencyID=\"EUR\">1000.00",
        sides: [
            ("BR-S-08", "BT-116", "1000.00", "1620.00", "-620,00"),
            ("BR-CO-17", "BT-117", "324.00", "200.00", "124,00"),
        ],
    },
    Case {
        base: CII,
        find: "<ram:LineTotalAmount>885.00",
        put: "<ram:LineTotalAmount>880.00",
        sides: [
            ("BR-CO-10", "BT-106", "880.00", "885.00", "-5,00"),
            ("BR-CO-13", "BT-109", "885.00", "880.00", "5,00"),
        ],
    },
    Case {
        base: CII,
        find: "<ram:GrandTotalAmount>1018.50",
        put: "<ram:GrandTotalAmount>1000.00",
        sides: [
            ("BR-CO-15", "BT-112", "1000.00", "1018.50", "-18,50"),
            ("BR-CO-16", "BT-115", "1018.50", "1000.00", "18,50"),
        ],
    },
    Case {
        base: CII,
        find: "<ram:BasisAmount>300.00",
        put: "<ram:BasisAmount>350.00",
        sides: [("BR-S-08", "BT-116", "350.00", "300.00", "50,00"), ("BR-CO-17", "BT-117", "16.50", "19.25", "-2,75")],
    },
    Case {
        base: CII,
        find: "<ram:CalculatedAmount>117.00",
        put: "<ram:CalculatedAmount>110.00",
        sides: [("BR-CO-14", "BT-110", "133.50", "126.50", "7,00"), ("BR-S-09", "BT-117", "110.00", "117.00", "-7,00")],
    },
];

fn fixture(name: &str) -> String {
    fs::read_to_string(common::workspace().join("fixtures").join(name)).unwrap()
}

/// The line of the contract for one document.
fn check(document: &str, options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facture.xml");
    fs::write(&path, document).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_facteur"));
    command.args(["check", "--format", "json", "--lang", "fr"]).args(options).arg(&path);
    command.env("FACTEUR_PACKS", packs().unwrap()).env_remove("FACTEUR_HOME");
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

fn findings(line: &Value) -> &[Value] {
    line["findings"].as_array().unwrap()
}

#[test]
fn a_broken_sum_has_both_its_sides_and_the_difference_in_ubl_and_in_cii() {
    if packs().is_none() {
        return;
    }
    for case in &CASES {
        let base = fixture(case.base);
        assert!(base.contains(case.find), "{}", case.find);
        let line = check(&base.replacen(case.find, case.put, 1), &["--layers", "en16931"]);
        for (key, term, found, expected, difference) in case.sides {
            let all = || findings(&line).iter().map(|finding| finding["key"].to_string()).collect::<Vec<_>>();
            let finding = findings(&line).iter().find(|finding| finding["key"] == key);
            let finding = finding.unwrap_or_else(|| panic!("{key} of {:?}, {}", all(), case.put));
            assert_eq!(
                (&finding["term"], &finding["found"], &finding["expected"]),
                (&term.into(), &found.into(), &expected.into()),
                "{key} after {}",
                case.put
            );
            let message = finding["message"].as_str().unwrap();
            assert!(message.ends_with(&format!("écart : {difference}.")), "{message}");
        }
    }
}

#[test]
fn the_same_mistake_has_the_same_key_in_every_syntax() {
    if packs().is_none() {
        return;
    }
    // The extension has its own id for the sum of the lines.
    let extended = fixture("ubl/invoice-extended-ctc-fr.xml");
    let at = extended.find("<cac:LegalMonetaryTotal>").unwrap();
    let start = at + extended[at..].find("<cbc:LineExtensionAmount").unwrap();
    let digits = start + extended[start..].find('>').unwrap() + 1;
    let mut wrong = extended.clone();
    wrong.insert(digits, '9');
    let line = check(&wrong, &["--layers", "ctc-fr"]);
    let finding = findings(&line).iter().find(|finding| finding["rule"] == "BR-FREXT-CO-10").unwrap();
    assert_eq!((&finding["key"], &finding["term"]), (&"BR-CO-10".into(), &"BT-106".into()), "{finding}");
    let fatal = |line: &Value| -> Vec<Value> {
        findings(line).iter().filter(|finding| finding["severity"] == "fatal").cloned().collect()
    };
    // Without the mandatory notes, the French rules give one key in both syntaxes.
    for (base, start, end) in [(UBL, "<cbc:Note>", "</cbc:Note>"), (CII, "<ram:IncludedNote>", "</ram:IncludedNote>")] {
        let mut document = fixture(base);
        while let (Some(from), Some(until)) = (document.find(start), document.find(end)) {
            document.replace_range(from..until + end.len(), "");
        }
        let line = check(&document, &["--layers", "br-fr"]);
        let notes = fatal(&line).into_iter().filter(|finding| finding["key"] == "BR-FR-05/BT-22").count();
        assert_eq!(notes, 3, "PMT, PMD and AAB are missing in {base}: {line}");
        for finding in fatal(&line) {
            assert_ne!(finding["term"], Value::Null, "{finding}");
        }
    }
}

#[test]
fn what_was_received_is_shown_and_never_refused() {
    if packs().is_none() {
        return;
    }
    let wrong = fixture(UBL)
        .replacen(
            "<cbc:TaxInclusiveAmount currencyID=\"EUR\">1944.00",
            "<cbc:TaxInclusiveAmount currencyID=\"EUR\">1",
            1,
        )
        .replacen("<cbc:DocumentCurrencyCode>EUR", "<cbc:DocumentCurrencyCode>XXQ", 1);
    let judged = check(&wrong, &["--context", "cpro-historic"]);
    assert_eq!(judged["verdict"], "invalid", "{judged}");
    let received = check(&wrong, &["--context", "cpro-historic", "--received"]);
    assert_eq!(received["verdict"], "valid", "{received}");
    let rules = |line: &Value| {
        let mut rules: Vec<String> = findings(line).iter().map(|finding| finding["rule"].to_string()).collect();
        rules.sort();
        rules
    };
    assert_eq!(rules(&judged), rules(&received), "nothing is left out");
    assert!(findings(&received).iter().all(|finding| finding["severity"] == "warning"));
    let first = &findings(&received)[0];
    assert!(first["key"].as_str().unwrap().starts_with("BR-CO-"), "sums come first: {first}");
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&judged), keys(&received));
    let unreadable = check("<Invoice", &["--received"]);
    assert_eq!(unreadable["verdict"], "unreadable");
}

#[test]
fn a_recipients_home_warns_by_itself_and_layers_by_name_still_judge() {
    let Some(packs) = packs() else { return };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("mairie");
    let file = folder.path().join("facture.xml");
    let wrong = fixture(UBL).replacen(
        "TaxInclusiveAmount currencyID=\"EUR\">1944",
        "TaxInclusiveAmount currencyID=\"EUR\">1",
        1,
    );
    fs::write(&file, wrong).unwrap();
    let run = |arguments: &[&str], home: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_facteur"));
        command.args(arguments).env("FACTEUR_HOME", home).env("FACTEUR_PACKS", &packs).output().unwrap()
    };
    let made = run(&["init", home.to_str().unwrap(), "--demo", "--role", "recipient"], &home);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let output = run(&["check", file.to_str().unwrap(), "--format", "json"], &home);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &line["verdict"]), (Some(0), &"valid".into()), "{line}");
    let output = run(&["check", file.to_str().unwrap(), "--layers", "en16931", "--format", "json"], &home);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &line["verdict"]), (Some(1), &"invalid".into()), "{line}");
}

#[test]
fn a_whole_directory_says_who_is_unknown_and_a_part_says_nothing() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let file = home.path().join("annuaire.jsonl");
    let document = home.path().join("facture.xml");
    fs::write(&document, fixture("cpro/invoice-b2g.xml")).unwrap();
    let other = r#"{"siret":"12345678200044","name":"Ville","active":true}"#;
    fs::write(&file, format!("{other}\n")).unwrap();
    let import = |options: &[&str]| {
        let arguments: Vec<&str> =
            ["directory", "import", file.to_str().unwrap()].iter().chain(options).copied().collect();
        let output = home.run(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    let judged = || {
        let arguments = ["check", document.to_str().unwrap(), "--context", "afnor", "--layers", "chorus-pro"];
        let line = home.json(&arguments).remove(0);
        let finding = findings(&line).iter().find(|finding| finding["rule"] == "BR-FR-CPRO-10").cloned().unwrap();
        (
            line["verdict"].clone(),
            line["layers"][1]["status"].clone(),
            finding["key"].clone(),
            finding["evaluated"].clone(),
        )
    };
    let open = |key: &str| ("not_checked".into(), "not_evaluable".into(), key.into(), false.into());
    assert_eq!(judged(), open("CPRO-DIRECTORY-MISSING"), "without a directory it is not checked, and so not valid");
    import(&[]);
    assert_eq!(home.json(&["directory", "show"])[0]["extent"], "part");
    assert_eq!(judged(), open("CPRO-DIRECTORY-PARTIAL"));
    import(&["--complete"]);
    assert_eq!(home.json(&["directory", "show"])[0]["extent"], "whole");
    let unknown = ("invalid".into(), "failed".into(), "CPRO-RECIPIENT-UNKNOWN".into(), true.into());
    assert_eq!(judged(), unknown);
    import(&["--complete", "--as-of", "2020-01-31"]);
    assert_eq!(home.run(&["directory", "show"]).status.code(), Some(1), "it is old");
    assert_eq!(judged(), open("CPRO-DIRECTORY-OLD"));
    // Who is not in a later whole directory was there before, and is no longer.
    fs::write(&file, format!("{}\n", other.replace("44\"", "51\""))).unwrap();
    import(&["--complete"]);
    assert_eq!(home.run(&["directory", "show", "12345678200044"]).status.code(), Some(1));
    assert_eq!(home.json(&["directory", "show"])[0]["recipients"], 1);
}

#[test]
fn a_number_of_several_invoices_names_them() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let this_year = text(&common::invoice("DOUBLE-1"));
    let start = this_year.find("<cbc:IssueDate>").unwrap() + "<cbc:IssueDate>".len();
    let mut last_year = this_year.clone();
    last_year.replace_range(start..start + 4, "2025");
    home.drop_in("cette-annee.xml", this_year.as_bytes());
    home.drop_in("avant.xml", last_year.as_bytes());
    home.run(&["import"]);
    for command in ["show", "hold"] {
        let output = home.run(&[command, "DOUBLE-1", "--lang", "fr"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("cette-annee.xml") && said.contains("avant.xml"), "{said}");
    }
}
