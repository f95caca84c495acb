//! The one connection of this process that writes. A lost connection is made again, and what was being written is
//! written again unless it had been committed after all: the journal tells.

use facteur_model::clock::Timestamp;
use sqlx::Executor as _;
use sqlx::postgres::PgConnectOptions;

use super::transaction::{LOCK_JOURNAL, begin, lock, prepare, roll_back};
use super::write::Written;
use super::{Connection, claim, connect, write};
use crate::Structure;
use crate::change::{Change, Done};
use crate::claim::Claim;
use crate::error::StoreError;
use crate::journal::Head;
use crate::killpoint;
use crate::patience::Patience;
use crate::record::Invoice;

/// The one connection that writes; made when it is first needed, in the writer's own thread.
pub(crate) struct Pen {
    options: PgConnectOptions,
    connection: Option<Connection>,
    attempts: u64,
}

/// Why a transaction did not end well.
enum Failure {
    /// Nothing was written.
    Nothing(StoreError),
    /// The answer to the commit was lost: it may be written.
    Unsure(StoreError, Written),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Nothing(error)
    }
}

/// Does it again while the connection is lost, until patience ends.
macro_rules! patiently {
    ($pen:ident, $connection:ident => $call:expr) => {{
        let mut patience = Patience::default();
        loop {
            let answer = match $pen.connected().await {
                Ok($connection) => $call.await,
                Err(error) => Err(error),
            };
            match answer {
                Err(error) if error.is_passing() => {
                    $pen.connection = None;
                    if !patience.again().await {
                        break Err(error);
                    }
                }
                other => break other,
            }
        }
    }};
}

impl Pen {
    pub(crate) const fn new(options: PgConnectOptions) -> Self {
        Self { options, connection: None, attempts: 0 }
    }

    /// Writes all of them in one transaction, or none.
    pub(crate) async fn together(&mut self, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
        let mut patience = Patience::default();
        loop {
            let error = match self.attempt(changes).await {
                Ok(done) => return Ok(done),
                Err(Failure::Nothing(error)) => error,
                Err(Failure::Unsure(error, written)) => {
                    self.connection = None;
                    match &written.head {
                        Some(head) if self.is_written(head).await? => return Ok(written.done),
                        _ => error,
                    }
                }
            };
            if !error.is_passing() {
                return Err(error);
            }
            tracing::warn!(%error, "writing again");
            self.connection = None;
            if !patience.again().await {
                return Err(error);
            }
        }
    }

    async fn attempt(&mut self, changes: &[&Change]) -> Result<Vec<Done>, Failure> {
        self.attempts += 1;
        let outgrown = self.attempts.is_power_of_two();
        let connection = self.connected().await?;
        if outgrown {
            // Made while a table was nearly empty, where every index beginning with the legal person costs the same, a
            // plan would be kept until the server analyses the table: the import would slow down with its square.
            connection.execute("DISCARD PLANS").await.map_err(StoreError::from)?;
        }
        begin(connection).await?;
        let written = match prepared(connection, changes).await {
            Ok(written) => written,
            Err(error) => {
                roll_back(connection).await;
                return Err(error.into());
            }
        };
        killpoint::reach("store.before_commit");
        if let Err(error) = connection.execute("COMMIT").await {
            return Err(Failure::Unsure(error.into(), written));
        }
        killpoint::reach("store.after_commit");
        tracing::trace!(changes = written.done.len(), head = ?written.head, "written");
        Ok(written.done)
    }

    /// Whether a transaction whose answer was lost is there. The journal's lock waits for its end, should the server
    /// still be at it.
    async fn is_written(&mut self, head: &Head) -> Result<bool, StoreError> {
        patiently!(self, connection => is_in_journal(connection, head))
    }

    async fn connected(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::connection(&self.options).await?,
        };
        Ok(self.connection.insert(connection))
    }

    pub(crate) async fn register(&mut self, structure: &Structure, at: Timestamp) -> Result<(), StoreError> {
        patiently!(self, connection => write::register(connection, structure, at))
    }

    /// One order a state, each a transaction of its own: what was taken stays taken whatever happens to the next.
    pub(crate) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Invoice>, StoreError> {
        patiently!(self, connection => claim::claim(connection, claim))
    }

    pub(crate) async fn renew(&mut self, holder: &str, until: Timestamp) -> Result<u64, StoreError> {
        patiently!(self, connection => claim::renew(connection, holder, until))
    }

    pub(crate) async fn let_go(&mut self, holder: &str) -> Result<u64, StoreError> {
        patiently!(self, connection => claim::let_go(connection, holder))
    }

    pub(crate) async fn close(self) {
        if let Some(connection) = self.connection {
            connect::close(connection).await;
        }
    }
}

async fn prepared(connection: &mut Connection, changes: &[&Change]) -> Result<Written, StoreError> {
    prepare(connection, changes).await?;
    write::all(connection, changes).await
}

async fn is_in_journal(connection: &mut Connection, head: &Head) -> Result<bool, StoreError> {
    begin(connection).await?;
    lock(connection, LOCK_JOURNAL).await?;
    let line = sqlx::query("SELECT 1 FROM journal WHERE seq = $1 AND hash = $2").bind(head.seq).bind(&head.hash);
    let found = line.fetch_optional(&mut *connection).await?;
    roll_back(connection).await;
    Ok(found.is_some())
}
