//! The listener: one task a connection, each of which a handler can cut without an answer.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::args::Options;
use crate::gateway::Connection;
use crate::journal::JournalError;
use crate::routes;
use crate::world::App;

/// How long open connections may finish after the stop signal.
const GRACE: Duration = Duration::from_secs(3);
/// How long a client may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// Why the simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state file cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address is not loopback.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
}

/// A simulator that is bound to its address, ready to run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
}

impl Server {
    /// Replays the state file and binds the address.
    pub async fn bind(options: Options) -> Result<Self, StartError> {
        let asked = options.listen;
        if !asked.ip().is_loopback() {
            return Err(StartError::NotLoopback(asked));
        }
        let app = Arc::new(App::new(options)?);
        let failed = |source| StartError::Listen { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, app })
    }

    /// The address in use, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` ends, then lets open connections finish for a short while.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let router = routes::router(Arc::clone(&self.app));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, router.clone(), stopped.clone()));
                    }
                    // Out of descriptors, most often: wait instead of spinning.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
            }
        }
        let _ = stopping.send(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, finished).await;
    }
}

async fn serve(stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let connection = Connection::default();
    let service = TowerToHyperService::new(router.layer(Extension(connection.clone())));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let mut exchange = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = &mut exchange => return,
        // Dropping the exchange closes the socket: not a byte of answer leaves.
        () = connection.closed() => return,
        _ = stopped.changed() => exchange.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = &mut exchange => {}
        () = connection.closed() => {}
    }
}
