//! `facteur retry|hold|release|abandon|correct`

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::bail;
use facteur_model::lifecycle::State;
use facteur_pipeline::cases::{Choice, choose};
use facteur_pipeline::engine::Engine;
use facteur_pipeline::error::PipelineError;
use facteur_pipeline::hands::{self, Hand};
use facteur_pipeline::row::Row;
use facteur_report::status::entries_table;
use facteur_store::report::Entry;
use serde_json::json;

use super::{Context, Outcome, name_candidates, status};
use crate::args::{Correct, Hand as Options, Many};
use crate::output::Talk;

pub const RETRY: Hand = Hand::Retry;
pub const HOLD: Hand = Hand::Hold;
pub const RELEASE: Hand = Hand::Release;
pub const ABANDON: Hand = Hand::Abandon;

/// More cases than this are touched only where the person says so.
const MANY: usize = 100;

/// Each in turn; one that cannot be done does not keep the others from being done.
pub async fn run(context: &Context, hand: Hand, options: &Options) -> Outcome {
    let engine = context.engine().await?;
    let talk = context.talk;
    if !options.ids.is_empty() {
        return one_by_one(talk, &engine, hand, options).await;
    }
    let chosen = choose(&engine.store, &choice(talk, &options.many)?, hand, engine.clock.now()).await?;
    let none_and_none_expected = chosen.is_empty() && options.many.expect.is_none_or(|expected| expected == 0);
    if options.many.dry_run || none_and_none_expected {
        preview(talk, &chosen);
        return Ok(status(true));
    }
    agree(talk, &options.many, options.why.as_deref(), &chosen)?;
    let ids: Vec<String> = chosen.into_iter().map(|entry| entry.id).collect();
    let tally = lay_all(talk, &engine, hand, &ids, options.why.as_deref()).await;
    if !talk.json() {
        let args = [("asked", ids.len()), ("done", tally.done), ("waiting", tally.waiting), ("failed", tally.failed)];
        let args = args.map(|(name, count)| (name, count.to_string()));
        talk.tell("hands.summary", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
    }
    Ok(status(tally.waiting + tally.failed == 0))
}

async fn one_by_one(talk: Talk, engine: &Engine, hand: Hand, options: &Options) -> Outcome {
    if options.many.dry_run {
        for id in &options.ids {
            let invoice = engine.store.invoice(id).await?;
            super::status::show(talk, &[invoice]);
        }
        return Ok(status(true));
    }
    if let [id] = options.ids.as_slice() {
        let laid = hands::lay(engine, id, hand, options.why.as_deref()).await;
        if let Err(PipelineError::Store(error)) = &laid {
            name_candidates(talk, &engine.store, error).await;
        }
        let row = laid?;
        show(talk, &row);
        return Ok(status(good(hand, &row)));
    }
    let tally = lay_all(talk, engine, hand, &options.ids, options.why.as_deref()).await;
    Ok(status(tally.waiting + tally.failed == 0))
}

/// What became of many cases.
#[derive(Default)]
struct Tally {
    done: usize,
    waiting: usize,
    failed: usize,
}

async fn lay_all(talk: Talk, engine: &Engine, hand: Hand, ids: &[String], why: Option<&str>) -> Tally {
    let mut tally = Tally::default();
    for id in ids {
        match hands::lay(engine, id, hand, why).await {
            Ok(row) => {
                show(talk, &row);
                let count = if good(hand, &row) { &mut tally.done } else { &mut tally.waiting };
                *count += 1;
            }
            Err(error) => {
                talk.error(&error.into());
                tally.failed += 1;
            }
        }
    }
    tally
}

/// Holding is what was asked for; anything else should have gone on its way.
fn good(hand: Hand, row: &Row) -> bool {
    matches!(hand, Hand::Hold | Hand::Abandon) || !row.state.waits_for_person()
}

fn choice(talk: Talk, many: &Many) -> anyhow::Result<Choice> {
    let known = || State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ");
    let mut states = Vec::new();
    for name in &many.state {
        match State::from_name(name) {
            Some(state) => states.push(state),
            None => bail!(talk.say("report.unknown_state", &[("name", name), ("known", &known())])),
        }
    }
    Ok(Choice {
        states,
        supplier: many.supplier.clone(),
        recipient: many.recipient.clone(),
        reason: many.reason.clone(),
        older_than: many.older_than,
    })
}

fn preview(talk: Talk, chosen: &[Entry]) {
    talk.note("hands.matching", &[("count", &chosen.len().to_string())]);
    if talk.json() {
        return chosen.iter().for_each(|entry| {
            let line = json!({"schema": "facteur-case/1", "id": entry.id, "file": entry.file, "number": entry.number,
                "supplier": entry.supplier, "state": entry.state, "since": entry.since.rfc3339(),
                "reason": entry.reason});
            talk.data(&line.to_string());
        });
    }
    if !chosen.is_empty() {
        talk.table(&entries_table(talk.language, chosen));
    }
}

/// Nothing happens to many cases before a person has said how many, and why.
fn agree(talk: Talk, many: &Many, why: Option<&str>, chosen: &[Entry]) -> anyhow::Result<()> {
    let count = chosen.len();
    let shown = count.to_string();
    if why.is_none() {
        bail!(talk.say("hands.no_why", &[]));
    }
    if let Some(expected) = many.expect
        && expected != count
    {
        bail!(talk.say("hands.not_as_many", &[("count", &shown), ("expected", &expected.to_string())]));
    }
    if count > MANY && !many.all_matching {
        bail!(talk.say("hands.too_many", &[("count", &shown), ("most", &MANY.to_string())]));
    }
    if many.yes || many.expect.is_some() {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!(talk.say("hands.not_confirmed", &[("count", &shown)]));
    }
    preview(talk, chosen);
    talk.note("hands.confirm", &[("count", &shown)]);
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == shown { Ok(()) } else { bail!(talk.say("hands.nothing_done", &[])) }
}

pub async fn correct(context: &Context, options: &Correct) -> Outcome {
    let engine = context.engine().await?;
    let row = hands::correct(&engine, &options.id, &options.file, options.why.as_deref()).await?;
    show(context.talk, &row);
    Ok(status(row.state == State::Queued))
}

pub fn show(talk: Talk, row: &Row) {
    if talk.json() {
        let line = json!({"schema": "facteur-hand/1", "id": row.id, "file": row.file, "state": row.state,
            "reason": row.reason});
        return talk.data(&line.to_string());
    }
    talk.data(&talk.row(row));
}
