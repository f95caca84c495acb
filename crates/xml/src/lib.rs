//! (crate documentation follows with its first landing)
