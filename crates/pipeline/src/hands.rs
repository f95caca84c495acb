//! A person's hand on a case: retry, hold, release, abandon, correct. Each is journalled with who and why.

use std::path::Path;

use facteur_model::lifecycle::{Event, State, next};
use facteur_store::change::{Correction, Done, Field, Reason, Receive, Step, Value};
use facteur_store::document::{Packed, Role};
use facteur_store::record::Invoice;
use facteur_store::{StoreError, new_id};

use crate::engine::Engine;
use crate::error::PipelineError;
use crate::import::DOCUMENT_BYTES_MAX;
use crate::row::Row;

/// What a person does with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Another try from the start.
    Retry,
    /// Stop here until a person says more.
    Hold,
    /// Let it go on.
    Release,
    /// Give it up.
    Abandon,
}

impl Hand {
    const fn verb(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Abandon => "abandon",
        }
    }
}

/// Lays a hand on one invoice and answers it as it is then. After `retry` and `release` it is processed at once.
///
/// # Errors
/// The invoice does not exist, or its state does not allow it.
pub async fn lay(engine: &Engine, name: &str, hand: Hand, note: Option<&str>) -> Result<Row, PipelineError> {
    let invoice = engine.store.invoice(name).await?;
    let unanswered = unanswered(engine, &invoice).await?;
    let event = match hand {
        Hand::Retry => Event::Retry,
        Hand::Hold => Event::Hold,
        Hand::Release if unanswered => Event::ReleaseToSettle,
        Hand::Release => Event::Release,
        Hand::Abandon => Event::Abandon,
    };
    let in_flight = matches!(invoice.state, State::Depositing);
    // What may be at the gateway is not tried again; a person who looked there may give up what is held.
    let decided = invoice.state == State::Held && event == Event::Abandon;
    let not_now = in_flight || (unanswered && !decided && matches!(event, Event::Abandon | Event::Retry));
    if not_now || next(invoice.state, event).is_err() {
        let state = invoice.state.to_string();
        return Err(PipelineError::WrongState { id: invoice.id, state, verb: hand.verb() });
    }
    let now = engine.clock.now();
    let mut step = Step::new(&invoice.id, invoice.state, &[event], now, &engine.actor);
    step.note = Some(note.unwrap_or(hand.verb()).to_owned());
    step = match hand {
        Hand::Hold => step.because(Reason::new("HELD-BY-PERSON").arg("text", note.unwrap_or_default())),
        _ => step.reason_gone(),
    };
    if event == Event::Release {
        step = step.set(Field::KeyReleased, Value::Int(1));
    }
    if event == Event::ReleaseToSettle {
        step = step.set(Field::NextAt, Value::Int(now.0));
    }
    engine.store.step(step).await?;
    let changed = engine.store.invoice(&invoice.id).await?;
    if changed.state == State::Received {
        let bytes = engine.store.document(&changed.siren, &changed.sha256).await?;
        return engine.process(&changed.id, &changed.file, &bytes).await;
    }
    engine.row(&invoice.id, changed.duplicate_of).await
}

/// Whether some deposit of the invoice has no answer and was not settled: the gateway may have it.
async fn unanswered(engine: &Engine, invoice: &Invoice) -> Result<bool, PipelineError> {
    if matches!(invoice.state, State::Rejected | State::Refused | State::Settled) {
        return Ok(false);
    }
    let deliveries = engine.store.deliveries(&invoice.id).await?;
    Ok(deliveries.iter().any(|delivery| matches!(delivery.outcome.as_str(), "unknown" | "pending")))
}

/// Takes a corrected file: a new version of the same invoice, or, after the recipient's refusal, a new invoice with a
/// new number that names the old one.
///
/// # Errors
/// The file cannot be read, has the same bytes, or the state does not allow it.
pub async fn correct(engine: &Engine, name: &str, file: &Path, note: Option<&str>) -> Result<Row, PipelineError> {
    let invoice = engine.store.invoice(name).await?;
    let successor = invoice.state == State::Refused;
    let impossible = !successor && next(invoice.state, Event::Correct).is_err();
    if impossible || unanswered(engine, &invoice).await? {
        let state = invoice.state.to_string();
        return Err(PipelineError::WrongState { id: invoice.id, state, verb: "correct" });
    }
    let metadata = std::fs::metadata(file).map_err(PipelineError::file(file))?;
    if metadata.len() > DOCUMENT_BYTES_MAX {
        let source = std::io::Error::other(format!("{} > {DOCUMENT_BYTES_MAX}", metadata.len()));
        return Err(PipelineError::File { path: file.to_owned(), source });
    }
    let bytes = std::fs::read(file).map_err(PipelineError::file(file))?;
    let document = Packed::new(Role::Original, "application/xml", &bytes);
    if document.sha256 == invoice.sha256 {
        return Err(PipelineError::SameFile(file.to_owned()));
    }
    if successor {
        engine.must_have_another_number(&invoice, &bytes, file).await?;
    }
    let now = engine.clock.now();
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let receive = Receive {
        arrival: new_id(),
        invoice: new_id(),
        siren: invoice.siren.clone(),
        siret: invoice.siret.clone(),
        path: file.display().to_string(),
        member: None,
        container: None,
        file: file_name.clone(),
        document,
        at: now,
        actor: engine.actor.clone(),
    };
    let note = note.map(str::to_owned);
    let done =
        engine.store.correct(Correction { id: invoice.id, expect: invoice.state, receive, successor, note }).await?;
    let Done::Received { invoice: id, .. } = done else { return Err(StoreError::Closed.into()) };
    engine.process(&id, &file_name, &bytes).await
}
