//! After how many tries, or how long, an invoice that the gateway does not take is handed to a person.

use facteur_model::clock::Timestamp;

/// The end of patience with one invoice. Zero means: no such end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// So many tries in a row.
    pub attempts: i64,
    /// So long since the first of them, in milliseconds.
    pub age_millis: i64,
}

impl End {
    /// Whether an invoice that was tried `attempts` times in a row, first at `first`, is handed to a person now.
    #[must_use]
    pub fn is_reached(&self, attempts: i64, first: Timestamp, now: Timestamp) -> bool {
        let often = self.attempts > 0 && attempts >= self.attempts;
        // One try is no proof of anything, however long ago it was: a machine may have been switched off for months.
        let long = self.age_millis > 0 && attempts > 1 && now >= first.plus_millis(self.age_millis);
        often || long
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn patience_ends_and_once_ended_stays_ended(most in 1_i64..50, age in 1_i64..1_000_000, attempts in 0_i64..100, now in 0_i64..2_000_000) {
            let end = End { attempts: most, age_millis: age };
            let reached = |attempts, now| end.is_reached(attempts, Timestamp(0), Timestamp(now));
            prop_assert!(reached(most, now));
            prop_assert!(reached(attempts.max(2), age));
            prop_assert!(!reached(attempts, now) || reached(attempts + 1, now) && reached(attempts, now + 1));
        }
    }

    #[test]
    fn months_of_silence_after_one_try_are_not_the_end() {
        let end = End { attempts: 40, age_millis: 1000 };
        assert!(!end.is_reached(1, Timestamp(0), Timestamp(i64::MAX)));
        assert!(!End { attempts: 0, age_millis: 0 }.is_reached(10_000, Timestamp(0), Timestamp(i64::MAX)));
    }
}
