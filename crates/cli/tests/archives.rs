//! Conservation, holds and elimination, as whoever runs the archives of a town hall does it.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Home, invoice, text};
use facteur_model::clock::Timestamp;
use facteur_store::change::{Process, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::{Store, new_id};

const NOWHERE: &str = "http://127.0.0.1:9";
/// 2011-03-13.
const LONG_AGO: Timestamp = Timestamp(1_300_000_000_000);
/// A word that must be nowhere once its dossier is eliminated.
const NAME: &str = "Menuiserie-Introuvable";

/// Puts invoices of 2011 into the store of a home, given up in the same year.
fn long_ago(home: &Home, numbers: &[&str]) {
    home.ends(0, &["status"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&home.path().join("facteur.db")).await.unwrap();
        for number in numbers {
            let bytes = text(&invoice(number)).replace("Menuiserie des Trois Sapins", NAME).into_bytes();
            let id = new_id();
            let file = format!("{NAME}-{number}.xml");
            let receive = Receive {
                arrival: new_id(),
                invoice: id.clone(),
                siren: "404833048".into(),
                siret: "40483304800022".into(),
                path: file.clone(),
                member: None,
                container: None,
                file,
                document: Packed::new(Role::Original, "application/xml", &bytes),
                at: LONG_AGO,
                actor: format!("person:{NAME}"),
            };
            store.receive(receive).await.unwrap();
            store.process(processed(&id, number)).await.unwrap();
        }
        store.close().await;
    });
    home.ends(0, &[&["abandon"], numbers].concat());
}

fn processed(id: &str, number: &str) -> Process {
    use facteur_model::lifecycle::Event;
    use facteur_store::change::Identity;
    Process {
        id: id.into(),
        events: vec![Event::Read, Event::Failed],
        identity: Identity {
            kind: "ubl-invoice".into(),
            number: Some(number.into()),
            issued: Some("2011-03-01".into()),
            supplier_siren: Some("732829320".into()),
            supplier: Some(NAME.into()),
            ..Identity::default()
        },
        documents: vec![],
        embedded: None,
        transmitted: None,
        seal: None,
        verdict: "invalid".into(),
        layers: "[]".into(),
        packs: String::new(),
        findings: vec![],
        reason: None,
        key_guard: None,
        draft: None,
        probable: None,
        retention_end: Some("2021-12-31".into()),
        at: LONG_AGO,
        actor: "test".into(),
    }
}

/// Whether a word stands in any file of the store, as it is or inside a compressed frame that is still whole.
fn stands_in_store(home: &Home, word: &str) -> bool {
    let files = ["facteur.db", "facteur.db-wal"].map(|name| home.path().join(name));
    files.iter().any(|path| stands_in(path, word.as_bytes()))
}

fn stands_in(path: &Path, word: &[u8]) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.windows(word.len()).any(|window| window == word))
}

#[test]
fn what_is_due_is_proposed_approved_eliminated_and_everything_still_verifies() {
    let home = Home::demo(NOWHERE);
    home.import("new.xml", &invoice("FA-NEW"));
    long_ago(&home, &["FA-11", "FA-12", "FA-13"]);
    let head = home.json(&["journal", "verify"])[0]["head"].as_str().unwrap().to_owned();
    home.ends(0, &["archive", "hold", "FA-12", "--why", "recours 26-114"]);
    let list = home.path().join("list.csv").display().to_string();
    let proposed = home.ends(0, &["archive", "propose", "--out", &list]);
    assert!(text(&proposed.stderr).starts_with("2 dossier(s) éliminable(s)"), "{}", text(&proposed.stderr));
    home.ends(2, &["archive", "propose", "--out", &list]);
    assert!(stands_in_store(&home, NAME));

    // Whoever approves takes a line away, and cannot add one.
    let whole = std::fs::read_to_string(&list).unwrap();
    let approved: String =
        whole.lines().filter(|line| !line.contains("FA-13")).map(|line| format!("{line}\n")).collect();
    let new = home.json(&["show", "FA-NEW"])[0]["id"].as_str().unwrap().to_owned();
    std::fs::write(&list, format!("{approved}{new};{}\n", "0".repeat(64))).unwrap();
    let done = home.ends(1, &["archive", "eliminate", "--list", &list, "--why", "visa AD 39, 2037-114"]);
    let said = text(&done.stdout);
    assert!(
        said.contains("1 dossier(s) éliminé(s)") && said.contains("délai de conservation n'est pas passé"),
        "{said}"
    );

    let verified = home.json(&["journal", "verify", "--head", &head])[0].clone();
    assert_eq!(verified["verified"], true, "{verified}");
    let health = home.json(&["store", "check"])[0].clone();
    assert_eq!((&health["healthy"], &health["eliminated"]), (&true.into(), &1.into()), "{health}");
    assert_eq!(home.counts().values().sum::<u64>(), 4, "the counts add up");
    let shown = home.json(&["status"]).into_iter().find(|line| line["file"] == "").unwrap();
    let shown = home.json(&["show", shown["id"].as_str().unwrap()])[0].clone();
    assert!(shown["retention"]["eliminated"]["list_sha256"].is_string(), "{shown}");

    let certificates = home.files("archives");
    assert_eq!(certificates.len(), 2, "{certificates:?}");
    let certificate = home.path().join("archives").join(&certificates[0]).display().to_string();
    let seal = home.path().join("archives").join(&certificates[1]).display().to_string();
    let trust = home.path().join("keys/seal.pem").display().to_string();
    home.ends(0, &["verify", &seal, "--content", &certificate, "--trust", &trust]);
    let again = home.ends(1, &["archive", "eliminate", "--list", &list, "--why", "again"]);
    assert!(text(&again.stdout).contains("déjà éliminé"), "{}", text(&again.stdout));
}

