//! Every UBL document of the corpus, and every hostile file of it.
//!
//! The corpus is not part of the repository: `FACTEUR_CORPUS`, else `../shared/corpus` beside the workspace; without
//! it these tests say so and pass.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{NOW, signer};
use facteur_sign::{SignError, seal_detached, sign_enveloped_ubl, verify};

fn files() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("no corpus at {}: left out", folder.display());
        return Vec::new();
    }
    let mut pending = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.metadata().is_ok_and(|metadata| metadata.len() < 2_000_000) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_ubl_document_is_signed_and_verified_or_refused_with_a_reason() {
    let (identity, trust) = signer();
    let (mut signed, mut refused) = (0_u32, 0_u32);
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        match sign_enveloped_ubl(&bytes, &identity, NOW) {
            Ok(document) => {
                signed += 1;
                let verification = verify(&document, None, &trust);
                assert!(verification.is_valid(), "{}: {verification:?}", path.display());
            }
            Err(
                SignError::Unreadable(_)
                | SignError::NotUbl { .. }
                | SignError::AlreadySigned { .. }
                | SignError::NoPlace(_),
            ) => refused += 1,
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    eprintln!("corpus: {signed} signed, {refused} refused");
    assert!(signed > 0 || refused == 0);
}

#[test]
fn nothing_in_the_corpus_is_valid_for_an_authority_of_ours() {
    let (identity, trust) = signer();
    let seal = seal_detached(b"x", "a.xml", "application/xml", &identity, NOW).unwrap();
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!verify(&bytes, Some(&bytes), &trust).is_valid(), "{}", path.display());
        assert!(!verify(&seal, Some(&bytes), &trust).is_valid(), "{}", path.display());
    }
}
