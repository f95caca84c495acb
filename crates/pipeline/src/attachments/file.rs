//! Files of an invoice written to a folder: all of them or none, each whole, and never in place of another.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{Attached, Attachments, FILES_MAX, name};
use crate::error::PipelineError;

/// Writes every file that could be unpacked; the invoice of a hybrid PDF is among them. Answers where each went, in the
/// order of the list; nothing for one that could not be unpacked.
///
/// # Errors
/// The folder cannot be made or written, a file of one of these names is there already, or there are more than
/// [`FILES_MAX`]; then nothing was written.
pub fn extract(attachments: &Attachments, folder: &Path) -> Result<Vec<Option<PathBuf>>, PipelineError> {
    let list = &attachments.list;
    if list.len() > FILES_MAX {
        let reason = format!("{} > {FILES_MAX}", list.len());
        return Err(PipelineError::file(folder)(io::Error::other(reason)));
    }
    let named = list.iter().map(|attached| (attached.name.as_deref(), attached.media_type.as_deref()));
    let targets: Vec<PathBuf> = name::names(named).into_iter().map(|name| folder.join(name)).collect();
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(PipelineError::file(folder)(error)),
        _ => {}
    }
    for target in &targets {
        if target.symlink_metadata().is_ok() {
            return Err(PipelineError::file(target)(io::ErrorKind::AlreadyExists.into()));
        }
    }
    let mut written = Vec::new();
    let outcome = all(list, &targets, &mut written);
    if outcome.is_err() {
        // What is there by half is worse than nothing; the error that is told is the first one.
        written.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
    outcome
}

fn all(
    list: &[Attached],
    targets: &[PathBuf],
    written: &mut Vec<PathBuf>,
) -> Result<Vec<Option<PathBuf>>, PipelineError> {
    let mut places = Vec::with_capacity(list.len());
    for (attached, target) in list.iter().zip(targets) {
        let Some(bytes) = &attached.bytes else {
            places.push(None);
            continue;
        };
        one(target, bytes).map_err(PipelineError::file(target))?;
        written.push(target.clone());
        places.push(Some(target.clone()));
    }
    Ok(places)
}

/// Whole under another name first, then renamed unless the name was taken meanwhile.
fn one(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(target.file_name().unwrap_or_default());
    hidden.push(".part");
    let part = target.with_file_name(hidden);
    let mut file = std::fs::File::options().write(true).create_new(true).open(&part)?;
    let whole = file.write_all(bytes).and_then(|()| file.sync_all());
    let placed = whole.and_then(|()| Ok(renameat_with(CWD, &part, CWD, target, RenameFlags::NOREPLACE)?));
    if placed.is_err() {
        drop(std::fs::remove_file(&part));
    }
    placed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Origin;
    use super::*;

    fn attached(name: &str, bytes: Option<&[u8]>) -> Attached {
        Attached {
            name: Some(name.to_owned()),
            media_type: None,
            bytes: bytes.map(<[u8]>::to_vec),
            sha256: None,
            relation: None,
            origin: Origin::Xml,
            reference: None,
            description: None,
            invoice: false,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_stay_in_the_folder_and_keep_their_bytes() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pieces");
        let list =
            vec![attached("../../plan.pdf", Some(b"%PDF-")), attached("plan.pdf", Some(b"")), attached("x", None)];
        let places = extract(&Attachments { file: "f".into(), list }, &folder).unwrap();
        assert_eq!(names(&folder), ["plan-2.pdf", "plan.pdf"]);
        assert_eq!(places, [Some(folder.join("plan.pdf")), Some(folder.join("plan-2.pdf")), None]);
        assert_eq!(std::fs::read(folder.join("plan.pdf")).unwrap(), b"%PDF-");
        assert_eq!(names(root.path()), ["pieces"]);
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_half_done() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nulle-part", folder.path().join("b.pdf")).unwrap();
        let list = vec![attached("a.pdf", Some(b"a")), attached("b.pdf", Some(b"b"))];
        let error = extract(&Attachments { file: "f".into(), list }, folder.path()).unwrap_err();
        assert!(error.to_string().contains("b.pdf"), "{error}");
        assert_eq!(names(folder.path()), ["b.pdf"], "a.pdf was not written either");
        let many = (0..=FILES_MAX).map(|number| attached(&number.to_string(), Some(b"x"))).collect();
        assert!(extract(&Attachments { file: "f".into(), list: many }, folder.path()).is_err());
        assert_eq!(names(folder.path()), ["b.pdf"]);
    }
}
