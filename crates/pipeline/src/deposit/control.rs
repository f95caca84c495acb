//! What all senders of one process share about one gateway: breakers, tonight's budget, counters.

use std::sync::{Mutex, MutexGuard, PoisonError};

use facteur_model::clock::Timestamp;

use super::policy::breaker::{Phase, Settings};
use super::policy::{Admission, Breaker, Budget, Signal, Ticket};
use crate::config::Deposit;
use crate::metrics::Counters;

/// Breakers, budget and counters.
#[derive(Debug)]
pub struct Control {
    deposits: Mutex<Breaker>,
    questions: Mutex<Breaker>,
    budget: Mutex<Budget>,
    refusal: Mutex<Option<String>>,
    /// What is counted.
    pub counters: Counters,
}

/// A deposit and a question fail for different reasons: each has its breaker. A pause that the gateway asks for, and
/// refused credentials, close both doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Deposits.
    Deposit,
    /// Everything else.
    Question,
}

impl Control {
    /// As configured, for the gateway of that name. `lost_after_millis`: the longest that one call may take.
    #[must_use]
    pub fn new(patience: &Deposit, gateway: &str, lost_after_millis: i64) -> Self {
        let settings = Settings {
            failures: patience.stop_after_failures,
            first_seconds: patience.retry_first_seconds,
            ceiling_seconds: patience.retry_max_seconds,
            lost_after_millis,
        };
        Self {
            deposits: Mutex::new(Breaker::new(settings.clone(), gateway)),
            questions: Mutex::new(Breaker::new(settings, gateway)),
            budget: Mutex::new(Budget::of(patience.night_budget)),
            refusal: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// Asks for one call.
    pub fn admit(&self, door: Door, now: Timestamp) -> Admission {
        lock(self.breaker(door)).admit(now)
    }

    /// Says what became of it.
    pub fn report(&self, door: Door, now: Timestamp, ticket: Ticket, signal: Signal) {
        let before = self.phase(door);
        lock(self.breaker(door)).report(now, ticket, signal);
        let after = self.phase(door);
        if before != after {
            tracing::info!(?door, ?before, ?after, "the breaker turned");
        }
        if signal == Signal::Refused {
            lock(self.breaker(door.other())).report(now, ticket, signal);
        }
    }

    /// The call was not made after all.
    pub fn give_back(&self, door: Door, now: Timestamp, ticket: Ticket) {
        lock(self.breaker(door)).give_back(now, ticket);
    }

    /// Until when a door stays shut, where it is.
    pub fn open_until(&self, door: Door) -> Option<Timestamp> {
        lock(self.breaker(door)).open_until()
    }

    /// The state of a door.
    pub fn phase(&self, door: Door) -> Phase {
        lock(self.breaker(door)).phase()
    }

    /// Whether credentials or rights were refused: nothing more is asked in this process.
    pub fn is_barred(&self) -> bool {
        [Door::Deposit, Door::Question].iter().any(|door| self.phase(*door) == Phase::Barred)
    }

    /// Remembers in what words the gateway refused credentials or rights.
    pub fn refused(&self, words: &str) {
        lock(&self.refusal).get_or_insert_with(|| words.to_owned());
    }

    /// These words.
    pub fn refusal(&self) -> Option<String> {
        lock(&self.refusal).clone()
    }

    /// Takes one deposit out of tonight's budget.
    pub fn take(&self, now: Timestamp) -> bool {
        lock(&self.budget).take(now)
    }

    /// What is left of tonight's budget, where there is a limit.
    pub fn budget_left(&self) -> Option<u64> {
        let budget = lock(&self.budget);
        budget.is_limited().then(|| budget.left())
    }

    /// What the store knows of tonight's deposits.
    pub fn learn(&self, now: Timestamp, used: u64) {
        lock(&self.budget).learn(now, used);
    }

    const fn breaker(&self, door: Door) -> &Mutex<Breaker> {
        match door {
            Door::Deposit => &self.deposits,
            Door::Question => &self.questions,
        }
    }
}

impl Door {
    const fn other(self) -> Self {
        match self {
            Self::Deposit => Self::Question,
            Self::Question => Self::Deposit,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_budget_is_never_exceeded_however_many_ask(budget in 1_u64..50, askers in 1_usize..8, each in 1_usize..20) {
            let patience = Deposit { night_budget: budget, ..Deposit::default() };
            let control = Arc::new(Control::new(&patience, "gateway", 1000));
            let tasks: Vec<_> = (0..askers)
                .map(|_| {
                    let control = control.clone();
                    std::thread::spawn(move || (0..each).filter(|_| control.take(Timestamp(0))).count())
                })
                .collect();
            let taken: usize = tasks.into_iter().map(|task| task.join().unwrap()).sum();
            prop_assert_eq!(taken as u64, budget.min((askers * each) as u64));
        }
    }
}
