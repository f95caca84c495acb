//! Which attachment is the invoice, and what has to be said about it.

use facteur_model::finding::{Actor, Finding, Layer};

use super::{Attachment, Xmp};

/// Names of invoice files, best first: Factur-X 1, XRechnung in PDF, ZUGFeRD 2.0, ZUGFeRD 1; the last was met in the
/// wild only.
const INVOICE_NAMES: [&str; 5] =
    ["factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "ubl-invoice-2.1.xml", "invoice.xml"];

/// Whether a file of that name is an invoice by its name. `ZUGFeRD-invoice.xml` and `zugferd-invoice.xml` differ in
/// case only.
pub(super) fn is_invoice_name(name: &str) -> bool {
    rank(name).is_some()
}

fn rank(name: &str) -> Option<usize> {
    INVOICE_NAMES.iter().position(|known| name.eq_ignore_ascii_case(known))
}

/// The attachment that is the invoice: known names whose root element is an invoice's, then known names alone (so
/// that a damaged invoice is reported and not taken for absent), then any XML whose root element is an invoice's.
pub(super) fn invoice(attachments: &[Attachment], findings: &mut Vec<Finding>) -> Option<usize> {
    let mut candidates: Vec<usize> = (0..attachments.len())
        .filter(|index| rank(&attachments[*index].name).is_some() || attachments[*index].root.is_some())
        .collect();
    candidates.sort_by_key(|index| {
        let attachment = &attachments[*index];
        let name = rank(&attachment.name);
        (name.is_none(), attachment.root.is_none(), name)
    });
    let chosen = *candidates.first()?;
    report_others(attachments, chosen, &candidates[1..], findings);
    if rank(&attachments[chosen].name).is_none() {
        let name = attachments[chosen].name.clone();
        findings.push(Finding::warning(Layer::Reading, "PDF-XML-NAME").found(name).expected(INVOICE_NAMES[0]));
    }
    Some(chosen)
}

/// Two invoices in one PDF that are not the same bytes: which one does the recipient read? Under the same name it
/// cannot be told, and that is fatal.
fn report_others(attachments: &[Attachment], chosen: usize, others: &[usize], findings: &mut Vec<Finding>) {
    let invoice = &attachments[chosen];
    let differing: Vec<&Attachment> =
        others.iter().map(|index| &attachments[*index]).filter(|other| other.bytes != invoice.bytes).collect();
    if differing.iter().any(|other| other.name.eq_ignore_ascii_case(&invoice.name) && other.root == invoice.root) {
        findings.push(
            Finding::fatal(Layer::Reading, "PDF-SAME-NAME-XML")
                .found((differing.len() + 1).to_string())
                .arg("name", invoice.name.clone()),
        );
    } else if !differing.is_empty() {
        let names: Vec<&str> = differing.iter().map(|other| other.name.as_str()).collect();
        findings.push(
            Finding::warning(Layer::Reading, "PDF-SEVERAL-XML")
                .found((differing.len() + 1).to_string())
                .arg("name", invoice.name.clone())
                .arg("others", names.join(", "))
                .actor(Actor::Service),
        );
    }
}

/// What the metadata says against what is there.
pub(super) fn cross_check(invoice: &Attachment, xmp: Option<&Xmp>, findings: &mut Vec<Finding>) {
    let Some(xmp) = xmp.filter(|xmp| xmp.document_file_name.is_some() || xmp.conformance_level.is_some()) else {
        findings.push(Finding::warning(Layer::Reading, "PDF-XMP-MISSING").arg("name", invoice.name.clone()));
        return;
    };
    if let Some(announced) = &xmp.document_file_name
        && !announced.eq_ignore_ascii_case(&invoice.name)
    {
        findings.push(
            Finding::warning(Layer::Reading, "PDF-XMP-NAME").found(announced.clone()).expected(invoice.name.clone()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AttachmentSource, InvoiceRoot};
    use super::*;

    fn attachment(name: &str, root: Option<InvoiceRoot>, bytes: &[u8]) -> Attachment {
        Attachment {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            relationship: None,
            media_type: None,
            source: AttachmentSource::Both,
            root,
        }
    }

    fn chosen(attachments: &[Attachment]) -> (Option<usize>, Vec<String>) {
        let mut findings = Vec::new();
        let index = invoice(attachments, &mut findings);
        (index, findings.into_iter().map(|finding| finding.rule).collect())
    }

    const CII: Option<InvoiceRoot> = Some(InvoiceRoot::Cii);
    const OLD: Option<InvoiceRoot> = Some(InvoiceRoot::ZugferdOne);

    #[test]
    fn the_best_name_wins_and_a_second_invoice_is_reported() {
        let files = [attachment("ZUGFeRD-invoice.xml", OLD, b"1"), attachment("factur-x.xml", CII, b"2")];
        assert_eq!(chosen(&files), (Some(1), vec!["PDF-SEVERAL-XML".to_owned()]));
    }

    #[test]
    fn a_readable_invoice_wins_over_a_better_name_without_one() {
        let files = [attachment("factur-x.xml", None, b"1"), attachment("xrechnung.xml", CII, b"2")];
        assert_eq!(chosen(&files), (Some(1), vec!["PDF-SEVERAL-XML".to_owned()]));
    }

    #[test]
    fn a_damaged_invoice_is_still_the_invoice() {
        assert_eq!(chosen(&[attachment("factur-x.xml", None, b"<<")]), (Some(0), vec![]));
        let files = [attachment("additional.xml", CII, b"1"), attachment("factur-x.xml", None, b"<<")];
        assert_eq!(chosen(&files), (Some(1), vec!["PDF-SEVERAL-XML".to_owned()]));
    }

    #[test]
    fn an_invoice_under_an_unknown_name_is_found_and_said() {
        let files = [attachment("photo.png", None, b"1"), attachment("F2026-01.xml", CII, b"2")];
        assert_eq!(chosen(&files), (Some(1), vec!["PDF-XML-NAME".to_owned()]));
    }

    #[test]
    fn two_different_files_of_one_name_are_fatal_and_two_equal_ones_nothing() {
        let twice = [attachment("factur-x.xml", CII, b"1"), attachment("factur-x.xml", CII, b"2")];
        assert_eq!(chosen(&twice), (Some(0), vec!["PDF-SAME-NAME-XML".to_owned()]));
        let equal = [attachment("factur-x.xml", CII, b"1"), attachment("factur-x.xml", CII, b"1")];
        assert_eq!(chosen(&equal), (Some(0), vec![]));
    }

    #[test]
    fn other_attachments_are_no_invoices() {
        assert_eq!(chosen(&[attachment("order-x.xml", None, b"1"), attachment("a.pdf", None, b"2")]), (None, vec![]));
    }
}
