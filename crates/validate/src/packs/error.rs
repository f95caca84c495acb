//! What can go wrong with packs.

use std::io;
use std::path::{Path, PathBuf};

/// Why packs could not be read or installed. Nothing is half installed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A manifest or record does not say what it must.
    #[error("{path}: {reason}", path = .path.display())]
    Manifest {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is none of the distributions of the manifest.
    #[error("{path} (sha256 {sha256}) is none of the distributions of the manifest", path = .path.display())]
    UnknownDistribution {
        /// The file.
        path: PathBuf,
        /// Its digest.
        sha256: String,
    },
    /// The file is not a readable wheel.
    #[error("{path} is not a readable wheel: {reason}", path = .path.display())]
    Wheel {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A digest is not the expected one.
    #[error("{what}: the sha256 is {found}, expected {expected}")]
    Digest {
        /// The distribution or artefact.
        what: String,
        /// The digest of the manifest.
        expected: String,
        /// The digest of the file.
        found: String,
    },
    /// A file that the manifest names is not there.
    #[error("{artefact}: {file} is missing")]
    Missing {
        /// `family@version`.
        artefact: String,
        /// The file, as in its distribution.
        file: String,
    },
    /// The same family and version is installed with another content.
    #[error("{artefact} is installed with another content (sha256 {installed}): remove it first")]
    Conflict {
        /// `family@version`.
        artefact: String,
        /// The digest of what is installed.
        installed: String,
    },
    /// The directory holds nothing that the manifest names.
    #[error("{path} holds nothing that the manifest names", path = .path.display())]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
}

impl PackError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(super) fn manifest(path: &Path, reason: impl Into<String>) -> Self {
        Self::Manifest { path: path.to_owned(), reason: reason.into() }
    }
}
