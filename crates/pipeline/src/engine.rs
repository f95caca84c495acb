//! One installation at work: its store, its packs, its seal, and the way of a document through them.

use std::path::Path;
use std::sync::Arc;

use facteur_model::clock::{Clock, SystemClock};
use facteur_model::finding::{Finding, Layer, LayerStatus, Severity, Verdict};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_model::lifecycle::{Event, State};
use facteur_parse::pdf::fields::template::Template;
use facteur_sign::SigningIdentity;
use facteur_store::change::{Done, Identity, KeyGuard, OTHER, ProbableDouble, Process, Reason};
use facteur_store::document::{Dictionary, Packed, Role};
use facteur_store::{Store, StoreError};
use facteur_transmit::chorus_pro::{ChorusPro, flow_syntax};
use facteur_validate::{Checker, Plan};

use crate::archive::{self, Schedule};
use crate::config::Role as StructureRole;
use crate::deposit::Dispatcher;
use crate::deposit::exchanges::Exchanges;
use crate::directory;
use crate::draft;
use crate::error::PipelineError;
use crate::examine::{self, Examined, Examiner, first_fatal};
use crate::home::Home;
use crate::kept::{layers_kept, seals_in_common};
use crate::pdf_worker::PdfWorkerPool;
use crate::row::Row;
use crate::seal::{self, SealProblem};
use crate::template::Templates;

/// Issue dates at most this far apart make the same supplier and total a probable double, in days.
const DOUBLE_WITHIN_DAYS: i64 = 60;

/// One installation at work.
pub struct Engine {
    /// Its folder and configuration.
    pub home: Home,
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Who works, for the journal (`clerk:marie`).
    pub actor: String,
    examiner: Examiner,
    plan: Plan,
    seal: Option<Result<SigningIdentity, SealProblem>>,
    /// What all seals of this key have in common, said once in the store.
    seals: Dictionary,
    schedule: Schedule,
    /// What is wrong with templates of the home: they are left out.
    pub template_problems: Vec<Finding>,
}

/// A document that was looked at and not yet written.
#[derive(Debug, Clone)]
pub struct Ready {
    /// What is to be written.
    pub process: Process,
    file: String,
    finding: Option<Finding>,
}

impl Engine {
    /// Opens everything that importing and checking need. A seal that cannot be used is not an error yet: what the
    /// policy says decides, document by document.
    ///
    /// # Errors
    /// The store or the packs cannot be opened.
    pub async fn open(home: Home, packs: &Path, program: &Path, actor: String) -> Result<Self, PipelineError> {
        let store = home.store().await?;
        let clock = Arc::new(SystemClock);
        let seal = seal::load(&home, clock.now());
        let plan = examine::plan(&home.configuration.check);
        let known = directory::copy(&store).await?.known(clock.now());
        let templates = Templates::of(&home);
        let examiner = examiner_with(packs, program, templates.usable)?.with_directory(known);
        let seals = seals_in_common(seal.as_ref());
        let schedule = archive::schedule(&home)?;
        let template_problems = templates.problems;
        Ok(Self { home, store, clock, actor, examiner, plan, seal, seals, schedule, template_problems })
    }

    /// What sending and following need.
    ///
    /// # Errors
    /// The role does not allow it, or the gateway cannot be set up.
    pub fn dispatcher(&self, verb: &'static str) -> Result<Dispatcher, PipelineError> {
        dispatcher(&self.home, self.store.clone(), &self.actor, verb)
    }

    /// Processes a received document: read, check, seal, queue; the second commit of an import.
    ///
    /// # Errors
    /// The store cannot be written. What is wrong with the document becomes its state.
    pub async fn process(&self, id: &str, file: &str, bytes: &[u8]) -> Result<Row, PipelineError> {
        let ready = self.prepare(id, file, bytes).await;
        let done = self.store.process(ready.process.clone()).await?;
        self.finish(ready, done).await
    }

