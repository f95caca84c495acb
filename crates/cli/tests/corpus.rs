//! `facteur check --layers xsd` against what libxml2 said of a corpus of real, broken and hostile documents.
//!
//! The corpus is not part of the repository: `FACTEUR_CORPUS`, else `../shared/corpus` beside the workspace; without
//! it these tests say so and pass.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{facteur, packs, text, workspace};
use serde_json::Value;

/// Folders in which nothing is a valid invoice: attacks on readers, the W3C's own tests, torn PDFs.
const HOSTILE: [&str; 3] = ["xml-attack", "xml-w3c", "pdf-torture"];

fn corpus() -> Option<PathBuf> {
    let beside = || workspace().join("../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("left out: no corpus (FACTEUR_CORPUS)");
    None
}

/// One row of a manifest.
struct Entry {
    path: PathBuf,
    folder: String,
    name: String,
    kind: String,
    reference: String,
    note: String,
}

/// Manifests are tab-separated without quoting; the first line names the columns.
fn entries(corpus: &Path) -> Vec<Entry> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().filter(|folder| folder.join("manifest.tsv").is_file()).flat_map(|folder| manifest(folder)).collect()
}

fn manifest(folder: &Path) -> Vec<Entry> {
    let whole = text(&std::fs::read(folder.join("manifest.tsv")).unwrap());
    let mut lines = whole.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).unwrap();
    let (file, kind, reference, other) = (column("file"), column("kind"), column("ref_xsd"), column("ref_other"));
    let rows = lines.filter(|line| !line.is_empty()).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| Entry {
        path: folder.join(row[file]),
        folder: folder.file_name().unwrap().to_string_lossy().into_owned(),
        name: row[file].to_owned(),
        kind: row[kind].to_owned(),
        reference: row[reference].to_owned(),
        note: row.get(other).copied().unwrap_or_default().to_owned(),
    })
    .filter(|entry| entry.path.is_file())
    .collect()
}

/// One process over everything that is asked; the answers by path.
fn check(packs: &Path, paths: &[&Path]) -> BTreeMap<PathBuf, Value> {
    let mut command = facteur();
    command.args(["check", "--format", "json", "--layers", "xsd", "--packs"]).arg(packs).args(paths);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), paths.len(), "one line for each file, whatever it holds");
    lines.into_iter().map(|line| (PathBuf::from(line["file"].as_str().unwrap()), line)).collect()
}

fn verdict(answer: &Value) -> &str {
    answer["verdict"].as_str().unwrap()
}

/// Whether a schema was there for the document's root: then the layer says passed or failed.
fn has_schema(answer: &Value) -> bool {
    let layers = answer["layers"].as_array().unwrap();
    layers.iter().any(|layer| layer["layer"] == "xsd" && layer["artefact"].is_string())
}

#[test]
fn verdicts_agree_with_the_reference_for_every_document_that_has_a_schema() {
    let (Some(packs), Some(corpus)) = (packs(), corpus()) else { return };
    let entries = entries(&corpus);
    let paths: Vec<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
    let answers = check(&packs, &paths);
    let mut agreed: BTreeMap<String, usize> = BTreeMap::new();
    let mut without_schema: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in entries.iter().filter(|entry| !HOSTILE.contains(&entry.folder.as_str())) {
        let answer = &answers[&entry.path];
        let wanted = match entry.reference.as_str() {
            "valid" | "invalid" if !has_schema(answer) => {
                *without_schema.entry(&entry.folder).or_default() += 1;
                assert_ne!(verdict(answer), "valid", "{}: valid by no schema", entry.name);
                continue;
            }
            "valid" => "valid",
            "invalid" => "invalid",
            "malformed" => "unreadable",
            _ => continue,
        };
        if verdict(answer) == wanted {
            let pdf = if entry.kind.contains("pdf") || entry.name.ends_with(".pdf") { "pdf" } else { "xml" };
            *agreed.entry(format!("{pdf} {wanted}")).or_default() += 1;
        } else {
            wrong.push(format!(
                "{}/{} [{}]: reference {} ({}), ours {} {}",
                entry.folder,
                entry.name,
                answer["kind"].as_str().unwrap(),
                entry.reference,
                entry.note.chars().take(120).collect::<String>(),
                verdict(answer),
                answer["findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|f| f["rule"].to_string())
                    .collect::<Vec<_>>()
                    .join(" ")
            ));
        }
    }
    println!("agreed: {agreed:?}; no schema for the root: {without_schema:?}; disagreed: {}", wrong.len());
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agreed.values().sum::<usize>() > 1000, "the corpus is smaller than it should be: {agreed:?}");
}

#[test]
fn nothing_hostile_is_ever_called_valid() {
    let (Some(packs), Some(corpus)) = (packs(), corpus()) else { return };
    let entries: Vec<Entry> = HOSTILE.iter().flat_map(|folder| manifest(&corpus.join(folder))).collect();
    let paths: Vec<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
    let answers = check(&packs, &paths);
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for entry in &entries {
        let said = verdict(&answers[&entry.path]);
        assert_ne!(said, "valid", "{}/{}", entry.folder, entry.name);
        *counts.entry((&entry.folder, said.to_owned())).or_default() += 1;
    }
    println!("{counts:?}");
}
