//! What a person found on the portal about an invoice whose deposit is in doubt.
//!
//! The gateway may hold what we sent and had no answer for, so nothing here makes a second deposit possible but the
//! person's own word that the portal does not have it, and that only once the portal would show it.

use facteur_model::lifecycle::{Event, State, next};
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::{Delivery, Invoice};

use crate::deposit::ended;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::row::Row;

/// What a person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The portal integrated it: the recipient has it.
    Integrated,
    /// It is paid, or nothing more is expected.
    Settled,
    /// The portal rejected it.
    Rejected,
    /// The portal does not have it: it may be deposited.
    Absent,
    /// It is handled outside the portal.
    Outside,
}

impl Found {
    /// The word on the command line and in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrated => "integrated",
            Self::Settled => "settled",
            Self::Rejected => "rejected",
            Self::Absent => "absent",
            Self::Outside => "outside",
        }
    }

    /// The steps from a state; none where the finding does not fit it.
    fn events(self, state: State) -> Option<&'static [Event]> {
        let roads: &[&[Event]] = match self {
            Self::Integrated => &[&[Event::FoundOnPortal]],
            Self::Settled if state.may_be_at_gateway() && state != State::Uncertain && state != State::Deposited => {
                &[&[Event::Settled]]
            }
            Self::Settled => &[&[Event::FoundOnPortal, Event::Settled]],
            Self::Rejected => &[&[Event::RejectedOnPortal]],
            // A flow that has its number is followed to its end; what is on its way has a sender.
            Self::Absent | Self::Outside if matches!(state, State::Deposited | State::Depositing) => &[],
            Self::Absent => &[&[Event::AbsentFromPortal], &[Event::Hold, Event::AbsentFromPortal]],
            Self::Outside => &[&[Event::TakeOutside], &[Event::Hold, Event::TakeOutside]],
        };
        let fits = |road: &&&[Event]| road.iter().try_fold(state, |state, event| next(state, *event)).is_ok();
        roads.iter().find(fits).copied()
    }

    /// How the deposits without an answer ended, if that is known now.
    const fn outcome(self) -> Option<&'static str> {
        match self {
            Self::Integrated | Self::Settled => Some("accepted"),
            Self::Rejected => Some("rejected"),
            Self::Absent => Some("deferred"),
            Self::Outside => None,
        }
    }
}

/// What a person says about one invoice.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// What was found.
    pub found: Found,
    /// The flow number that the portal shows.
    pub flow: Option<&'a str>,
    /// Why, for the journal: where it was looked up, by whom it was told.
    pub why: &'a str,
}

/// Takes a person's word about one invoice and answers it as it is then. What is absent from the portal is checked
/// again from the start.
///
/// # Errors
/// The invoice does not exist, its state does not allow it, nothing of it was ever sent, or it was sent so recently
/// that the portal may not show it yet.
pub async fn resolve(engine: &Engine, name: &str, word: Word<'_>) -> Result<Row, PipelineError> {
    let invoice = engine.store.invoice(name).await?;
    let Some(events) = word.found.events(invoice.state) else {
        let state = invoice.state.to_string();
        return Err(PipelineError::WrongState { id: invoice.id, state, verb: "resolve" });
    };
    let deliveries = engine.store.deliveries(&invoice.id).await?;
    if word.found == Found::Absent {
        shown_by_now(engine, &invoice, &deliveries)?;
    }
    write(engine, &invoice, &deliveries, events, word).await?;
    let changed = engine.store.invoice(&invoice.id).await?;
    if changed.state == State::Received {
        let bytes = engine.store.document(&changed.siren, &changed.sha256).await?;
        return engine.process(&changed.id, &changed.file, &bytes).await;
    }
    engine.row(&invoice.id, changed.duplicate_of).await
}

