//! One invoice in another syntax or for another channel: read, written from the model, read back, checked. Nothing is
//! written to disk here but by [`save`], and nothing is left out without being listed.

mod compare;
mod request;
mod supplied;

pub use compare::unlisted;
pub use request::{Profile, Request, Target};
pub use supplied::{Supplied, SuppliedError, form};

use std::io::Write as _;
use std::path::Path;

use facteur_model::finding::{Actor, Finding, Layer, Verdict};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_parse::{Parsed, Unmapped};
use facteur_render::factur_x;
use facteur_render::page::PageError;
use facteur_render::profile::Missing;
use facteur_render::{TermValue, Written};
use facteur_validate::{Plan, Report};
use facteur_xml::{Document, Limits};

use crate::error::PipelineError;
use crate::examine::Examiner;

/// Largest document that is read: what the gateway takes.
pub const BYTES_MAX: u64 = 30_000_000;

/// What a conversion came to. Whether a file may be made of it is [`Converted::refusal`].
#[derive(Debug, Clone)]
pub struct Converted {
    /// What was converted.
    pub source: DocumentKind,
    /// The new document.
    pub bytes: Vec<u8>,
    /// What the invoice says and the new document does not.
    pub lost: Vec<TermValue>,
    /// What the source says and no term holds, the first of it.
    pub unmapped: Vec<Unmapped>,
    /// How much of that there is in all.
    pub unmapped_total: usize,
    /// What the syntax demands and was worked out from other terms.
    pub derived: Vec<TermValue>,
    /// What a person supplied.
    pub supplied: Vec<TermValue>,
    /// What of the source gave way to it.
    pub replaced: Vec<TermValue>,
    /// The page of a Factur-X: drawn, or the supplier's own; nothing where there is none.
    pub page: Option<Page>,
    /// What the profile takes away: replaced, or put elsewhere.
    pub removed: Vec<TermValue>,
    /// What the profile puts in its place.
    pub added: Vec<TermValue>,
    /// What the channel demands and the invoice does not say.
    pub missing: Vec<Missing>,
    /// The check of the new document.
    pub report: Report,
}

/// What a Factur-X shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// A page of our own layout: PDF/A-3b by its structure.
    Drawn,
    /// The pages of the supplier's PDF: PDF/A only if that one was, which nobody has certified.
    Kept,
}

/// What a person gives beside the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Values of terms that the document lacks.
    pub supplied: Vec<Supplied>,
    /// The PDF whose pages are kept as the visible ones of a Factur-X.
    pub page: Option<Vec<u8>>,
}

/// Why no file is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The channel demands what the invoice does not say.
    Missing,
    /// Something would be lost, and nobody agreed to that.
    Loss,
    /// The new document would break a rule, and nobody agreed to that.
    Invalid,
}

/// What a person agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreed {
    /// That what is listed as lost is lost.
    pub loss: bool,
    /// That the new document breaks rules.
    pub invalid: bool,
}

impl Converted {
    /// Whether the new document says less than the source.
    #[must_use]
    pub const fn loses(&self) -> bool {
        !self.lost.is_empty() || self.unmapped_total > 0
    }

    /// Why no file may be made of it, where that is so.
    #[must_use]
    pub fn refusal(&self, agreed: Agreed) -> Option<Refusal> {
        let broken = matches!(self.report.verdict, Verdict::Invalid | Verdict::Unreadable);
        if !self.missing.is_empty() {
            Some(Refusal::Missing)
        } else if self.loses() && !agreed.loss {
            Some(Refusal::Loss)
        } else if broken && !agreed.invalid {
            Some(Refusal::Invalid)
        } else {
            None
        }
    }
}

/// Converts one document. The findings say why it is no invoice that can be read.
///
/// # Errors
/// The source is unreadable, or no invoice: its findings.
pub async fn convert(
    examiner: &Examiner,
    name: &str,
    bytes: &[u8],
    request: &Request,
    plan: &Plan,
) -> Result<Converted, Vec<Finding>> {
    convert_with(examiner, name, bytes, request, &Given::default(), plan).await
}

