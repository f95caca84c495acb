//! Where documents come from: files and folders as given, regular files only, no links followed.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use facteur_archive::ArchiveKind;
use facteur_model::finding::{Actor, Finding, Layer};

use super::{ARCHIVE_BYTES_MAX, DOCUMENT_BYTES_MAX, NotTaken, inbox, refusal};
use crate::engine::Engine;
use crate::error::PipelineError;

/// A file to take.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it is now.
    pub path: PathBuf,
    /// Its name to show.
    pub name: String,
    /// The arrival that it was claimed under, for a file of the inbox.
    pub arrival: Option<String>,
}

/// Deepest folder that is walked.
const FOLDERS_MAX: usize = 32;

/// Every file below the paths given, in order. The home's own inbox is claimed instead of read in place.
pub(super) fn gather(engine: &Engine, paths: &[PathBuf]) -> Result<(Vec<Source>, Vec<NotTaken>), PipelineError> {
    let own_inbox = fs::canonicalize(engine.home.path(&engine.home.configuration.folders.inbox)).ok();
    let (mut sources, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        if own_inbox.is_some() && fs::canonicalize(path).ok() == own_inbox {
            let (claimed, left) = inbox::claim(engine)?;
            sources.extend(claimed);
            refused.extend(left);
        } else {
            walk(path, 0, &mut sources, &mut refused);
        }
    }
    Ok((sources, refused))
}

fn walk(path: &Path, depth: usize, sources: &mut Vec<Source>, refused: &mut Vec<NotTaken>) {
    let named = |finding: Finding| NotTaken { name: path.display().to_string(), finding };
    // The path that a person named may be a link; what is found below it may not.
    let metadata = if depth == 0 { fs::metadata(path) } else { fs::symlink_metadata(path) };
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) => return refused.push(named(unreadable(path, &error))),
    };
    if metadata.is_file() {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        return sources.push(Source { path: path.to_owned(), name, arrival: None });
    }
    if !metadata.is_dir() {
        return refused.push(named(refusal("FILE-NOT-REGULAR", path)));
    }
    if depth >= FOLDERS_MAX {
        return refused.push(named(refusal("FOLDER-TOO-DEEP", path)));
    }
    let entries = fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    match entries {
        Ok(mut entries) => {
            entries.sort_by_key(fs::DirEntry::file_name);
            let visible = entries.iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
            visible.for_each(|entry| walk(&entry.path(), depth + 1, sources, refused));
        }
        Err(error) => refused.push(named(unreadable(path, &error))),
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Finding {
    let rule = match error.kind() {
        std::io::ErrorKind::NotFound => "FILE-NOT-FOUND",
        std::io::ErrorKind::PermissionDenied => "FILE-NO-RIGHTS",
        _ => "FILE-UNREADABLE",
    };
    Finding::fatal(Layer::Syntax, rule)
        .actor(Actor::Service)
        .arg("file", path.display().to_string())
        .arg("cause", error.to_string())
}

/// A file that is open: its size and kind are those of what will be read.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) archive: Option<ArchiveKind>,
    path: PathBuf,
}

/// Opens a source without following links and looks at its first bytes.
pub(super) fn open(source: &Source) -> Result<Opened, Box<NotTaken>> {
    let named = |finding: Finding| Box::new(NotTaken { name: source.path.display().to_string(), finding });
    let look = || -> std::io::Result<(File, u64, bool, Vec<u8>)> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let mut file = File::options().read(true).custom_flags(flags).open(&source.path)?;
        let metadata = file.metadata()?;
        let mut head = Vec::new();
        if metadata.is_file() {
            file.by_ref().take(8).read_to_end(&mut head)?;
            std::io::Seek::rewind(&mut file)?;
        }
        Ok((file, metadata.len(), metadata.is_file(), head))
    };
    let (file, size, regular, head) = look().map_err(|error| named(unreadable(&source.path, &error)))?;
    if !regular {
        return Err(named(refusal("FILE-NOT-REGULAR", &source.path)));
    }
    let archive = facteur_archive::detect(&head);
    let limit = if archive.is_some() { ARCHIVE_BYTES_MAX } else { DOCUMENT_BYTES_MAX };
    if size > limit {
        let finding = refusal("FILE-TOO-LARGE", &source.path).found(size.to_string()).expected(limit.to_string());
        return Err(named(finding));
    }
    Ok(Opened { file, size, archive, path: source.path.clone() })
}

impl Opened {
    /// Reads it once, and no further than the limit even if it grows meanwhile.
    pub(super) fn read(mut self) -> Result<Vec<u8>, Box<NotTaken>> {
        let named = |finding: Finding| Box::new(NotTaken { name: self.path.display().to_string(), finding });
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        let read = self.file.by_ref().take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes);
        match read {
            Ok(count) if count as u64 > DOCUMENT_BYTES_MAX => Err(named(refusal("FILE-TOO-LARGE", &self.path))),
            Ok(_) => Ok(bytes),
            Err(error) => Err(named(unreadable(&self.path, &error))),
        }
    }
}
