//! One document, looked at: told apart, read, checked. The same for `check` and for import; nothing is written here.

use std::path::Path;
use std::sync::Arc;

use facteur_model::finding::{Actor, Finding, Layer, LayerResult, LayerStatus, Severity, Verdict};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_parse::Parsed;
use facteur_parse::pdf::{PdfContent, PdfError, PdfPages};
use facteur_render::factur_x::Level;
use facteur_render::page::PageError;
use facteur_transmit::chorus_pro::{flow_file_name, flow_syntax};
use facteur_validate::packs::{ArtefactKind, Installed, Packs};
use facteur_validate::{Checker, Context, Places, Plan, Report, Subject, syntax};
use facteur_xml::{Document, Limits, Node};

use crate::config::{Check, ContextName, ReferenceRequired};
use crate::directory::{self, Known};
use crate::pdf_worker::PdfWorkerPool;

/// Longest value of the document that a finding quotes.
const QUOTED_MAX: usize = 200;

/// Everything that was found out about a document.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What it is.
    pub kind: DocumentKind,
    /// The XML out of a PDF.
    pub embedded: Option<Vec<u8>>,
    /// The invoice, where it could be read.
    pub invoice: Option<Invoice>,
    /// Layers, findings, verdict.
    pub report: Report,
    /// Whether it is an invoice at all (root known); false for any other XML.
    pub is_invoice: bool,
}

/// Looks at documents. Shared between threads.
pub struct Examiner {
    checker: Checker,
    pdf: PdfWorkerPool,
    limits: Limits,
    directory: Arc<Known>,
}

impl Examiner {
    /// An examiner over packs, with children that read PDFs.
    #[must_use]
    pub fn new(checker: Checker, pdf: PdfWorkerPool) -> Self {
        Self { checker, pdf, limits: Limits::default(), directory: Arc::default() }
    }

    /// With a copy of the directory of recipients: what each demands is then checked before anything is sent.
    #[must_use]
    pub fn with_directory(mut self, directory: Known) -> Self {
        if !directory.is_empty() {
            self.directory = Arc::new(directory);
            self.checker = self.checker.with_directory(self.directory.clone());
        }
        self
    }

    /// The plan for one invoice: its recipient's demands beside the configured ones.
    fn plan_for(&self, invoice: Option<&Invoice>, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        let recipient = invoice.and_then(Invoice::buyer_siret).and_then(|siret| self.directory.get(&siret));
        plan.demands = directory::demands(plan.demands, recipient, invoice.and_then(Invoice::service_code));
        plan
    }

    /// The packs in use, as `family@version` separated by blanks.
    #[must_use]
    pub fn packs(&self) -> String {
        let names: Vec<String> = self.checker.packs().list().iter().map(|pack| pack.artefact.label()).collect();
        names.join(" ")
    }

    /// What the pages of a PDF seem to say; of a scan, what is recognised on them.
    ///
    /// # Errors
    /// As [`PdfWorkerPool::read_pages`].
    pub async fn pages(&self, bytes: &[u8]) -> Result<PdfPages, PdfError> {
        Ok(self.pdf.read_or_recognise(bytes).await?.0)
    }

    /// A PDF that carries an invoice's XML.
    ///
    /// # Errors
    /// As [`PdfWorkerPool::carry`].
    pub(crate) async fn carry(&self, pdf: &[u8], xml: &[u8], level: Level) -> Result<Vec<u8>, String> {
        self.pdf.carry(pdf, xml, level).await
    }

