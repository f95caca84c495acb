//! Passphrases and key files: never printed, read only where nobody else can read them.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::error::SignError;

/// A passphrase; its bytes are overwritten when it is dropped, and it never prints.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl std::ops::Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

/// Largest key file: an RSA-4096 key with a long chain is under 20 kB.
const KEY_FILE_MAX: u64 = 64 * 1024;

/// Reads a private key file, only if nobody but its owner may.
///
/// Everything is checked on the opened file, so that it cannot be exchanged between the check and the reading.
///
/// # Errors
/// [`SignError::KeyFilePermissions`] if group or others have any right on it; [`SignError::KeyFile`] if it is not a
/// regular file of at most 64 kB, or cannot be read.
pub fn read_key_file(path: &Path) -> Result<Secret, SignError> {
    let fail = |source| SignError::KeyFile { path: path.display().to_string(), source };
    let non_blocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(non_blocking).open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    if !metadata.is_file() || metadata.len() > KEY_FILE_MAX {
        return Err(fail(std::io::Error::other("not a regular file of at most 64 kB")));
    }
    if metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o7777;
        return Err(SignError::KeyFilePermissions { path: path.display().to_string(), mode });
    }
    let size = usize::try_from(metadata.len()).unwrap_or(0);
    let mut secret = Secret(Vec::with_capacity(size + 1));
    file.take(KEY_FILE_MAX).read_to_end(&mut secret.0).map_err(fail)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn key_file(mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, b"key").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_key_that_only_its_owner_reads_is_read() {
        for mode in [0o600, 0o400] {
            let (_folder, path) = key_file(mode);
            assert_eq!(&*read_key_file(&path).unwrap(), b"key");
        }
    }

    #[test]
    fn a_key_that_others_may_read_or_write_is_refused_also_through_a_link() {
        for mode in [0o640, 0o604, 0o620, 0o644] {
            let (folder, path) = key_file(mode);
            let link = folder.path().join("link.pem");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            for path in [&path, &link] {
                let error = read_key_file(path).unwrap_err();
                assert!(matches!(error, SignError::KeyFilePermissions { mode: m, .. } if m == mode), "{error}");
            }
        }
    }

    #[test]
    fn folders_and_pipes_are_no_key_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_key_file(folder.path()), Err(SignError::KeyFile { .. })));
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(read_key_file(&pipe), Err(SignError::KeyFile { .. })));
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2".to_vec())), "Secret(***)");
    }
}
