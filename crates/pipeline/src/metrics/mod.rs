//! What a worker counts, and the page on which it shows it: Prometheus text, written by ourselves
//! (`docs/decisions/`). Whole numbers only.

mod histogram;
mod page;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use histogram::Histogram;
pub use page::{Depth, Shown, page};

/// Counters of one process, from its start.
#[derive(Debug, Default)]
pub struct Counters {
    deposits: Mutex<BTreeMap<&'static str, u64>>,
    questions: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    states: Mutex<BTreeMap<&'static str, u64>>,
    invoices: AtomicU64,
    rescued: AtomicU64,
    in_flight: AtomicU64,
    deposit_time: Histogram,
    question_time: Histogram,
}

impl Counters {
    /// A deposit ended: by its outcome, with the invoices that its flow carried.
    pub fn deposited(&self, outcome: &'static str, invoices: usize, took: Duration) {
        *lock(&self.deposits).entry(outcome).or_default() += 1;
        self.invoices.fetch_add(invoices as u64, Ordering::Relaxed);
        self.deposit_time.record(took);
    }

    /// A question was answered, or not.
    pub fn asked(&self, question: &'static str, result: &'static str, took: Duration) {
        *lock(&self.questions).entry((question, result)).or_default() += 1;
        self.question_time.record(took);
    }

    /// An invoice came to a state.
    pub fn reached(&self, state: facteur_model::lifecycle::State) {
        *lock(&self.states).entry(state.as_str()).or_default() += 1;
    }

    /// Deposits whose sender had died were taken up.
    pub fn rescued(&self, count: u64) {
        self.rescued.fetch_add(count, Ordering::Relaxed);
    }

    /// A deposit begins; it ends when what is answered is dropped.
    pub fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }
}

/// A deposit that is on its way.
#[derive(Debug)]
pub struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