    /// Looks at one document.
    pub async fn examine(&self, name: &str, bytes: &[u8], plan: &Plan) -> Examined {
        if facteur_parse::pdf::is_pdf(bytes) {
            return match self.pdf.extract(bytes).await {
                Ok(content) => {
                    // What the pages show is compared, not judged: where it cannot be read, nothing is said.
                    let pages = if content.invoice().is_some() { self.pdf.read_pages(bytes).await.ok() } else { None };
                    let mut examined = self.hybrid(name, bytes, content, plan);
                    examined.report.findings.extend(pages.and_then(|pages| other_total(&pages, &examined)));
                    examined
                }
                Err(error) => unreadable(DocumentKind::Pdf, pdf_finding(&error)),
            };
        }
        if is_image(bytes) {
            return unreadable(DocumentKind::Unknown, image_finding());
        }
        if facteur_archive::detect(bytes).is_some() {
            let finding = Finding::fatal(Layer::Syntax, "FILE-IS-ARCHIVE").actor(Actor::Service);
            return unreadable(DocumentKind::Unknown, finding);
        }
        self.guarded(name, bytes, bytes.len(), None, &[], plan)
    }

    /// The files that a PDF carries, read in a child.
    ///
    /// # Errors
    /// It cannot be read: what was found.
    pub async fn attached(&self, bytes: &[u8]) -> Result<PdfContent, Finding> {
        self.pdf.extract(bytes).await.map_err(|error| pdf_finding(&error))
    }

    /// A PDF with an XML attached to it, its pages as they are, made in a child.
    ///
    /// # Errors
    /// It cannot be read, or must not be changed: what was found.
    pub async fn with_xml(&self, pdf: &[u8], xml: &[u8], level: Level) -> Result<Vec<u8>, Finding> {
        self.pdf.carry(pdf, xml, level).await.map_err(|reason| {
            let says = |error: &PageError| reason == error.to_string();
            let rule = if says(&PageError::Protected) {
                "PDF-KEPT-PROTECTED"
            } else if says(&PageError::Signed) {
                "PDF-KEPT-SIGNED"
            } else {
                "PDF-KEPT-DAMAGED"
            };
            Finding::fatal(Layer::Reading, rule).found(reason).actor(Actor::Supplier)
        })
    }

    fn hybrid(&self, name: &str, bytes: &[u8], content: PdfContent, plan: &Plan) -> Examined {
        match content.invoice() {
            Some(attachment) => {
                let embedded = attachment.bytes.clone();
                let mut examined = self.guarded(name, &embedded, bytes.len(), Some(()), &content.findings, plan);
                examined.kind = DocumentKind::FacturX;
                examined.embedded = Some(embedded);
                examined
            }
            None => plain_pdf(content.findings),
        }
    }

    /// A crash of a reader or a layer is one document that was not checked; it is never a silent green, and never the
    /// end of the batch.
    fn guarded(
        &self,
        name: &str,
        bytes: &[u8],
        file_size: usize,
        in_pdf: Option<()>,
        noticed: &[Finding],
        plan: &Plan,
    ) -> Examined {
        survived(|| self.xml(name, bytes, file_size, in_pdf, noticed, plan))
    }

    fn xml(
        &self,
        _name: &str,
        bytes: &[u8],
        file_size: usize,
        in_pdf: Option<()>,
        noticed: &[Finding],
        plan: &Plan,
    ) -> Examined {
        let document = match Document::parse(bytes, &self.limits) {
            Ok(document) => document,
            Err(error) => {
                let kind = if in_pdf.is_some() { DocumentKind::FacturX } else { facteur_parse::detect(bytes) };
                return unreadable(kind, syntax::finding(&error));
            }
        };
        let parsed = facteur_parse::read(&document).ok();
        let mut reading = noticed.to_vec();
        if let Some(parsed) = &parsed {
            reading.extend(parsed.findings.iter().cloned());
        }
        let own_kind = parsed.as_ref().map_or(DocumentKind::Unknown, |parsed| parsed.kind);
        let kind = if in_pdf.is_some() { DocumentKind::FacturX } else { own_kind };
        let places = parsed.as_ref().map(|parsed| Located { document: &document, parsed });
        let invoice = parsed.as_ref().map(|parsed| &parsed.invoice);
        let subject = Subject {
            bytes,
            document: Some(&document),
            kind,
            invoice,
            reading: &reading,
            places: places.as_ref().map(|places| places as &dyn Places),
            file_name: &deposit_name(kind, invoice),
            file_size: file_size as u64,
        };
        let report = self.checker.check(&subject, &self.plan_for(invoice, plan));
        let is_invoice = parsed.is_some();
        Examined { kind, embedded: None, invoice: parsed.map(|parsed| parsed.invoice), report, is_invoice }
    }
}

