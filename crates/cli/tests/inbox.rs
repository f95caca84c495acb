//! A clerk's morning: everything in the inbox ends in the state that `fixtures/README.md` names, the sums add up, and
//! every side state is left by its command, journalled with who and why.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{Gateway, Home, fixture, invoice, packs, text, workspace};
use serde_json::Value;

/// Supplier and recipient of our UBL invoice.
const SUPPLIER: &str = "99980123600012";
const RECIPIENT: &str = "99970001600010";
/// What `facteur run` waits at most; far more than it needs.
const PATIENCE: &str = "30";

/// The table of `fixtures/README.md`, by file.
const EXPECTED: [(&str, &str); 17] = [
    ("01-facture-ubl-menuiserie.xml", "integrated"),
    ("02-avoir-ubl-menuiserie.xml", "integrated"),
    ("03-facture-cii-papeterie.xml", "integrated"),
    ("04-factur-x-basic-traiteur.pdf", "integrated"),
    ("05-factur-x-en16931-chauffage.pdf", "integrated"),
    ("06-pdf-simple-taxi.pdf", "draft"),
    ("07-xml-mal-forme-pepinieres.xml", "quarantined"),
    ("08-xml-hors-schema-imprimerie.xml", "invalid"),
    ("09-xml-entite-externe-nettoyage.xml", "quarantined"),
    ("10-profil-inconnu-electricite.xml", "invalid"),
    ("11-copie-de-la-facture-menuiserie.xml", "duplicate"),
    ("12-meme-numero-autre-contenu-menuiserie.xml", "held"),
    ("13-lot-de-cinq-factures.zip/lot-novembre/ascenseurs.xml", "integrated"),
    ("13-lot-de-cinq-factures.zip/lot-novembre/boulangerie.xml", "integrated"),
    ("13-lot-de-cinq-factures.zip/lot-novembre/géomètres.xml", "integrated"),
    ("13-lot-de-cinq-factures.zip/lot-novembre/librairie.pdf", "integrated"),
    ("13-lot-de-cinq-factures.zip/lot-novembre/vitrerie.xml", "integrated"),
];

fn fill(home: &Home) {
    for entry in std::fs::read_dir(workspace().join("fixtures/inbox")).unwrap() {
        let path = entry.unwrap().path();
        home.drop_in(path.file_name().unwrap().to_str().unwrap(), &std::fs::read(&path).unwrap());
    }
}

/// Identities, digests and times differ from run to run.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[identity]");
    settings.add_filter(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[time]");
    settings.add_filter(r"\b[0-9a-f]{16}\b", "[digest16]");
    settings.add_filter(r"\b[0-9a-f]{8}\b", "[ident.]");
    settings
}

#[test]
fn every_document_of_the_demonstration_ends_in_the_state_that_its_page_names() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    fill(&home);
    let imported = home.ends(1, &["import"]);
    settings().bind(|| insta::assert_snapshot!("import-fr", text(&imported.stdout)));
    let english = Home::demo(&gateway.url);
    fill(&english);
    let imported = english.ends(1, &["import", "--lang", "en"]);
    settings().bind(|| insta::assert_snapshot!("import-en", text(&imported.stdout)));

    home.ends(0, &["run", "--wait", PATIENCE]);
    let lines = home.json(&["status"]);
    let states: BTreeMap<&str, &str> =
        lines.iter().map(|line| (line["file"].as_str().unwrap(), line["state"].as_str().unwrap())).collect();
    assert_eq!(states, BTreeMap::from(EXPECTED));
    assert_eq!(lines.len(), EXPECTED.len());
    let counts = home.counts();
    assert_eq!(counts.values().sum::<u64>(), 17);
    assert_eq!(counts["integrated"], 10);
    assert_eq!(gateway.ledger().len(), 10);
    assert!(gateway.ledger().iter().all(|deposit| deposit["flow_state"] == "IN_INTEGRE"));
    assert_eq!(home.files("work"), [""; 0]);
    assert_eq!(home.files("inbox"), [""; 0]);
    assert_eq!((home.files("done").len(), home.files("refused").len()), (11, 2));
    settings().bind(|| {
        insta::assert_snapshot!("status-fr", text(&home.run(&["status"]).stdout));
        insta::assert_snapshot!("status-en", text(&home.run(&["status", "--lang", "en"]).stdout));
        insta::assert_snapshot!("summary-fr", text(&home.run(&["status", "--summary"]).stdout));
        let held = home.id("12-meme-numero-autre-contenu-menuiserie.xml");
        insta::assert_snapshot!("show-held-fr", text(&home.run(&["show", &held]).stdout));
        let invalid = home.id("08-xml-hors-schema-imprimerie.xml");
        insta::assert_snapshot!("show-invalid-en", text(&home.run(&["show", &invalid, "--lang", "en"]).stdout));
    });
    assert!(home.run(&["journal", "verify"]).status.success());
}

