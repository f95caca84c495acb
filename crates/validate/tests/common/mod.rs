//! What the tests of this crate share: where the wheels and the corpus are, and packs installed from the wheels.
#![allow(clippy::unwrap_used, dead_code)]

use std::path::{Path, PathBuf};

use facteur_validate::packs::{Manifest, Packs};

pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with the wheels: `FACTEUR_WHEELS`, else `.packs`. Without it tests are left out, but not in CI.
pub fn wheels() -> Option<PathBuf> {
    let folder = std::env::var_os("FACTEUR_WHEELS").map_or_else(|| workspace().join(".packs"), PathBuf::from);
    let complete =
        Manifest::built_in().distributions.iter().all(|distribution| folder.join(&distribution.file).is_file());
    if complete {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no packs at {}: run `make packs`", folder.display());
    eprintln!("left out: no packs at {}", folder.display());
    None
}

pub fn installed() -> Option<(tempfile::TempDir, Packs)> {
    let wheels = wheels()?;
    let folder = tempfile::tempdir().unwrap();
    let mut packs = Packs::open(folder.path().join("packs")).unwrap();
    packs.add_directory(&wheels, Manifest::built_in()).unwrap();
    Some((folder, packs))
}

pub fn corpus() -> Option<PathBuf> {
    let default = || workspace().join("../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or_else(default, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("left out: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}
