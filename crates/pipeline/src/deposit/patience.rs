//! How long to wait: exponential, with a ceiling, spread by the invoice so that a thousand do not wake together.

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
        fn the_wait_grows_and_never_passes_the_ceiling(tries in 0_i64..100, first in 1_u64..100, factor in 1_u64..100, salt in ".{0,8}") {
            let ceiling = first * factor;
            let wait = next_at(Timestamp(0), tries, first, ceiling, &salt).0;
            prop_assert!(wait > 0 && wait <= i64::try_from(ceiling * 1000).unwrap());
            prop_assert!(wait >= i64::try_from(first * 1000 * 3 / 4).unwrap());
        }
    }
}
