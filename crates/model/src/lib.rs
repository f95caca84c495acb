//! The vocabulary that every other crate of `facteur` speaks: invoices in the terms of EN 16931,
//! identifiers, exact amounts, findings, the edges to the outside world, and the life cycle.
//!
//! Nothing here reads files, opens connections, knows XML or SQL, or prints sentences: a
//! [`Finding`](finding::Finding) carries codes and arguments, and the `texts` crate turns them into French or English.

pub mod amount;
pub mod clock;
pub mod date;
pub mod directory;
pub mod finding;
pub mod gateway;
pub mod identifiers;
pub mod invoice;
pub mod kind;
pub mod lifecycle;
