//! Where the store is: in a file or on a server, moved from one to the other, and what is said when it cannot be used.
//! `FACTEUR_MOVE` sets how many invoices are moved; a small number runs always.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/cluster/mod.rs"]
mod cluster;
mod common;

use common::{Home, invoice, text};
use serde_json::Value;

const NO_GATEWAY: &str = "http://127.0.0.1:9";

fn filled(invoices: usize) -> Home {
    let home = Home::demo(NO_GATEWAY);
    for index in 0..invoices {
        home.drop_in(&format!("f-{index:05}.xml"), &invoice(&format!("M-{index:05}")));
    }
    let output = home.run(&["import"]);
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    home
}

fn new_database() -> String {
    cluster::shared().url(&cluster::shared().new_database())
}

fn head(home: &Home) -> String {
    let output = home.ends(0, &["journal", "verify"]);
    let shown = text(&output.stdout);
    shown.split_whitespace().find(|word| word.contains(':') && word.len() > 64).unwrap().to_owned()
}

fn moved(home: &Home, url: &str) -> Value {
    home.json(&["store", "move", "--to", url]).remove(0)
}

#[test]
fn a_store_moves_to_a_server_and_back_without_losing_a_line() {
    let invoices = std::env::var("FACTEUR_MOVE").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let home = filled(invoices);
    let (before, counts) = (head(&home), home.counts());
    let there = moved(&home, &new_database());
    println!("{there}");
    assert_eq!((there["head"].as_str(), there["invoices"].as_u64()), (Some(before.as_str()), Some(invoices as u64)));
    assert!(!home.path().join("facteur.db").exists() && home.path().join("facteur.db.moved").exists());
    assert_eq!((head(&home), home.counts()), (before.clone(), counts.clone()));
    home.ends(0, &["store", "check"]);
    let back = moved(&home, "sqlite:retour.db");
    println!("{back}");
    assert_eq!(back["head"].as_str(), Some(before.as_str()));
    assert_eq!((head(&home), home.counts()), (before, counts));
    home.drop_in("une-de-plus.xml", &invoice("M-PLUS"));
    home.run(&["import"]);
    home.ends(0, &["store", "check"]);
}

/// Killed at any step, the old store or the new one is the one in use and whole; the same command then finishes.
#[test]
fn a_move_that_is_killed_is_finished_by_the_next() {
    for place in ["copy.page:5", "copy.before_commit", "copy.after_commit", "move.configured"] {
        let (home, url) = (filled(3), new_database());
        let before = head(&home);
        let mut command = home.command(&["store", "move", "--to", &url]);
        let killed = command.env("FACTEUR_KILL_AT", place).output().unwrap();
        assert_eq!(killed.status.code(), None, "{place}: {}", text(&killed.stderr));
        assert_eq!(head(&home), before, "{place}");
        if place != "move.configured" {
            assert_eq!(moved(&home, &url)["head"].as_str(), Some(before.as_str()), "{place}");
        }
        assert_eq!(head(&home), before, "{place}");
        home.drop_in("apres.xml", &invoice("M-APRES"));
        home.run(&["import"]);
        assert_eq!(home.counts().values().sum::<u64>(), 4, "{place}");
        home.ends(0, &["store", "check"]);
    }
}

#[test]
fn a_backup_of_a_server_comes_back_into_another_home() {
    let home = Home::demo(NO_GATEWAY);
    home.keep_in(&new_database());
    home.drop_in("a.xml", &invoice("B-1"));
    home.run(&["import"]);
    let copy = home.path().join("copie.db").display().to_string();
    home.ends(0, &["store", "backup", &copy]);
    home.ends(2, &["store", "backup", &copy]);
    let other = Home::demo(NO_GATEWAY);
    other.ends(0, &["store", "restore", &copy]);
    assert_eq!((head(&other), other.counts()), (head(&home), home.counts()));
    other.ends(2, &["store", "restore", &copy]);
    other.ends(0, &["store", "check"]);
}

/// One line that says what and what to do, exit status 2; `doctor` says the same before the night.
#[test]
fn a_store_that_cannot_be_used_is_said_in_one_line() {
    let (cluster, database) = (cluster::shared(), cluster::shared().new_database());
    cluster.psql(
        &database,
        "CREATE TABLE schema_version (number BIGINT NOT NULL); INSERT INTO schema_version VALUES (900)",
    );
    let cases = [
        ("mysql://base/facteur".to_owned(), "ni PostgreSQL"),
        ("postgres://marie:s3cret@base/facteur".to_owned(), "contient un mot de passe"),
        ("postgres://marie@base/facteur?sslmod=disable".to_owned(), "paramètre inconnu, « sslmod »"),
        ("postgres://marie@192.0.2.1/facteur?sslmode=disable".to_owned(), "certificat doit être vérifié"),
        ("postgres://marie@127.0.0.1:1/facteur".to_owned(), "Pas de liaison avec le serveur"),
        (cluster.url("absente"), "n'a pas cette base"),
        (cluster.url_of("inconnu", &database), "refuse le compte"),
        (cluster.url(&database), "version plus récente (schéma 900"),
    ];
    for (url, said) in cases {
        let home = Home::demo(NO_GATEWAY);
        home.keep_in(&url);
        let spoken = |output: &std::process::Output| {
            let whole = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!whole.contains("s3cret"), "{whole}");
            whole
        };
        let status = home.ends(2, &["status"]);
        assert!(spoken(&status).contains(said), "{url}: {}", spoken(&status));
        let doctor = home.run(&["doctor", "--format", "json"]);
        assert!(!text(&doctor.stdout).contains("s3cret"));
        assert!(
            text(&doctor.stdout).contains(said) && doctor.status.code() == Some(1),
            "{url}: {}",
            text(&doctor.stdout)
        );
        assert!(!home.path().join("facteur.db").exists(), "no other store was begun");
    }
}

/// Two legal persons never share a store: neither sees, sends or keeps what is the other's, and credentials that are
/// refused to one stop nothing of the other.
#[test]
fn a_store_serves_one_legal_person() {
    for url in [new_database(), format!("sqlite:{}", tempfile::tempdir().unwrap().path().join("s.db").display())] {
        if let Some(path) = url.strip_prefix("sqlite:") {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        }
        let (ours, theirs) = (Home::demo(NO_GATEWAY), Home::demo(NO_GATEWAY));
        ours.keep_in(&url);
        theirs.set("siren = \"404833048\"", "siren = \"552049447\"");
        theirs.keep_in(&url);
        // Nothing is in it yet: a SIREN that was wrong can still be corrected.
        theirs.ends(0, &["status"]);
        ours.import("a.xml", &invoice("P-1"));
        for command in [&["status"][..], &["work", "--until-idle"], &["send"], &["import"]] {
            let told = text(&theirs.ends(2, command).stderr).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains("une autre personne morale") && told.contains("404833048"), "{told}");
        }
        assert_eq!(ours.counts().values().sum::<u64>(), 1);
    }
}

#[test]
fn the_environment_names_a_store_before_the_configuration() {
    let (home, url) = (Home::demo(NO_GATEWAY), new_database());
    let output = home.command(&["store", "migrate", "--format", "json"]).env("FACTEUR_STORE", &url).output().unwrap();
    let line: Value = serde_json::from_str(text(&output.stdout).trim()).unwrap();
    assert_eq!(line["place"].as_str(), Some(url.as_str()));
    let refused = home.command(&["store", "move", "--to", "sqlite:x.db"]).env("FACTEUR_STORE", &url).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
