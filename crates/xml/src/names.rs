//! Names as small numbers: a document repeats a few hundred of them thousands of times.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A name, namespace or prefix of one document, as a number; equal names have equal symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u16);

/// The empty string: no prefix, no namespace.
pub(crate) const NONE: Symbol = Symbol(0);

/// A resolved name: prefix as written, local part, namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) prefix: Symbol,
    pub(crate) local: Symbol,
    pub(crate) namespace: Symbol,
}

/// The strings of a document, each once.
#[derive(Debug)]
pub(crate) struct Symbols {
    text: String,
    spans: Vec<(u32, u32)>,
    /// Open addressing; 0 is free, otherwise symbol + 1. The length is a power of two.
    table: Vec<u16>,
    /// Per document and random, so that nobody can prepare names that collide.
    seed: u64,
}

impl Symbols {
    pub(crate) fn new() -> Self {
        let seed = RandomState::new().hash_one(0_u8) | 1;
        let mut symbols =
            Self { text: String::with_capacity(4096), spans: Vec::with_capacity(256), table: vec![0; 512], seed };
        symbols.intern("");
        symbols
    }

    pub(crate) fn get(&self, symbol: Symbol) -> &str {
        let (start, end) = self.spans[usize::from(symbol.0)];
        &self.text[start as usize..end as usize]
    }

    pub(crate) fn find(&self, name: &str) -> Option<Symbol> {
        self.probe(name).ok()
    }

    /// The symbol of `name`; `None` once there are more distinct names than any invoice has.
    pub(crate) fn intern(&mut self, name: &str) -> Option<Symbol> {
        match self.probe(name) {
            Ok(symbol) => Some(symbol),
            Err(slot) => self.insert(name, slot),
        }
    }

    fn insert(&mut self, name: &str, slot: usize) -> Option<Symbol> {
        let number = u16::try_from(self.spans.len()).ok().filter(|&n| n < u16::MAX)?;
        let start = self.text.len();
        self.text.push_str(name);
        self.spans.push((u32::try_from(start).ok()?, u32::try_from(self.text.len()).ok()?));
        self.table[slot] = number + 1;
        if self.spans.len() * 2 > self.table.len() {
            self.grow();
        }
        Some(Symbol(number))
    }

    fn grow(&mut self) {
        self.table = vec![0; self.table.len() * 2];
        for number in 0..self.spans.len() {
            let symbol = Symbol(u16::try_from(number).unwrap_or(u16::MAX));
            if let Err(slot) = self.probe(self.get(symbol)) {
                self.table[slot] = symbol.0 + 1;
            }
        }
    }

    /// The symbol of `name`, or the free slot where it belongs.
    fn probe(&self, name: &str) -> Result<Symbol, usize> {
        let mask = self.table.len() - 1;
        let mut slot = self.hash(name.as_bytes()) & mask;
        loop {
            match self.table[slot] {
                0 => return Err(slot),
                entry if self.get(Symbol(entry - 1)) == name => return Ok(Symbol(entry - 1)),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "a hash may lose bits")]
    fn hash(&self, bytes: &[u8]) -> usize {
        let mut state = self.seed ^ (bytes.len() as u64);
        // All whole words but the last, then the last eight bytes, which may overlap with what came before.
        if let Some(last) = bytes.last_chunk::<8>() {
            for word in bytes[..bytes.len() - 1].as_chunks::<8>().0 {
                state = fold(state ^ u64::from_le_bytes(*word), self.seed);
            }
            state = fold(state ^ u64::from_le_bytes(*last), self.seed);
        } else {
            let short = bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
            state = fold(state ^ short, self.seed);
        }
        fold(state, 0x9E37_79B9_7F4A_7C15) as usize
    }
}

#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The resolved names of a document, each once.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) list: Vec<Name>,
    numbers: HashMap<Name, u32, Seeded>,
}

impl Names {
    /// Without names yet; they are told apart by the seed of the symbols.
    pub(crate) fn new(symbols: &Symbols) -> Self {
        Self { list: Vec::with_capacity(64), numbers: HashMap::with_capacity_and_hasher(64, Seeded(symbols.seed)) }
    }

    pub(crate) fn number(&mut self, name: Name) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(name).or_insert_with(|| {
            self.list.push(name);
            next
        })
    }
}

/// Multiplies the three numbers of a name with the random seed of its document.
#[derive(Debug, Clone, Copy)]
struct Seeded(u64);

struct Mixed(u64, u64);

impl BuildHasher for Seeded {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0, self.0)
    }
}

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u16(u16::from(byte)));
    }

    fn write_u16(&mut self, value: u16) {
        self.0 = fold(self.0 ^ u64::from(value), self.1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn equal_strings_have_equal_symbols_whatever_their_number() {
        let mut symbols = Symbols::new();
        let first: Vec<_> = (0..5000).map(|n| symbols.intern(&format!("name-{n}")).unwrap()).collect();
        for (n, symbol) in first.iter().enumerate() {
            assert_eq!(symbols.find(&format!("name-{n}")), Some(*symbol));
            assert_eq!(symbols.get(*symbol), format!("name-{n}"));
        }
        assert_eq!(symbols.find("other"), None);
    }

    #[test]
    fn too_many_names_are_refused_and_not_confused() {
        let mut symbols = Symbols::new();
        let accepted = (0..70_000).filter(|n| symbols.intern(&n.to_string()).is_some()).count();
        assert_eq!(accepted, 65_534);
    }
}
