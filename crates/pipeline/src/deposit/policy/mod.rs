//! When to try again, when to stop, when to ask a person: decisions only, without I/O, clock or store.
//!
//! [`class`] says what an outcome is: retryable, definitive or unknown. [`backoff`] says when a retryable one is tried
//! again, [`end`] when that has lasted long enough, [`breaker`] when the gateway as a whole is left alone, and
//! [`budget`] how much one night may cost it.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod class;
pub mod end;

pub use backoff::next_at;
pub use breaker::{Admission, Breaker, Signal, Ticket};
pub use budget::Budget;
pub use class::{Class, class, signal};
pub use end::End;
