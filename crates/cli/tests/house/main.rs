//! The rules of the house: what `docs/architecture.md` calls its invariants, read from the sources themselves.
#![allow(clippy::unwrap_used)]

mod crates;
mod documents;
mod source;
mod texts;
mod words;
