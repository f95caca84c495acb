//! Manifests: which artefacts there are, where each comes from, and its digest.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use facteur_model::finding::Layer;
use openssl::sha::sha256;
use serde::{Deserialize, Serialize};

use super::PackError;

const BUILT_IN: &str = include_str!("../../../../schemas/packs.toml");
const FORMAT: u32 = 1;

/// A manifest: distributions and the artefacts in them.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Where artefacts come from.
    pub distributions: Vec<Distribution>,
    /// What is taken from there.
    pub artefacts: Vec<Artefact>,
    /// Who wrote it.
    pub origin: Origin,
}

/// Who vouches for a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The manifest built into the program.
    BuiltIn,
    /// A manifest that the administrator added.
    Administrator,
}

/// A file that carries artefacts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Its name where it is published.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file name.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Licence of the distribution.
    pub licence: String,
}

/// One official artefact: a schema or a set of rules, of one or several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// What it is, whatever the version: `UBL-Invoice`, `EN16931-CII-RULES`.
    pub family: String,
    /// The publisher's version.
    pub version: String,
    /// Schema or rules.
    pub kind: ArtefactKind,
    /// The layer that it serves.
    pub layer: Layer,
    /// Name of the distribution that carries it.
    pub distribution: String,
    /// Folder inside the distribution.
    pub folder: String,
    /// The file to begin with, relative to the folder.
    pub entry: String,
    /// Every file, relative to the folder, the entry among them.
    pub files: Vec<String>,
    /// SHA-256, in hexadecimal: of the only file, or of the sorted list of digests and names.
    pub sha256: String,
    /// Licence as found.
    pub licence: String,
    /// First day (`YYYY-MM-DD`) on which it applies, where the publisher says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Root elements, written `{namespace}Name`.
    pub roots: Vec<String>,
    /// Values of BT-24 that it serves; none where it serves every profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
}

/// What an artefact is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtefactKind {
    /// An XML Schema.
    Xsd,
    /// Schematron rules, compiled to XSLT by their publisher.
    Schematron,
}

/// What stands beside an installed artefact.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) origin: Origin,
    pub(super) artefact: Artefact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    format: u32,
    #[serde(default)]
    distribution: Vec<Distribution>,
    #[serde(default)]
    artefact: Vec<Artefact>,
}

impl Manifest {
    /// The manifest of `schemas/packs.toml`, as this program was built with it.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static MANIFEST: OnceLock<Manifest> = OnceLock::new();
        MANIFEST.get_or_init(|| match Self::parse(BUILT_IN, Origin::BuiltIn) {
            Ok(manifest) => manifest,
            Err(reason) => unreachable!("schemas/packs.toml is checked by a test: {reason}"),
        })
    }

    /// Reads the manifest of an administrator.
    ///
    /// # Errors
    /// The file cannot be read, or does not say what it must.
    pub fn read(path: &Path) -> Result<Self, PackError> {
        let text = fs::read_to_string(path).map_err(PackError::io(path))?;
        Self::parse(&text, Origin::Administrator).map_err(|reason| PackError::manifest(path, reason))
    }

    /// The artefact of that family and version.
    #[must_use]
    pub fn find(&self, family: &str, version: &str) -> Option<&Artefact> {
        self.artefacts.iter().find(|artefact| artefact.family == family && artefact.version == version)
    }

    pub(super) fn parse(text: &str, origin: Origin) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string())?;
        if raw.format != FORMAT {
            return Err(format!("format {} is not known, this program reads {FORMAT}", raw.format));
        }
        let manifest = Self { distributions: raw.distribution, artefacts: raw.artefact, origin };
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        let mut labels = BTreeSet::new();
        for distribution in &self.distributions {
            check_digest(&distribution.name, &distribution.sha256)?;
        }
        for artefact in &self.artefacts {
            artefact.check()?;
            if !labels.insert(artefact.label()) {
                return Err(format!("{} stands twice", artefact.label()));
            }
            if !self.distributions.iter().any(|distribution| distribution.name == artefact.distribution) {
                return Err(format!("{}: no distribution {:?}", artefact.label(), artefact.distribution));
            }
        }
        Ok(())
    }
}

impl Artefact {
    /// `family@version`, as it stands in reports.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.family, self.version)
    }

    /// Whether it is for documents with that root, written `{namespace}Name`.
    #[must_use]
    pub fn serves(&self, root: &str) -> bool {
        self.roots.iter().any(|served| served == root)
    }

    /// A file's name inside the distribution.
    pub(super) fn source(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    fn check(&self) -> Result<(), String> {
        let label = self.label();
        if !is_word(&self.family) || !is_word(&self.version) {
            return Err(format!("{label:?} is not a name for a folder"));
        }
        check_digest(&label, &self.sha256)?;
        if !self.files.contains(&self.entry) {
            return Err(format!("{label}: the entry is not among the files"));
        }
        match self.files.iter().chain([&self.folder]).find(|name| !is_relative(name)) {
            Some(name) => Err(format!("{label}: {name:?} is not a plain relative name")),
            None => Ok(()),
        }
    }
}

impl Record {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let record: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        record.artefact.check()?;
        Ok(record)
    }
}

/// The digest of an artefact's files: see the head of `schemas/packs.toml`.
pub(super) fn digest(files: &[(String, Vec<u8>)]) -> String {
    if let [(_, bytes)] = files {
        return hexadecimal(&sha256(bytes));
    }
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let lines: String =
        sorted.into_iter().map(|(name, bytes)| format!("{}  {name}\n", hexadecimal(&sha256(bytes)))).collect();
    hexadecimal(&sha256(lines.as_bytes()))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn check_digest(what: &str, digest: &str) -> Result<(), String> {
    if digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err(format!("{what}: {digest:?} is not a SHA-256 in lower case"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
}

fn is_relative(name: &str) -> bool {
    name.split('/').all(is_word)
}
