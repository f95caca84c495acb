//! The invoice XML inside a PDF: Factur-X, ZUGFeRD 1 and 2, XRechnung in PDF.
//!
//! A file is found through the catalog's `/AF` and through the name tree of embedded files, because real documents
//! have it in one, in the other or in both. The XMP metadata is a cross-check, never the way to the file.
//!
//! The bytes are hostile. Everything here is bounded by [`PdfLimits`], but a stack overflow or an exhausted memory
//! cannot be caught: documents from outside are read in the child process of `pipeline::pdf_worker`.

mod attachments;
mod choose;
mod error;
pub mod fields;
mod root;
pub mod scan;
pub mod text;
mod xmp;

use std::collections::{BTreeMap, BTreeSet};

use facteur_model::finding::{Actor, Finding, Layer};
use lopdf::{Document, LoadOptions};
use serde::{Deserialize, Serialize};

pub use error::PdfError;
use fields::FieldName;
use fields::template::{Learnt, Template, learn};
pub use root::{InvoiceRoot, invoice_root};
pub use text::PdfText;
pub use xmp::Xmp;

/// What a PDF may hold; all of it can be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PdfLimits {
    /// Largest file. The largest of 205 real ones has 2.3 MB.
    pub max_file_bytes: usize,
    /// Largest stream once unpacked, while the file is loaded.
    pub max_stream_bytes: usize,
    /// Largest invoice XML.
    pub max_xml_bytes: usize,
    /// Most bytes of all attachments together, once unpacked.
    pub max_attachments_bytes: usize,
    /// Most attachments.
    pub max_attachments: usize,
    /// Most objects. 300,000 cost 264 MB.
    pub max_objects: usize,
    /// Most nodes and entries visited in the tree of embedded files.
    pub max_tree_nodes: usize,
    /// Most pages counted.
    pub max_pages: usize,
    /// Most pages of a document whose text is read.
    pub max_text_pages: usize,
}

impl Default for PdfLimits {
    fn default() -> Self {
        Self {
            max_file_bytes: 20 << 20,
            max_stream_bytes: 32 << 20,
            max_xml_bytes: 16 << 20,
            max_attachments_bytes: 64 << 20,
            max_attachments: 50,
            max_objects: 200_000,
            max_tree_nodes: 1_000,
            max_pages: 10_000,
            max_text_pages: 500,
        }
    }
}

/// Where an attachment was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentSource {
    /// Only in the catalog's `/AF`.
    AssociatedFile,
    /// Only in the name tree of embedded files.
    NameTree,
    /// In both, as Factur-X demands.
    Both,
}

/// A file that the PDF carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name without folders and control characters, at most 255 bytes. Never to be used as a path.
    pub name: String,
    /// Its content, unpacked. Not part of the serialised form: it travels beside it.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// `/AFRelationship`: `Data`, `Source`, `Alternative`, `Supplement`, `Unspecified`.
    pub relationship: Option<String>,
    /// `/Subtype` of the embedded file: `text/xml`.
    pub media_type: Option<String>,
    /// Where it was found.
    pub source: AttachmentSource,
    /// The kind of invoice that its root element announces.
    pub root: Option<InvoiceRoot>,
}

/// What a PDF holds, as far as invoices are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PdfContent {
    /// Number of pages, where the page tree can be read and stays within the limit.
    pub pages: Option<usize>,
    /// Every attached file, in the order of the document.
    pub attachments: Vec<Attachment>,
    /// Which attachment is the invoice; `None` for a plain PDF.
    pub invoice_xml: Option<usize>,
    /// What the reader noticed.
    pub findings: Vec<Finding>,
    /// True when the file was damaged and its objects were found by a scan: its bytes are to be looked at by a person.
    pub recovered: bool,
    /// True when the file is encrypted with an empty password: readable by everyone, but not PDF/A.
    pub encrypted: bool,
    /// What the XMP metadata says, for comparison.
    pub xmp: Option<Xmp>,
}

impl PdfContent {
    /// The invoice XML, where there is one.
    #[must_use]
    pub fn invoice(&self) -> Option<&Attachment> {
        self.invoice_xml.and_then(|index| self.attachments.get(index))
    }
}

/// Reads a PDF and finds the invoice in it.
///
/// # Errors
/// The file is not a readable PDF, needs a password, or goes over a limit; one variant for each.
pub fn extract(bytes: &[u8], limits: &PdfLimits) -> Result<PdfContent, PdfError> {
    check_magic(bytes, limits)?;
    let document = load(bytes, limits)?;
    let recovered = document.xref_recovery == Some(lopdf::xref::XrefRecovery::Reconstructed);
    let (attachments, mut findings) = attachments::collect(&document, limits)?;
    let xmp = xmp::read(&document);
    let invoice_xml = choose::invoice(&attachments, &mut findings);
    let pages = count_pages(&document, limits);
    if pages == 0 && invoice_xml.is_none() {
        return Err(PdfError::Damaged { detail: "no page".to_owned() });
    }
    if let Some(attachment) = invoice_xml.and_then(|index| attachments.get(index)) {
        choose::cross_check(attachment, xmp.as_ref(), &mut findings);
    }
    if recovered {
        findings.push(Finding::warning(Layer::Reading, "PDF-RECOVERED").actor(Actor::Service));
    }
    Ok(PdfContent {
        pages: (1..=limits.max_pages).contains(&pages).then_some(pages),
        attachments,
        invoice_xml,
        findings,
        recovered,
        encrypted: document.was_encrypted(),
        xmp,
    })
}

