//! How long to wait: exponential, with a ceiling, spread by the invoice so that a thousand do not wake together.

use std::time::Duration;

use facteur_model::clock::Timestamp;

/// The next instant: `first` doubled for each try already made, at most `ceiling`, spread by up to a quarter.
#[must_use]
pub fn next_at(now: Timestamp, tries: i64, first_seconds: u64, ceiling_seconds: u64, salt: &str) -> Timestamp {
    let doublings = u32::try_from(tries.clamp(0, 30)).unwrap_or_default();
    let wait =
        first_seconds.saturating_mul(1000).saturating_mul(1_u64 << doublings).min(ceiling_seconds.saturating_mul(1000));
    let spread = spread(salt, tries, wait / 4);
    now.plus_millis(i64::try_from(wait - spread).unwrap_or(i64::MAX))
}

/// The later of our own wait and the one that the gateway asked for (`Retry-After`, seconds or a date).
#[must_use]
pub fn not_before(own: Timestamp, now: Timestamp, asked: Option<Duration>) -> Timestamp {
    asked.map_or(own, |wait| own.max(now.plus_millis(millis(wait))))
}

pub(super) fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

/// A number below `range` that depends on the invoice and the try only (FNV-1a): the same run twice waits the same.
fn spread(salt: &str, tries: i64, range: u64) -> u64 {
    let bytes = salt.bytes().chain(tries.to_le_bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    if range == 0 { 0 } else { hash % range }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_wait_is_bounded_below_and_above(tries in 0_i64..100, first in 1_u64..100, factor in 1_u64..100, salt in ".{0,8}") {
            let ceiling = first * factor;
            let wait = next_at(Timestamp(0), tries, first, ceiling, &salt).0;
            prop_assert!(wait > 0 && wait <= i64::try_from(ceiling * 1000).unwrap());
            prop_assert!(wait >= i64::try_from(first * 1000 * 3 / 4).unwrap());
        }

        #[test]
        fn the_wait_grows_with_every_try_until_the_ceiling(tries in 0_i64..60, first in 1_u64..1000, ceiling in 1_u64..100_000, salt in ".{0,8}") {
            let wait = |tries| next_at(Timestamp(0), tries, first, ceiling, &salt).0;
            // Half of the next wait is the present one; a quarter is the most that the spread takes away.
            let at_ceiling = i64::try_from(ceiling * 1000 * 3 / 4).unwrap();
            prop_assert!(wait(tries + 1) > wait(tries) || wait(tries + 1) >= at_ceiling);
        }

        #[test]
        fn a_pause_that_was_asked_for_is_never_cut_short(own in 0_i64..1_000_000, asked in proptest::option::of(0_u64..100_000)) {
            let asked = asked.map(Duration::from_secs);
            let at = not_before(Timestamp(own), Timestamp(0), asked);
            prop_assert!(at.0 >= own);
            prop_assert!(asked.is_none_or(|wait| at.0 >= millis(wait)));
        }
    }

    #[test]
    fn two_invoices_do_not_wake_together_and_one_always_at_the_same_instant() {
        let at = |salt| next_at(Timestamp(0), 3, 60, 3600, salt);
        assert_ne!(at("one"), at("another"));
        assert_eq!(at("one"), at("one"));
    }
}
