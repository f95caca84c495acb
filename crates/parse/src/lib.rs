//! (crate documentation follows with its first landing)
pub mod pdf;
