//! A person's work on a stored draft: look, give values. Each change is journalled with who.

use std::collections::BTreeMap;

use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::lifecycle::State;
use facteur_parse::pdf::fields::FieldName;
use facteur_store::Store;
use facteur_store::draft::DraftChange;
use facteur_store::record::Invoice;
use serde_json::json;

use super::body::{Draft, Fault, Frame};
use super::nothing_to_read;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::examine::Examiner;
use crate::home::Home;

/// A stored draft.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its invoice.
    pub invoice: Invoice,
    /// What is proposed and given.
    pub draft: Draft,
    /// How often it was changed.
    pub revision: i64,
    /// The channel and the role that decide what it needs.
    pub frame: Frame,
}

/// A value that a person changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The field.
    pub field: String,
    /// What stood there.
    pub before: String,
    /// What stands there now; empty for nothing.
    pub after: String,
}

/// What a person made of a plain PDF: what a supplier's template is learnt from.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// The invoice.
    pub id: String,
    /// Name of the file.
    pub file: String,
    /// The PDF itself.
    pub pdf: Vec<u8>,
    /// The values as they stand: a person's, else those of the pages.
    pub values: BTreeMap<FieldName, String>,
    /// Those of them that a person gave.
    pub given: Vec<FieldName>,
}

/// What the pages propose, as it is stored, and why there is nothing to propose.
pub(crate) async fn propose(examiner: &Examiner, bytes: &[u8]) -> (String, Vec<Finding>) {
    let (draft, finding) = match examiner.pages(bytes).await {
        Ok(pages) => {
            let finding = nothing_to_read(&pages).map(|rule| Finding::warning(Layer::Reading, rule));
            (Draft::of(pages.reading), finding)
        }
        Err(error) => (Draft::default(), Some(error.finding())),
    };
    let finding = finding.map(|finding| Finding { severity: facteur_model::finding::Severity::Warning, ..finding });
    (text(&draft), finding.map(|finding| finding.actor(Actor::Service)).into_iter().collect())
}

/// Opens the draft of an invoice. One that came in before there were drafts is read now.
///
/// # Errors
/// There is no such invoice, or it never was a draft.
pub async fn open(engine: &Engine, name: &str) -> Result<Opened, PipelineError> {
    let invoice = engine.store.invoice(name).await?;
    let frame = Frame::of(&engine.home.configuration);
    if let Some(stored) = engine.store.draft(&invoice.id).await? {
        return Ok(Opened { draft: read(&stored.body)?, revision: stored.revision, invoice, frame });
    }
    if invoice.state != State::Draft {
        return Err(wrong_state(&invoice, "draft"));
    }
    let bytes = engine.store.document(&invoice.siren, &invoice.sha256).await?;
    let (body, _) = propose(engine.examiner(), &bytes).await;
    Ok(Opened { draft: read(&body)?, revision: 0, invoice, frame })
}

/// Takes a person's values: all of them, or none where one of them is wrong.
///
/// # Errors
/// The outer error: it is no draft, or somebody else changed it. The inner one: what is wrong with which values.
pub async fn give(
    engine: &Engine,
    name: &str,
    values: &[(String, String)],
) -> Result<Result<(Opened, Vec<Changed>), Vec<Fault>>, PipelineError> {
    let mut opened = open(engine, name).await?;
    if opened.invoice.state != State::Draft {
        return Err(wrong_state(&opened.invoice, "draft set"));
    }
    let (mut changed, mut faults) = (Vec::new(), Vec::new());
    for (field, value) in values {
        match opened.draft.give(field, value, opened.frame) {
            Ok(Some((before, after))) => changed.push(Changed { field: field.clone(), before, after }),
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    if !changed.is_empty() {
        save(engine, &mut opened, &changed).await?;
    }
    Ok(Ok((opened, changed)))
}

/// Writes a changed draft, with what changed for the journal.
pub(super) async fn save(engine: &Engine, opened: &mut Opened, changed: &[Changed]) -> Result<(), PipelineError> {
    let lines: Vec<_> =
        changed.iter().map(|one| json!({"field": one.field, "before": one.before, "after": one.after})).collect();
    let change = DraftChange {
        id: opened.invoice.id.clone(),
        revision: opened.revision,
        body: text(&opened.draft),
        changed: json!(lines).to_string(),
        at: engine.clock.now(),
        actor: engine.actor.clone(),
    };
    engine.store.put_draft(change).await?;
    opened.revision += 1;
    Ok(())
}

/// What a person made of a plain PDF, whatever became of it since.
///
/// # Errors
/// There is no such invoice, it never was a draft, or its PDF is gone.
pub async fn corrected(home: &Home, store: &Store, name: &str) -> Result<Corrected, PipelineError> {
    let invoice = store.invoice(name).await?;
    let stored = store.draft(&invoice.id).await?.ok_or_else(|| wrong_state(&invoice, "draft"))?;
    let draft = read(&stored.body)?;
    let given = draft.given.iter().filter(|(_, value)| !value.is_empty());
    Ok(Corrected {
        pdf: store.document(&invoice.siren, &invoice.sha256).await?,
        values: draft.page_values(Frame::of(&home.configuration)),
        given: given.filter_map(|(name, _)| FieldName::from_name(name)).collect(),
        id: invoice.id,
        file: invoice.file,
    })
}

/// SHA-256 of the document that was made of a draft, where the invoice is one that was confirmed.
pub(crate) async fn confirmed_document(store: &Store, invoice: &Invoice) -> Result<Option<String>, PipelineError> {
    if store.draft(&invoice.id).await?.is_none() {
        return Ok(None);
    }
    let versions = store.versions(&invoice.id).await?;
    Ok(versions.last().and_then(|version| version.transmitted.clone()))
}

pub(super) fn wrong_state(invoice: &Invoice, verb: &'static str) -> PipelineError {
    PipelineError::WrongState { id: invoice.id.clone(), state: invoice.state.to_string(), verb }
}

fn text(draft: &Draft) -> String {
    serde_json::to_string(draft).unwrap_or_default()
}

fn read(body: &str) -> Result<Draft, PipelineError> {
    let damaged = |error: serde_json::Error| facteur_store::StoreError::Damaged(format!("a draft: {error}"));
    Ok(serde_json::from_str(body).map_err(damaged)?)
}
