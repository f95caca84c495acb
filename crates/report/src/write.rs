//! A file that is whole or not there: written beside its place, made durable, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Writes the file; where there was one, it is replaced only when the new one is whole.
///
/// # Errors
/// When the folder or the file cannot be written; nothing half-written stays.
pub fn whole_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    whole_file_with(path, |out| out.write_all(bytes))
}

/// The same, with what `fill` writes.
///
/// # Errors
/// When the folder or the file cannot be written, or those of `fill`; nothing half-written stays.
pub fn whole_file_with<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    if path.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    let beside = beside(path)?;
    let written = filled(&beside, fill).and_then(|()| Ok(fs::rename(&beside, path)?));
    if written.is_err() {
        // What failed is told; that the rest cannot be removed either adds nothing to it.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, so that renaming stays inside one file system.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(hidden))
}

fn filled<E: From<io::Error>>(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>) -> Result<(), E> {
    let mut out = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(path)?);
    fill(&mut out)?;
    out.flush()?;
    Ok(out.get_ref().sync_all()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rapport.csv");
        whole_file(&path, b"one").unwrap();
        whole_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn where_nothing_can_be_written_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert!(whole_file(folder.path(), b"x").is_err());
        assert!(whole_file(&folder.path().join("absent/rapport.csv"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