/// What the pages of a PDF say, whatever it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PdfPages {
    /// Pages whose text was read.
    pub pages: usize,
    /// Whether not a single word stands on them.
    pub empty: bool,
    /// Whether they hold images: with no word, the mark of a scan.
    pub images: bool,
    /// Whether pages beyond the limits were left out.
    pub truncated: bool,
    /// Whether the words were recognised on images: nothing of them is sure.
    #[serde(default)]
    pub recognised: bool,
    /// The fields of an invoice that were found.
    pub reading: fields::Reading,
}

/// Reads the fields of an invoice from the pages of a PDF.
///
/// # Errors
/// As [`extract`], whatever the PDF carries.
pub fn read_pages(bytes: &[u8], limits: &PdfLimits) -> Result<PdfPages, PdfError> {
    read_pages_with(bytes, limits, &[])
}

/// Reads the fields of an invoice from the pages of a PDF, with what is known of its supplier.
///
/// # Errors
/// As [`extract`], whatever the PDF carries.
pub fn read_pages_with(bytes: &[u8], limits: &PdfLimits, templates: &[Template]) -> Result<PdfPages, PdfError> {
    let text = read_text(bytes, limits)?;
    Ok(PdfPages {
        pages: text.pages.len(),
        empty: text.is_empty(),
        images: text.images,
        truncated: text.truncated,
        recognised: false,
        reading: fields::read_with(&text, templates),
    })
}

/// Learns a template from the pages of a PDF and the values that a person made of them; `None` where nothing on the
/// pages names the supplier.
///
/// # Errors
/// As [`extract`], whatever the PDF carries.
pub fn learn_from(
    bytes: &[u8],
    limits: &PdfLimits,
    values: &BTreeMap<FieldName, String>,
) -> Result<Option<Learnt>, PdfError> {
    Ok(learn(&read_text(bytes, limits)?, values))
}

/// Reads the text of a PDF's pages.
///
/// # Errors
/// As [`extract`], whatever the PDF carries.
pub fn read_text(bytes: &[u8], limits: &PdfLimits) -> Result<PdfText, PdfError> {
    check_magic(bytes, limits)?;
    let document = load(bytes, limits)?;
    match count_pages(&document, limits) {
        0 => Err(PdfError::Damaged { detail: "no page".to_owned() }),
        found if found > limits.max_text_pages => Err(PdfError::TooManyPages { limit: limits.max_text_pages }),
        _ => Ok(text::read(&document)),
    }
}

/// A PDF announces itself within its first kilobyte (PDF 1.7, annex H, note 13).
const MAGIC_WITHIN: usize = 1024;

/// Whether these bytes begin like a PDF.
#[must_use]
pub fn is_pdf(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(MAGIC_WITHIN)];
    head.windows(5).any(|window| window == b"%PDF-")
}

fn check_magic(bytes: &[u8], limits: &PdfLimits) -> Result<(), PdfError> {
    if bytes.len() > limits.max_file_bytes {
        return Err(PdfError::FileTooLarge { found: bytes.len(), limit: limits.max_file_bytes });
    }
    if is_pdf(bytes) { Ok(()) } else { Err(PdfError::NotPdf) }
}

fn load(bytes: &[u8], limits: &PdfLimits) -> Result<Document, PdfError> {
    let options = LoadOptions { max_decompressed_size: Some(limits.max_stream_bytes), ..LoadOptions::default() };
    let document =
        Document::load_mem_with_options(bytes, options).map_err(|error| PdfError::from_load(&error, limits))?;
    // Without the right password the library returns an empty document rather than an error.
    if document.trailer.has(b"Encrypt") {
        return Err(PdfError::PasswordRequired);
    }
    if document.objects.len() > limits.max_objects {
        return Err(PdfError::TooManyObjects { found: document.objects.len(), limit: limits.max_objects });
    }
    if let Err(error) = document.catalog() {
        return Err(PdfError::Damaged { detail: format!("no catalog: {error}") });
    }
    Ok(document)
}

/// Distinct pages, one more than the limit at most.
fn count_pages(document: &Document, limits: &PdfLimits) -> usize {
    let pages: BTreeSet<_> = document.page_iter().take(limits.max_pages + 1).collect();
    pages.len()
}
