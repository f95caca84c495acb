//! Every outgoing connection of `facteur`: the gateways of the Trésor public, one module each.
//!
//! What goes out and how each answer is read is written down in `docs/reference/chorus-pro.md`. Two things hold for
//! every gateway: a call is bounded (time, size, no redirects, verified TLS, no proxy that was not configured), and
//! a deposit is never repeated unless it is proved that the first one was not accepted.
//!
//! [`chorus_pro::ChorusPro`] implements [`facteur_model::gateway::Gateway`].

mod address;
pub mod chorus_pro;
mod http;
pub mod mail;
pub mod reason;
pub mod secrets;
pub mod timestamp;
pub mod webhook;
pub mod witness;

use std::path::PathBuf;

/// Why a gateway could not be set up: all of it is configuration, none of it is on the wire.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// An address that is no address, or that would send secrets in clear.
    #[error("{key}: {problem}")]
    Address {
        /// Which key of the configuration.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A setting outside its range.
    #[error("{key}: {problem}")]
    Setting {
        /// Which key of the configuration.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A secret that cannot be had.
    #[error("{key}: {source}")]
    Secret {
        /// Which key of the configuration.
        key: &'static str,
        /// Why.
        source: secrets::SecretError,
    },
    /// A file of certificates that cannot be used.
    #[error("certificate file {}: {problem}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The HTTP client itself refused to start.
    #[error("the HTTP client cannot start: {0}")]
    Client(String),
}