#[test]
fn what_an_import_found_is_what_it_recorded_and_what_it_did_not_take() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo("http://127.0.0.1:9");
    fill(&home);
    home.drop_in("dangereux.zip", &fixture("bad/zip-chemin-dangereux.zip"));
    home.drop_in("tronque.zip", &fixture("bad/zip-tronque.zip"));
    let summary = &home.json(&["import"])[0];
    let count = |name: &str| summary[name].as_u64().unwrap();
    let not_taken = summary["not_taken"].as_array().unwrap().len() as u64;
    assert!(not_taken >= 2, "{summary}");
    assert_eq!(count("found"), count("received") + not_taken, "{summary}");
    let by_state: u64 = summary["by_state"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(by_state, count("received"), "{summary}");
    assert_eq!(home.counts().values().sum::<u64>(), count("received"));
}

/// Lays a hand on an invoice and finds who and why in its journal.
fn hand(home: &Home, code: i32, verb: &str, id: &str) {
    let why = format!("parce que {verb}");
    home.ends(code, &[verb, id, "--why", &why]);
    assert_journalled(home, id, &why);
}

fn correct(home: &Home, code: i32, id: &str, name: &str, bytes: &[u8]) -> Value {
    let path = home.beside(name, bytes);
    let output = home.ends(code, &["correct", id, &path, "--why", "fichier corrigé", "--format", "json"]);
    if code == 2 {
        return Value::String(text(&output.stderr));
    }
    let line: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_journalled(home, line["id"].as_str().unwrap(), "fichier corrigé");
    line
}

fn assert_journalled(home: &Home, id: &str, why: &str) {
    let shown = &home.json(&["show", id])[0];
    let told = |line: &Value| line["payload"]["note"] == why && line["payload"]["actor"] == "person:marie";
    let lines = shown["journal"].as_array().unwrap();
    assert!(lines.iter().any(told), "nobody said {why:?} in {lines:#?}");
}

fn shown_state(home: &Home, id: &str) -> String {
    home.json(&["show", id])[0]["state"].as_str().unwrap().to_owned()
}

/// Cut off in the middle: unreadable.
fn cut_off(number: &str) -> Vec<u8> {
    let whole = invoice(number);
    whole[..whole.len() / 2].to_vec()
}

/// With an element that UBL does not know: invalid.
fn misbuilt(number: &str) -> Vec<u8> {
    text(&invoice(number)).replacen("<cbc:IssueDate>", "<cbc:Horodatage>x</cbc:Horodatage><cbc:IssueDate>", 1).into()
}

/// The same number with other content.
fn other_content(number: &str) -> Vec<u8> {
    text(&invoice(number)).replacen("40 euros", "41 euros", 1).into_bytes()
}

#[test]
fn unreadable_invalid_and_draft_are_left_by_a_correction_or_given_up() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo("http://127.0.0.1:9");
    let pdf = fixture("inbox/06-pdf-simple-taxi.pdf");
    let mut other_pdf = pdf.clone();
    other_pdf.extend_from_slice(b"\n%\n");
    let cases: [(&str, Vec<u8>, Vec<u8>); 3] = [
        ("quarantined", cut_off("Q-1"), cut_off("Q-2")),
        ("invalid", misbuilt("I-1"), misbuilt("I-2")),
        ("draft", pdf, other_pdf),
    ];
    for (state, first, second) in cases {
        let corrected = home.import(&format!("{state}-1.xml"), &first);
        assert_eq!(shown_state(&home, &corrected), state);
        let line = correct(&home, 0, &corrected, "juste.xml", &invoice(&format!("JUSTE-{state}")));
        assert_eq!((line["id"].as_str(), line["state"].as_str()), (Some(corrected.as_str()), Some("queued")));
        assert_eq!(home.json(&["show", &corrected])[0]["version"], 2);
        let given_up = home.import(&format!("{state}-2.xml"), &second);
        hand(&home, 0, "abandon", &given_up);
        assert_eq!(shown_state(&home, &given_up), "abandoned");
        // Given up is not lost: another try begins from the start, and ends where it ended.
        hand(&home, 1, "retry", &given_up);
        assert_eq!(shown_state(&home, &given_up), state);
    }
    let again = home.import("encore.xml", &misbuilt("I-3"));
    let line = correct(&home, 1, &again, "toujours-faux.xml", &misbuilt("I-4"));
    assert_eq!(line["state"], "invalid", "a correction that is no better stays a case");
}

