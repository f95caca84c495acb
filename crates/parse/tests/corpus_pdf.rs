//! The real and the hostile PDFs of the corpus, each against what a reference found in it.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use facteur_parse::pdf::{InvoiceRoot, PdfContent, PdfError, PdfLimits, extract};

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("no corpus at {}: left out", folder.display());
    None
}

struct Row {
    path: PathBuf,
    set: String,
    kind: String,
    reference: String,
    other: String,
}

fn rows(corpus: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for set in std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(manifest) = std::fs::read_to_string(set.join("manifest.tsv")) else { continue };
        for line in manifest.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [file, _, kind, _, _, _, _, reference, _, _, other, ..] = cells.as_slice() else { continue };
            if *kind == "pdf" || kind.starts_with("pdf+") {
                rows.push(Row {
                    path: set.join(file),
                    set: set.file_name().unwrap().to_string_lossy().into_owned(),
                    kind: (*kind).to_owned(),
                    reference: (*reference).to_owned(),
                    other: (*other).to_owned(),
                });
            }
        }
    }
    rows
}

/// A UBL invoice under a name that the reference did not look for.
const FOUND_BY_US_ONLY: &str = "AzureInterior.pdf";

/// Two invoices in one PDF: the reference took the first, we take the better name and say so.
fn holds_both(content: &PdfContent) -> bool {
    content.attachments.iter().any(|attachment| attachment.root == Some(InvoiceRoot::ZugferdOne))
        && content.invoice().is_some_and(|invoice| invoice.name == "factur-x.xml")
        && content.findings.iter().any(|finding| finding.rule == "PDF-SEVERAL-XML")
}

fn disagreement(row: &Row, outcome: &Result<PdfContent, PdfError>) -> Option<String> {
    let invoice = outcome.as_ref().ok().and_then(PdfContent::invoice);
    let root = invoice.and_then(|invoice| invoice.root);
    let agrees = match (row.kind.as_str(), row.reference.as_str()) {
        ("pdf", "badpdf") => outcome.is_err(),
        ("pdf", "nopdfxml") if row.path.ends_with(FOUND_BY_US_ONLY) => root == Some(InvoiceRoot::UblInvoice),
        ("pdf", "nopdfxml") => invoice.is_none(),
        ("pdf+cii", _) => root == Some(InvoiceRoot::Cii),
        ("pdf+zugferd1", _) => root == Some(InvoiceRoot::ZugferdOne) || outcome.as_ref().is_ok_and(holds_both),
        // Not well-formed, or not an invoice of a known namespace: found by its name.
        (kind, _) => kind.starts_with("pdf+") && invoice.is_some(),
    };
    let found = match outcome {
        Ok(content) => format!("invoice {:?} of {:?}", invoice.map(|i| &i.name), content.attachments.len()),
        Err(error) => error.to_string(),
    };
    (!agrees).then(|| format!("{} ({}, {}): {found}", row.path.display(), row.kind, row.reference))
}

/// What the reference recorded: `attachment=factur-x.xml;afrel=Data;…;xmplevel=BASIC`.
fn recorded<'a>(row: &'a Row, key: &str) -> Option<&'a str> {
    row.other.split(';').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

#[test]
fn every_pdf_of_the_corpus_gives_what_the_reference_found() {
    let Some(corpus) = corpus() else { return };
    let limits = PdfLimits::default();
    let (mut found, mut plain, mut unreadable, mut recovered) = (0, 0, 0, 0);
    let mut disagreements = Vec::new();
    for row in rows(&corpus).iter().filter(|row| row.set != "pdf-torture") {
        let outcome = extract(&std::fs::read(&row.path).unwrap(), &limits);
        disagreements.extend(disagreement(row, &outcome));
        match &outcome {
            Ok(content) if content.invoice_xml.is_some() => found += 1,
            Ok(_) => plain += 1,
            Err(_) => unreadable += 1,
        }
        let Ok(content) = outcome else { continue };
        recovered += usize::from(content.recovered);
        let Some(invoice) = content.invoice() else { continue };
        if let Some(name) = recorded(row, "attachment")
            && name != invoice.name
            && !holds_both(&content)
        {
            disagreements.push(format!("{}: {name} expected, {} found", row.path.display(), invoice.name));
        }
        let level = content.xmp.as_ref().and_then(|xmp| xmp.conformance_level.as_deref());
        if let Some(expected) = recorded(row, "xmplevel")
            && level.unwrap_or("absent") != expected
        {
            disagreements.push(format!("{}: level {expected} expected, {level:?} found", row.path.display()));
        }
    }
    println!("invoice XML found {found}, plain {plain}, unreadable {unreadable}, recovered {recovered}");
    assert!(disagreements.is_empty(), "{}\n{}", disagreements.len(), disagreements.join("\n"));
    assert!(found > 100, "the corpus holds more than {found} invoices");
}

#[test]
fn hostile_pdfs_neither_crash_nor_give_an_invoice() {
    let Some(corpus) = corpus() else { return };
    let limits = PdfLimits::default();
    let (mut plain, mut refused) = (0, 0);
    let mut disagreements = Vec::new();
    for row in rows(&corpus).iter().filter(|row| row.set == "pdf-torture") {
        let outcome = extract(&std::fs::read(&row.path).unwrap(), &limits);
        disagreements.extend(disagreement(row, &outcome));
        if outcome.is_ok() { plain += 1 } else { refused += 1 }
    }
    println!("hostile: {plain} without invoice, {refused} refused");
    assert!(disagreements.is_empty(), "{}\n{}", disagreements.len(), disagreements.join("\n"));
}
