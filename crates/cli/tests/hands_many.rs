//! A person's hand on many cases, and what a person found on the portal: nothing happens unasked, one failure never
//! stops the others, and no second deposit without the person's word that the portal does not have the first.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, Home, invoice, packs, text};

const NOBODY: &str = "http://127.0.0.1:9";

fn five_queued(home: &Home) {
    for number in 1..=5 {
        home.import(&format!("f{number}.xml"), &invoice(&format!("H-{number}")));
    }
    assert_eq!(home.counts()["queued"], 5);
}

#[test]
fn many_cases_are_touched_only_when_the_person_says_how_many_and_why() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    five_queued(&home);
    let head = text(&home.ends(0, &["journal", "verify"]).stdout);
    home.ends(2, &["hold", "--state", "queued", "--yes"]);
    home.ends(2, &["hold", "--state", "queued", "--why", "contrôle"]);
    home.ends(2, &["hold", "--state", "queued", "--why", "contrôle", "--expect", "4"]);
    home.ends(2, &["hold", "--state", "nowhere", "--why", "contrôle", "--yes"]);
    home.ends(2, &["hold", "H-1", "--state", "queued", "--why", "contrôle", "--yes"]);
    home.ends(2, &["hold"]);
    home.ends(2, &["hold", "--supplier", "nobody", "--why", "contrôle", "--expect", "5"]);
    let shown = home.ends(0, &["hold", "--state", "queued", "--dry-run"]);
    for number in 1..=5 {
        assert!(text(&shown.stdout).contains(&format!("H-{number}")), "{}", text(&shown.stdout));
    }
    let none = home.ends(0, &["hold", "--older-than", "1", "--why", "contrôle", "--yes"]);
    assert!(none.stdout.is_empty(), "{}", text(&none.stdout));
    assert_eq!(home.counts()["queued"], 5);
    assert_eq!(text(&home.ends(0, &["journal", "verify"]).stdout), head, "nothing was written");

    let held = home.ends(0, &["hold", "--supplier", "Menuiserie", "--why", "contrôle du service", "--expect", "5"]);
    assert!(text(&held.stdout).contains("5 dossier(s) : 5 fait(s)"), "{}", text(&held.stdout));
    assert_eq!(home.counts()["held"], 5);
    for number in 1..=5 {
        let shown = home.ends(0, &["show", &format!("H-{number}"), "--format", "json"]);
        let journal = text(&shown.stdout);
        assert!(journal.contains("contrôle du service") && journal.contains("person:marie"), "{journal}");
    }
    home.ends(0, &["release", "--reason", "held-by-person", "--why", "vérifié", "--yes"]);
    assert_eq!(home.counts()["queued"], 5);
    home.ends(0, &["journal", "verify"]);
}

#[test]
fn one_failure_never_stops_the_others() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    five_queued(&home);
    home.ends(0, &["hold", "H-2", "H-4"]);
    let output = home.ends(1, &["release", "--state", "held,queued", "--why", "essai", "--yes"]);
    assert!(text(&output.stdout).contains("2 fait(s), 0 attendent encore quelqu'un, 3 impossible(s)"));
    assert_eq!(home.counts()["queued"], 5);
}

#[test]
fn more_than_a_hundred_cases_need_a_second_word() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let folder = home.path().join("inbox");
    for number in 0..101 {
        std::fs::write(folder.join(format!("{number}.xml")), format!("<Invoice>{number}")).unwrap();
    }
    home.ends(1, &["import"]);
    assert_eq!(home.counts()["quarantined"], 101);
    let refused = home.ends(2, &["abandon", "--state", "quarantined", "--why", "envoi raté", "--expect", "101"]);
    assert!(text(&refused.stderr).contains("--all-matching"), "{}", text(&refused.stderr));
    home.ends(0, &["abandon", "--state", "quarantined", "--why", "envoi raté", "--yes", "--all-matching"]);
    assert_eq!(home.counts()["abandoned"], 101);
}

