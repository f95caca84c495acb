//! How many deposits one night may take: a guard of the gateway, and of an account with a quota.

use facteur_model::clock::Timestamp;

/// One day in milliseconds.
const DAY: i64 = 24 * 3600 * 1000;
/// A night is the 24 hours from noon to noon (UTC), so that midnight does not cut it.
const NOON: i64 = 12 * 3600 * 1000;

/// The deposits of the present night, counted by request: a lot is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    most: Option<u64>,
    night: i64,
    used: u64,
}

impl Budget {
    /// A budget of `most` deposits a night; zero is no limit.
    #[must_use]
    pub const fn of(most: u64) -> Self {
        Self { most: if most == 0 { None } else { Some(most) }, night: i64::MIN, used: 0 }
    }

    /// When the night of `now` began.
    #[must_use]
    pub const fn night_start(now: Timestamp) -> Timestamp {
        Timestamp(night(now).saturating_mul(DAY).saturating_add(NOON))
    }

    /// Whether there is a limit at all.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.most.is_some()
    }

    /// What the store knows of this night: deposits of earlier runs and of other processes count too.
    pub fn learn(&mut self, now: Timestamp, used: u64) {
        self.turn(now);
        self.used = self.used.max(used);
    }

    /// Takes one deposit out of the budget; false when nothing is left tonight.
    #[must_use]
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.turn(now);
        if self.left() == 0 {
            return false;
        }
        self.used += 1;
        true
    }

    /// What is left of the present night.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.most.map_or(u64::MAX, |most| most.saturating_sub(self.used))
    }

    /// A clock that goes back does not give a second budget for the same night.
    fn turn(&mut self, now: Timestamp) {
        let night = night(now);
        if night > self.night {
            (self.night, self.used) = (night, 0);
        }
    }
}

const fn night(now: Timestamp) -> i64 {
    now.0.saturating_sub(NOON).div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_night_ever_takes_more_than_its_budget(most in 1_u64..20, steps in proptest::collection::vec((-2_i64..30, 0_u64..5), 1..400)) {
            let mut budget = Budget::of(most);
            let (mut now, mut taken) = (Timestamp(1_795_453_606_123), BTreeMap::<i64, u64>::new());
            let mut latest = i64::MIN;
            for (hours, elsewhere) in steps {
                now = now.plus_millis(hours * 3_600_000);
                latest = latest.max(night(now));
                budget.learn(now, elsewhere);
                if budget.take(now) {
                    // After the clock went back, a deposit is taken out of the latest night seen.
                    *taken.entry(latest).or_default() += 1;
                }
            }
            prop_assert!(taken.values().all(|count| *count <= most), "{:?}", taken);
        }
    }

    #[test]
    fn midnight_is_the_same_night_and_noon_begins_another() {
        let noon = Timestamp(1_795_435_200_000);
        assert_eq!(noon.rfc3339(), "2026-11-23T12:00:00Z");
        assert_eq!(Budget::night_start(noon), noon);
        assert_eq!(Budget::night_start(noon.plus_millis(DAY - 1)), noon);
        let mut budget = Budget::of(1);
        assert!(budget.take(noon.plus_millis(11 * 3_600_000)));
        assert!(!budget.take(noon.plus_millis(13 * 3_600_000)));
        assert!(budget.take(noon.plus_millis(DAY)));
        assert!((0..1000).all(|_| Budget::of(0).take(noon)));
    }
}
