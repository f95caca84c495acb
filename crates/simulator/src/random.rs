//! A small reproducible generator (SplitMix64) for fault draws and tokens; nothing here is a secret.

/// The generator, fully determined by its seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// True with the given probability, expressed in parts per million.
    pub fn hits(&mut self, parts_per_million: u32) -> bool {
        parts_per_million > 0 && self.next() % 1_000_000 < u64::from(parts_per_million)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_and_rates_hold() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..1000).map(|_| random.hits(250_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let hits = draw(7).into_iter().filter(|hit| *hit).count();
        assert!((180..320).contains(&hits), "{hits}");
        assert!(!Random::new(1).hits(0));
        assert!(Random::new(1).hits(1_000_000));
    }
}
