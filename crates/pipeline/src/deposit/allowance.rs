//! What one run may still begin: deposits that can end in its time window, and at most so many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use facteur_model::clock::Timestamp;

/// Why no deposit may begin any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// A deposit that began now might not have ended at the end of the time window.
    Window,
    /// As many deposits were begun as the run may begin.
    Budget,
}

impl Spent {
    /// The code of its sentence.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Window => "WINDOW-OVER",
            Self::Budget => "BUDGET-SPENT",
        }
    }
}

/// What one run may still begin. Clones share what is left of it; without limits it never ends.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    until: Option<Timestamp>,
    budget: Option<Arc<AtomicU64>>,
    over: Arc<AtomicBool>,
}

impl Allowance {
    /// Deposits that end before `until`, and at most `budget` of them.
    #[must_use]
    pub fn new(until: Option<Timestamp>, budget: Option<u64>) -> Self {
        Self { until, budget: budget.map(|most| Arc::new(AtomicU64::new(most))), over: Arc::default() }
    }

    /// The end of the time window, where there is one.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether a deposit that takes at most `longest` milliseconds may begin now; the budget is not touched.
    #[must_use]
    pub fn spent(&self, now: Timestamp, longest: i64) -> Option<Spent> {
        if self.over.load(Ordering::SeqCst) || self.until.is_some_and(|until| now.plus_millis(longest) > until) {
            return Some(Spent::Window);
        }
        self.budget.as_ref().is_some_and(|left| left.load(Ordering::SeqCst) == 0).then_some(Spent::Budget)
    }

    /// Takes one deposit out of what is left.
    ///
    /// # Errors
    /// [`Spent`]: it may not begin.
    pub fn take(&self, now: Timestamp, longest: i64) -> Result<(), Spent> {
        if let Some(spent) = self.spent(now, longest) {
            // Once over, over: a clock that is set back in the night does not open the window again.
            self.over.fetch_or(spent == Spent::Window, Ordering::SeqCst);
            return Err(spent);
        }
        let Some(left) = &self.budget else { return Ok(()) };
        let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        taken.map(drop).map_err(|_| Spent::Budget)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_deposit_that_might_not_end_in_the_window_never_begins() {
        let allowance = Allowance::new(Some(Timestamp(10_000)), None);
        assert_eq!(allowance.take(Timestamp(7_000), 3_000), Ok(()));
        assert_eq!(allowance.take(Timestamp(7_001), 3_000), Err(Spent::Window));
        assert_eq!(allowance.take(Timestamp(0), 3_000), Err(Spent::Window), "the clock was set back");
        assert_eq!(Allowance::default().take(Timestamp(i64::MAX), i64::MAX), Ok(()));
    }

    proptest! {
        #[test]
        fn the_budget_is_never_exceeded_however_many_ask(budget in 0_u64..50, askers in 1_usize..8, each in 1_usize..20) {
            let allowance = Allowance::new(None, Some(budget));
            let tasks: Vec<_> = (0..askers)
                .map(|_| {
                    let allowance = allowance.clone();
                    std::thread::spawn(move || (0..each).filter(|_| allowance.take(Timestamp(0), 1).is_ok()).count())
                })
                .collect();
            let taken: usize = tasks.into_iter().map(|task| task.join().unwrap()).sum();
            prop_assert_eq!(taken as u64, budget.min((askers * each) as u64));
        }
    }
}
