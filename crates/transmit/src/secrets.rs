//! Secrets by reference: `file:PATH` or `env:NAME`, read once at the start, never printed.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Largest file that is read as a secret: a password or a client secret is a line, not a document.
const SECRET_FILE_MAX: u64 = 4096;

/// A secret in memory: wiped when dropped, and without a way to print it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value as a secret.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one line that puts it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Where a secret is kept: what the configuration holds instead of the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretReference {
    /// `file:PATH`: first line of a file that only its owner may read.
    File(PathBuf),
    /// `env:NAME`: an environment variable.
    Environment(String),
}

/// Why a secret cannot be had. The messages never hold the value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Something that is neither `file:` nor `env:`, most likely the secret itself.
    #[error("secrets are given by reference, as `file:PATH` or `env:NAME`, never in the configuration itself")]
    NotAReference,
    /// The file cannot be opened or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is a folder, a device, a pipe.
    #[error("{}: not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// Others may read or change the file.
    #[error(
        "{}: permissions {mode:03o} let others read or change it; expected 600 (hint: chmod 600 {})",
        path.display(),
        path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to neither this user nor root.
    #[error("{}: belongs to another user (uid {owner})", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// Who it belongs to.
        owner: u32,
    },
    /// Too large to be a secret.
    #[error("{}: larger than {SECRET_FILE_MAX} bytes, this is not a secret", .0.display())]
    TooLarge(PathBuf),
    /// Not text.
    #[error("{}: not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// Nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// Several lines.
    #[error("{}: more than one line, one is expected", .0.display())]
    SeveralLines(PathBuf),
    /// The variable is not set.
    #[error("environment variable {0} is not set")]
    NoVariable(String),
}

impl SecretReference {
    /// Reads the secret; a relative path is taken from `base`.
    pub fn resolve(&self, base: &Path) -> Result<Secret, SecretError> {
        self.resolve_with(base, |name| std::env::var(name).ok())
    }

    /// Same, with the environment given by the caller.
    pub fn resolve_with(
        &self,
        base: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Secret, SecretError> {
        match self {
            Self::File(path) => read_secret_file(&base.join(path)),
            Self::Environment(name) => {
                let value = environment(name).ok_or_else(|| SecretError::NoVariable(name.clone()))?;
                non_empty(Secret::new(value), || format!("environment variable {name}"))
            }
        }
    }
}

impl TryFrom<String> for SecretReference {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        // The text may be the secret itself, written there by mistake.
        let text = Zeroizing::new(text);
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("env", name)) if is_variable_name(name) => Ok(Self::Environment(name.to_owned())),
            _ => Err(SecretError::NotAReference),
        }
    }
}

impl From<SecretReference> for String {
    fn from(reference: SecretReference) -> Self {
        match reference {
            SecretReference::File(path) => format!("file:{}", path.display()),
            SecretReference::Environment(name) => format!("env:{name}"),
        }
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn read_secret_file(path: &Path) -> Result<Secret, SecretError> {
    let failed = |source| SecretError::File { path: path.to_owned(), source };
    // NONBLOCK: opening a pipe must not hang before it is seen to be one.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
        .map_err(failed)?;
    check_protection(&file, path)?;
    // Full capacity from the start: a buffer that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(SECRET_FILE_MAX + 1).unwrap_or(usize::MAX)));
    file.take(SECRET_FILE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > SECRET_FILE_MAX {
        return Err(SecretError::TooLarge(path.to_owned()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText(path.to_owned()))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.contains('\n') {
        return Err(SecretError::SeveralLines(path.to_owned()));
    }
    non_empty(Secret::new(line.to_owned()), || path.display().to_string())
}

/// Looks at the opened file, not at its name, so that it cannot be exchanged in between.
fn check_protection(file: &File, path: &Path) -> Result<(), SecretError> {
    let metadata = file.metadata().map_err(|source| SecretError::File { path: path.to_owned(), source })?;
    if !metadata.is_file() {
        return Err(SecretError::NotRegular(path.to_owned()));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Permissions { path: path.to_owned(), mode });
    }
    let ours = rustix::process::geteuid().as_raw();
    if metadata.uid() != ours && metadata.uid() != 0 {
        return Err(SecretError::Owner { path: path.to_owned(), owner: metadata.uid() });
    }
    Ok(())
}

fn non_empty(secret: Secret, place: impl Fn() -> String) -> Result<Secret, SecretError> {
    if secret.expose().is_empty() { Err(SecretError::Empty(place())) } else { Ok(secret) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn secret_file(mode: u32, content: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_protected_file_gives_its_line() {
        let (folder, _) = secret_file(0o600, "s3cret\n");
        let reference = SecretReference::try_from("file:secret".to_owned()).unwrap();
        assert_eq!(reference.resolve(folder.path()).unwrap().expose(), "s3cret");
    }

    #[test]
    fn a_file_open_to_others_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644, 0o660] {
            let (_folder, path) = secret_file(mode, "s3cret");
            let error = read_secret_file(&path).unwrap_err();
            assert!(matches!(error, SecretError::Permissions { .. }), "{mode:o}: {error}");
        }
    }

    #[test]
    fn links_folders_and_devices_are_refused() {
        let (folder, path) = secret_file(0o600, "s3cret");
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(read_secret_file(&link), Err(SecretError::File { .. })));
        assert!(matches!(read_secret_file(folder.path()), Err(SecretError::NotRegular(_))));
        assert!(matches!(read_secret_file(Path::new("/dev/null")), Err(SecretError::NotRegular(_))));
    }

    #[test]
    fn empty_long_and_many_line_files_are_refused() {
        let read = |content: &str| {
            let (_folder, path) = secret_file(0o600, content);
            read_secret_file(&path).unwrap_err()
        };
        assert!(matches!(read("\n"), SecretError::Empty(_)));
        assert!(matches!(read("a\nb\n"), SecretError::SeveralLines(_)));
        assert!(matches!(read(&"a".repeat(5000)), SecretError::TooLarge(_)));
    }

    #[test]
    fn the_environment_gives_secrets_too() {
        let reference = SecretReference::try_from("env:FACTEUR_SECRET".to_owned()).unwrap();
        let found = reference.resolve_with(Path::new("/"), |name| (name == "FACTEUR_SECRET").then(|| "x".into()));
        assert_eq!(found.unwrap().expose(), "x");
        assert!(matches!(reference.resolve_with(Path::new("/"), |_| None), Err(SecretError::NoVariable(_))));
        assert!(matches!(reference.resolve_with(Path::new("/"), |_| Some(String::new())), Err(SecretError::Empty(_))));
    }

    #[test]
    fn a_secret_written_in_clear_is_refused_without_being_repeated() {
        for text in ["hunter2", "env:hunter 2", "file:", "https://hunter2"] {
            let error = SecretReference::try_from(text.to_owned()).unwrap_err();
            assert!(!error.to_string().contains("hunter"), "{error}");
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }
}