/// An invoice whose deposit ended so, without an answer.
fn uncertain(gateway: &Gateway, fault: &str) -> Home {
    let home = Home::demo(&gateway.url);
    home.set("settle_after_seconds = 3", "settle_after_seconds = 3600");
    home.import("f.xml", &invoice("R-1"));
    gateway.tell("faults", &format!(r#"{{"next":["{fault}"]}}"#));
    home.ends(1, &["send"]);
    assert_eq!(home.state("f.xml"), "uncertain");
    home
}

#[test]
fn what_is_in_doubt_is_deposited_again_only_after_the_word_absent_and_not_too_early() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = uncertain(&gateway, "reset");
    let early = home.ends(2, &["resolve", "R-1", "--as", "absent", "--why", "cherchée sur le portail"]);
    assert!(text(&early.stderr).contains("peut ne pas la montrer"), "{}", text(&early.stderr));
    for hand in ["retry", "abandon"] {
        home.ends(2, &[hand, "R-1"]);
    }
    home.ends(0, &["hold", "R-1"]);
    home.ends(2, &["retry", "R-1"]);
    home.ends(0, &["release", "R-1"]);
    assert_eq!(home.state("f.xml"), "uncertain", "released to be searched for, not to be sent");
    home.ends(0, &["send"]);
    assert_eq!(gateway.ledger().len(), 0);

    home.set("settle_after_seconds = 3600", "settle_after_seconds = 0");
    home.ends(0, &["resolve", "R-1", "--as", "absent", "--why", "cherchée sur le portail"]);
    assert_eq!(home.state("f.xml"), "queued");
    home.ends(0, &["run", "--wait", "20"]);
    assert_eq!(home.state("f.xml"), "integrated");
    assert_eq!(gateway.ledger().len(), 1);
    home.ends(0, &["store", "check"]);
}

#[test]
fn what_a_person_found_on_the_portal_is_not_sent_again() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = uncertain(&gateway, "lose-answer");
    let flow = gateway.ledger()[0]["flow"].as_str().unwrap().to_owned();
    home.ends(0, &["resolve", "R-1", "--as", "integrated", "--flow", &flow, "--why", "vue sur le portail"]);
    let line = home.line("f.xml");
    assert_eq!((&line["state"], &line["flow"]), (&"integrated".into(), &flow.as_str().into()));
    home.ends(0, &["run", "--wait", "5"]);
    assert_eq!(gateway.ledger().len(), 1);
    home.ends(2, &["resolve", "R-1", "--as", "absent", "--why", "non"]);
    home.ends(0, &["resolve", "R-1", "--as", "settled", "--why", "payée, relevé du 12"]);
    assert_eq!(home.state("f.xml"), "settled");
    home.ends(0, &["store", "check"]);
}

#[test]
fn what_was_never_sent_cannot_be_absent() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.import("f.xml", &invoice("R-2"));
    let refused = home.ends(2, &["resolve", "R-2", "--as", "absent", "--why", "?"]);
    assert!(text(&refused.stderr).contains("jamais été envoyé"), "{}", text(&refused.stderr));
    home.ends(0, &["hold", "R-2"]);
    home.ends(0, &["resolve", "R-2", "--as", "outside", "--why", "envoyée par courriel"]);
    assert_eq!(home.state("f.xml"), "outside_portal");
}

/// Nobody types the portal's own identity of an invoice: the search finds it, and the payment is learnt.
#[test]
fn what_a_person_found_on_the_portal_is_followed_until_it_is_paid() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = uncertain(&gateway, "lose-answer");
    home.ends(0, &["resolve", "R-1", "--as", "integrated", "--why", "vue sur le portail"]);
    assert_eq!((home.state("f.xml").as_str(), &home.line("f.xml")["flow"]), ("integrated", &serde_json::Value::Null));
    while gateway.ledger()[0]["flow_state"] != "IN_INTEGRE" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let paid = r#"{"number":"R-1","supplier":"99980123600012","status":"MISE_EN_PAIEMENT"}"#;
    gateway.tell("status", paid);
    home.ends(0, &["follow"]);
    let line = home.line("f.xml");
    assert_eq!((&line["state"], &line["flow"]), (&"settled".into(), &gateway.ledger()[0]["flow"]), "{line}");
    home.ends(0, &["store", "check"]);
}