/// The bytes are overwritten in the file of the store, not only forgotten.
#[test]
fn what_is_eliminated_is_nowhere_in_the_file_of_the_store() {
    let home = Home::demo(NOWHERE);
    long_ago(&home, &["FA-11", "FA-12"]);
    let list = home.path().join("list.csv").display().to_string();
    home.ends(0, &["archive", "propose", "--out", &list]);
    assert!(stands_in_store(&home, NAME) && stands_in_store(&home, "FA-11"));
    home.ends(0, &["archive", "eliminate", "--list", &list, "--why", "visa"]);
    assert!(!stands_in_store(&home, NAME) && !stands_in_store(&home, "FA-11"));
}

#[test]
fn a_hold_by_filter_keeps_all_and_its_end_lets_them_go() {
    let home = Home::demo(NOWHERE);
    long_ago(&home, &["FA-11", "FA-12"]);
    let due = || home.json(&["archive", "propose"])[0]["due"].as_array().unwrap().len();
    assert_eq!(due(), 2);
    let held = home.json(&["archive", "hold", "--supplier", "introuvable", "--why", "contrôle"]);
    assert_eq!(held[0]["changed"].as_array().unwrap().len(), 2);
    assert_eq!(due(), 0);
    let output = home.ends(0, &["show", "FA-11"]);
    assert!(text(&output.stdout).contains("gelé : contrôle"), "{}", text(&output.stdout));
    let released = home.json(&["archive", "release", "--to", "31/12/2011", "--why", "fin du contrôle"]);
    assert_eq!(released[0]["changed"].as_array().unwrap().len(), 2);
    assert_eq!(due(), 2);
    home.ends(2, &["archive", "hold", "--why", "everything"]);
    home.ends(2, &["archive", "hold", "FA-404", "--why", "nobody"]);
    home.ends(2, &["archive", "hold", "--state", "gone", "--why", "no such state"]);
}

#[test]
fn what_is_no_list_eliminates_nothing() {
    let home = Home::demo(NOWHERE);
    long_ago(&home, &["FA-11"]);
    let list = home.beside("list.csv", b"id;name\n");
    let output = home.ends(2, &["archive", "eliminate", "--list", &list, "--why", "visa"]);
    assert!(text(&output.stderr).contains("n'est pas une liste d'élimination"), "{}", text(&output.stderr));
    home.ends(2, &["archive", "eliminate", "--list", "/nowhere", "--why", "visa"]);
    assert_eq!(home.json(&["store", "check"])[0]["eliminated"], 0);
}

#[test]
fn the_schedule_is_shown_with_its_sources_and_can_be_replaced() {
    let home = Home::demo(NOWHERE);
    let classes = home.json(&["archive", "schedule"]);
    let invoice = classes.iter().find(|class| class["class"] == "invoice").unwrap();
    assert_eq!(invoice["years"], 10);
    assert!(invoice["sources"][0].as_str().unwrap().contains("L. 123-22"));
    let own = "version = \"own\"\nvisa = \"-\"\n[[class]]\nname = \"invoice\"\nroles = []\nyears = 30\nsources = [\"x\"]\n\
        [[class]]\nname = \"journal_payload\"\nroles = []\nyears = 1\nsources = [\"x\"]\n";
    std::fs::write(home.path().join("own.toml"), own).unwrap();
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}\n[archive]\nschedule = \"own.toml\"\n")).unwrap();
    assert_eq!(home.json(&["archive", "schedule"])[0]["years"], 30);
    std::fs::write(home.path().join("own.toml"), "version = 1").unwrap();
    home.ends(2, &["archive", "schedule"]);
}
