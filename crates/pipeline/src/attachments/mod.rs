//! What an invoice carries beside itself: the files in its PDF, and those inside its XML (BT-125).

mod file;
mod name;

use std::path::Path;

use facteur_model::finding::Finding;
use facteur_model::invoice::{Invoice, SupportingDocument};
use facteur_parse::pdf::{AttachmentSource, is_pdf};
use facteur_store::Store;
use facteur_store::document::sha256_hex;
use facteur_validate::{Context, Plan};
use serde::Serialize;

pub use self::file::extract;
use crate::convert::{no_invoice, open};
use crate::error::PipelineError;
use crate::examine::Examiner;
use crate::view::stored;

/// Most files of one invoice that are written to a folder.
pub const FILES_MAX: usize = 500;

/// Where a file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// In the PDF: the catalog's `/AF` alone.
    PdfAssociatedFile,
    /// In the PDF: the tree of embedded files alone.
    PdfNameTree,
    /// In the PDF: both, as Factur-X demands.
    Pdf,
    /// In the XML: BT-125.
    Xml,
}

/// A file that an invoice carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its name as the invoice gives it, printable, without folders.
    pub name: Option<String>,
    /// Its media type as the invoice gives it.
    pub media_type: Option<String>,
    /// Its bytes; nothing where they cannot be unpacked.
    pub bytes: Option<Vec<u8>>,
    /// Their SHA-256, in hexadecimal.
    pub sha256: Option<String>,
    /// What it is to the page (`/AFRelationship`): `Data`, `Alternative`, `Supplement`.
    pub relation: Option<String>,
    /// Where it was found.
    pub origin: Origin,
    /// BT-122, the reference of the document.
    pub reference: Option<String>,
    /// BT-123, its description.
    pub description: Option<String>,
    /// Whether it is the invoice itself: the XML of a hybrid PDF.
    pub invoice: bool,
}

/// The files of one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachments {
    /// The file that carries them.
    pub file: String,
    /// Each once.
    pub list: Vec<Attached>,
}

impl Attachments {
    /// Whether every one of them could be unpacked.
    #[must_use]
    pub fn are_whole(&self) -> bool {
        self.list.iter().all(|attached| attached.bytes.is_some())
    }
}

/// The files of an invoice that lies in a file.
///
/// # Errors
/// The outer error: it cannot be opened. The inner one: it is no invoice and no PDF, with what was found.
pub async fn of_file(examiner: &Examiner, file: &Path) -> Result<Result<Attachments, Vec<Finding>>, PipelineError> {
    let bytes = open(file)?;
    Ok(of_bytes(examiner, &file.display().to_string(), &bytes).await)
}

/// The files of an invoice of the store, by its identity or number.
///
/// # Errors
/// As [`of_file`]; or the store does not know it, or no longer has its bytes.
pub async fn of_store(
    examiner: &Examiner,
    store: &Store,
    name: &str,
) -> Result<Result<Attachments, Vec<Finding>>, PipelineError> {
    let (file, bytes) = stored(store, name).await?;
    Ok(of_bytes(examiner, &file, &bytes).await)
}

/// The files of a document: a PDF with or without an invoice, or the XML of one.
///
/// # Errors
/// It is neither, or cannot be read: what was found.
pub async fn of_bytes(examiner: &Examiner, name: &str, bytes: &[u8]) -> Result<Attachments, Vec<Finding>> {
    let plan = Plan::only(vec![facteur_model::finding::Layer::Syntax], Context::Plain);
    let examined = examiner.examine(name, bytes, &plan).await;
    let mut list = Vec::new();
    if is_pdf(bytes) {
        let content = examiner.attached(bytes).await.map_err(|finding| vec![finding])?;
        let invoice = content.invoice_xml;
        let files = content.attachments.into_iter().enumerate();
        list.extend(files.map(|(index, file)| in_pdf(file, invoice == Some(index))));
    } else if examined.invoice.is_none() {
        return Err(no_invoice(examiner, name, bytes).await);
    }
    list.extend(examined.invoice.iter().flat_map(in_xml));
    Ok(Attachments { file: name.to_owned(), list })
}

fn in_pdf(file: facteur_parse::pdf::Attachment, invoice: bool) -> Attached {
    Attached {
        sha256: Some(sha256_hex(&file.bytes)),
        name: Some(file.name),
        media_type: file.media_type,
        bytes: Some(file.bytes),
        relation: file.relationship,
        origin: match file.source {
            AttachmentSource::AssociatedFile => Origin::PdfAssociatedFile,
            AttachmentSource::NameTree => Origin::PdfNameTree,
            AttachmentSource::Both => Origin::Pdf,
        },
        reference: None,
        description: None,
        invoice,
    }
}

/// BT-125 of each supporting document.
fn in_xml(invoice: &Invoice) -> Vec<Attached> {
    invoice.supporting_documents.iter().filter_map(of_document).collect()
}

fn of_document(document: &SupportingDocument) -> Option<Attached> {
    let attachment = document.attachment.as_ref()?;
    let bytes = unpacked(&attachment.content);
    Some(Attached {
        name: attachment.file_name.as_deref().map(name::shown).filter(|name| !name.is_empty()),
        media_type: attachment.mime_code.clone(),
        sha256: bytes.as_deref().map(sha256_hex),
        bytes,
        relation: None,
        origin: Origin::Xml,
        reference: document.reference.clone(),
        description: document.description.clone(),
        invoice: false,
    })
}

/// The bytes of base64 as it stands in a document: its blanks mean nothing, everything else has to be right.
fn unpacked(content: &str) -> Option<Vec<u8>> {
    let packed: String = content.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    if !packed.len().is_multiple_of(4) {
        return None;
    }
    openssl::base64::decode_block(&packed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_its_blanks_and_never_guessed() {
        assert_eq!(unpacked(" RmFj\n dHVy\tZQ== ").as_deref(), Some(b"Facture".as_slice()));
        assert_eq!(unpacked("").as_deref(), Some(b"".as_slice()));
        for wrong in ["RmF", "RmFjd*==", "RmFj=", "é==="] {
            assert_eq!(unpacked(wrong), None, "{wrong}");
        }
    }
}
