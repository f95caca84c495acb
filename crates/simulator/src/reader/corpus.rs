//! The reader on documents written by others: whatever they hold, it ends with an answer.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use super::{Syntax, read};

fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let path = std::env::var_os("FACTEUR_CORPUS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    path.is_dir().then_some(path)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut pending = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found
}

fn count(folder: &Path, extension: &str, syntax: Syntax) -> (usize, usize) {
    let (mut readable, mut refused) = (0, 0);
    for path in files(folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == extension)) {
        let bytes = std::fs::read(&path).unwrap();
        for member in read(syntax, "file", &bytes) {
            if member.document.is_ok() { readable += 1 } else { refused += 1 }
        }
    }
    (readable, refused)
}

#[test]
fn every_document_of_the_corpus_gets_an_answer() {
    let Some(corpus) = corpus() else {
        eprintln!("no corpus: left out");
        return;
    };
    let (facturx, _) = count(&corpus.join("fr-fnfe-facturx"), "pdf", Syntax::FacturX);
    assert!(facturx > 0, "no Factur-X of the corpus is readable");
    let (ubl, _) = count(&corpus.join("en16931-examples"), "xml", Syntax::Ubl);
    assert!(ubl > 0, "no UBL of the corpus is readable");
    for folder in ["xml-attack", "xml-w3c"] {
        let (readable, refused) = count(&corpus.join(folder), "xml", Syntax::Ubl);
        eprintln!("{folder}: {readable} readable, {refused} refused");
        assert_eq!(readable, 0, "{folder}");
    }
    let (readable, refused) = count(&corpus.join("pdf-torture"), "pdf", Syntax::FacturX);
    eprintln!("pdf-torture: {readable} readable, {refused} refused");
    assert!(readable + refused > 0);
}
