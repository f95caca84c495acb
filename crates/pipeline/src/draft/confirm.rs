//! A person vouches for a draft: the invoice is built, written for the channel, checked, and goes its way — or stays a
//! draft that says why. Everything is written in one change.

use std::str::FromStr;

use facteur_model::finding::{Actor, Finding, Layer, Verdict};
use facteur_model::lifecycle::{Event, State};
use facteur_render::profile::Missing;
use facteur_store::change::{Change, KeyGuard, Process, Reason, Step};
use facteur_store::document::{Packed, Role as DocumentRole};
use facteur_store::killpoint;
use facteur_texts::Language;
use facteur_validate::{Context, Plan, Report};
use serde::{Deserialize, Serialize};

use super::body::{Frame, Origin};
use super::build::{Built, Lack, build};
use super::field::{DraftField, FIELDS};
use super::work::{Opened, open, wrong_state};
use crate::config::{ContextName, Role};
use crate::convert::{Profile, Request, Target};
use crate::engine::{Engine, because};
use crate::error::PipelineError;
use crate::examine::{Examined, first_fatal};
use crate::mandate;
use crate::row::Row;

/// How a confirmed draft is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outgoing {
    /// The supplier's PDF as the visible page, with the XML attached.
    #[default]
    FacturX,
    /// UBL 2.1.
    Ubl,
    /// CII D22B.
    Cii,
}

impl FromStr for Outgoing {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "factur-x" => Ok(Self::FacturX),
            "ubl" => Ok(Self::Ubl),
            "cii" => Ok(Self::Cii),
            _ => Err(()),
        }
    }
}

/// What a person says with the confirmation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Confirmation<'a> {
    /// Why, for the journal.
    pub reason: Option<&'a str>,
    /// How it is written, where it is not as configured.
    pub outgoing: Option<Outgoing>,
    /// That the unsure values were compared with the page.
    pub unsure_checked: bool,
}

/// What came of a confirmation that was written.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The invoice as it is then.
    pub row: Row,
    /// The check of what was built.
    pub report: Report,
    /// How it was written.
    pub outgoing: Outgoing,
}

/// Why nothing was written: the draft is as it was.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// It lacks something.
    Incomplete(Vec<Want>),
    /// Values that nobody looked at.
    Unsure(Vec<&'static DraftField>),
    /// An issuer deposits its own invoices only.
    OtherSupplier {
        /// SIREN on the draft.
        found: String,
        /// Its own.
        expected: String,
    },
    /// No mandate of that supplier is stored that counts today.
    NoMandate {
        /// SIREN of the supplier.
        supplier: String,
    },
    /// The PDF cannot carry the XML.
    CannotCarry(String),
}

/// Something that a draft wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// In the draft itself.
    Draft(Lack),
    /// By the channel.
    Channel(Missing),
}

/// Everything that an opened draft wants before it can be confirmed.
#[must_use]
pub fn wants(opened: &Opened, outgoing: Outgoing) -> Vec<Want> {
    let built = build(&opened.draft, opened.frame);
    let mut wants: Vec<Want> = built.lacks.iter().cloned().map(Want::Draft).collect();
    if let Some(request) = request(opened.frame, outgoing) {
        let named: Vec<&str> = wants.iter().filter_map(|want| want.term()).collect();
        let (_, missing) = request.apply(&built.invoice);
        let more = missing.into_iter().filter(|missing| !named.contains(&missing.term.0) || missing.term.0 == "BT-22");
        let more: Vec<Want> = more.map(Want::Channel).collect();
        wants.extend(more);
    }
    wants
}

impl Want {
    /// The business term that it concerns, where it is one.
    #[must_use]
    pub fn term(&self) -> Option<&'static str> {
        match self {
            Self::Draft(Lack::Missing(field) | Lack::Unusable(field, _)) => Some(field.term),
            Self::Draft(Lack::Sums { .. }) => Some("BT-112"),
            Self::Draft(Lack::Breakdown) => Some("BG-23"),
            Self::Draft(Lack::Lines) => Some("BG-25"),
            Self::Channel(missing) => Some(missing.term.0),
        }
    }
}

/// The fields whose values nobody looked at.
#[must_use]
pub fn unsure(opened: &Opened) -> Vec<&'static DraftField> {
    let doubtful = |field: &&DraftField| {
        // What only follows from an unsure value is looked at with that value.
        let entry = opened.draft.entry(field, opened.frame);
        entry.is_some_and(|entry| !entry.sure && entry.origin != Origin::Default)
    };
    FIELDS.iter().filter(doubtful).collect()
}

/// Confirms a draft.
///
/// # Errors
/// The outer error: it is no draft, or the store cannot be written. The inner one: why it stays as it was.
pub async fn confirm(
    engine: &Engine,
    name: &str,
    confirmation: Confirmation<'_>,
) -> Result<Result<Confirmed, Refusal>, PipelineError> {
    let opened = open(engine, name).await?;
    if opened.invoice.state != State::Draft {
        return Err(wrong_state(&opened.invoice, "draft confirm"));
    }
    let outgoing = confirmation.outgoing.unwrap_or(engine.home.configuration.draft.form);
    let built = build(&opened.draft, opened.frame);
    let refused = refusal(engine, &opened, &built, outgoing, confirmation.unsure_checked).await?;
    if let Some(refusal) = refused {
        return Ok(Err(refusal));
    }
    let Some(request) = request(opened.frame, outgoing) else {
        return Err(PipelineError::NotACorrection("the configured form and channel do not go together".to_owned()));
    };
    let (invoice, _) = request.apply(&built.invoice);
    let xml = request.write(&invoice, false).bytes;
    let bytes = match request.page() {
        Some((_, level)) => {
            let pdf = engine.store.document(&opened.invoice.siren, &opened.invoice.sha256).await?;
            match engine.examiner().carry(&pdf, &xml, level).await {
                Ok(bytes) => bytes,
                Err(what) => return Ok(Err(Refusal::CannotCarry(what))),
            }
        }
        None => xml.clone(),
    };
    write(engine, &opened, outgoing, &bytes, xml, confirmation.reason).await
}

