//! The layer `xsd` agrees with the recorded verdict of every XML of the corpus whose root has a schema.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use facteur_model::finding::{Layer, Verdict};
use facteur_model::kind::DocumentKind;
use facteur_validate::{Checker, Context, Plan, Subject};

struct Row {
    path: PathBuf,
    reference: String,
    other: String,
}

fn rows(folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for set in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(manifest) = std::fs::read_to_string(set.join("manifest.tsv")) else { continue };
        for line in manifest.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').collect();
            let row =
                Row { path: set.join(columns[0]), reference: columns[7].to_owned(), other: columns[10].to_owned() };
            rows.push(row);
        }
    }
    rows
}

/// An XML of the corpus; PDFs are judged on their embedded XML, elsewhere.
fn xml(path: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    (!bytes.windows(5).take(1024).any(|window| window == b"%PDF-")).then_some(bytes)
}

fn subject(bytes: &[u8], kind: DocumentKind) -> Subject<'_> {
    Subject {
        bytes,
        document: None,
        kind,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "invoice.xml",
        file_size: bytes.len() as u64,
    }
}

#[test]
fn every_recorded_schema_verdict_agrees() {
    let (Some(folder), Some((_temporary, packs))) = (common::corpus(), common::installed()) else { return };
    facteur_validate::init();
    let checker = Checker::new(packs);
    let rows = rows(&folder);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let chunks: Vec<_> = rows.chunks(rows.len().div_ceil(threads)).collect();
        let workers: Vec<_> = chunks.into_iter().map(|chunk| scope.spawn(|| judge(&checker, chunk))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::<String, usize>::new();
    let mut differences = Vec::new();
    for (some_counts, some_differences) in outcomes {
        for (key, count) in some_counts {
            *counts.entry(key).or_default() += count;
        }
        differences.extend(some_differences);
    }
    println!("{counts:#?}");
    assert!(counts.get("xsd left out: no schema for the root").is_none_or(|&count| count <= 1), "too many left out");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn judge(checker: &Checker, rows: &[Row]) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut counts = BTreeMap::new();
    let mut differences = Vec::new();
    for row in rows {
        let Some(bytes) = xml(&row.path) else { continue };
        let report =
            checker.check(&subject(&bytes, DocumentKind::Unknown), &Plan::only(vec![Layer::Xsd], Context::Plain));
        let expected = match row.reference.as_str() {
            "valid" => Verdict::Valid,
            "invalid" => Verdict::Invalid,
            "malformed" | "dtd" => Verdict::Unreadable,
            _ => continue,
        };
        if report.findings.iter().any(|finding| finding.rule == "ROOT-UNKNOWN") {
            *counts.entry("xsd left out: no schema for the root".to_owned()).or_default() += 1;
            continue;
        }
        *counts.entry(format!("xsd {}", row.reference)).or_default() += 1;
        if report.verdict != expected {
            differences.push(format!(
                "{}: reference {}, ours {:?}",
                row.path.display(),
                row.reference,
                report.findings
            ));
        }
        profile(checker, row, &bytes, &mut counts, &mut differences);
    }
    (counts, differences)
}

/// The profile schemas of Factur-X, where the corpus has a verdict of theirs (`fxxsd=`).
fn profile(
    checker: &Checker,
    row: &Row,
    bytes: &[u8],
    counts: &mut BTreeMap<String, usize>,
    differences: &mut Vec<String>,
) {
    let Some(reference) = row.other.split(';').find_map(|part| part.trim().strip_prefix("fxxsd=")) else { return };
    let plan = Plan::only(vec![Layer::FacturX], Context::Plain);
    let report = checker.check(&subject(bytes, DocumentKind::Cii), &plan);
    let result = report.layers.iter().find(|result| result.layer == Layer::FacturX).unwrap();
    if result.artefact.is_none() {
        *counts.entry("factur-x left out: no such profile".to_owned()).or_default() += 1;
        return;
    }
    *counts.entry(format!("factur-x {reference}")).or_default() += 1;
    // The rules of the profile ran too; what they found is compared elsewhere.
    let ours = if report.fatal().any(|finding| finding.key.starts_with("XSD-")) { "invalid" } else { "valid" };
    if ours != reference {
        differences.push(format!(
            "{}: factur-x {reference}, ours {:?} {:?}",
            row.path.display(),
            result,
            report.findings
        ));
    }
}
