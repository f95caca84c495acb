//! The inbox: a file is claimed by an atomic rename into `work` once it has been left alone, read once, recorded, and
//! put away into `done` or `refused`. Files found in `work` at the start are resumed under their arrival.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use facteur_store::{killpoint, new_id};

use super::sources::{Source, unreadable};
use super::{NotTaken, refusal};
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::home::Home;

/// Between the arrival and the name, in `work`, `done` and `refused`.
const SEPARATOR: &str = "--";
/// Deepest folder of the inbox that is looked into.
const FOLDERS_MAX: usize = 8;
/// Longest name of a file, in bytes, on the file systems that Linux writes (`NAME_MAX`).
const NAME_MAX: usize = 255;

/// What the inbox holds, without claiming anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Look {
    /// Files that an import would take.
    pub ready: u64,
    /// Files that have not been left alone for long enough.
    pub fresh: u64,
    /// Files that an interrupted import left in `work`.
    pub interrupted: u64,
}

/// Looks into the inbox.
///
/// # Errors
/// A folder cannot be read.
pub fn look(home: &Home) -> Result<Look, PipelineError> {
    let folders = &home.configuration.folders;
    let quiet = Duration::from_secs(folders.quiet_seconds);
    let mut left = Vec::new();
    let mut look = Look::default();
    for path in files(&home.path(&folders.inbox), 0, &mut left)? {
        *if left_alone(&path, quiet) { &mut look.ready } else { &mut look.fresh } += 1;
    }
    look.interrupted = files(&home.path(&folders.work), FOLDERS_MAX, &mut left)?.len() as u64;
    Ok(look)
}

/// Everything that was being worked on, then everything in the inbox that has been left alone.
pub(super) fn claim(engine: &Engine) -> Result<(Vec<Source>, Vec<NotTaken>), PipelineError> {
    let folders = &engine.home.configuration.folders;
    let (inbox, work) = (engine.home.path(&folders.inbox), engine.home.path(&folders.work));
    let mut sources = resumed(&work)?;
    let mut left = Vec::new();
    let quiet = Duration::from_secs(folders.quiet_seconds);
    for path in files(&inbox, 0, &mut left)? {
        if !left_alone(&path, quiet) {
            continue;
        }
        let arrival = new_id();
        let name = file_name(&path);
        let claimed = work.join(kept_name(&arrival, &name));
        match fs::rename(&path, &claimed) {
            Ok(()) => sources.push(Source { path: claimed, name, arrival: Some(arrival) }),
            // Somebody else was first, or took it away again.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let finding = unreadable(&path, &error);
                left.push(NotTaken { name: path.display().to_string(), finding });
            }
        }
    }
    killpoint::reach("inbox.claimed");
    Ok((sources, left))
}

fn resumed(work: &Path) -> Result<Vec<Source>, PipelineError> {
    let mut none = Vec::new();
    let mut sources = Vec::new();
    for path in files(work, FOLDERS_MAX, &mut none)? {
        let whole = file_name(&path);
        // A file that a person put there gets an arrival of its own, whatever its name looks like.
        let (arrival, name) = match whole.split_once(SEPARATOR) {
            Some((arrival, name)) if is_arrival(arrival) => (arrival.to_owned(), name.to_owned()),
            _ => (new_id(), whole.clone()),
        };
        sources.push(Source { path, name, arrival: Some(arrival) });
    }
    Ok(sources)
}

/// Whether a text is spelt like an identity of ours (RFC 9562: 36 characters, hexadecimal with four hyphens).
fn is_arrival(text: &str) -> bool {
    let hyphen = |index: usize| matches!(index, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(index, byte)| if hyphen(index) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// The name in `work`, `done` and `refused`. A name that would become too long loses its beginning, not its ending.
fn kept_name(arrival: &str, name: &str) -> String {
    let room = NAME_MAX - arrival.len() - SEPARATOR.len();
    let start = (0..=name.len()).find(|start| name.is_char_boundary(*start) && name.len() - start <= room);
    format!("{arrival}{SEPARATOR}{}", &name[start.unwrap_or_default()..])
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Regular files of a folder and its folders, by name; hidden ones and links stay where they are.
fn files(folder: &Path, depth: usize, left: &mut Vec<NotTaken>) -> Result<Vec<PathBuf>, PipelineError> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = entries.map_err(PipelineError::file(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.path();
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if metadata.is_file() {
            found.push(path);
        } else if metadata.is_dir() {
            let inside = if depth < FOLDERS_MAX {
                files(&path, depth + 1, left).map_err(|error| match error {
                    PipelineError::File { path, source } => unreadable(&path, &source),
                    _ => refusal("FILE-UNREADABLE", &path),
                })
            } else {
                Err(refusal("FOLDER-TOO-DEEP", &path))
            };
            match inside {
                Ok(inside) => found.extend(inside),
                Err(finding) => left.push(NotTaken { name: path.display().to_string(), finding }),
            }
        } else {
            left.push(NotTaken { name: path.display().to_string(), finding: refusal("FILE-NOT-REGULAR", &path) });
        }
    }
    Ok(found)
}

/// Whether a file's size and time did not change between two looks and are older than `quiet`.
fn left_alone(path: &Path, quiet: Duration) -> bool {
    let look =
        || fs::symlink_metadata(path).map(|m| (m.is_file(), m.len(), m.mtime(), m.mtime_nsec(), m.modified().ok()));
    let (Ok(first), Ok(second)) = (look(), look()) else { return false };
    let age = first.4.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    // A time in the future tells nothing; the size decides then.
    first.0 && first == second && age.is_none_or(|age| age >= quiet)
}

/// Moves a claimed file out of `work`; a file read in place stays where it is.
pub(super) fn put_away(engine: &Engine, source: &Source, refused: bool) -> Result<(), PipelineError> {
    let Some(arrival) = &source.arrival else { return Ok(()) };
    killpoint::reach("inbox.before_put_away");
    let folders = &engine.home.configuration.folders;
    let folder = engine.home.path(if refused { &folders.refused } else { &folders.done });
    let target = folder.join(kept_name(arrival, &source.name));
    match fs::rename(&source.path, &target) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PipelineError::File { path: target, source: error })
        }
        _ => Ok(()),
    }
}