/// The name under which it would be deposited; that is what the gateway's limits speak of.
fn deposit_name(kind: DocumentKind, invoice: Option<&Invoice>) -> String {
    let number = invoice.and_then(|invoice| invoice.number.as_deref()).unwrap_or("facture");
    let profile = invoice.and_then(|invoice| invoice.profile.as_deref());
    flow_syntax(kind, profile).map_or_else(|| "facture.xml".to_owned(), |syntax| flow_file_name(number, syntax))
}

/// Where terms stand in the document that is being checked.
struct Located<'a> {
    document: &'a Document,
    parsed: &'a Parsed,
}

impl Places for Located<'_> {
    fn of(&self, term: &str) -> Option<(String, u32)> {
        let (id, _) = self.parsed.terms.iter().find(|(_, known)| known.0 == term)?;
        let node = self.document.node(*id);
        Some((node.path(), node.line()))
    }

    fn of_value(&self, term: &str, start: &str) -> Option<(String, u32)> {
        let nodes =
            self.parsed.terms.iter().filter(|(_, known)| known.0 == term).map(|(id, _)| self.document.node(*id));
        let mut holding = nodes.filter(|node| without_subject(node.text().trim()).starts_with(start));
        holding.next().map(|node| (node.path(), node.line())).or_else(|| self.of(term))
    }

    fn term_at(&self, path: &str) -> Option<String> {
        let mut around = node_at(self.document, path);
        while let Some(node) = around {
            if let Some(term) = self.parsed.term(node.id()) {
                return Some(term.0.to_owned());
            }
            around = node.parent();
        }
        None
    }

    fn value_at(&self, path: &str, term: &str) -> Option<String> {
        let node = node_at(self.document, path)?;
        let terms = &self.parsed.terms;
        let first = terms.partition_point(|(id, _)| *id < node.id());
        let inside = terms[first..].iter().take_while(|(id, _)| *id < node.subtree_end());
        let (id, _) = inside.clone().find(|(_, known)| known.0 == term)?;
        let text = self.document.node(*id).text();
        let text = text.trim();
        (!text.is_empty() && text.len() <= QUOTED_MAX).then(|| text.to_owned())
    }
}

/// The element at a path as [`Node::path`] writes it; the last element on the way where the rest is not there, as for
/// an attribute.
fn node_at<'d>(document: &'d Document, path: &str) -> Option<Node<'d>> {
    let mut steps = path.strip_prefix('/')?.split('/').skip(1);
    let mut node = document.root();
    let below = |node: Node<'d>, step: &str| {
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()?.checked_sub(1)?),
            None => (step, 0),
        };
        let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
        node.children_named(local).filter(|child| child.prefix() == prefix).nth(index)
    };
    while let Some(child) = steps.next().and_then(|step| below(node, step)) {
        node = child;
    }
    Some(node)
}

/// The text of a UBL note after its subject code (`#AAI#text`); any other text as it stands.
fn without_subject(text: &str) -> &str {
    match text.strip_prefix('#').and_then(|rest| rest.split_once('#')) {
        Some((code, rest)) if code.len() == 3 => rest.trim_start(),
        _ => text,
    }
}

/// The total that people read on the page against the one that the recipient's software reads in the XML.
fn other_total(pages: &PdfPages, examined: &Examined) -> Option<Finding> {
    let own = examined.invoice.as_ref()?.totals.with_vat?;
    let shown = pages.reading.other_total(own)?;
    let mut finding = Finding::warning(Layer::Reading, "PDF-TOTAL-DIFFERS")
        .found(shown.value.clone())
        .expected(own.to_string())
        .arg("page", shown.page.to_string())
        .actor(Actor::Supplier);
    finding.term = Some("BT-112".to_owned());
    Some(finding)
}

