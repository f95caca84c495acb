//! Sets and tables whose keys come from an artefact: quick to look things up in.
//!
//! Their keys are fixed when the rules are loaded. What a document brings is only looked up, never put in, so nobody
//! can fill them with keys that collide; the hash need not be a secret.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A table with the quick hash.
pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiplies and turns, word by word.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Quick(u64);

impl Quick {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.add(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.add(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }
}

/// The members of a list.
#[derive(Debug, Clone)]
pub(crate) struct Members(Arc<HashSet<Box<str>, BuildHasherDefault<Quick>>>);

impl Members {
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

impl<S: Into<Box<str>>> FromIterator<S> for Members {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().map(Into::into).collect()))
    }
}

/// Equal sets hash alike, in whatever order their members came.
impl Hash for Members {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let one = |member: &str| {
            let mut hasher = DefaultHasher::new();
            member.hash(&mut hasher);
            hasher.finish()
        };
        self.0.len().hash(state);
        let (sum, mixed) =
            self.0.iter().map(|member| one(member)).fold((0_u64, 0_u64), |(sum, mixed), hash| {
                (sum.wrapping_add(hash), mixed ^ hash.wrapping_mul(hash | 1))
            });
        (sum, mixed).hash(state);
    }
}

/// What tells one expression of a rule set from another: two hashes of 64 bits, of which equal expressions have equal
/// ones. By chance two different ones of a thousand would agree once in 10^32 rule sets.
pub(crate) fn fingerprint(value: &impl Hash) -> (u64, u64) {
    let of = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        value.hash(&mut hasher);
        hasher.finish()
    };
    (of(1), of(2))
}
