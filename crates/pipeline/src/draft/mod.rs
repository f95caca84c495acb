//! From a plain PDF to a proposal that a person completes, and from there to an invoice.
//!
//! What the pages propose is kept with the invoice when it comes in. A person looks ([`open`]), gives values ([`give`],
//! or a form in an editor) and confirms; only then is there an invoice, which is checked like any other. The PDF stays
//! the original.

mod body;
mod build;
mod confirm;
mod field;
mod form;
mod value;
mod work;

pub use self::body::{Draft, Entry, Fault, Frame, LineEntry, Origin, VatEntry};
pub use self::build::{Built, Lack, build};
pub use self::confirm::{Confirmation, Confirmed, Outgoing, Refusal, Want, confirm, unsure, wants};
pub use self::field::{DraftField, FIELDS, Form};
pub use self::form::{Edited, FormProblem, Wrong, edit};
pub use self::work::{Changed, Corrected, Opened, corrected, give, open};
pub(crate) use self::work::{confirmed_document, propose};

use std::path::Path;

use facteur_model::finding::Finding;
use facteur_parse::pdf::fields::template::Template;
use facteur_parse::pdf::scan::ScanError;
use facteur_parse::pdf::{PdfError, PdfPages};

use crate::error::PipelineError;
use crate::examine::{image_finding, is_image};
use crate::pdf_worker::PdfWorkerPool;

/// What the pages of a file say, read in a child process of `program` with these templates; where they are scans, what
/// is recognised on them.
///
/// # Errors
/// The file cannot be opened, or no child can be prepared. What is wrong with the PDF itself is the inner error.
pub async fn read_file(
    program: &Path,
    file: &Path,
    templates: Vec<Template>,
) -> Result<Result<Read, Finding>, PipelineError> {
    let limits = facteur_parse::pdf::PdfLimits::default();
    let size = std::fs::metadata(file).map_err(PipelineError::file(file))?.len();
    if size > limits.max_file_bytes as u64 {
        let found = usize::try_from(size).unwrap_or(usize::MAX);
        return Ok(Err(PdfError::FileTooLarge { found, limit: limits.max_file_bytes }.finding()));
    }
    let bytes = std::fs::read(file).map_err(PipelineError::file(file))?;
    if is_image(&bytes) {
        return Ok(Err(image_finding()));
    }
    let pool = PdfWorkerPool::new(program, ["worker-pdf"], 1).map_err(PipelineError::file(program))?;
    let pool = pool.with_templates(templates);
    let sha256 = facteur_store::document::sha256_hex(&bytes);
    let read = pool.read_or_recognise(&bytes).await;
    Ok(read.map(|(pages, scan)| Read { sha256, pages, scan }).map_err(|error| error.finding()))
}

/// A PDF that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// SHA-256 of the file.
    pub sha256: String,
    /// What its pages say.
    pub pages: PdfPages,
    /// Why a scan was not recognised, where it is one.
    pub scan: Option<ScanError>,
}

/// Why there is nothing on the pages to propose from, if so: the rule id of the sentence.
#[must_use]
pub const fn nothing_to_read(pages: &PdfPages) -> Option<&'static str> {
    match (pages.empty, pages.images) {
        (true, true) => Some("PDF-SCAN"),
        (true, false) => Some("PDF-EMPTY"),
        (false, _) => None,
    }
}
