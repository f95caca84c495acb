//! Every change as SQL. State, records and journal line are one transaction.

mod correct;
mod directory;
mod intent;
mod process;
mod receive;
mod scribe;
mod shared;
mod step;

use sqlx::SqliteConnection;

use self::correct::correct;
use self::directory::directory;
use self::intent::intent;
use self::process::process;
use self::receive::{receive, receive_container};
use self::scribe::Scribe;
use self::step::step;
use crate::change::{Change, Done};
use crate::error::StoreError;
use crate::killpoint;

/// Writes all of them in one transaction, or none.
pub(crate) async fn together(connection: &mut SqliteConnection, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    match all(connection, changes).await {
        Ok(done) => {
            killpoint::reach("store.before_commit");
            if let Err(error) = sqlx::query("COMMIT").execute(&mut *connection).await {
                roll_back(connection).await;
                return Err(error.into());
            }
            killpoint::reach("store.after_commit");
            Ok(done)
        }
        Err(error) => {
            roll_back(connection).await;
            Err(error)
        }
    }
}

/// The database may have rolled back by itself (a full disk); then there is nothing to undo.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
}

async fn all(connection: &mut SqliteConnection, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
    let mut scribe = Scribe::open(connection).await?;
    let mut done = Vec::with_capacity(changes.len());
    for change in changes {
        done.push(one(connection, &mut scribe, change).await?);
    }
    scribe.close(connection).await?;
    Ok(done)
}

async fn one(connection: &mut SqliteConnection, scribe: &mut Scribe, change: &Change) -> Result<Done, StoreError> {
    match change {
        Change::Receive(new) => receive(connection, scribe, new).await,
        Change::ReceiveContainer(container) => receive_container(connection, scribe, container).await,
        Change::ArrivalOutcome { arrival, outcome } => {
            sqlx::query("UPDATE arrival SET outcome = $1 WHERE id = $2")
                .bind(outcome)
                .bind(arrival)
                .execute(connection)
                .await?;
            Ok(Done::Written)
        }
        Change::Process(new) => process(connection, scribe, new).await,
        Change::Step(new) => step(connection, scribe, new).await,
        Change::Intent(new) => intent(connection, scribe, new).await,
        Change::Correct(correction) => correct(connection, scribe, correction).await,
        Change::Directory(new) => directory(connection, scribe, new).await,
        Change::Note { kind, subject, payload, at } => {
            scribe.line(*at, kind, subject, payload.clone());
            Ok(Done::Written)
        }
    }
}
