//! Every change as SQL. State, records and journal line are one transaction.

mod correct;
mod directory;
mod draft;
mod eliminate;
mod hold;
mod intent;
mod mandate;
mod process;
mod receive;
mod register;
mod scribe;
mod shared;
mod step;
mod timestamp;

use self::correct::correct;
use self::directory::directory;
use self::draft::draft;
use self::eliminate::eliminate;
use self::hold::hold;
use self::intent::intent;
use self::mandate::mandate;
use self::process::process;
use self::receive::{receive, receive_container};
pub(crate) use self::register::register;
use self::scribe::Scribe;
use self::step::step;
use self::timestamp::timestamp;
use super::Connection;
use crate::change::{Change, Done};
use crate::error::StoreError;
use crate::journal::Head;

/// What one transaction wrote.
pub(crate) struct Written {
    /// The answer to each change.
    pub(crate) done: Vec<Done>,
    /// The journal's head then, where a line was written.
    pub(crate) head: Option<Head>,
}

/// Writes all of them inside a transaction that the caller began and will commit.
pub(crate) async fn all(connection: &mut Connection, changes: &[&Change]) -> Result<Written, StoreError> {
    let mut scribe = Scribe::default();
    let mut done = Vec::with_capacity(changes.len());
    for change in changes {
        done.push(one(connection, &mut scribe, change).await?);
    }
    let head = scribe.close(connection).await?;
    Ok(Written { done, head })
}

async fn one(connection: &mut Connection, scribe: &mut Scribe, change: &Change) -> Result<Done, StoreError> {
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
        Change::Together(changes) => {
            for change in changes {
                Box::pin(one(connection, scribe, change)).await?;
            }
            Ok(Done::Written)
        }
        Change::Correct(correction) => correct(connection, scribe, correction).await,
        Change::Draft(new) => draft(connection, scribe, new).await,
        Change::Mandate(new) => mandate(connection, scribe, new).await,
        Change::Hold(new) => hold(connection, scribe, new).await,
        Change::Eliminate(new) => eliminate(connection, scribe, new).await,
        Change::Timestamp(new) => timestamp(connection, scribe, new).await,
        Change::Directory(new) => directory(connection, scribe, new).await,
        Change::Note { kind, subject, payload, at } => {
            scribe.line(*at, kind, subject, payload.clone());
            Ok(Done::Written)
        }
    }
}
