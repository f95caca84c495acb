//! `facteur retry|hold|release|abandon|correct`

use facteur_model::lifecycle::State;
use facteur_pipeline::hands::{self, Hand};
use facteur_pipeline::row::Row;
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::{Correct, Hand as Options};
use crate::output::Talk;

pub const RETRY: Hand = Hand::Retry;
pub const HOLD: Hand = Hand::Hold;
pub const RELEASE: Hand = Hand::Release;
pub const ABANDON: Hand = Hand::Abandon;

/// Each in turn; one that cannot be done does not keep the others from being done.
pub async fn run(context: &Context, hand: Hand, options: &Options) -> Outcome {
    let engine = context.engine().await?;
    let mut all_good = true;
    for id in &options.ids {
        match hands::lay(&engine, id, hand, options.why.as_deref()).await {
            Ok(row) => {
                show(context.talk, &row);
                // Holding is what was asked for; anything else should have gone on its way.
                all_good &= matches!(hand, Hand::Hold | Hand::Abandon) || !row.state.waits_for_person();
            }
            Err(error) if options.ids.len() == 1 => return Err(error.into()),
            Err(error) => {
                context.talk.error(&error.into());
                all_good = false;
            }
        }
    }
    Ok(status(all_good))
}

pub async fn correct(context: &Context, options: &Correct) -> Outcome {
    let engine = context.engine().await?;
    let row = hands::correct(&engine, &options.id, &options.file, options.why.as_deref()).await?;
    show(context.talk, &row);
    Ok(status(row.state == State::Queued))
}

fn show(talk: Talk, row: &Row) {
    if talk.json() {
        let line = json!({"schema": "facteur-hand/1", "id": row.id, "file": row.file, "state": row.state,
            "reason": row.reason});
        return talk.data(&line.to_string());
    }
    talk.data(&talk.row(row));
}
