//! Every invoice of the corpus that its schema accepts is read, and what the document says is in the model.
//!
//! The corpus is not part of the repository: `FACTEUR_CORPUS`, else `../shared/corpus` beside the workspace; without
//! it the test says so and passes.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use facteur_parse::Parsed;
use facteur_xml::{Document, Limits};

/// Share of the leaf elements that the readers may leave over, in per mille, over the whole corpus.
const UNMAPPED_MAX_PER_MILLE: usize = 16;

macro_rules! concat_totals {
    ($name:literal) => {
        concat!(
            "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/",
            "SpecifiedTradeSettlementHeaderMonetarySummation/",
            $name
        )
    };
}
macro_rules! concat_old_totals {
    ($name:literal) => {
        concat!(
            "SpecifiedSupplyChainTradeTransaction/ApplicableSupplyChainTradeSettlement/",
            "SpecifiedTradeSettlementMonetarySummation/",
            $name
        )
    };
}
struct Row {
    path: PathBuf,
    kind: String,
}

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("FACTEUR_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// The rows of every manifest whose schema accepts them and whose root is read.
fn rows(corpus: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let Ok(manifest) = std::fs::read_to_string(folder.join("manifest.tsv")) else { continue };
        let mut lines = manifest.lines();
        let heads: Vec<_> = lines.next().unwrap().split('\t').collect();
        let column = |name| heads.iter().position(|head| *head == name).unwrap();
        let (file, kind, xsd) = (column("file"), column("kind"), column("ref_xsd"));
        for line in lines {
            let cells: Vec<_> = line.split('\t').collect();
            let read = matches!(cells[kind], "ubl-invoice" | "ubl-creditnote" | "cii" | "zugferd1");
            if read && cells[xsd] == "valid" {
                rows.push(Row { path: folder.join(cells[file]), kind: cells[kind].to_owned() });
            }
        }
    }
    rows
}

/// Whether the document has text at one of the places, which are paths of local names below the root.
fn says(document: &Document, places: &[&str]) -> bool {
    places.iter().any(|place| {
        let steps: Vec<_> = place.split('/').collect();
        document.root().descend(&steps).is_some_and(|node| !node.string_value().trim().is_empty())
    })
}

/// The terms that the document says and the model lacks, without a finding that says why.
fn missing(document: &Document, parsed: &Parsed) -> Vec<&'static str> {
    const UBL: [(&str, &[&str]); 6] = [
        ("BT-1", &["ID"]),
        ("BT-2", &["IssueDate"]),
        ("BT-27", &["AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName"]),
        ("BT-109", &["LegalMonetaryTotal/TaxExclusiveAmount"]),
        ("BT-112", &["LegalMonetaryTotal/TaxInclusiveAmount"]),
        ("BT-115", &["LegalMonetaryTotal/PayableAmount"]),
    ];
    const AGREEMENT: &str = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty/Name";
    const OLD_AGREEMENT: &str =
        "SpecifiedSupplyChainTradeTransaction/ApplicableSupplyChainTradeAgreement/SellerTradeParty/Name";
    const CII: [(&str, &[&str]); 6] = [
        ("BT-1", &["ExchangedDocument/ID", "HeaderExchangedDocument/ID"]),
        ("BT-2", &["ExchangedDocument/IssueDateTime", "HeaderExchangedDocument/IssueDateTime"]),
        ("BT-27", &[AGREEMENT, OLD_AGREEMENT]),
        ("BT-109", &[concat_totals!("TaxBasisTotalAmount"), concat_old_totals!("TaxBasisTotalAmount")]),
        ("BT-112", &[concat_totals!("GrandTotalAmount"), concat_old_totals!("GrandTotalAmount")]),
        ("BT-115", &[concat_totals!("DuePayableAmount"), concat_old_totals!("DuePayableAmount")]),
    ];
    let invoice = &parsed.invoice;
    let has = |term| match term {
        "BT-1" => invoice.number.is_some(),
        "BT-2" => invoice.issued.is_some(),
        "BT-27" => invoice.seller.name.is_some(),
        "BT-109" => invoice.totals.without_vat.is_some(),
        "BT-112" => invoice.totals.with_vat.is_some(),
        _ => invoice.totals.due.is_some(),
    };
    let terms = if document.root().name().starts_with("Cross") { &CII } else { &UBL };
    let unreadable = |term| parsed.findings.iter().any(|finding| finding.term.as_deref() == Some(term));
    terms
        .iter()
        .filter(|(term, places)| says(document, places) && !has(term) && !unreadable(term))
        .map(|(term, _)| *term)
        .collect()
}

#[derive(Default)]
struct Tally {
    documents: BTreeMap<String, usize>,
    leaves: usize,
    unmapped: usize,
    complete: usize,
    places: BTreeMap<String, usize>,
    findings: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, row: &Row, document: &Document, parsed: &Parsed) {
        *self.documents.entry(row.kind.clone()).or_default() += 1;
        self.leaves += document.root().descendants().filter(|node| !node.text().trim().is_empty()).count();
        self.unmapped += parsed.unmapped_total;
        self.complete += usize::from(parsed.unmapped_total == 0);
        for unmapped in &parsed.unmapped {
            let place: String = unmapped
                .path
                .split('/')
                .map(|step| step.split('[').next().unwrap())
                .fold(String::new(), |path, step| path + "/" + step.rsplit(':').next().unwrap());
            *self.places.entry(place).or_default() += 1;
        }
        for finding in &parsed.findings {
            *self.findings.entry(finding.rule.clone()).or_default() += 1;
        }
    }

    fn print(&self) {
        println!("read: {:?}; without anything left over: {}", self.documents, self.complete);
        println!("leaves: {}, left over: {} ({} per mille)", self.leaves, self.unmapped, self.per_mille());
        println!("findings: {:?}", self.findings);
        let mut places: Vec<_> = self.places.iter().collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (place, count) in places.iter().take(60) {
            println!("{count:6} {place}");
        }
    }

    fn per_mille(&self) -> usize {
        self.unmapped * 1000 / self.leaves.max(1)
    }
}

#[test]
fn every_schema_valid_invoice_of_the_corpus_is_read() {
    let Some(corpus) = corpus() else {
        println!("no corpus beside the workspace: left out");
        return;
    };
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for row in rows(&corpus) {
        let bytes = std::fs::read(&row.path).unwrap();
        let Ok(document) = Document::parse(&bytes, &Limits::default()) else {
            failures.push(format!("{}: not readable as XML", row.path.display()));
            continue;
        };
        match facteur_parse::read(&document) {
            Ok(parsed) => {
                let missing = missing(&document, &parsed);
                if !missing.is_empty() {
                    failures.push(format!("{}: {missing:?} {:?}", row.path.display(), parsed.findings));
                }
                assert_eq!(parsed.kind, facteur_parse::detect(&bytes), "{}", row.path.display());
                tally.add(&row, &document, &parsed);
            }
            Err(error) => failures.push(format!("{}: {error}", row.path.display())),
        }
    }
    tally.print();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(tally.per_mille() <= UNMAPPED_MAX_PER_MILLE, "{} per mille left over", tally.per_mille());
}
