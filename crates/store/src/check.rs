//! Is everything still there, and is it still what it was? And a copy to keep elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use facteur_model::lifecycle::{State, is_step};
use serde_json::Value as Json;

use crate::Store;
use crate::backend::{Readers, ask};
use crate::error::StoreError;
use crate::journal::{Head, Line};
use crate::sqlite;

/// What a check of the store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Invoices looked at.
    pub invoices: u64,
    /// Documents whose digest was computed again.
    pub documents: u64,
    /// Documents among them that were eliminated by an approved list.
    pub eliminated: u64,
    /// Lines of the journal.
    pub lines: u64,
    /// The journal's head, when it verifies.
    pub head: Option<Head>,
    /// What is wrong, in technical words; empty when all is well.
    pub problems: Vec<String>,
}

impl Store {
    /// Verifies the whole journal, against a head kept elsewhere where one is given.
    ///
    /// # Errors
    /// [`StoreError::Journal`] naming the first line that does not fit.
    pub async fn verify_journal(&self, kept: Option<Head>) -> Result<Head, StoreError> {
        self.verify_journal_against(kept.as_slice()).await
    }

    /// Verifies the whole journal against any number of heads that were kept elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Journal`] naming the first line that does not fit.
    pub async fn verify_journal_against(&self, kept: &[Head]) -> Result<Head, StoreError> {
        ask!(self, check::journal(kept))
    }

    /// Checks everything: the database itself, every document's digest, the journal, every state against the journal,
    /// the counts of reports against the invoices.
    ///
    /// # Errors
    /// When the store cannot be read at all; what is wrong inside is in the [`Health`].
    pub async fn check(&self) -> Result<Health, StoreError> {
        ask!(self, check::everything())
    }

    /// Writes a consistent copy while the store is in use.
    ///
    /// # Errors
    /// When the target exists or cannot be written.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        match &self.readers {
            Readers::Sqlite(pool) => sqlite::integrity::backup(pool, target).await,
            Readers::Postgres(_) => crate::copy::backup(self.location(), target).await.map(drop),
        }
    }
}

/// The states of all invoices as the journal tells them, replayed through the life cycle.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    states: BTreeMap<String, String>,
    /// Digests of documents that the journal says were eliminated.
    pub(crate) eliminated: BTreeSet<String>,
    pub(crate) lines: u64,
    pub(crate) problems: Vec<String>,
}

impl Replay {
    pub(crate) fn state(&self, invoice: &str) -> Option<&str> {
        self.states.get(invoice).map(String::as_str)
    }

    pub(crate) fn invoices(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    pub(crate) fn take(&mut self, line: &Line) {
        self.lines += 1;
        let Some(payload) = line.payload.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok()) else {
            return;
        };
        let texts = |key: &str| -> Vec<&str> {
            payload.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
        };
        if line.kind == "eliminated" {
            self.eliminated.extend(texts("documents").into_iter().map(str::to_owned));
        }
        let states = texts("states");
        let Some(last) = states.last() else { return };
        let before = self.states.get(&line.subject);
        if let Some(before) = before.filter(|before| states.first() != Some(&before.as_str())) {
            let text =
                format!("journal line {}: {} begins with {}, it was {before}", line.seq, line.subject, states[0]);
            self.problems.push(text);
        }
        for pair in states.windows(2) {
            let known = State::from_name(pair[0]).zip(State::from_name(pair[1]));
            if !known.is_some_and(|(from, to)| is_step(from, to)) {
                let text = format!("journal line {}: no step leads from {} to {}", line.seq, pair[0], pair[1]);
                self.problems.push(text);
            }
        }
        self.states.insert(line.subject.clone(), (*last).to_owned());
    }
}
