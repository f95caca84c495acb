//! What an import did, in counts that add up: `found = received + not taken`, `received = sum of the states`.

use std::collections::BTreeMap;

use facteur_model::finding::Finding;
use facteur_model::lifecycle::State;

use crate::row::Row;

/// A file or member that could not be recorded at all.
#[derive(Debug, Clone)]
pub struct NotTaken {
    /// Its path, or archive and member.
    pub name: String,
    /// Why.
    pub finding: Finding,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct ImportSummary {
    /// Documents recorded: leaf documents, not archives.
    pub received: u64,
    /// Of these, documents that an earlier run had received and not processed.
    pub resumed: u64,
    /// Archives opened.
    pub archives: u64,
    /// How many are in each state.
    pub by_state: BTreeMap<State, u64>,
    /// The first documents in a side state.
    pub attention: Vec<Row>,
    /// The first probable doubles that are otherwise good.
    pub doubles: Vec<Row>,
    /// How many of these there are in all.
    pub doubles_total: u64,
    /// What could not be recorded.
    pub not_taken: Vec<NotTaken>,
}

/// Most documents of each kind that are kept for showing, so that a batch of any size needs little room.
const KEPT: usize = 1000;

impl ImportSummary {
    pub(crate) fn document(&mut self, row: Row) {
        self.received += 1;
        *self.by_state.entry(row.state).or_default() += 1;
        let side = row.state != State::Queued;
        self.doubles_total += u64::from(!side && row.probable.is_some());
        if side && self.attention.len() < KEPT {
            self.attention.push(row);
        } else if !side && row.probable.is_some() && self.doubles.len() < KEPT {
            self.doubles.push(row);
        }
    }

    pub(crate) fn not_taken(&mut self, refusal: NotTaken) {
        self.not_taken.push(refusal);
    }

    /// Documents are done side by side; they are told in the order in which they were found.
    pub(crate) fn in_order(mut self) -> Self {
        self.attention.sort_by(|one, other| one.id.cmp(&other.id));
        self.doubles.sort_by(|one, other| one.id.cmp(&other.id));
        self.not_taken.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }

    /// Files and members found.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.received + self.not_taken.len() as u64
    }

    /// How many documents are in a side state.
    #[must_use]
    pub fn attention_total(&self) -> u64 {
        self.received - self.by_state.get(&State::Queued).copied().unwrap_or_default()
    }

    /// Whether every document went on its way.
    #[must_use]
    pub fn all_good(&self) -> bool {
        self.not_taken.is_empty() && self.by_state.keys().all(|state| *state == State::Queued)
    }
}
