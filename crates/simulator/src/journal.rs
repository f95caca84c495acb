//! The state file: one JSON object a line, synced before anything is acknowledged, replayed at a restart.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::directory::Structure;
use crate::flow::Plan;

/// Everything that changes the state of the simulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// An accepted deposit.
    Deposit(Box<DepositRecord>),
    /// A status set by the recipient, the supplier or an administrator of the simulator.
    Status(StatusRecord),
    /// The supplier acknowledged a rejected or suspended invoice.
    Acknowledged { at: Millis, invoice: i64, action: String },
    /// The recipient downloaded invoices.
    Downloaded { at: Millis, invoices: Vec<i64> },
    /// An attachment was added to the account's files.
    Attachment { at: Millis, name: String, bytes: u64 },
    /// A structure was declared.
    Structure { at: Millis, structure: Structure },
    /// Simulated time moved forward.
    Clock { at: Millis, advance: Millis },
}

impl Record {
    /// When it happened, in simulated time.
    pub fn at(&self) -> Millis {
        match self {
            Self::Deposit(deposit) => deposit.at,
            Self::Status(status) => status.at,
            Self::Acknowledged { at, .. }
            | Self::Downloaded { at, .. }
            | Self::Attachment { at, .. }
            | Self::Structure { at, .. }
            | Self::Clock { at, .. } => *at,
        }
    }
}

/// An accepted deposit, with its bytes and its future.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DepositRecord {
    /// When it was accepted.
    pub at: Millis,
    /// `numeroFluxDepot`.
    pub flow: String,
    /// `nomFichier`.
    pub file_name: String,
    /// `syntaxeFlux`.
    pub syntax: String,
    /// `avecSignature`.
    pub signed: bool,
    /// SHA-256 of the decoded bytes.
    pub sha256: String,
    /// The fault of the exchange, if any.
    pub fault: Option<String>,
    /// What will happen to it.
    pub plan: Plan,
    /// The bytes, in base64, as they were transmitted.
    pub payload: String,
}

/// A status and who set it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusRecord {
    /// When.
    pub at: Millis,
    /// `identifiantFactureCPP`.
    pub invoice: i64,
    /// The new status.
    pub status: String,
    /// Reason or comment.
    pub comment: Option<String>,
    /// `numeroDPMandat`.
    pub mandate: Option<String>,
    /// Who set it.
    pub by: String,
}

/// An error of the state file.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Reading or writing failed.
    #[error("state file: {0}")]
    Io(#[from] std::io::Error),
    /// Another simulator has the file.
    #[error("state file is in use by another simulator")]
    InUse,
    /// A complete line is not a record.
    #[error("state file, line {line}: {source}")]
    Damaged { line: usize, source: serde_json::Error },
}

/// The open state file, or nothing when the simulator keeps its state in memory only.
#[derive(Debug)]
pub struct Journal {
    file: Option<File>,
    length: u64,
}

impl Journal {
    /// A journal that keeps nothing.
    pub fn in_memory() -> Self {
        Self { file: None, length: 0 }
    }

    /// Opens or creates a state file, locks it and gives its records. A last line without an end was never
    /// acknowledged and is cut off.
    pub fn open(path: &Path) -> Result<(Self, Vec<Record>), JournalError> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if file.try_lock().is_err() {
            return Err(JournalError::InUse);
        }
        let (records, length) = replay(&file)?;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        file.sync_all()?;
        sync_parent(path)?;
        Ok((Self { file: Some(file), length }, records))
    }

    /// Appends a record and syncs it. After an error nothing of it remains.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(record).map_err(std::io::Error::from)?;
        line.push(b'\n');
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        if let Err(error) = written {
            file.set_len(self.length)?;
            file.seek(SeekFrom::Start(self.length))?;
            return Err(error.into());
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

fn replay(file: &File) -> Result<(Vec<Record>, u64), JournalError> {
    let mut reader = BufReader::new(file);
    let mut records = Vec::new();
    let mut length = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok((records, length));
        }
        let number = records.len() + 1;
        let record = serde_json::from_slice(&line);
        records.push(record.map_err(|source| JournalError::Damaged { line: number, source })?);
        length += read as u64;
    }
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clock(at: Millis) -> Record {
        Record::Clock { at, advance: 1 }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_a_damaged_line_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.jsonl");
        let (mut journal, records) = Journal::open(&path).unwrap();
        assert!(records.is_empty());
        journal.append(&clock(1)).unwrap();
        journal.append(&clock(2)).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::InUse)));
        drop(journal);

        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"kind\":\"clock\",\"at\":3");
        std::fs::write(&path, &torn).unwrap();
        let (mut journal, records) = Journal::open(&path).unwrap();
        assert_eq!(records.iter().map(Record::at).collect::<Vec<_>>(), [1, 2]);
        journal.append(&clock(4)).unwrap();
        drop(journal);
        let (_, records) = Journal::open(&path).unwrap();
        assert_eq!(records.iter().map(Record::at).collect::<Vec<_>>(), [1, 2, 4]);

        std::fs::write(&path, b"{}\n").unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::Damaged { line: 1, .. })));
    }
}
