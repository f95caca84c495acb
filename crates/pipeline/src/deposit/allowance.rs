//! What one run may still begin: deposits that can end in its time window. How many a night may take is the budget's
//! business ([`super::policy::Budget`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use facteur_model::clock::Timestamp;

/// The code of the sentence for: a deposit that began now might not have ended at the end of the time window.
pub const WINDOW_OVER: &str = "WINDOW-OVER";

/// What one run may still begin. Clones share it; without a window it never ends.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    until: Option<Timestamp>,
    over: Arc<AtomicBool>,
}

impl Allowance {
    /// Deposits that end before `until`.
    #[must_use]
    pub fn new(until: Option<Timestamp>) -> Self {
        Self { until, over: Arc::default() }
    }

    /// The end of the time window, where there is one.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether a deposit that takes at most `longest` milliseconds may begin now. Once over, over: a clock that is set
    /// back in the night does not open the window again.
    #[must_use]
    pub fn permits(&self, now: Timestamp, longest: i64) -> bool {
        let late = self.until.is_some_and(|until| now.plus_millis(longest) > until);
        !self.over.fetch_or(late, Ordering::SeqCst) && !late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposit_that_might_not_end_in_the_window_never_begins() {
        let allowance = Allowance::new(Some(Timestamp(10_000)));
        assert!(allowance.permits(Timestamp(7_000), 3_000));
        assert!(!allowance.permits(Timestamp(7_001), 3_000));
        assert!(!allowance.permits(Timestamp(0), 3_000), "the clock was set back");
        assert!(Allowance::default().permits(Timestamp(i64::MAX), i64::MAX));
    }
}
