//! The copy of the directory: fetched, shown, read from a file, and used before anything is sent.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, Home, invoice, packs, text};

/// A recipient of the qualification platform that demands a service code.
const DEMANDS_SERVICE: &str = "12345678200028";

fn without_service_code(number: &str) -> Vec<u8> {
    let whole = text(&invoice(number)).replace("99970001600010", DEMANDS_SERVICE);
    let (start, end) = (whole.find("<cac:Contact>").unwrap(), whole.find("</cac:Contact>").unwrap());
    format!("{}{}", &whole[..start], &whole[end + "</cac:Contact>".len()..]).into_bytes()
}

#[test]
fn what_a_recipient_demands_is_known_before_anything_is_sent() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.drop_in("avant.xml", &without_service_code("D-1"));
    assert_eq!(home.json(&["import"])[0]["by_state"]["queued"], 1, "nothing is known of the recipient yet");

    let synced = &home.json(&["directory", "sync"])[0];
    assert_eq!((&synced["asked"], &synced["written"]), (&1.into(), &1.into()), "every buyer of the store: {synced}");
    let entry = &home.json(&["directory", "show", DEMANDS_SERVICE])[0];
    assert_eq!(entry["recipient"]["service_required"], true, "{entry}");
    assert_eq!(entry["recipient"]["services"][0]["code"], "SERVICE_DEST_SERV_OBL", "{entry}");
    assert_eq!(entry["source"], "chorus-pro");

    home.drop_in("apres.xml", &without_service_code("D-2"));
    assert_eq!(home.json(&["import"])[0]["by_state"]["invalid"], 1, "the same omission is seen now");
    let shown = &home.json(&["show", "D-2"])[0];
    assert_eq!(shown["findings"][0]["rule"], "CPRO-HIST-SERVICE", "{shown}");
}

#[test]
fn a_directory_comes_from_a_file_whole_or_not_at_all() {
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let file = home.path().join("annuaire.jsonl");
    let good = r#"{"siret":"12345678200044","name":"Ville","active":true,"commitment_required":true}"#;
    std::fs::write(&file, format!("{good}\n{{\"siret\":\"1\",\"active\":true}}\n")).unwrap();
    let output = home.run(&["directory", "import", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("2: 1"), "the line is named: {}", text(&output.stderr));
    assert_eq!(home.run(&["directory", "show", "12345678200044"]).status.code(), Some(1), "nothing was written");
    std::fs::write(&file, format!("{good}\n")).unwrap();
    assert!(home.run(&["directory", "import", file.to_str().unwrap()]).status.success());
    let entry = &home.json(&["directory", "show", "12345678200044"])[0];
    assert_eq!(
        (&entry["recipient"]["commitment_required"], &entry["source"]),
        (&true.into(), &"annuaire.jsonl".into())
    );
}

#[test]
fn a_siret_that_the_gateway_does_not_know_is_named() {
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let output = home.run(&["directory", "sync", "00000000000000"]);
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
    let shown = home.run(&["directory", "show", "00000000000000"]);
    assert_eq!(output.status.code(), shown.status.code(), "known and shown, or neither: {said}");
}