    /// Reads, checks and seals; nothing is written yet.
    pub async fn prepare(&self, id: &str, file: &str, bytes: &[u8]) -> Ready {
        let examined = self.examiner.examine(file, bytes, &self.plan).await;
        let mut process = self.begin(id, &examined);
        self.decide(&mut process, &examined, file, bytes);
        if process.events == [Event::PlainPdf] {
            let (draft, findings) = draft::propose(&self.examiner, bytes).await;
            process.findings.extend(findings.iter().filter_map(|finding| serde_json::to_string(finding).ok()));
            process.draft = Some(draft);
        }
        Ready { finding: first_fatal(&examined.report).cloned(), file: file.to_owned(), process }
    }

    /// The row of a document once it is written.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn finish(&self, ready: Ready, done: Done) -> Result<Row, PipelineError> {
        let Done::Processed { state, conflict, probable } = done else { return Err(StoreError::Closed.into()) };
        let Process { id, identity, reason, .. } = ready.process;
        let reason = if conflict.is_some() { self.store.invoice(&id).await?.reason } else { reason };
        Ok(Row {
            id,
            file: ready.file,
            kind: identity.kind,
            number: identity.number,
            supplier: identity.supplier,
            total: identity.total,
            currency: identity.currency,
            state,
            reason,
            finding: ready.finding.filter(|_| conflict.is_none()),
            duplicate_of: conflict,
            probable,
        })
    }

    /// An invoice of the store as a row of a summary.
    ///
    /// # Errors
    /// It does not exist.
    pub async fn row(&self, id: &str, duplicate_of: Option<String>) -> Result<Row, PipelineError> {
        let invoice = self.store.invoice(id).await?;
        let reason = match (&invoice.reason, &duplicate_of, invoice.state) {
            (None, Some(other), State::Duplicate) => {
                let file = self.store.invoice(other).await?.file;
                Some(Reason::new("SAME-BYTES").arg("other", file).arg("other_id", other))
            }
            (reason, _, _) => reason.clone(),
        };
        Ok(Row {
            id: invoice.id,
            file: invoice.file,
            kind: invoice.kind,
            number: invoice.number,
            supplier: invoice.supplier,
            total: invoice.total,
            currency: invoice.currency,
            state: invoice.state,
            reason,
            finding: None,
            duplicate_of,
            probable: None,
        })
    }

    /// After a refusal by the recipient the corrected invoice must carry another number.
    ///
    /// # Errors
    /// It carries the same one.
    pub async fn must_have_another_number(
        &self,
        old: &facteur_store::record::Invoice,
        bytes: &[u8],
        file: &Path,
    ) -> Result<(), PipelineError> {
        let examined = self.examiner.examine(&file.display().to_string(), bytes, &self.plan).await;
        let number = examined.invoice.and_then(|invoice| invoice.number);
        if number.is_some() && number == old.number {
            return Err(PipelineError::NumberKept(number.unwrap_or_default()));
        }
        Ok(())
    }

    /// Looks at documents.
    pub(crate) const fn examiner(&self) -> &Examiner {
        &self.examiner
    }

    /// What every document has to pass.
    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A document that was looked at, and nothing decided yet.
    pub(crate) fn begin(&self, id: &str, examined: &Examined) -> Process {
        let report = &examined.report;
        let text = |value: &_| serde_json::to_string(value).unwrap_or_default();
        let identity = identity(examined);
        let (issued, at) = (identity.issued.clone(), self.clock.now());
        Process {
            id: id.to_owned(),
            events: Vec::new(),
            probable: probable(&identity),
            identity,
            documents: Vec::new(),
            embedded: None,
            transmitted: None,
            seal: None,
            verdict: report.verdict.as_str().to_owned(),
            layers: layers_kept(&report.layers),
            packs: self.examiner.packs(),
            findings: report.findings.iter().map(text).collect(),
            reason: None,
            key_guard: None,
            draft: None,
            retention_end: Some(self.schedule.end_for(issued.as_deref(), at)),
            at,
            actor: self.actor.clone(),
        }
    }

    /// Which way the document goes.
    fn decide(&self, process: &mut Process, examined: &Examined, file: &str, bytes: &[u8]) {
        if let Some(xml) = &examined.embedded {
            let document = Packed::new(Role::EmbeddedXml, "application/xml", xml);
            process.embedded = Some(document.sha256.clone());
            process.documents.push(document);
        }
        let side = |process: &mut Process, events: &[Event], reason: Reason| {
            process.events = events.to_vec();
            process.reason = Some(reason);
        };
        let report = &examined.report;
        match report.verdict {
            Verdict::Unreadable => {
                return side(process, &[Event::Unreadable], because("UNREADABLE", first_fatal(report)));
            }
            Verdict::NotChecked if examined.kind == DocumentKind::Pdf && !examined.is_invoice => {
                return side(process, &[Event::PlainPdf], Reason::new("DRAFT-PDF"));
            }
            _ if !examined.is_invoice => {
                return side(process, &[Event::Unreadable], because("UNREADABLE", first_fatal(report)));
            }
            _ => {}
        }
        let held = [Event::Read, Event::Hold];
        process.key_guard = Some(KeyGuard { events: held.to_vec(), reason: Reason::new("KEY-TAKEN") });
        match report.verdict {
            Verdict::Invalid => side(process, &[Event::Read, Event::Failed], because("INVALID", first_fatal(report))),
            Verdict::NotChecked | Verdict::Unreadable => {
                let missing: Vec<&str> = report
                    .layers
                    .iter()
                    .filter(|layer| {
                        layer.status == LayerStatus::NotEvaluable && self.plan.required.contains(&layer.layer)
                    })
                    .map(|layer| layer.layer.as_str())
                    .collect();
                side(process, &held, Reason::new("NOT-CHECKED").arg("layers", missing.join(", ")));
            }
            Verdict::Valid => self.accept(process, examined, file, bytes),
        }
    }

    /// A valid invoice: whose is it, is there a format for it, seal it, queue it.
    pub(crate) fn accept(&self, process: &mut Process, examined: &Examined, file: &str, bytes: &[u8]) {
        let checked = [Event::Read, Event::Passed, Event::Hold];
        let hold = |process: &mut Process, reason: Reason| {
            process.events = checked.to_vec();
            process.reason = Some(reason);
        };
        if let Some(reason) = self.foreign(&process.identity) {
            return hold(process, reason);
        }
        if flow_syntax(examined.kind, examined.report.profile.as_deref()).is_none() {
            return hold(process, Reason::new("NO-FLOW-FORMAT"));
        }
        let policy = &self.home.configuration.seal;
        match seal::put(policy, self.seal.as_ref(), &self.seals, process, examined.kind, file, bytes) {
            Ok(true) => process.events = vec![Event::Read, Event::Passed, Event::Seal, Event::Queue],
            Ok(false) => process.events = vec![Event::Read, Event::Passed, Event::Queue],
            Err(problem) if self.home.configuration.seal.required => {
                let text = problem.to_string();
                hold(process, because("SEAL-FAILED", Some(&problem.finding())).arg("text", text));
            }
            Err(problem) => {
                let finding = problem.finding();
                process.findings.push(serde_json::to_string(&finding).unwrap_or_default());
                process.events = vec![Event::Read, Event::Passed, Event::Queue];
            }
        }
    }

    /// An issuer deposits its own invoices only.
    fn foreign(&self, identity: &Identity) -> Option<Reason> {
        let own = &self.home.configuration.legal_person.siren;
        let issuer = self.home.configuration.structure.role == StructureRole::Issuer;
        let supplier = identity.supplier_siren.as_deref().unwrap_or("—");
        (issuer && supplier != own).then(|| Reason::new("OTHER-SUPPLIER").arg("found", supplier).arg("expected", own))
    }
}

