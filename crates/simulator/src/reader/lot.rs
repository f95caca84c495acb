//! Multi-invoice flows: a `.tar.gz` of homogeneous files, read within limits.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::{FILE_MAX, TechnicalError};

/// Most files in a flow (500 are recommended, twice that is refused).
pub const MEMBERS_MAX: usize = 1_000;
/// Most bytes of a lot once unpacked.
const UNPACKED_MAX: u64 = 256 * 1024 * 1024;

/// Names and contents of the regular files of a lot.
pub fn members(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, TechnicalError> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(UNPACKED_MAX));
    let entries = archive.entries().map_err(|error| unreadable(&error))?;
    let mut files = Vec::new();
    for entry in entries {
        let mut entry = entry.map_err(|error| unreadable(&error))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if files.len() == MEMBERS_MAX {
            return Err(TechnicalError::file("le lot contient trop de fichiers"));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut content = Vec::new();
        let limit = FILE_MAX as u64 + 1;
        entry.by_ref().take(limit).read_to_end(&mut content).map_err(|error| unreadable(&error))?;
        files.push((name, content));
    }
    if files.is_empty() {
        return Err(TechnicalError::file("le lot ne contient aucun fichier"));
    }
    Ok(files)
}

fn unreadable(error: &std::io::Error) -> TechnicalError {
    TechnicalError::file(&format!("le lot est illisible ({error})"))
}