#[test]
fn a_taken_number_and_a_copy_wait_for_a_person() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo("http://127.0.0.1:9");
    let first = home.import("premiere.xml", &invoice("K-1"));
    let second = home.import("seconde.xml", &other_content("K-1"));
    assert_eq!(shown_state(&home, &second), "held");
    assert_eq!(home.line("seconde.xml")["reason"]["code"], "KEY-TAKEN");
    assert_eq!(home.line("seconde.xml")["duplicate_of"], first.as_str());
    hand(&home, 0, "release", &second);
    assert_eq!(shown_state(&home, &second), "queued");

    let third = home.import("troisieme.xml", &text(&invoice("K-1")).replacen("40 euros", "42 euros", 1).into_bytes());
    hand(&home, 0, "abandon", &third);
    assert_eq!(shown_state(&home, &third), "abandoned");

    let copy = home.import("copie.xml", &invoice("K-1"));
    assert_eq!(shown_state(&home, &copy), "duplicate");
    assert_eq!(home.line("copie.xml")["duplicate_of"], first.as_str());
    hand(&home, 0, "abandon", &copy);
    assert_eq!(shown_state(&home, &copy), "abandoned");
}

#[test]
fn what_is_queued_can_be_held_and_let_go() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let id = home.import("facture.xml", &invoice("H-1"));
    hand(&home, 0, "hold", &id);
    assert_eq!(shown_state(&home, &id), "held");
    home.ends(0, &["send"]);
    assert_eq!(gateway.ledger().len(), 0, "what is held does not leave");
    hand(&home, 0, "release", &id);
    assert_eq!(shown_state(&home, &id), "queued");
    home.ends(0, &["run", "--wait", PATIENCE]);
    assert_eq!(shown_state(&home, &id), "integrated");
    // What is integrated cannot be held any more, and the message says what can be done.
    let output = home.ends(2, &["abandon", &id]);
    assert!(text(&output.stderr).contains("« intégrée »"), "{}", text(&output.stderr));
}

#[test]
fn what_the_portal_does_not_integrate_returns_under_its_number() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    gateway.tell("structure", &format!(r#"{{"siret":"{RECIPIENT}","public":true,"known":false}}"#));
    let home = Home::demo(&gateway.url);
    let corrected = home.import("a-corriger.xml", &invoice("R-1"));
    let tried = home.import("a-reessayer.xml", &invoice("R-2"));
    let given_up = home.import("a-abandonner.xml", &invoice("R-3"));
    home.ends(1, &["run", "--wait", PATIENCE]);
    for id in [&corrected, &tried, &given_up] {
        let shown = &home.json(&["show", id])[0];
        assert_eq!((shown["state"].as_str(), shown["flow_state"].as_str()), (Some("rejected"), Some("IN_REJETE")));
        assert_eq!(shown["reason"]["code"], "NOT-INTEGRATED");
        assert!(!shown["reason"]["args"]["text"].as_str().unwrap().is_empty());
    }
    gateway.tell("structure", &format!(r#"{{"siret":"{RECIPIENT}","public":true}}"#));
    let line = correct(&home, 0, &corrected, "corrigee.xml", &other_content("R-1"));
    assert_eq!((line["id"].as_str(), line["state"].as_str()), (Some(corrected.as_str()), Some("queued")));
    hand(&home, 0, "retry", &tried);
    hand(&home, 0, "abandon", &given_up);
    home.ends(0, &["run", "--wait", PATIENCE]);
    assert_eq!(shown_state(&home, &corrected), "integrated");
    assert_eq!(shown_state(&home, &tried), "integrated");
    assert_eq!(shown_state(&home, &given_up), "abandoned");
}

#[test]
fn after_the_recipients_refusal_a_new_number_is_demanded_and_names_the_old_invoice() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let refused = home.import("refusee.xml", &invoice("N-1"));
    home.ends(0, &["run", "--wait", PATIENCE]);
    status(&gateway, "N-1", "REJETEE", "Prestation non conforme");
    home.ends(1, &["follow"]);
    let shown = &home.json(&["show", &refused])[0];
    assert_eq!((shown["state"].as_str(), shown["invoice_state"].as_str()), (Some("refused"), Some("REJETEE")));
    assert_eq!(shown["reason"]["args"]["text"], "Prestation non conforme");

    let said = correct(&home, 2, &refused, "meme-numero.xml", &other_content("N-1"));
    assert!(said.as_str().unwrap().contains("N-1"), "{said}");
    assert_eq!(shown_state(&home, &refused), "refused");
    let line = correct(&home, 0, &refused, "nouveau-numero.xml", &invoice("N-2"));
    let successor = line["id"].as_str().unwrap();
    assert_ne!(successor, refused);
    assert_eq!(line["state"], "queued");
    let journal = home.json(&["show", successor])[0]["journal"].to_string();
    assert!(journal.contains(&refused), "the new invoice does not name the old one: {journal}");
    home.ends(0, &["run", "--wait", PATIENCE]);
    assert_eq!(shown_state(&home, successor), "integrated");
    hand(&home, 0, "abandon", &refused);
}

fn status(gateway: &Gateway, number: &str, code: &str, comment: &str) {
    let body = serde_json::json!({"number": number, "supplier": SUPPLIER, "status": code, "comment": comment});
    gateway.tell("status", &body.to_string());
}

#[test]
fn a_suspended_invoice_returns_when_it_is_completed_and_is_settled_when_it_is_paid() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let id = home.import("suspendue.xml", &invoice("S-1"));
    home.ends(0, &["run", "--wait", PATIENCE]);
    status(&gateway, "S-1", "SUSPENDUE", "Bon de livraison manquant");
    home.ends(1, &["follow"]);
    assert_eq!(shown_state(&home, &id), "suspended");
    let shown = text(&home.run(&["show", &id]).stdout);
    assert!(shown.contains("Bon de livraison manquant"), "{shown}");
    status(&gateway, "S-1", "COMPLETEE", "");
    home.ends(0, &["follow"]);
    assert_eq!(shown_state(&home, &id), "integrated");
    status(&gateway, "S-1", "MISE_EN_PAIEMENT", "");
    home.ends(0, &["follow"]);
    assert_eq!(shown_state(&home, &id), "settled");
    let shown = &home.json(&["show", &id])[0];
    let codes: Vec<&str> =
        shown["gateway_events"].as_array().unwrap().iter().filter_map(|event| event["code"].as_str()).collect();
    for code in ["SUSPENDUE", "COMPLETEE", "MISE_EN_PAIEMENT"] {
        assert_eq!(codes.iter().filter(|known| **known == code).count(), 1, "{codes:?}");
    }
}

#[test]
fn a_deposit_without_answer_is_searched_for_and_never_sent_again_before() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.set("settle_after_seconds = 3", "settle_after_seconds = 3600");
    let id = home.import("sans-reponse.xml", &invoice("U-1"));
    gateway.tell("faults", r#"{"next":["lose-answer"]}"#);
    let output = home.ends(1, &["send"]);
    assert!(text(&output.stdout).contains("1 sans réponse"), "{}", text(&output.stdout));
    assert_eq!(shown_state(&home, &id), "uncertain");
    for verb in ["abandon", "retry"] {
        home.ends(2, &[verb, &id]);
    }
    let path = home.beside("autre.xml", &other_content("U-1"));
    home.ends(2, &["correct", &id, &path]);
    home.ends(0, &["send"]);
    assert_eq!(gateway.ledger().len(), 1, "an unanswered deposit is not sent again");
    home.ends(0, &["follow", "--wait", PATIENCE]);
    let shown = &home.json(&["show", &id])[0];
    assert_eq!(shown["state"], "integrated");
    let ledger = gateway.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(shown["flow"], ledger[0]["flow"], "the flow number is adopted from the row found");
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1);
}

