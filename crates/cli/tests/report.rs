//! `facteur report`: what it prints and writes, and one line where it cannot.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{Home, fixture, text};

/// A home that speaks to nobody, with one document that cannot be read.
fn home() -> Home {
    let home = Home::demo("http://127.0.0.1:9");
    let path = home.path().join("brouillon.xml");
    fs::write(&path, fixture("bad/vide.xml")).unwrap();
    home.run(&["import", path.to_str().unwrap()]);
    fs::remove_file(path).unwrap();
    home
}

#[test]
fn a_report_prints_and_its_file_says_the_same() {
    let home = home();
    let json = home.json(&["report", "attente"]);
    assert_eq!((json.len(), &json[0]["report"]), (1, &"waiting".into()));
    let out = home.path().join("attente.csv");
    let written = home.run(&["report", "waiting", "-o", out.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
    assert!(written.stdout.is_empty());
    let csv = fs::read_to_string(&out).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains("brouillon.xml"), "{csv}");
}

#[test]
fn every_ending_chooses_its_format() {
    let home = home();
    for (ending, start) in [("xlsx", &b"PK"[..]), ("html", b"<!DOCTYPE html>"), ("json", b"{"), ("txt", b"Activit")] {
        let out = home.path().join(format!("activite.{ending}"));
        let written = home.run(&["report", "activite", "-o", out.to_str().unwrap()]);
        assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
        assert!(fs::read(&out).unwrap().starts_with(start), "{ending}");
    }
}

#[test]
fn what_cannot_be_answered_is_one_line_and_leaves_no_file() {
    let home = home();
    let out = home.path().join("rapport.html");
    let absent = home.path().join("absent/rapport.html");
    let cases: [&[&str]; 9] = [
        &["report", "tout"],
        &["report", "factures", "--state", "perdue"],
        &["report", "factures", "--group-by", "couleur"],
        &["report", "factures", "--from", "2026-02-30"],
        &["report", "factures", "--from", "2026-02-02", "--to", "2026-02-01"],
        &["report", "factures", "--min", "douze"],
        &["report", "delais", "--payer", "moi"],
        &["report", "audit", "absente"],
        &["report", "interets", "--rates", "absent.toml"],
    ];
    for case in cases {
        let output = home.command(case).args(["-o", out.to_str().unwrap()]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{case:?}: {said}");
        assert!(output.stdout.is_empty() && !out.exists(), "{case:?}");
    }
    let output = home.run(&["report", "jour", "-o", absent.to_str().unwrap()]);
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(2), 1));
    assert!(!absent.exists());
}

#[test]
fn the_formats_of_reports_are_not_those_of_other_commands() {
    let home = home();
    let output = home.run(&["status", "--format", "csv"]);
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(2), 1));
    let output = home.run(&["report", "factures", "--format", "xlsx"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}