/// What sending and following need, without the packs and the seal.
///
/// # Errors
/// The role does not allow it, or the gateway cannot be set up.
pub fn dispatcher(home: &Home, store: Store, actor: &str, verb: &'static str) -> Result<Dispatcher, PipelineError> {
    let configuration = &home.configuration;
    if configuration.structure.role == StructureRole::Recipient {
        return Err(PipelineError::Role { role: StructureRole::Recipient.as_str(), verb });
    }
    let gateway = configuration.gateway.chorus_pro.clone().ok_or(PipelineError::NoGateway)?;
    if configuration.demo && !gateway.is_loopback() {
        return Err(PipelineError::DemoGateway);
    }
    let seconds = gateway.timeouts.connect_seconds + gateway.timeouts.deposit_seconds;
    let gateway =
        ChorusPro::new(gateway, &home.root).map_err(|error| PipelineError::GatewaySetUp(error.to_string()))?;
    let exchanges = Arc::new(Exchanges::default());
    let told = exchanges.clone();
    let gateway = gateway.witnessed(Arc::new(move |exchange| told.take(exchange, SystemClock.now())));
    let lease_millis = i64::try_from(seconds * 1000 + 60_000).unwrap_or(i64::MAX);
    let patience = configuration.deposit.clone();
    let mut dispatcher =
        Dispatcher::new(store, Arc::new(gateway), Arc::new(SystemClock), actor, patience, lease_millis);
    dispatcher.exchanges = exchanges;
    Ok(dispatcher)
}