#[test]
fn an_uncertain_deposit_that_is_held_is_searched_for_when_it_is_let_go() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let id = home.import("incertaine.xml", &invoice("U-2"));
    gateway.tell("faults", r#"{"next":["lose-answer"]}"#);
    home.ends(1, &["send"]);
    hand(&home, 0, "hold", &id);
    assert_eq!(shown_state(&home, &id), "held");
    home.ends(2, &["retry", &id]);
    hand(&home, 0, "release", &id);
    assert_eq!(shown_state(&home, &id), "uncertain");
    home.ends(0, &["run", "--wait", PATIENCE]);
    assert_eq!(shown_state(&home, &id), "integrated");
    assert_eq!(gateway.ledger().len(), 1);
}

#[test]
fn what_was_not_accepted_is_sent_again() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&["--retry-after", "1"]);
    let home = Home::demo(&gateway.url);
    let id = home.import("reportee.xml", &invoice("D-1"));
    gateway.tell("faults", r#"{"next":["http-429"]}"#);
    home.ends(1, &["send"]);
    assert_eq!(shown_state(&home, &id), "deferred");
    assert_eq!(home.json(&["show", &id])[0]["reason"]["code"], "NOT-ACCEPTED");
    let other = home.import("reportee-puis-abandonnee.xml", &invoice("D-2"));
    gateway.tell("faults", r#"{"next":["http-429"]}"#);
    home.ends(1, &["send", &other]);
    hand(&home, 0, "abandon", &other);
    home.ends(0, &["send", &id]);
    assert_eq!(shown_state(&home, &id), "deposited");
    home.ends(0, &["run", "--wait", PATIENCE]);
    assert_eq!(shown_state(&home, &id), "integrated");
    assert_eq!(shown_state(&home, &other), "abandoned");
    assert_eq!(gateway.ledger().len(), 1);
}
