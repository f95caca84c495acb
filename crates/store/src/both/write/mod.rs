//! Every change as SQL. State, records and journal line are one transaction.

mod correct;
mod directory;
mod doubles;
mod draft;
mod eliminate;
mod hold;
mod intent;
mod mandate;
pub(super) mod orders;
mod papers;
mod process;
mod receive;
mod register;
mod runs;
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
use self::runs::{Run, runs};
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
    let mut done = vec![Done::Written; changes.len()];
    for run in runs(changes) {
        match run {
            Run::Many { received, processed } => {
                let places = received.iter().map(|(place, _)| *place).collect();
                put(&mut done, places, receive(connection, &mut scribe, &received).await?);
                let places = processed.iter().map(|(place, _)| *place).collect();
                put(&mut done, places, process(connection, &mut scribe, &processed).await?);
            }
            Run::One(place, change) => {
                scribe.at(place);
                let answer = one(connection, &mut scribe, change).await?;
                put(&mut done, vec![place], vec![answer]);
            }
        }
    }
    let head = scribe.close(connection).await?;
    Ok(Written { done, head })
}

fn put(done: &mut [Done], places: Vec<usize>, answers: Vec<Done>) {
    for (place, answer) in places.into_iter().zip(answers) {
        done[place] = answer;
    }
}

async fn one(connection: &mut Connection, scribe: &mut Scribe, change: &Change) -> Result<Done, StoreError> {
    match change {
        Change::Receive(new) => only(receive(connection, scribe, &[(scribe.place(), new)]).await?),
        Change::ReceiveContainer(container) => receive_container(connection, scribe, container).await,
        Change::ArrivalOutcome { arrival, outcome } => {
            sqlx::query("UPDATE arrival SET outcome = $1 WHERE id = $2")
                .bind(outcome)
                .bind(arrival)
                .execute(connection)
                .await?;
            Ok(Done::Written)
        }
        Change::Process(new) => only(process(connection, scribe, &[(scribe.place(), new)]).await?),
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

fn only(mut done: Vec<Done>) -> Result<Done, StoreError> {
    done.pop().ok_or(StoreError::Closed)
}
