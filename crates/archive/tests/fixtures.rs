//! The archives of `fixtures/`, each against what its README says of it.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use facteur_archive::{ArchiveError, ArchiveKind, Limits, Refusal, visit};

fn read(path: &str) -> (Vec<String>, Vec<Refusal>, Result<(), ArchiveError>) {
    let file = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)).unwrap();
    let (mut names, mut refusals) = (Vec::new(), Vec::new());
    let end = visit(file, ArchiveKind::Zip, &Limits::default(), |member| {
        match member {
            Ok(member) => names.push(member.name),
            Err(error) => refusals.push(error.refusal),
        }
        ControlFlow::Continue(())
    });
    (names, refusals, end.map(|_| ()))
}

#[test]
fn the_batch_of_the_inbox_holds_five_invoices() {
    let (names, refusals, end) = read("inbox/13-lot-de-cinq-factures.zip");
    assert_eq!((names.len(), refusals.len()), (5, 0));
    assert!(names.contains(&"lot-novembre/géomètres.xml".to_owned()));
    end.unwrap();
}

#[test]
fn a_bad_member_is_refused_and_the_good_one_comes_out() {
    for (file, refusal) in [
        ("zip-chemin-dangereux", Refusal::UnsafeName),
        ("zip-imbrique", Refusal::NestedArchive),
        ("zip-mot-de-passe", Refusal::Encrypted),
    ] {
        let (names, refusals, end) = read(&format!("bad/{file}.zip"));
        assert_eq!((names, refusals), (vec!["facture.xml".to_owned()], vec![refusal]), "{file}");
        end.unwrap();
    }
}

#[test]
fn a_truncated_archive_is_damaged() {
    assert!(matches!(read("bad/zip-tronque.zip").2, Err(ArchiveError::Damaged { .. })));
}
