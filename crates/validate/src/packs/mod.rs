//! Packs: the official schemas and rules as data, each with a version, a digest, a licence and where it came from.
//!
//! A pack directory holds one folder a `family/version`: the artefact's files under `files/`, and `artefact.toml`
//! that says what they are. Nothing gets there whose digest is not the one of its manifest.

use std::fs;
use std::path::{Path, PathBuf};

use facteur_model::finding::Layer;

mod error;
mod install;
mod manifest;

pub use error::PackError;
pub use install::Added;
pub use manifest::{Artefact, ArtefactKind, Distribution, Manifest, Origin};

use manifest::{Record, digest};

const RECORD: &str = "artefact.toml";
const FILES: &str = "files";

/// The installed artefacts of one directory.
#[derive(Debug, Clone)]
pub struct Packs {
    directory: PathBuf,
    installed: Vec<Installed>,
}

/// One installed artefact.
#[derive(Debug, Clone)]
pub struct Installed {
    /// What it is.
    pub artefact: Artefact,
    /// Who vouches for its digest.
    pub origin: Origin,
    folder: PathBuf,
}

/// What a new look at an installed artefact found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// `family@version`.
    pub label: String,
    /// Nothing, or what is wrong with it.
    pub problem: Option<String>,
}

impl Packs {
    /// Opens a pack directory; one that does not exist yet is empty.
    ///
    /// # Errors
    /// The directory, or the record of an artefact in it, cannot be read.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, PackError> {
        let mut packs = Self { directory: directory.into(), installed: Vec::new() };
        packs.read()?;
        Ok(packs)
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every installed artefact, by family and version.
    #[must_use]
    pub fn list(&self) -> &[Installed] {
        &self.installed
    }

    /// Reads every installed file again and compares digests; those that we know are compared with the manifest built
    /// into the program, not only with the record beside them.
    #[must_use]
    pub fn verify(&self) -> Vec<Verification> {
        self.installed.iter().map(|i| Verification { label: i.artefact.label(), problem: i.problem() }).collect()
    }

    /// Takes what `manifest` names out of a wheel (a zip file whose own digest must be known too).
    ///
    /// # Errors
    /// The wheel is unknown or damaged, or a digest differs: then nothing at all is installed.
    pub fn add_wheel(&mut self, wheel: &Path, manifest: &Manifest) -> Result<Vec<Added>, PackError> {
        let added = install::wheel(&self.directory, wheel, manifest)?;
        self.read()?;
        Ok(added)
    }

    /// Takes what `manifest` names out of a directory: the wheels in it, and the artefacts whose files lie there under
    /// the names that they have in their distribution.
    ///
    /// # Errors
    /// Nothing of the manifest is there, or a digest differs: then nothing at all is installed.
    pub fn add_directory(&mut self, directory: &Path, manifest: &Manifest) -> Result<Vec<Added>, PackError> {
        let added = install::directory(&self.directory, directory, manifest)?;
        self.read()?;
        Ok(added)
    }

    /// The schema of a root element, written `{namespace}Name`, whatever the profile of the document.
    #[must_use]
    pub fn schema_of_root(&self, root: &str) -> Option<&Installed> {
        self.newest(|artefact| {
            artefact.kind == ArtefactKind::Xsd && artefact.layer == Layer::Xsd && artefact.serves(root)
        })
    }

    /// The schema of a profile (BT-24) of Factur-X.
    #[must_use]
    pub fn schema_of_profile(&self, root: &str, profile: &str) -> Option<&Installed> {
        self.newest(|artefact| {
            artefact.kind == ArtefactKind::Xsd
                && artefact.layer == Layer::FacturX
                && artefact.serves(root)
                && artefact.profiles.iter().any(|served| served == profile)
        })
    }

    /// The newest artefact that a test accepts: by date of validity, then by version.
    fn newest(&self, accepts: impl Fn(&Artefact) -> bool) -> Option<&Installed> {
        let candidates = self.installed.iter().filter(|installed| accepts(&installed.artefact));
        candidates.max_by_key(|installed| installed.age())
    }

    fn read(&mut self) -> Result<(), PackError> {
        self.installed.clear();
        for family in folders(&self.directory)? {
            for version in folders(&family)? {
                self.installed.push(Installed::read(version)?);
            }
        }
        self.installed.sort_by_key(|installed| installed.artefact.label());
        Ok(())
    }
}

impl Installed {
    fn read(folder: PathBuf) -> Result<Self, PackError> {
        let path = folder.join(RECORD);
        let text = fs::read_to_string(&path).map_err(PackError::io(&path))?;
        let Record { origin, artefact } = Record::parse(&text).map_err(|why| PackError::manifest(&path, why))?;
        Ok(Self { artefact, origin, folder })
    }

    /// The file to begin with.
    #[must_use]
    pub fn entry(&self) -> PathBuf {
        self.file(&self.artefact.entry)
    }

    /// What orders the versions of a family: the date from which it applies, then the version.
    pub(crate) fn age(&self) -> impl Ord + '_ {
        (&self.artefact.valid_from, version_order(&self.artefact.version))
    }

    /// One of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(FILES).join(name)
    }

    /// Reads all its files, in the order of the manifest, if they are still what they were.
    ///
    /// # Errors
    /// A file is gone, or the digest differs.
    pub fn contents(&self) -> Result<Vec<(String, Vec<u8>)>, PackError> {
        let mut contents = Vec::with_capacity(self.artefact.files.len());
        for name in &self.artefact.files {
            let path = self.file(name);
            contents.push((name.clone(), fs::read(&path).map_err(PackError::io(&path))?));
        }
        let found = digest(&contents);
        let expected = self.expected_digest();
        if found == expected {
            return Ok(contents);
        }
        Err(PackError::Digest { what: self.artefact.label(), expected, found })
    }

    fn expected_digest(&self) -> String {
        let known = Manifest::built_in().find(&self.artefact.family, &self.artefact.version);
        match (self.origin, known) {
            (Origin::BuiltIn, Some(artefact)) => artefact.sha256.clone(),
            _ => self.artefact.sha256.clone(),
        }
    }

    fn problem(&self) -> Option<String> {
        let known = Manifest::built_in().find(&self.artefact.family, &self.artefact.version);
        if self.origin == Origin::BuiltIn && known.is_none() {
            return Some("not in the manifest of this version of the program".to_owned());
        }
        self.contents().err().map(|error| error.to_string())
    }
}

/// Versions in the order of their numbers: `1.9` before `1.10`.
fn version_order(version: &str) -> Vec<(u64, &str)> {
    let part = |part| {
        let digits = str::len(part) - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        (part[..digits].parse().unwrap_or(0), &part[digits..])
    };
    version.split('.').map(part).collect()
}

/// The folders in a folder, without hidden ones; none where it does not exist.
fn folders(directory: &Path) -> Result<Vec<PathBuf>, PackError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(PackError::io(directory)(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(PackError::io(directory))?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::version_order;

    #[test]
    fn versions_go_by_their_numbers() {
        for (older, newer) in [("1.9", "1.10"), ("1.09", "1.09.2"), ("1.3.16", "1.4.0"), ("D16B", "D22B"), ("9", "10")]
        {
            assert!(version_order(older) < version_order(newer), "{older} {newer}");
        }
    }
}
