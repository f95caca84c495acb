//! What a flow is called, and which format it is declared in.

use facteur_model::gateway::FlowSyntax;
use facteur_model::kind::DocumentKind;
use openssl::sha::sha256;

/// Longest file name, in characters with its extension: Chorus Pro documents none for flows, clients in production
/// keep to the 50 of an attachment name.
pub const FILE_NAME_MAX: usize = 50;
/// Most documents in one flow (recommended by AIFE for EDI; more is not known to be taken).
pub const LOT_MAX: usize = 500;
/// How the name of a flow with several documents ends.
const LOT_ENDING: &str = ".tar.gz";
/// Digits of the digest that tells apart two numbers which would give the same name.
const SUFFIX_DIGITS: usize = 8;
/// BT-24 of ZUGFeRD 1, which Chorus Pro takes in no format.
const ZUGFERD_1: &str = "urn:ferd:";

/// The format to declare for a document, by its kind and BT-24; `None` where Chorus Pro takes no such document.
///
/// A UBL credit note goes out as `IN_DP_E1_UBL_INVOICE` too: there is no format of its own.
#[must_use]
pub fn flow_syntax(kind: DocumentKind, profile: Option<&str>) -> Option<FlowSyntax> {
    let is_zugferd_1 = profile.is_some_and(|profile| profile.trim().to_ascii_lowercase().starts_with(ZUGFERD_1));
    match kind {
        DocumentKind::UblInvoice | DocumentKind::UblCreditNote => Some(FlowSyntax::UblInvoice),
        DocumentKind::Cii if !is_zugferd_1 => Some(FlowSyntax::Cii16b),
        DocumentKind::FacturX if !is_zugferd_1 => Some(FlowSyntax::FacturX),
        _ => None,
    }
}

/// The name of a flow from the invoice number: ASCII letters, digits, `.`, `_`, `-`, at most [`FILE_NAME_MAX`]
/// characters. The same number always gives the same name; where a character had to be replaced, eight digits of
/// its SHA-256 keep two numbers apart (`A/1` and `A-1`).
#[must_use]
pub fn flow_file_name(number: &str, syntax: FlowSyntax) -> String {
    let extension = match syntax {
        FlowSyntax::UblInvoice | FlowSyntax::Cii16b => "xml",
        FlowSyntax::FacturX => "pdf",
    };
    let room = FILE_NAME_MAX - extension.len() - 1;
    let kept: String = number.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let stem = if kept == number && kept.len() <= room && is_good_start(&kept) {
        kept
    } else {
        let head: String = kept.trim_start_matches(['.', '-']).chars().take(room - SUFFIX_DIGITS - 1).collect();
        let head = if head.is_empty() { "facture".to_owned() } else { head };
        format!("{head}-{}", short_digest(number))
    };
    format!("{stem}.{extension}")
}

/// The name of a flow with several documents, from our own identity of the flow.
#[must_use]
pub fn lot_file_name(flow: &str) -> String {
    let kept: String = flow.chars().filter(char::is_ascii_alphanumeric).collect();
    let room = FILE_NAME_MAX - LOT_ENDING.len() - "lot-".len();
    format!("lot-{}{LOT_ENDING}", kept.chars().take(room).collect::<String>())
}

/// Whether a flow of that name holds several documents.
#[must_use]
pub fn is_lot(file_name: &str) -> bool {
    file_name.ends_with(LOT_ENDING)
}

/// Whether the gateway takes such a name.
pub(super) fn is_acceptable(file_name: &str) -> bool {
    !file_name.is_empty() && file_name.len() <= FILE_NAME_MAX && file_name.chars().all(is_plain)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn is_good_start(stem: &str) -> bool {
    stem.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn short_digest(text: &str) -> String {
    sha256(text.as_bytes()).iter().take(SUFFIX_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_number_is_its_own_name() {
        assert_eq!(flow_file_name("FA-2026_001", FlowSyntax::UblInvoice), "FA-2026_001.xml");
        assert_eq!(flow_file_name("FA-2026_001", FlowSyntax::Cii16b), "FA-2026_001.xml");
        assert_eq!(flow_file_name("FA-2026_001", FlowSyntax::FacturX), "FA-2026_001.pdf");
    }

    #[test]
    fn replaced_characters_keep_numbers_apart() {
        let numbers = ["A/1", "A-1", "A 1", "A+1", "Aé1", "A\n1", "../1", "-1", ".1", "", "/", "  "];
        let names: std::collections::BTreeSet<_> =
            numbers.iter().map(|number| flow_file_name(number, FlowSyntax::UblInvoice)).collect();
        assert_eq!(names.len(), numbers.len(), "{names:?}");
        assert!(names.iter().all(|name| is_acceptable(name) && !name.starts_with(['.', '-'])), "{names:?}");
        assert!(flow_file_name("A/1", FlowSyntax::UblInvoice).starts_with("A-1-"));
    }

    #[test]
    fn a_long_number_is_cut_and_stays_unique() {
        let (one, other) = ("9".repeat(60), "9".repeat(61));
        let names = [&one, &other].map(|number| flow_file_name(number, FlowSyntax::FacturX));
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.len() == FILE_NAME_MAX), "{names:?}");
    }

    #[test]
    fn the_format_follows_the_kind() {
        assert_eq!(flow_syntax(DocumentKind::UblInvoice, None), Some(FlowSyntax::UblInvoice));
        assert_eq!(flow_syntax(DocumentKind::UblCreditNote, None), Some(FlowSyntax::UblInvoice));
        assert_eq!(flow_syntax(DocumentKind::Cii, Some("urn:cen.eu:en16931:2017")), Some(FlowSyntax::Cii16b));
        assert_eq!(flow_syntax(DocumentKind::FacturX, None), Some(FlowSyntax::FacturX));
        let zugferd_1 = Some("urn:ferd:CrossIndustryDocument:invoice:1p0:comfort");
        assert_eq!(flow_syntax(DocumentKind::Cii, zugferd_1), None);
        assert_eq!(flow_syntax(DocumentKind::FacturX, zugferd_1), None);
        assert_eq!(flow_syntax(DocumentKind::Pdf, None), None);
        assert_eq!(flow_syntax(DocumentKind::Unknown, None), None);
    }
}
