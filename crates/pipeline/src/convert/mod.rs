//! Conversion.
mod compare;
pub use compare::unlisted;
