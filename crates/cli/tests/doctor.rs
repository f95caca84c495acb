//! `facteur doctor`: what is wrong with an installation is named, with what to do, and nothing else is.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Gateway, Home, facteur, invoice, packs, text};
use serde_json::Value;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

/// The points by subject: grade and sentence; the exit status must agree with them.
fn examined(home: &Home) -> BTreeMap<String, (String, String)> {
    let output = home.run(&["doctor", "--format", "json"]);
    let points: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong = points.iter().any(|point| point["grade"] == "wrong");
    assert_eq!(output.status.code(), Some(i32::from(wrong)), "{points:#?}");
    let word = |point: &Value, name: &str| point[name].as_str().unwrap().to_owned();
    assert!(points.iter().all(|point| point["schema"] == "facteur-doctor/1" && !word(point, "message").contains('{')));
    points.iter().map(|point| (word(point, "subject"), (word(point, "grade"), word(point, "message")))).collect()
}

/// The one point that is wrong, with its sentence.
fn the_only_wrong(home: &Home) -> (String, String) {
    let points = examined(home);
    let mut wrong = points.into_iter().filter(|(_, (grade, _))| grade == "wrong");
    let (subject, (_, message)) = wrong.next().expect("something is wrong");
    assert!(wrong.next().is_none(), "only {subject} is wrong");
    (subject, message)
}

#[test]
fn a_fresh_demonstration_is_sound_and_says_that_it_is_one() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let points = examined(&home);
    let subjects: Vec<&str> = points.keys().map(String::as_str).collect();
    let wanted = ["clock", "configuration", "disk", "gateway", "inbox", "nightly", "packs", "role", "seal", "store"];
    assert_eq!(subjects, wanted);
    assert!(points["seal"].1.contains("sans valeur"), "{:?}", points["seal"]);
    assert!(points["gateway"].1.contains(&gateway.url));
    let people = text(&home.ends(0, &["doctor"]).stdout);
    assert!(people.ends_with("Tout est en ordre.\n"), "{people}");
    assert!(text(&home.ends(0, &["doctor", "--lang", "en"]).stdout).ends_with("Everything is in order.\n"));
    assert_eq!(gateway.ledger().len(), 0, "looking sends nothing");
    assert_eq!(home.json(&["status"]).len(), 0, "and records no invoice");
}

#[test]
fn without_a_gateway_only_the_gateway_is_wrong() {
    if packs().is_none() {
        return;
    }
    let (subject, message) = the_only_wrong(&Home::demo(NOBODY));
    assert_eq!(subject, "gateway");
    assert!(message.contains("ne répond pas"), "{message}");
}

#[test]
fn a_gateway_that_refuses_the_account_is_told_from_one_that_is_away() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    fs::write(home.path().join("keys/chorus-pro-password"), "un-autre-mot-de-passe").unwrap();
    let (subject, message) = the_only_wrong(&home);
    assert_eq!(subject, "gateway");
    assert!(message.contains("compte technique") && !message.contains("un-autre-mot-de-passe"), "{message}");
    fs::set_permissions(home.path().join("keys/piste-client-id"), fs::Permissions::from_mode(0o604)).unwrap();
    let (subject, message) = the_only_wrong(&home);
    assert!(subject == "gateway" && message.contains("piste-client-id"), "{message}");
}