async fn refusal(
    engine: &Engine,
    opened: &Opened,
    built: &Built,
    outgoing: Outgoing,
    unsure_checked: bool,
) -> Result<Option<Refusal>, PipelineError> {
    let wants = wants(opened, outgoing);
    if !wants.is_empty() {
        return Ok(Some(Refusal::Incomplete(wants)));
    }
    let unsure = unsure(opened);
    if !unsure.is_empty() && !unsure_checked {
        return Ok(Some(Refusal::Unsure(unsure)));
    }
    let own = &engine.home.configuration.legal_person.siren;
    let supplier = built.invoice.supplier_siren().unwrap_or_default();
    Ok(match opened.frame.role {
        Role::Recipient => None,
        _ if supplier == *own => None,
        Role::Issuer => Some(Refusal::OtherSupplier { found: supplier, expected: own.clone() }),
        Role::FilingAgent if mandate::counts(&engine.store, &supplier, engine.clock.now()).await? => None,
        Role::FilingAgent => Some(Refusal::NoMandate { supplier }),
    })
}

/// What a confirmed draft is written as. A recipient deposits nothing: what it keeps follows EN 16931.
fn request(frame: Frame, outgoing: Outgoing) -> Option<Request> {
    let target = match outgoing {
        Outgoing::FacturX => Target::FacturX(Language::French),
        Outgoing::Ubl => Target::Ubl,
        Outgoing::Cii => Target::Cii,
    };
    let profile = match (frame.role, frame.context) {
        (Role::Recipient, _) | (_, ContextName::Plain) => Profile::En16931,
        (_, context) => Profile::of_channel(context),
    };
    Request::new(target, profile)
}

/// Checks what was built, decides, and writes all of it at once.
async fn write(
    engine: &Engine,
    opened: &Opened,
    outgoing: Outgoing,
    bytes: &[u8],
    xml: Vec<u8>,
    reason: Option<&str>,
) -> Result<Result<Confirmed, Refusal>, PipelineError> {
    let recipient = opened.frame.role == Role::Recipient;
    let own_plan = recipient.then(|| Plan::chain(Context::Plain));
    let plan = own_plan.as_ref().unwrap_or_else(|| engine.plan());
    let examined = engine.examiner().examine(&opened.invoice.file, bytes, plan).await;
    if bytes != xml && examined.embedded.as_deref() != Some(xml.as_slice()) {
        return Ok(Err(Refusal::CannotCarry("the data do not come back out of it as they went in".to_owned())));
    }
    let mut process = engine.begin(&opened.invoice.id, &examined);
    if examined.report.verdict == Verdict::Valid {
        take(engine, &mut process, &examined, opened, bytes, xml);
    } else {
        stay(&mut process, &examined);
    }
    let mut step = Step::new(&opened.invoice.id, State::Draft, &[Event::Confirm], process.at, &engine.actor);
    step.note = Some(reason.unwrap_or("draft confirm").to_owned());
    killpoint::reach("draft.before_confirmed");
    let changes = vec![Change::Step(Box::new(step.reason_gone())), Change::Process(Box::new(process))];
    engine.store.together(changes).await?;
    killpoint::reach("draft.after_confirmed");
    let stored = engine.store.invoice(&opened.invoice.id).await?;
    let mut row = engine.row(&opened.invoice.id, stored.duplicate_of).await?;
    row.finding = first_fatal(&examined.report).cloned();
    Ok(Ok(Confirmed { row, report: examined.report, outgoing }))
}

/// It goes its way: to the gateway, or, at a recipient, outside the portal. The confirmed document is kept beside the
/// original.
fn take(engine: &Engine, process: &mut Process, examined: &Examined, opened: &Opened, bytes: &[u8], xml: Vec<u8>) {
    process.key_guard = Some(KeyGuard { events: vec![Event::Read, Event::Hold], reason: Reason::new("KEY-TAKEN") });
    if opened.frame.role == Role::Recipient {
        process.events = vec![Event::PlainPdf, Event::TakeOutside];
        process.reason = Some(Reason::new("DRAFT-OUTSIDE"));
    } else {
        engine.accept(process, examined, &opened.invoice.file, bytes);
    }
    let embedded = Packed::new(DocumentRole::EmbeddedXml, "application/xml", &xml);
    process.embedded = Some(embedded.sha256.clone());
    if bytes != xml {
        let hybrid = Packed::new(DocumentRole::Transmitted, "application/pdf", bytes);
        process.transmitted.get_or_insert(hybrid.sha256.clone());
        process.documents.push(hybrid);
    }
    process.transmitted.get_or_insert(embedded.sha256.clone());
    process.documents.push(embedded);
    if examined.kind == facteur_model::kind::DocumentKind::FacturX {
        let finding = Finding::warning(Layer::Reading, "PDF-A-NOT-CERTIFIED").actor(Actor::Service);
        process.findings.extend(serde_json::to_string(&finding));
    }
}

/// It stays a draft, with what was found.
fn stay(process: &mut Process, examined: &Examined) {
    process.events = vec![Event::PlainPdf];
    process.identity = facteur_store::change::Identity { kind: "pdf".to_owned(), ..Default::default() };
    process.probable = None;
    process.reason = Some(match examined.report.verdict {
        Verdict::NotChecked => Reason::new("DRAFT-NOT-CHECKED"),
        _ => because("DRAFT-INVALID", first_fatal(&examined.report)),
    });
}
