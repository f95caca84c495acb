//! Packs: only what a manifest names, with its digest, whole or not at all.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use facteur_validate::packs::{Manifest, Origin, PackError, Packs};

const FILES: [(&str, &str); 2] = [("a.xsd", "<a/>"), ("sub/b.xsd", "<b/>")];

fn manifest(folder: &Path, sha256: &str) -> Manifest {
    let text = format!(
        "format = 1\n[[distribution]]\nname = 'd'\nversion = '1'\nfile = 'd-1.whl'\nsha256 = '{zeros}'\nlicence = 'ours'\n\
         [[artefact]]\nfamily = 'OWN'\nversion = '1'\nkind = 'xsd'\nlayer = 'xsd'\ndistribution = 'd'\nfolder = 'own'\n\
         entry = 'a.xsd'\nfiles = ['a.xsd', 'sub/b.xsd']\nsha256 = '{sha256}'\nlicence = 'ours'\nroots = ['{{urn:own}}a']\n",
        zeros = "0".repeat(64),
    );
    let path = folder.join("manifest.toml");
    fs::write(&path, text).unwrap();
    Manifest::read(&path).unwrap()
}

fn source(folder: &Path) {
    for (name, content) in FILES {
        let path = folder.join("own").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The digest that a set is refused with is the right one.
fn true_digest(folder: &Path) -> String {
    let mut packs = Packs::open(folder.join("none")).unwrap();
    match packs.add_directory(folder, &manifest(folder, &"0".repeat(64))) {
        Err(PackError::Digest { found, .. }) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_built_in_manifest_is_sound() {
    let manifest = Manifest::built_in();
    assert_eq!(manifest.distributions.len(), 3);
    assert!(manifest.artefacts.len() >= 20);
    assert!(manifest.find("UBL-Invoice", "2.1").is_some());
}

#[test]
fn the_digest_of_a_set_is_that_of_the_list_that_sha256sum_prints() {
    let folder = tempfile::tempdir().unwrap();
    source(folder.path());
    assert_eq!(true_digest(folder.path()), "251d0b7222b90d131a22db0910d8fcdef6c533fdbd6bd7321d404c4e43859aec");
}

#[test]
fn a_set_of_an_administrator_is_installed_listed_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    source(folder.path());
    let manifest = manifest(folder.path(), &true_digest(folder.path()));
    let mut packs = Packs::open(folder.path().join("packs")).unwrap();
    assert!(packs.list().is_empty());
    let added = packs.add_directory(folder.path(), &manifest).unwrap();
    assert_eq!((added[0].label.as_str(), added[0].already), ("OWN@1", false));
    assert!(packs.add_directory(folder.path(), &manifest).unwrap()[0].already);
    let again = Packs::open(packs.directory()).unwrap();
    assert_eq!((again.list().len(), again.list()[0].origin), (1, Origin::Administrator));
    assert!(again.schema_of_root("{urn:own}a").is_some() && again.schema_of_root("{urn:own}b").is_none());
    assert_eq!(again.verify()[0].problem, None);

    fs::write(again.list()[0].file("sub/b.xsd"), "<changed/>").unwrap();
    assert!(again.verify()[0].problem.as_ref().unwrap().contains("sha256"));
    assert!(!packs.add_directory(folder.path(), &manifest).unwrap()[0].already, "a damaged artefact is replaced");
    assert_eq!(packs.verify()[0].problem, None);
}

#[test]
fn a_digest_that_differs_is_refused_and_nothing_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    source(folder.path());
    let manifest = manifest(folder.path(), &true_digest(folder.path()));
    fs::write(folder.path().join("own/a.xsd"), "<other/>").unwrap();
    let mut packs = Packs::open(folder.path().join("packs")).unwrap();
    assert!(matches!(packs.add_directory(folder.path(), &manifest), Err(PackError::Digest { .. })));
    fs::remove_file(folder.path().join("own/sub/b.xsd")).unwrap();
    assert!(matches!(packs.add_directory(folder.path(), &manifest), Err(PackError::Missing { .. })));
    assert!(packs.list().is_empty() && !packs.directory().exists());
}

#[test]
fn an_unknown_or_changed_wheel_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut packs = Packs::open(folder.path().join("packs")).unwrap();
    let stranger = folder.path().join("stranger.whl");
    fs::write(&stranger, "PK").unwrap();
    let refused = packs.add_wheel(&stranger, Manifest::built_in());
    assert!(matches!(refused, Err(PackError::UnknownDistribution { .. })));
    let changed = folder.path().join(&Manifest::built_in().distributions[0].file);
    fs::write(&changed, "PK").unwrap();
    assert!(matches!(packs.add_wheel(&changed, Manifest::built_in()), Err(PackError::Digest { .. })));
    let refused = packs.add_directory(folder.path(), Manifest::built_in());
    assert!(matches!(refused, Err(PackError::Digest { .. })));
    let nothing = tempfile::tempdir().unwrap();
    let refused = packs.add_directory(nothing.path(), Manifest::built_in());
    assert!(matches!(refused, Err(PackError::Nothing { .. })));
    assert!(!packs.directory().exists());
}

#[test]
fn a_manifest_cannot_name_files_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let good = "format = 1\n[[distribution]]\nname = 'd'\nversion = '1'\nfile = 'f'\nsha256 = 'ZERO'\nlicence = 'l'\n\
         [[artefact]]\nfamily = 'F'\nversion = '1'\nkind = 'xsd'\nlayer = 'xsd'\ndistribution = 'd'\nfolder = 'own'\n\
         entry = 'a'\nfiles = ['a']\nsha256 = 'ZERO'\nlicence = 'l'\nroots = []\n";
    let good = good.replace("ZERO", &"0".repeat(64));
    let path = folder.path().join("m.toml");
    let outcome = |text: &str| {
        fs::write(&path, text).unwrap();
        Manifest::read(&path).is_ok()
    };
    assert!(outcome(&good));
    for (from, to) in [
        ("files = ['a']", "files = ['a', '../b']"),
        ("files = ['a']", "files = ['a', '/etc/passwd']"),
        ("files = ['a']", "files = ['b']"),
        ("family = 'F'", "family = '..'"),
        ("version = '1'\nkind", "version = '1/2'\nkind"),
        ("folder = 'own'", "folder = '../own'"),
        ("format = 1", "format = 2"),
        ("distribution = 'd'", "distribution = 'e'"),
        ("layer = 'xsd'", "layer = 'other'"),
    ] {
        assert!(!outcome(&good.replace(from, to)), "{to}");
    }
}

#[test]
fn the_pinned_wheels_install_whole() {
    let Some((_folder, packs)) = common::installed() else { return };
    assert_eq!(packs.list().len(), Manifest::built_in().artefacts.len());
    assert!(packs.verify().iter().all(|verification| verification.problem.is_none()));
    assert!(packs.list().iter().all(|installed| installed.origin == Origin::BuiltIn));
    let hidden = fs::read_dir(packs.directory())
        .unwrap()
        .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with('.'));
    assert!(!hidden, "the staging folder is gone");
}