/// An image is no document, whatever its name says.
pub(crate) fn image_finding() -> Finding {
    Finding::fatal(Layer::Syntax, "FILE-IS-IMAGE").actor(Actor::Supplier)
}

/// PNG, JPEG, GIF and TIFF by their first bytes.
pub(crate) fn is_image(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 5] = [b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8", b"II*\0", b"MM\0*"];
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// A worker that could not be started says nothing of the document: that is the administrator's matter.
fn pdf_finding(error: &PdfError) -> Finding {
    let mut finding = error.finding();
    if matches!(error, PdfError::WorkerUnavailable { .. }) {
        finding.evaluated = false;
        finding.actor = Actor::Administrator;
    }
    finding
}

fn unreadable(kind: DocumentKind, finding: Finding) -> Examined {
    let unavailable = !finding.evaluated;
    let status = if unavailable { LayerStatus::NotEvaluable } else { LayerStatus::Failed };
    let layer = LayerResult { layer: Layer::Syntax, artefact: None, status, micros: 0 };
    let verdict = if unavailable { Verdict::NotChecked } else { Verdict::Unreadable };
    let report = Report { verdict, profile: None, layers: vec![layer], findings: vec![finding] };
    Examined { kind, embedded: None, invoice: None, report, is_invoice: true }
}

fn survived(look: impl FnOnce() -> Examined) -> Examined {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).unwrap_or_else(|_| {
        let mut finding = Finding::fatal(Layer::Syntax, "CHECK-CRASHED").actor(Actor::Administrator);
        finding.evaluated = false;
        unreadable(DocumentKind::Unknown, finding)
    })
}

/// A readable PDF without invoice data: nothing to check, and that is not the same as valid.
fn plain_pdf(mut findings: Vec<Finding>) -> Examined {
    findings.push(Finding::warning(Layer::Reading, "PDF-NO-XML").actor(Actor::Supplier));
    let layer = LayerResult { layer: Layer::Syntax, artefact: None, status: LayerStatus::Passed, micros: 0 };
    let report = Report { verdict: Verdict::NotChecked, profile: None, layers: vec![layer], findings };
    Examined { kind: DocumentKind::Pdf, embedded: None, invoice: None, report, is_invoice: false }
}

/// The most important finding: the first fatal one, else none.
#[must_use]
pub fn first_fatal(report: &Report) -> Option<&Finding> {
    report.findings.iter().find(|finding| finding.severity == Severity::Fatal)
}

/// Whether the packs in a folder hold the rules of EN 16931; without them the business rules are not checked.
#[must_use]
pub fn has_rules(packs: &Path) -> bool {
    let rules = |pack: &Installed| pack.artefact.layer == Layer::En16931 && pack.artefact.kind != ArtefactKind::Xsd;
    Packs::open(packs).is_ok_and(|packs| packs.list().iter().any(rules))
}

/// The plan that a configuration asks for.
#[must_use]
pub fn plan(check: &Check) -> Plan {
    let mut plan = Plan::chain(context(check.context));
    plan.required.clone_from(&check.required);
    match check.reference {
        ReferenceRequired::None => {}
        ReferenceRequired::Service => plan.demands.service_code = true,
        ReferenceRequired::Commitment => plan.demands.commitment_number = true,
        ReferenceRequired::Either => plan.demands.either = true,
        ReferenceRequired::Both => {
            plan.demands.service_code = true;
            plan.demands.commitment_number = true;
        }
    }
    plan
}

/// The validation context of a configured name.
#[must_use]
pub const fn context(name: ContextName) -> Context {
    match name {
        ContextName::CproHistoric => Context::CproHistoric,
        ContextName::Afnor => Context::Afnor,
        ContextName::Plain => Context::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_a_document_that_was_not_checked() {
        let examined = survived(|| panic!("a reader that crashes"));
        assert_eq!(examined.report.verdict, Verdict::NotChecked);
        assert_eq!(examined.report.layers[0].status, LayerStatus::NotEvaluable);
        assert!(examined.is_invoice, "it is held for a person, not put away as something else");
    }
}
