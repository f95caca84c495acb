//! The PDFs of `fixtures/`, each against what its README says of it.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use facteur_parse::pdf::{AttachmentSource, InvoiceRoot, PdfContent, PdfError, PdfLimits, extract};

fn read(path: &str) -> Result<PdfContent, PdfError> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path);
    extract(&std::fs::read(file).unwrap(), &PdfLimits::default())
}

fn rules(content: &PdfContent) -> Vec<&str> {
    content.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn both_profiles_of_the_inbox_are_read_without_a_finding() {
    for (file, level) in
        [("04-factur-x-basic-traiteur.pdf", "BASIC"), ("05-factur-x-en16931-chauffage.pdf", "EN 16931")]
    {
        let content = read(&format!("inbox/{file}")).unwrap();
        let invoice = content.invoice().unwrap();
        assert_eq!((invoice.name.as_str(), invoice.root), ("factur-x.xml", Some(InvoiceRoot::Cii)));
        assert_eq!((invoice.source, invoice.media_type.as_deref()), (AttachmentSource::Both, Some("text/xml")));
        assert_eq!(content.xmp.as_ref().unwrap().conformance_level.as_deref(), Some(level));
        assert_eq!((content.pages, rules(&content)), (Some(1), vec![]));
    }
}

#[test]
fn a_plain_pdf_has_no_invoice() {
    let content = read("inbox/06-pdf-simple-taxi.pdf").unwrap();
    assert_eq!((content.pages, content.invoice_xml, content.attachments.len()), (Some(1), None, 0));
}

#[test]
fn an_invoice_is_found_wherever_it_hides() {
    for (file, source, expected) in [
        ("factur-x-seulement-dans-af", AttachmentSource::AssociatedFile, vec![]),
        ("factur-x-seulement-dans-names", AttachmentSource::NameTree, vec![]),
        ("xrechnung", AttachmentSource::Both, vec![]),
        ("mot-de-passe-vide", AttachmentSource::Both, vec![]),
        ("avec-piece-jointe", AttachmentSource::Both, vec![]),
        ("nom-inattendu", AttachmentSource::Both, vec!["PDF-XML-NAME"]),
        ("sans-metadonnees", AttachmentSource::Both, vec!["PDF-XMP-MISSING"]),
    ] {
        let content = read(&format!("pdf/{file}.pdf")).unwrap();
        let invoice = content.invoice().unwrap();
        assert_eq!(
            (invoice.source, invoice.root, rules(&content)),
            (source, Some(InvoiceRoot::Cii), expected),
            "{file}"
        );
        assert_eq!(content.encrypted, file == "mot-de-passe-vide");
        assert_eq!(content.attachments.len(), if file == "avec-piece-jointe" { 2 } else { 1 });
    }
}

#[test]
fn bad_pdfs_get_their_reason() {
    assert_eq!(read("bad/pdf-mot-de-passe.pdf"), Err(PdfError::PasswordRequired));
    assert_eq!(read("bad/pas-un-pdf.pdf"), Err(PdfError::NotPdf));
    assert!(matches!(read("bad/pdf-tronque.pdf"), Err(PdfError::Damaged { .. })));
}

#[test]
fn a_pdf_without_its_end_is_recovered_and_marked() {
    let content = read("bad/pdf-sans-fin.pdf").unwrap();
    assert!(content.recovered && content.invoice().is_some());
    assert_eq!(rules(&content), ["PDF-RECOVERED"]);
}

#[test]
fn a_truncated_xml_is_still_handed_on_as_the_invoice() {
    let content = read("bad/pdf-xml-tronque.pdf").unwrap();
    assert_eq!(content.invoice().unwrap().name, "factur-x.xml");
}

#[test]
fn two_invoices_in_one_pdf_are_said() {
    assert_eq!(rules(&read("bad/pdf-deux-factures.pdf").unwrap()), ["PDF-SEVERAL-XML"]);
    assert_eq!(rules(&read("bad/pdf-deux-factures-du-meme-nom.pdf").unwrap()), ["PDF-SAME-NAME-XML"]);
}
