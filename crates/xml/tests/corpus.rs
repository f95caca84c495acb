//! Agreement with the recorded verdicts of the corpus on what is XML at all.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use facteur_xml::{Document, Limits, XmlErrorKind};

fn corpus() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or_else(default, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("left out: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Every XML file of the corpus: path, kind and `ref_xsd`.
fn rows(folder: &Path) -> Vec<(PathBuf, String, String)> {
    let mut rows = Vec::new();
    let mut sets: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sets.sort();
    for set in sets {
        let Ok(manifest) = std::fs::read_to_string(set.join("manifest.tsv")) else { continue };
        for line in manifest.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').collect();
            let path = set.join(columns[0]);
            let bytes = std::fs::read(&path).unwrap_or_default();
            if !bytes.windows(5).take(1024).any(|window| window == b"%PDF-") {
                rows.push((path, columns[2].to_owned(), columns[7].to_owned()));
            }
        }
    }
    rows
}

#[test]
fn every_file_is_read_or_refused_as_recorded() {
    let Some(folder) = corpus() else { return };
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let mut differences = Vec::new();
    for (path, kind, reference) in rows(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let outcome = Document::parse(&bytes, &Limits::default());
        let agrees = match reference.as_str() {
            "malformed" => outcome.is_err(),
            "dtd" => outcome.as_ref().is_err_and(|e| {
                matches!(e.kind, XmlErrorKind::Doctype | XmlErrorKind::Encoding | XmlErrorKind::Malformed)
            }),
            "valid" | "invalid" | "no-xsd" => outcome.is_ok(),
            _ => true,
        };
        *counts.entry(reference.clone()).or_default() += 1;
        if !agrees {
            let ours = outcome.map_or_else(|error| format!("{:?} {error}", error.kind), |_| "read".to_owned());
            differences.push(format!("{} ({kind}): reference {reference}, ours {ours}", path.display()));
        }
    }
    println!("{counts:?}");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