/// An examiner over installed packs; `program` is run again as the child that reads PDFs.
///
/// # Errors
/// The packs cannot be read.
pub fn examiner(packs: &Path, program: &Path) -> Result<Examiner, PipelineError> {
    examiner_with(packs, program, Vec::new())
}

fn examiner_with(packs: &Path, program: &Path, templates: Vec<Template>) -> Result<Examiner, PipelineError> {
    let packs = facteur_validate::packs::Packs::open(packs).map_err(|error| PipelineError::Packs(error.to_string()))?;
    let children = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
    let pdf = PdfWorkerPool::new(program, ["worker-pdf"], children).map_err(PipelineError::file(program))?;
    Ok(Examiner::new(Checker::new(packs), pdf.with_templates(templates)))
}

pub(crate) fn because(code: &str, finding: Option<&Finding>) -> Reason {
    let Some(finding) = finding else { return Reason::new(code) };
    // An official rule has its sentences under the artefact's own id; what we say ourselves, under our key.
    let official = facteur_validate::keys::of(&finding.rule).is_some() && finding.evaluated;
    let malformed = finding.layer == Layer::Syntax;
    let mut reason = Reason::new(code).arg("rule", if official || malformed { &finding.rule } else { &finding.key });
    if malformed && finding.key != finding.rule {
        reason = reason.arg("key", &finding.key);
    }
    for (name, value) in [("found", &finding.found), ("expected", &finding.expected), ("term", &finding.term)] {
        if let Some(value) = value {
            reason = reason.arg(name, value);
        }
    }
    if let Some(line) = finding.line {
        reason = reason.arg("line", line.to_string());
    }
    finding.args.iter().fold(reason, |reason, (name, value)| reason.arg(name, value))
}

fn identity(examined: &Examined) -> Identity {
    let kind = examined.kind.as_str().to_owned();
    let Some(invoice) = &examined.invoice else { return Identity { kind, ..Identity::default() } };
    Identity {
        kind,
        profile: examined.report.profile.clone(),
        type_code: invoice.type_code.clone(),
        framework: invoice.framework().map(str::to_owned),
        number: invoice.number.clone(),
        issued: invoice.issued.map(|date| date.to_string()),
        supplier_siren: invoice.supplier_siren(),
        supplier_siret: invoice.supplier_siret(),
        supplier: invoice.seller.name.clone(),
        buyer_siret: invoice.buyer_siret(),
        buyer: invoice.buyer.name.clone(),
        total: total(invoice),
        currency: invoice.currency.clone(),
        service: invoice.service_code().map(str::to_owned),
        commitment: invoice.commitment_number().map(str::to_owned),
        preceding: invoice.preceding.first().and_then(|one| one.number.clone()),
        key_exempt: matches!(invoice.framework(), Some("S3" | "A9")),
    }
}

fn total(invoice: &Invoice) -> Option<String> {
    invoice.totals.with_vat.map(|amount| amount.to_string())
}

/// The window of a probable double: the issue date, sixty days either way.
fn probable(identity: &Identity) -> Option<ProbableDouble> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let issued = time::Date::parse(identity.issued.as_deref()?, &format).ok()?;
    let window = time::Duration::days(DOUBLE_WITHIN_DAYS);
    let day = |date: Option<time::Date>| date.and_then(|date| date.format(&format).ok());
    let mut finding = Finding::warning(Layer::Reading, "PROBABLE-DOUBLE").arg("other", OTHER);
    finding.severity = Severity::Warning;
    Some(ProbableDouble {
        from: day(issued.checked_sub(window))?,
        until: day(issued.checked_add(window))?,
        finding: serde_json::to_string(&finding).ok()?,
    })
}
