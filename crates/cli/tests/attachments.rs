//! `facteur attachments`: every file that an invoice carries, listed and written, and nothing else touched.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Home, facteur, text, workspace};
use serde_json::Value;

fn fixture(name: &str) -> String {
    workspace().join("fixtures").join(name).display().to_string()
}

fn attachments(arguments: &[&str]) -> std::process::Output {
    facteur().args(["--lang", "fr", "attachments"]).args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = attachments(&[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// The invoice with one file in its XML, under a name and with a content of somebody's choice.
fn with_file(folder: &Path, name: &str, content: &str) -> String {
    let whole = std::fs::read_to_string(fixture("ubl/invoice-full.xml")).unwrap();
    let start = whole.find("<cbc:EmbeddedDocumentBinaryObject").unwrap();
    let end = whole[start..].find("</cbc:EmbeddedDocumentBinaryObject>").unwrap() + start;
    let element = format!("<cbc:EmbeddedDocumentBinaryObject mimeCode=\"text/csv\" filename=\"{name}\">{content}");
    let path = folder.join("facture.xml");
    std::fs::write(&path, format!("{}{element}{}", &whole[..start], &whole[end..])).unwrap();
    path.display().to_string()
}

#[test]
fn files_of_the_pdf_and_of_the_xml_are_listed_with_their_digests() {
    let line = json(&[&fixture("pdf/avec-piece-jointe.pdf")]);
    assert_eq!(line["schema"], "facteur-attachments/1");
    let files = line["attachments"].as_array().unwrap();
    assert_eq!(files.len(), 2, "{line:#}");
    let invoice = files.iter().find(|file| file["invoice"] == true).unwrap();
    assert_eq!((&invoice["name"], &invoice["origin"]), (&"factur-x.xml".into(), &"pdf".into()));
    assert_eq!(invoice["sha256"].as_str().unwrap().len(), 64);
    let xml = json(&[&fixture("ubl/invoice-full.xml")]);
    let file = &xml["attachments"][0];
    assert_eq!((&file["origin"], &file["invoice"]), (&"xml".into(), &false.into()), "{xml:#}");
    assert!(file["size"].as_u64().unwrap() > 0 && file["reference"].is_string());
    let shown = text(&attachments(&[&fixture("ubl/invoice-full.xml")]).stdout);
    assert!(shown.contains("dans le XML (BT-125)") && shown.contains(file["sha256"].as_str().unwrap()), "{shown}");
    let none = attachments(&[&fixture("cii/invoice-a1.xml")]);
    assert_eq!(none.status.code(), Some(0));
    assert!(text(&none.stdout).contains("ne porte aucun fichier"));
}

#[test]
fn what_is_written_has_the_bytes_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("pieces");
    let target = out.display().to_string();
    let line = json(&[&fixture("pdf/avec-piece-jointe.pdf"), "--extract", &target]);
    for file in line["attachments"].as_array().unwrap() {
        let bytes = std::fs::read(file["written"].as_str().unwrap()).unwrap();
        assert_eq!(Some(bytes.len() as u64), file["size"].as_u64());
    }
    assert_eq!(names(&out).len(), 2);
    let again = attachments(&[&fixture("pdf/avec-piece-jointe.pdf"), "--extract", &target]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stdout));
    assert_eq!(names(&out).len(), 2);
}

#[test]
fn a_name_that_wants_to_leave_the_folder_stays_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_file(folder.path(), "../../../evade.csv", "YTtiCg==");
    let out = folder.path().join("pieces");
    let output = attachments(&[&file, "--extract", &out.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(out.join("evade.csv")).unwrap(), b"a;b\n");
    assert_eq!(names(folder.path()), ["facture.xml", "pieces"]);
}

#[test]
fn a_file_that_cannot_be_unpacked_is_said_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = with_file(folder.path(), "note.csv", "ceci n'est pas du base64");
    let out = folder.path().join("pieces");
    let output = attachments(&[&file, "--extract", &out.display().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("illisible"), "{}", text(&output.stderr));
    assert!(!out.join("note.csv").exists());
    for bad in ["bad/vide.xml", "bad/pas-un-pdf.pdf", "bad/autre-racine.xml", "bad/pdf-mot-de-passe.pdf"] {
        let output = attachments(&[&fixture(bad)]);
        assert_eq!(output.status.code(), Some(1), "{bad}: {}", text(&output.stdout));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{bad}");
    }
    assert_eq!(attachments(&["nulle-part.pdf"]).status.code(), Some(2));
}

#[test]
fn an_invoice_of_the_store_gives_its_files_by_its_number() {
    let home = Home::demo("http://127.0.0.1:9");
    home.run(&["import", &fixture("inbox/05-factur-x-en16931-chauffage.pdf")]);
    let listed = home.run(&["status", "--format", "json"]);
    let number = text(&listed.stdout)
        .lines()
        .find_map(|line| serde_json::from_str::<Value>(line).ok()?["number"].as_str().map(str::to_owned))
        .unwrap();
    let shown = home.run(&["attachments", &number, "--lang", "fr"]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).contains("la facture elle-même"), "{}", text(&shown.stdout));
    let viewed = home.run(&["view", &number, "--lang", "fr"]);
    assert!(text(&viewed.stdout).contains("Fichiers joints"), "{}", text(&viewed.stdout));
}
