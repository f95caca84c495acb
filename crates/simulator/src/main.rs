//! `facteur-simulator`: arguments, listener, signals.

use std::io::Write;

use anyhow::Context;
use clap::Parser;
use facteur_simulator::{Options, Server};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let server = Server::bind(Options::parse()).await?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to SIGTERM")?;
    announce(&server).context("cannot write to standard output")?;
    server
        .run(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        })
        .await;
    Ok(())
}

/// The first line of output: scripts read the chosen port from it.
fn announce(server: &Server) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "facteur-simulator listening on http://{}", server.address())?;
    output.flush()
}
