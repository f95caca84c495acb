//! Sizes and names of the file and of what is attached to it.
//!
//! Sources: AIFE (a flow through the API has at most 30 MB), API annex V5.00 (10 MB a file before compression),
//! constants of the Odoo community's connector (attachments), EDI pattern of file names.

use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::invoice::{Attachment, Invoice};

/// Largest flow through the API, in bytes.
pub const FLOW_MAX: u64 = 30_000_000;
/// Largest file of a flow before compression, in bytes.
pub const FILE_MAX: u64 = 10_000_000;
/// Largest attachment, in bytes.
pub const ATTACHMENT_MAX: u64 = 10_000_000;
/// Longest file name, with its extension.
pub const FILE_NAME_MAX: usize = 50;
/// Longest name of an attachment, with its extension.
pub const ATTACHMENT_NAME_MAX: usize = 50;
/// Extensions that attachments may have.
pub const EXTENSIONS: [&str; 35] = [
    "bmp", "gif", "fax", "odt", "ppt", "tiff", "xls", "bz2", "gz", "jpeg", "p7s", "rtf", "txt", "xml", "csv", "gzip",
    "jpg", "pdf", "svg", "xhtml", "xlsx", "doc", "htm", "odp", "png", "tgz", "xlc", "zip", "docx", "html", "ods",
    "pps", "tif", "xlm", "pptx",
];

/// Check 7: file and attachments are neither too large nor empty.
#[must_use]
pub fn check_sizes(file_size: u64, invoice: &Invoice) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file_size > FILE_MAX {
        findings.push(size("CPRO-HIST-SIZE", file_size, FILE_MAX));
    }
    for (name, attachment) in attachments(invoice) {
        let bytes = decoded_length(&attachment.content);
        if bytes == 0 {
            findings.push(about("CPRO-HIST-ATTACHMENT-EMPTY", name));
        } else if bytes > ATTACHMENT_MAX {
            findings.push(Finding {
                path: Some(name.to_owned()),
                ..size("CPRO-HIST-ATTACHMENT-SIZE", bytes, ATTACHMENT_MAX)
            });
        }
    }
    findings
}

/// Check 8: file and attachments have names that the gateway takes.
#[must_use]
pub fn check_names(file_name: &str, invoice: &Invoice) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !is_plain_name(file_name) {
        let finding = Finding::fatal(Layer::ChorusPro, "CPRO-HIST-FILE-NAME").found(file_name).actor(Actor::Service);
        findings.push(finding.expected("A-Z a-z 0-9 . _ -").arg("max", FILE_NAME_MAX.to_string()));
    }
    for (name, _) in attachments(invoice) {
        if name.is_empty() || name.chars().count() > ATTACHMENT_NAME_MAX {
            let finding = about("CPRO-HIST-ATTACHMENT-NAME", name).arg("max", ATTACHMENT_NAME_MAX.to_string());
            findings.push(finding.found(name));
        }
        let extension = extension(name);
        if !EXTENSIONS.contains(&extension.as_str()) {
            findings.push(about("CPRO-HIST-ATTACHMENT-TYPE", name).found(extension));
        }
    }
    findings
}

fn attachments(invoice: &Invoice) -> impl Iterator<Item = (&str, &Attachment)> {
    let attached = invoice.supporting_documents.iter().filter_map(|document| document.attachment.as_ref());
    attached.map(|attachment| (attachment.file_name.as_deref().map_or("", str::trim), attachment))
}

fn about(rule: &str, name: &str) -> Finding {
    let finding = Finding::fatal(Layer::ChorusPro, rule).term("BT-125").arg("attachment", name);
    Finding { path: Some(name.to_owned()), ..finding }
}

fn size(rule: &str, bytes: u64, max: u64) -> Finding {
    let megabytes = |bytes: u64| format!("{},{}", bytes / 1_000_000, bytes / 100_000 % 10);
    Finding::fatal(Layer::ChorusPro, rule).found(megabytes(bytes)).expected((max / 1_000_000).to_string())
}

fn is_plain_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    name.len() <= FILE_NAME_MAX && name.bytes().all(allowed) && !stem.is_empty() && !extension.is_empty()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase()
}

/// Bytes that a text in base64 stands for.
fn decoded_length(content: &str) -> u64 {
    let digits = content.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
    digits as u64 * 3 / 4
}
