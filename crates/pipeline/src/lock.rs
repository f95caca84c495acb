//! One process at a time: an advisory lock on a file of the home, released by the system when the process ends.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::error::PipelineError;

/// A lock that is held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says that another process has it.
    ///
    /// # Errors
    /// [`PipelineError::Busy`], or the file cannot be opened.
    pub fn take(path: &Path) -> Result<Self, PipelineError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.map_err(PipelineError::file(path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Err(PipelineError::Busy(path.to_owned())),
            Err(error) => Err(PipelineError::File { path: path.to_owned(), source: error.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_second_taker_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("import.lock");
        let first = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(PipelineError::Busy(_))));
        drop(first);
        assert!(Lock::take(&path).is_ok());
    }
}
