//! The real binary on a free port, driven over HTTP and raw sockets; time is moved with its own clock.
#![allow(clippy::unwrap_used)]

mod documents;
mod faults;
mod gateway;
mod life;
mod restart;
mod rules;
mod support;
mod swagger;
