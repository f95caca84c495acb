//! The hand that writes journal lines.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use super::super::{Connection, journal};
use crate::document::sha256_hex;
use crate::error::StoreError;
use crate::journal::{Head, Line, line_hash};

/// What is said of one subject, before it has its place in the chain.
struct Saying {
    place: usize,
    at: Timestamp,
    kind: String,
    subject: String,
    payload: String,
}

/// Gathers the journal lines of one transaction; they get their place in the chain at its very end.
#[derive(Default)]
pub(super) struct Scribe {
    sayings: Vec<Saying>,
    place: usize,
    work: bool,
}

impl Scribe {
    /// What is said from now on is about the change at this place of the transaction. Changes of one kind are written
    /// together; the journal has the order in which they were given.
    pub(super) const fn at(&mut self, place: usize) {
        self.place = place;
    }

    pub(super) const fn place(&self) -> usize {
        self.place
    }

    /// Adds a line; [`Scribe::close`] writes them.
    pub(super) fn line(&mut self, at: Timestamp, kind: &str, subject: &str, payload: String) {
        let place = self.place;
        self.sayings.push(Saying { place, at, kind: kind.to_owned(), subject: subject.to_owned(), payload });
    }

    /// An invoice has reached a state: once one is queued, there is something to do for a worker.
    pub(super) fn reached(&mut self, state: State) {
        self.work |= state == State::Queued;
    }

    /// Takes the end of the chain, as late as possible since nobody else can write from then on, and writes every
    /// line. The new head, where there was a line to write.
    pub(super) async fn close(mut self, connection: &mut Connection) -> Result<Option<Head>, StoreError> {
        if self.work {
            super::super::transaction::announce(connection).await?;
        }
        if self.sayings.is_empty() {
            return Ok(None);
        }
        self.sayings.sort_by_key(|saying| saying.place);
        let mut head = journal::end_of_chain(connection).await?;
        let lines: Vec<Line> = self.sayings.into_iter().map(|saying| next_line(&mut head, saying)).collect();
        journal::append(connection, &lines).await?;
        super::super::transaction::settle_counts(connection).await?;
        Ok(Some(head))
    }
}

fn next_line(head: &mut Head, saying: Saying) -> Line {
    let (seq, at, digest) = (head.seq + 1, saying.at.0, sha256_hex(saying.payload.as_bytes()));
    let hash = line_hash(seq, at, &saying.kind, &saying.subject, &digest, &head.hash);
    head.seq = seq;
    let previous = std::mem::replace(&mut head.hash, hash.clone());
    let (kind, subject, payload) = (saying.kind, saying.subject, Some(saying.payload));
    Line { seq, at, kind, subject, digest, previous, hash, payload }
}
