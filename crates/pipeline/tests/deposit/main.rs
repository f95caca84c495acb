//! Sending, settling and following against the simulator, on a clock that the test moves.
//!
//! The simulator's program is looked for in `FACTEUR_SIMULATOR`, then beside the tests. Where it is not built these
//! tests say that they are left out, except in continuous integration (`CI` set), where that is a failure.
#![allow(clippy::unwrap_used)]

#[path = "../../../store/tests/cluster/mod.rs"]
mod cluster;
mod faults;
mod lots;
mod order;
mod patience;
mod silence;
mod support;
mod workers;
