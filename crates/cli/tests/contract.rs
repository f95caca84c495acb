//! The contract for scripts: the shapes of what is printed for programs, exit statuses, languages, and what goes to
//! standard output and what to standard error.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::process::Output;

use common::{Gateway, Home, facteur, fixture, invoice, packs, text, workspace};
use serde_json::Value;

/// Nobody listens there: what must not speak to a gateway cannot, and what must says so.
const NOBODY: &str = "http://127.0.0.1:9";

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn set<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    names.iter().copied().collect()
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn fixture_path(name: &str) -> String {
    workspace().join("fixtures").join(name).display().to_string()
}

#[test]
fn check_prints_one_object_a_line_of_the_shape_that_is_written_down() {
    let Some(packs) = packs() else { return };
    let files = ["ubl/invoice-a1.xml", "inbox/08-xml-hors-schema-imprimerie.xml", "bad/vide.xml", "cii/invoice-a1.xml"];
    let paths = files.map(fixture_path);
    let mut command = facteur();
    command.args(["check", "--format", "json", "--packs"]).arg(packs).args(&paths).arg("/nowhere/at-all.xml");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), files.len() + 1, "a file that does not exist has its line too");
    for line in &lines {
        assert_eq!(keys(line), set(&["schema", "file", "sha256", "kind", "profile", "verdict", "layers", "findings"]));
        assert_eq!(line["schema"], "facteur-check/1");
        let kinds = ["ubl-invoice", "ubl-creditnote", "cii", "factur-x", "pdf", "unknown"];
        assert!(kinds.contains(&line["kind"].as_str().unwrap()), "{line}");
        assert!(["valid", "invalid", "unreadable", "not_checked"].contains(&line["verdict"].as_str().unwrap()));
        for layer in line["layers"].as_array().unwrap() {
            assert_eq!(keys(layer), set(&["layer", "artefact", "status", "micros"]));
            let status = layer["status"].as_str().unwrap();
            assert!(["passed", "failed", "skipped", "not_evaluable"].contains(&status), "{layer}");
        }
        for finding in line["findings"].as_array().unwrap() {
            let wanted = [
                "layer",
                "rule",
                "key",
                "severity",
                "evaluated",
                "term",
                "path",
                "line",
                "found",
                "expected",
                "message",
                "advice",
                "actor",
                "official",
            ];
            assert_eq!(keys(finding), set(&wanted));
            assert!(["fatal", "warning"].contains(&finding["severity"].as_str().unwrap()));
            assert!(finding["evaluated"].is_boolean());
            assert!(!finding["message"].as_str().unwrap().is_empty());
        }
    }
    let verdicts: Vec<&str> = lines.iter().map(|line| line["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["valid", "invalid", "unreadable", "valid", "unreadable"]);
    assert_eq!(lines[0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(lines[0]["profile"], "urn:cen.eu:en16931:2017");
}

#[test]
fn layers_that_are_named_run_exactly_and_alone() {
    let Some(packs) = packs() else { return };
    let run = |layers: &str| {
        let mut command = facteur();
        command.args(["check", "--format", "json", "--layers", layers, "--packs"]).arg(&packs);
        command.arg(fixture_path("inbox/10-profil-inconnu-electricite.xml")).output().unwrap()
    };
    let output = run("xsd");
    assert_eq!(output.status.code(), Some(0), "whatever BT-24 says, the schema of the root is what was asked for");
    let line = &lines(&output)[0];
    let ran: BTreeSet<&str> = line["layers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|layer| layer["status"] != "skipped")
        .map(|layer| layer["layer"].as_str().unwrap())
        .collect();
    assert!(ran.is_subset(&set(&["syntax", "xsd"])), "{ran:?}");
    assert_eq!(run("xsd,bogus").status.code(), Some(2));
}

#[test]
fn status_summary_show_and_the_other_lines_have_their_shapes() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    assert_eq!(home.json(&["status"]), [Value::Null; 0]);
    assert_eq!(home.json(&["status", "--summary"]), [serde_json::json!({"received": 0, "by_state": {}})]);
    let id = home.import("une.xml", &invoice("C-1"));
    home.import("copie.xml", &invoice("C-1"));
    home.import("illisible.xml", b"<Invoice");
    let wanted = [
        "schema",
        "id",
        "version",
        "file",
        "sha256",
        "sent_sha256",
        "kind",
        "supplier",
        "number",
        "issued",
        "total",
        "currency",
        "state",
        "since",
        "gateway",
        "flow",
        "flow_state",
        "invoice_state",
        "reason",
        "attempts",
        "duplicate_of",
    ];
    let status = home.json(&["status"]);
    assert_eq!(status.len(), 3);
    for line in &status {
        assert_eq!(keys(line), set(&wanted));
        assert_eq!(line["schema"], "facteur-status/1");
    }
    assert_eq!(status[0]["total"], "1944.00");
    assert_eq!(status[0]["issued"], "2026-11-16");
    assert_eq!(status[1]["duplicate_of"], id.as_str());
    let summary = &home.json(&["status", "--summary"])[0];
    assert_eq!(keys(summary), set(&["received", "by_state"]));
    assert_eq!(summary.to_string(), r#"{"by_state":{"duplicate":1,"quarantined":1,"queued":1},"received":3}"#);

    let number = |filter: &[&str]| home.json(&[&["status"], filter].concat()).len();
    assert_eq!(number(&["--state", "queued,duplicate"]), 2);
    assert_eq!(number(&["--number", "C-1"]), 1);
    assert_eq!(number(&["--supplier", "Trois Sapins"]), 1);
    assert_eq!(number(&["--supplier", "99980123600012"]), 1);
    assert_eq!(number(&["--flow", "CPPNOWHERE"]), 0);
    assert_eq!(number(&["--limit", "2"]), 2);

    let shown = &home.json(&["show", &id])[0];
    assert!(keys(shown).is_superset(&set(&["findings", "deliveries", "gateway_events", "journal"])));
    assert_eq!(shown["schema"], "facteur-show/1");
    let journal = &home.json(&["journal", "verify"])[0];
    assert_eq!(journal["verified"], true);
    let head = journal["head"].as_str().unwrap();
    assert!(home.run(&["journal", "verify", "--head", head]).status.success());
    assert_eq!(home.json(&["store", "check"])[0]["healthy"], true);
    assert_eq!(home.json(&["import"])[0]["schema"], "facteur-import/1");
    assert!(home.json(&["packs", "list"]).iter().all(|line| line["schema"] == "facteur-pack/1"));
    assert!(home.json(&["packs", "verify"]).iter().all(|line| line["problem"].is_null()));
}

#[test]
fn a_signature_is_made_verified_and_refused_after_one_byte() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let file = home.beside("facture.xml", &invoice("V-1"));
    let out = file.replace("facture.xml", "signee.xml");
    home.ends(0, &["sign", &file, "-o", &out]);
    home.ends(2, &["sign", &file, "-o", &out]);
    let line = &home.json(&["verify", &out])[0];
    assert!(keys(line).is_superset(&set(&["schema", "file", "verdict", "parts"])));
    assert_eq!((line["schema"].as_str(), line["verdict"].as_str()), (Some("facteur-verify/1"), Some("valid")));
    home.ends(0, &["verify", &out]);
    let altered = text(&std::fs::read(&out).unwrap()).replacen("40 euros", "49 euros", 1);
    let altered = home.beside("alteree.xml", altered.as_bytes());
    let output = home.ends(1, &["verify", &altered, "--format", "json"]);
    assert_eq!(lines(&output)[0]["verdict"], "invalid");

    let seal = file.replace("facture.xml", "facture.xml.xades");
    home.ends(0, &["sign", "--detached", &file, "-o", &seal]);
    home.ends(0, &["verify", &seal]);
    home.ends(0, &["verify", &seal, "--content", &file]);
    home.ends(1, &["verify", &seal, "--content", &altered]);
    home.ends(1, &["verify", &file]);
    home.ends(2, &["verify", "/nowhere.xml"]);
}

#[test]
fn exit_statuses_say_good_refused_or_impossible() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let good = home.beside("bonne.xml", &invoice("E-1"));
    let bad = home.beside("mauvaise.xml", b"<Invoice");
    home.ends(0, &["check", &good]);
    home.ends(1, &["check", &good, &bad]);
    home.ends(1, &["check", "/nowhere.xml"]);
    home.ends(2, &["check"]);
    home.ends(2, &["check", "--layers", "nothing", &good]);
    home.ends(2, &["check", "--context", "nothing", &good]);
    home.ends(0, &["import", &good]);
    home.ends(1, &["import", &bad]);
    home.ends(1, &["import", "/nowhere.xml"]);
    home.ends(0, &["import"]);
    home.ends(0, &["status"]);
    home.ends(0, &["status", "--summary"]);
    home.ends(2, &["status", "--state", "nothing"]);
    home.ends(0, &["send", "--dry-run"]);
    assert_eq!(gateway.ledger().len(), 0);
    home.ends(0, &["send", "E-1"]);
    home.ends(2, &["send", "E-1"]);
    home.ends(2, &["send", "NOBODY"]);
    home.ends(0, &["follow", "--wait", "30"]);
    home.ends(0, &["follow"]);
    home.ends(0, &["follow", "E-1"]);
    home.ends(2, &["follow", "NOBODY"]);
    home.ends(0, &["run"]);
    home.ends(0, &["show", "E-1"]);
    home.ends(2, &["show", "NOBODY"]);
    for verb in ["retry", "hold", "release", "abandon"] {
        home.ends(2, &[verb, "E-1"]);
        home.ends(2, &[verb, "NOBODY"]);
        home.ends(2, &[verb]);
    }
    home.ends(2, &["correct", "E-1", &good]);
    home.ends(2, &["correct", "NOBODY", &good]);
    home.ends(0, &["journal", "verify"]);
    home.ends(2, &["journal", "verify", "--head", "nonsense"]);
    home.ends(0, &["store", "check"]);
    let copy = home.path().join("copie.db").display().to_string();
    home.ends(0, &["store", "backup", &copy]);
    home.ends(2, &["store", "backup", &copy]);
    home.ends(0, &["packs", "list"]);
    home.ends(0, &["packs", "verify"]);
    home.ends(2, &["packs", "add", "/nowhere.whl"]);
    home.ends(0, &["doctor"]);
    home.ends(2, &["bogus"]);
    let init = |arguments: &[&str]| facteur().arg("init").args(arguments).output().unwrap().status.code();
    assert_eq!(init(&["--demo", home.path().to_str().unwrap()]), Some(2), "a home is never made over");
    let new = home.path().join("autre").display().to_string();
    assert_eq!(init(&[&new]), Some(2));
    assert_eq!(init(&[&new, "--siret", "123", "--name", "X", "--role", "issuer"]), Some(2));
    assert_eq!(init(&[&new, "--demo", "--gateway", "https://example.invalid"]), Some(2));
    assert!(!std::path::Path::new(&new).exists(), "what is refused makes nothing");
    assert_eq!(init(&[&new, "--siret", "40483304800022", "--name", "X", "--role", "issuer"]), Some(0));
}

#[test]
fn several_hands_are_laid_even_when_one_cannot() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let (one, two) = (home.import("a.xml", &invoice("M-1")), home.import("b.xml", &invoice("M-2")));
    let output = home.ends(1, &["hold", &one, "NOBODY", &two, "--why", "tri"]);
    assert!(text(&output.stderr).contains("NOBODY"));
    assert_eq!(home.counts()["held"], 2);
}

#[test]
fn the_language_is_the_one_named_then_that_of_the_locale() {
    let said = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = facteur();
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let status = ["status", "--home", "/nowhere/at/all"];
    let french = |said: String| said.contains("n'est pas une installation") && said.starts_with("erreur :");
    let english = |said: String| said.contains("is not a") && said.starts_with("error:");
    assert!(french(said(&[], &status)), "the first language is French");
    assert!(french(said(&[("LANG", "fr_FR.UTF-8")], &status)));
    assert!(french(said(&[("LC_ALL", "fr_BE.UTF-8"), ("LANG", "en_US.UTF-8")], &status)));
    assert!(french(said(&[("LC_ALL", ""), ("LANG", "fr_FR.UTF-8")], &status)));
    assert!(english(said(&[("LANG", "en_GB.UTF-8")], &status)));
    assert!(english(said(&[("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "fr_FR.UTF-8")], &status)));
    assert!(english(said(&[("LANG", "fr_FR.UTF-8")], &["--lang", "en", "status", "--home", "/nowhere"])));
    assert!(english(said(&[("LANG", "fr_FR.UTF-8")], &["status", "--lang=en", "--home", "/nowhere"])));
    assert!(french(said(&[("LANG", "en_US.UTF-8")], &["status", "--lang", "fr", "--home", "/nowhere"])));
}

#[test]
fn both_languages_say_the_same_things() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.import("une.xml", &invoice("L-1"));
    let french = home.ends(0, &["status"]);
    let english = home.ends(0, &["status", "--lang", "en"]);
    assert!(text(&french.stdout).contains("prête à déposer") && text(&english.stdout).contains("ready to deposit"));
    assert!(text(&french.stdout).contains("1\u{202f}944,00 €") && text(&english.stdout).contains("1,944.00 €"));
    assert_eq!(home.json(&["status"]), home.json(&["status", "--lang", "en"]), "programs read no language");
}

#[test]
fn every_command_explains_itself_in_both_languages() {
    let commands = [
        "",
        "init",
        "import",
        "check",
        "send",
        "follow",
        "run",
        "status",
        "show",
        "sign",
        "verify",
        "retry",
        "hold",
        "release",
        "abandon",
        "correct",
        "journal",
        "journal verify",
        "store",
        "store check",
        "store backup",
        "packs",
        "packs add",
        "packs list",
        "packs verify",
        "doctor",
    ];
    for command in commands {
        let help = |language: &str| {
            let words = command.split(' ').filter(|word| !word.is_empty());
            let output = facteur().args(words).args(["--help", "--lang", language]).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{command}: {}", text(&output.stderr));
            assert!(output.stderr.is_empty());
            text(&output.stdout)
        };
        let (french, english) = (help("fr"), help("en"));
        assert!(english.contains("Usage: facteur") && french.contains("Usage : facteur"), "{french}");
        for word in ["Print ", "Folder", "Identity", "Possible values", "Options:"] {
            assert!(!french.contains(word), "{command}: {word} in\n{french}");
        }
        assert_ne!(french.lines().next(), english.lines().next(), "{command}");
    }
}

#[test]
fn data_goes_to_standard_output_and_talk_to_standard_error() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.drop_in("a.xml", &invoice("O-1"));
    home.drop_in("b.pdf", &fixture("inbox/06-pdf-simple-taxi.pdf"));
    let commands: [&[&str]; 11] = [
        &["import"],
        &["send"],
        &["follow", "--wait", "30"],
        &["run"],
        &["status"],
        &["status", "--summary"],
        &["show", "O-1"],
        &["journal", "verify"],
        &["store", "check"],
        &["doctor"],
        &["packs", "list"],
    ];
    for arguments in commands {
        let output = home.command(arguments).args(["--format", "json"]).output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {}", text(&output.stderr));
        let lines = lines(&output);
        assert!(!lines.is_empty() && lines.iter().all(Value::is_object), "{arguments:?}");
        assert!(!text(&output.stderr).contains("{\""), "{arguments:?}: {}", text(&output.stderr));
    }
    for arguments in [&["show", "NOBODY"][..], &["send", "NOBODY"], &["retry", "O-1"], &["store", "backup", "/"]] {
        let output = home.ends(2, arguments);
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
        assert!(text(&output.stderr).starts_with("erreur : "), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("Err("), "{}", text(&output.stderr));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.import("une.xml", &invoice("G-1"));
    for arguments in [&["status"][..], &["check", "--help"], &["show", "G-1"], &["bogus"], &["import"]] {
        let mut child = home
            .command(arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        let status = child.wait().unwrap();
        assert!(status.code().is_some_and(|code| code <= 2), "{arguments:?}: {status}");
    }
}