/// Absent proves something only once the portal would show what was sent last.
fn shown_by_now(engine: &Engine, invoice: &Invoice, deliveries: &[Delivery]) -> Result<(), PipelineError> {
    let Some(last) = deliveries.last() else {
        return Err(PipelineError::NeverSent { id: invoice.id.clone() });
    };
    let wait = engine.home.configuration.deposit.settle_after_seconds.saturating_mul(1000);
    let until = last.began_at.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX));
    if engine.clock.now() < until {
        return Err(PipelineError::TooEarly { id: invoice.id.clone(), until });
    }
    Ok(())
}

async fn write(
    engine: &Engine,
    invoice: &Invoice,
    deliveries: &[Delivery],
    events: &[Event],
    word: Word<'_>,
) -> Result<(), PipelineError> {
    let now = engine.clock.now();
    let note = format!("resolve {}: {}", word.found.as_str(), word.why);
    let open: Vec<&Delivery> =
        deliveries.iter().filter(|one| matches!(one.outcome.as_str(), "unknown" | "pending")).collect();
    let ends = |delivery: &Delivery| {
        word.found.outcome().map(|outcome| ended(&delivery.flow, outcome, Some(&note), word.flow))
    };
    let mut step = Step::new(&invoice.id, invoice.state, events, now, &engine.actor)
        .set(Field::NextAt, Value::Int(now.0))
        .set(Field::Attempts, Value::Int(0))
        .set(Field::UncertainSince, Value::Null);
    if let Some(flow) = word.flow {
        step = step.set(Field::Flow, Value::Text(flow.to_owned()));
    }
    step.note = Some(note.clone());
    step = match word.found {
        Found::Rejected => step.because(Reason::new("NOT-INTEGRATED").arg("text", word.why)),
        _ => step.reason_gone(),
    };
    // One delivery a step: the others end first, and the state changes with the last.
    let (last, others) = match (word.found, open.split_last()) {
        (_, None) => (None, &[][..]),
        // The newest is the one that the portal shows; what became of the others is not said by it.
        (Found::Integrated | Found::Settled, Some((last, _))) => (Some(last), &[][..]),
        (_, Some((last, others))) => (Some(last), others),
    };
    for delivery in others {
        if let Some(end) = ends(delivery) {
            let one = Step::new(&invoice.id, invoice.state, &[], now, &engine.actor).ends(end);
            engine.store.step(one).await?;
        }
    }
    if let Some(end) = last.and_then(|delivery| ends(delivery)) {
        step = step.ends(end);
    }
    Ok(engine.store.step(step).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Found; 5] = [Found::Integrated, Found::Settled, Found::Rejected, Found::Absent, Found::Outside];

    /// The state that a person's word leads to.
    fn after(found: Found, state: State) -> Option<State> {
        let events = found.events(state)?;
        events.iter().try_fold(state, |state, event| next(state, *event)).ok()
    }

    #[test]
    fn only_the_word_absent_makes_another_deposit_possible() {
        for state in State::ALL {
            for found in ALL {
                let to = after(found, *state);
                assert_eq!(to == Some(State::Received), found == Found::Absent && to.is_some(), "{state} {found:?}");
                assert!(!matches!(to, Some(State::Queued | State::Depositing | State::Deferred)), "{state} {found:?}");
            }
        }
        assert_eq!(after(Found::Absent, State::Uncertain), Some(State::Received));
        assert_eq!(after(Found::Absent, State::Deposited), None, "the portal follows what has a flow number");
        assert_eq!(after(Found::Absent, State::Depositing), None);
    }

    #[test]
    fn what_is_in_doubt_can_be_resolved_in_every_way() {
        for (found, to) in [
            (Found::Integrated, State::Integrated),
            (Found::Settled, State::Settled),
            (Found::Rejected, State::Rejected),
            (Found::Absent, State::Received),
            (Found::Outside, State::OutsidePortal),
        ] {
            assert_eq!(after(found, State::Held), Some(to));
            assert_eq!(after(found, State::Uncertain), Some(to));
        }
        assert_eq!(after(Found::Settled, State::Integrated), Some(State::Settled));
        assert_eq!(after(Found::Integrated, State::Queued), None, "nothing of it was ever sent");
    }
}