/// The same with what a person gives beside the document.
///
/// # Errors
/// As [`convert`]; or the PDF whose pages are to be kept cannot carry the XML.
pub async fn convert_with(
    examiner: &Examiner,
    name: &str,
    bytes: &[u8],
    request: &Request,
    given: &Given,
    plan: &Plan,
) -> Result<Converted, Vec<Finding>> {
    let look = Plan::only(vec![Layer::Syntax, Layer::Reading], plan.context);
    let examined = examiner.examine(name, bytes, &look).await;
    let xml = examined.embedded.as_deref().unwrap_or(bytes);
    let Some(parsed) = examined.invoice.as_ref().and_then(|_| read(xml)) else {
        return Err(no_invoice(examiner, name, bytes).await);
    };
    let mut asked = parsed.invoice.clone();
    given.supplied.iter().for_each(|supplied| supplied.apply(&mut asked));
    let (replaced, supplied) = compare::changes(&parsed.invoice, &asked);
    let (invoice, missing) = request.apply(&asked);
    let (removed, added) = compare::changes(&asked, &invoice);
    let written = request.write(&invoice, parsed.is_credit_note());
    let mut lost = written.lost.clone();
    lost.extend(not_found_again(&invoice, &written));
    let (bytes, page) = match (request.page(), &given.page) {
        (Some((_, level)), Some(pdf)) => {
            let kept = examiner.with_xml(pdf, &written.bytes, level).await.map_err(|finding| vec![finding])?;
            (kept, Some(Page::Kept))
        }
        (Some((language, level)), None) => {
            let drawn = factur_x::produce(&invoice, &written.bytes, level, language).map_err(undrawn)?;
            (drawn, Some(Page::Drawn))
        }
        (None, _) => (written.bytes, None),
    };
    let report = examiner.examine(name, &bytes, plan).await.report;
    Ok(Converted {
        source: examined.kind,
        bytes,
        lost,
        unmapped: parsed.unmapped,
        unmapped_total: parsed.unmapped_total,
        derived: written.derived,
        supplied,
        replaced,
        page,
        removed,
        added,
        missing,
        report,
    })
}

/// Why a document is no invoice that can be read: the layer of the schemas knows the roots of invoices.
pub(crate) async fn no_invoice(examiner: &Examiner, name: &str, bytes: &[u8]) -> Vec<Finding> {
    let plan = Plan::only(vec![Layer::Syntax, Layer::Xsd], facteur_validate::Context::Plain);
    examiner.examine(name, bytes, &plan).await.report.findings
}

/// The page could not be made: that is ours to mend.
fn undrawn(error: PageError) -> Vec<Finding> {
    vec![Finding::fatal(Layer::Syntax, "PAGE-NOT-DRAWN").found(error.to_string()).actor(Actor::Administrator)]
}

/// What the new document, read back, says otherwise although the writer did not list it.
fn not_found_again(invoice: &Invoice, written: &Written) -> Vec<TermValue> {
    match read(&written.bytes) {
        Some(after) => unlisted(invoice, written, &after.invoice),
        None => facteur_render::all(invoice),
    }
}

fn read(bytes: &[u8]) -> Option<Parsed> {
    let document = Document::parse(bytes, &Limits::default()).ok()?;
    facteur_parse::read(&document).ok()
}

/// Reads the file to convert.
///
/// # Errors
/// It cannot be read, or is larger than [`BYTES_MAX`].
pub fn open(path: &Path) -> Result<Vec<u8>, PipelineError> {
    let metadata = std::fs::metadata(path).map_err(PipelineError::file(path))?;
    if metadata.is_file() && metadata.len() <= BYTES_MAX {
        return std::fs::read(path).map_err(PipelineError::file(path));
    }
    let reason = if metadata.is_file() { format!("{} > {BYTES_MAX}", metadata.len()) } else { "not a file".to_owned() };
    Err(PipelineError::file(path)(std::io::Error::other(reason)))
}

/// Writes the new document to a file that is not there yet: whole, or not at all.
///
/// # Errors
/// The file exists, or cannot be written.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    let created = std::fs::File::options().write(true).create_new(true).open(path);
    let mut file = created.map_err(PipelineError::file(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        // What is half there is worse than nothing; that it could not be removed either changes nothing more.
        let _ = std::fs::remove_file(path);
        PipelineError::file(path)(error)
    })
}