#[test]
fn missing_and_altered_packs_are_told() {
    let Some(packs) = packs() else { return };
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let mine = home.path().join("packs");
    let doctor = || {
        let mut command = facteur();
        command.args(["doctor", "--home"]).arg(home.path()).arg("--packs").arg(&mine).output().unwrap()
    };
    let output = doctor();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("facteur packs add"), "{}", text(&output.stdout));

    copy(&packs, &mine);
    assert_eq!(doctor().status.code(), Some(0), "{}", text(&doctor().stdout));
    let victim = first_schema(&mine.join("UBL-Invoice"));
    let mut bytes = fs::read(&victim).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&victim, bytes).unwrap();
    let output = doctor();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("UBL-Invoice"), "{}", text(&output.stdout));
    let mut verify = facteur();
    let output = verify.args(["packs", "verify", "--packs"]).arg(&mine).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("ALTÉRÉ"), "{}", text(&output.stdout));
    // An altered schema is not used: what it would have judged is not called valid.
    let file = home.beside("f.xml", &invoice("PACK-1"));
    let mut check = facteur();
    let output = check.args(["check", "--format", "json", "--layers", "xsd", &file, "--packs"]).arg(&mine);
    let output = output.output().unwrap();
    assert!(!text(&output.stdout).contains(r#""verdict":"valid""#), "{}", text(&output.stdout));
    assert_ne!(output.status.code(), Some(0));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn first_schema(folder: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let file = entries.iter().find(|path| path.extension().is_some_and(|extension| extension == "xsd"));
    file.cloned().unwrap_or_else(|| first_schema(entries.iter().find(|path| path.is_dir()).unwrap()))
}

/// A certificate for a key, made by OpenSSL's own command; `None` where it is not installed.
fn certificate(home: &Home, days: &str) -> Option<()> {
    let keys = home.path().join("keys");
    let run = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).current_dir(&keys).output();
        made.ok().filter(|output| output.status.success()).map(|_| ())
    };
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("left out: the openssl command is not installed");
        return None;
    }
    fs::write(keys.join("usage.cnf"), "keyUsage=critical,digitalSignature,nonRepudiation\n").unwrap();
    run(&["req", "-new", "-key", "seal.key", "-subj", "/CN=Cachet de Valbrume", "-out", "seal.csr"]).unwrap();
    run(&[
        "x509",
        "-req",
        "-in",
        "seal.csr",
        "-signkey",
        "seal.key",
        "-days",
        days,
        "-extfile",
        "usage.cnf",
        "-out",
        "seal.pem",
    ])
    .unwrap();
    Some(())
}

#[test]
fn a_seal_that_cannot_be_used_is_told_and_holds_invoices_back() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let key = home.path().join("keys/seal.key");
    let certificate_file = home.path().join("keys/seal.pem");
    let own = fs::read(&certificate_file).unwrap();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (subject, message) = the_only_wrong(&home);
    assert!(subject == "seal" && message.contains("seal.key") && message.contains("644"), "{message}");
    home.import("ouverte.xml", &invoice("SEAL-1"));
    assert_eq!(home.line("ouverte.xml")["state"], "held");
    let held = home.line("ouverte.xml");
    assert_eq!(
        (&held["reason"]["code"], &held["reason"]["args"]["rule"]),
        (&"SEAL-FAILED".into(), &"SIGN-KEY-FILE-PERMISSIONS".into())
    );
    let shown = text(&home.run(&["show", "SEAL-1", "--lang", "fr"]).stdout);
    assert!(shown.contains("droits sur le fichier de la clé privée"), "in French: {shown}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    home.ends(0, &["release", "SEAL-1"]);
    assert_eq!(home.state("ouverte.xml"), "queued");

    let other = Home::demo(&gateway.url);
    fs::copy(other.path().join("keys/seal.pem"), &certificate_file).unwrap();
    assert_eq!(the_only_wrong(&home).0, "seal", "the key of another certificate");
    fs::write(&certificate_file, "pas un certificat").unwrap();
    assert_eq!(the_only_wrong(&home).0, "seal");
    fs::remove_file(&certificate_file).unwrap();
    assert_eq!(the_only_wrong(&home).0, "seal");
    fs::write(&certificate_file, own).unwrap();

    if certificate(&home, "-1").is_some() {
        let (subject, message) = the_only_wrong(&home);
        assert!(subject == "seal" && message.contains("expired"), "{message}");
        home.import("perimee.xml", &invoice("SEAL-2"));
        assert_eq!(home.line("perimee.xml")["reason"]["code"], "SEAL-FAILED");
        certificate(&home, "10").unwrap();
        let points = examined(&home);
        assert_eq!(points["seal"].0, "warning", "{:?}", points["seal"]);
        assert!(points["seal"].1.contains("expire"), "{:?}", points["seal"]);
    }
}

#[test]
fn folders_that_are_gone_and_a_store_that_cannot_be_opened_are_told() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    fs::remove_dir(home.path().join("done")).unwrap();
    let (subject, message) = the_only_wrong(&home);
    assert!(subject == "inbox" && message.contains("done"), "{message}");
    fs::write(home.path().join("done"), "un fichier").unwrap();
    assert_eq!(the_only_wrong(&home).0, "inbox");
    fs::remove_file(home.path().join("done")).unwrap();
    fs::create_dir(home.path().join("done")).unwrap();
    for leftover in ["facteur.db-wal", "facteur.db-shm"] {
        let _ = fs::remove_file(home.path().join(leftover));
    }
    fs::write(home.path().join("facteur.db"), "ceci n'est pas une base".repeat(100)).unwrap();
    let output = home.run(&["doctor", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(r#""subject":"store""#), "{}", text(&output.stdout));
}
