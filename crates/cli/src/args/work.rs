//! The long-running worker.

use std::net::SocketAddr;

use clap::Args;

#[derive(Debug, Args)]
pub struct Work {
    /// Show metrics (Prometheus text) on this address of this machine.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
    /// End when nothing is on its way any more.
    #[arg(long)]
    pub until_idle: bool,
}
