//! A faithful Chorus Pro / PISTE gateway on the loopback interface, with faults, a ledger and a clock of its own.
//!
//! It uses no product crate: it reads invoices with its own small reader, so that no bug of the product is
//! mirrored. Its state is a JSON-lines journal; every accepted deposit is synced before it is acknowledged.
//!
//! ```no_run
//! use facteur_simulator::{Options, Server};
//! # async fn example() -> Result<(), facteur_simulator::StartError> {
//! let server = Server::bind(Options::on_free_port()).await?;
//! let url = format!("http://{}", server.address());
//! tokio::spawn(server.run(std::future::pending()));
//! # drop(url);
//! # Ok(())
//! # }
//! ```

mod admin;
mod amount;
mod archive;
mod args;
mod clock;
mod directory;
mod envelope;
mod factures;
mod faults;
mod flow;
mod gateway;
mod journal;
mod oauth;
mod paging;
mod random;
mod reader;
mod routes;
mod rules;
mod server;
mod state;
mod structures;
mod transverses;
mod world;

pub use args::{DuplicateCheck, Options, Switch, duration};
pub use faults::{Fault, FaultRate, Scope};
pub use journal::JournalError;
pub use server::{Server, StartError};
