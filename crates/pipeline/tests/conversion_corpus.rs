//! Round trips over the corpus: UBL → CII → UBL, CII → UBL → CII, and through a Factur-X. Whatever is not found again was
//! listed as lost, and what was valid stays valid.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use facteur_model::finding::{Layer, LayerStatus, Severity};
use facteur_model::invoice::{Invoice, Line, Price, SupportingDocument};
use facteur_model::kind::DocumentKind;
use facteur_parse::Parsed;
use facteur_parse::pdf::{InvoiceRoot, PdfLimits, extract, invoice_root};
use facteur_pipeline::convert::unlisted;
use facteur_render::factur_x::{Level, produce};
use facteur_render::{Written, cii, ubl};
use facteur_texts::Language;
use facteur_validate::packs::Packs;
use facteur_validate::{Checker, Context, Plan, Subject};
use facteur_xml::{Document, Limits};
use serde_json::Value;

/// Of the documents whose rules are checked, every so many; all of them where `FACTEUR_ALL_TRIPS` is set.
const SAMPLE: usize = 4;

/// Of all documents, every so many are drawn as a Factur-X too; all of them where `FACTEUR_ALL_TRIPS` is set.
const DRAWN: usize = 24;

/// What the official rules of one syntax refuse and those of the other let through in the same invoice, so that the
/// conversion is refused and says why.
const STRICTER: [(DocumentKind, &str, &str); 17] = [
    (DocumentKind::Cii, "FX-SCH-A-000181 ", "Factur-X has a shorter list of exemption codes: BASIC WL, BASIC"),
    (DocumentKind::Cii, "FX-SCH-A-000589 ", "the same in EN 16931"),
    (DocumentKind::Cii, "FX-SCH-A-000855 ", "the same in EXTENDED"),
    (DocumentKind::Cii, "BR-FXEXT-S-09b ", "EXTENDED rounds to cents in every currency"),
    (DocumentKind::Cii, "BR-FXEXT-06 ", "EXTENDED wants to know what a line below another is"),
    (DocumentKind::Cii, "BR-DEC-19 ", "Factur-X counts the decimals of IGIC and IPSI, EN 16931 does not"),
    (DocumentKind::Cii, "BR-DEC-20 ", "the same of the VAT"),
    (DocumentKind::Cii, "FX-SCH-A-000053 ", "BR-DEC-19 in BASIC"),
    (DocumentKind::Cii, "FX-SCH-A-000054 ", "BR-DEC-20 in BASIC"),
    (DocumentKind::Cii, "BR-FXEXT-E-01 ", "the same in EXTENDED"),
    (DocumentKind::Cii, "BR-E-01 ", "an exempt breakdown needs a line, allowance or charge that has it"),
    (DocumentKind::Cii, "FX-SCH-A-000256 ", "the same in BASIC"),
    (DocumentKind::Cii, "BR-S-08 ", "UBL lets the sum of a rate differ by less than one"),
    (DocumentKind::Cii, "FX-SCH-A-000198 ", "the same in BASIC"),
    (DocumentKind::UblInvoice, "BR-DEC-19 ", "CII does not count the decimals of IGIC and IPSI"),
    (DocumentKind::UblInvoice, "BR-DEC-20 ", "CII does not count the decimals of IGIC and IPSI"),
    (DocumentKind::UblInvoice, "UBL-DT-01 ", "the same again, over all amounts"),
];

/// Terms of a sum that a profile has no place for: what is left no longer adds up, and the profile's rules say so.
const SUMMANDS: [&str; 1] = ["BT-114"];

/// The profiles of Factur-X that a page is drawn for.
const LEVELS: [(cii::Profile, Level); 4] = [
    (cii::Profile::BasicWl, Level::BasicWl),
    (cii::Profile::Basic, Level::Basic),
    (cii::Profile::En16931, Level::En16931),
    (cii::Profile::Extended, Level::Extended),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn corpus() -> Option<PathBuf> {
    let default = || workspace().join("../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or_else(default, PathBuf::from);
    let there = folder.is_dir();
    if !there {
        eprintln!("left out: no corpus at {}", folder.display());
    }
    there.then_some(folder)
}

fn checker() -> Option<Checker> {
    let folder = workspace().join(".packs/installed");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "no packs at {}: run `make packs`", folder.display());
        eprintln!("left out: no packs at {}", folder.display());
        return None;
    }
    facteur_validate::init();
    Some(Checker::new(Packs::open(folder).unwrap()))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if !path.extension().is_some_and(|extension| extension == "tsv" || extension == "md") {
            found.push(path);
        }
    }
}

fn read(bytes: &[u8]) -> Option<Parsed> {
    let document = Document::parse(bytes, &Limits::default()).ok()?;
    facteur_parse::read(&document).ok()
}

/// The XML of an invoice, alone or in a PDF.
fn xml(path: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    if facteur_parse::detect(&bytes) != DocumentKind::Pdf {
        return Some(bytes);
    }
    let small = bytes.len() < 2_000_000 && !path.to_string_lossy().contains("torture");
    let content = small.then(|| extract(&bytes, &PdfLimits::default()).ok())??;
    content.invoice().map(|attachment| attachment.bytes.clone())
}

fn write(parsed: &Parsed, to_ubl: bool) -> Written {
    if to_ubl {
        ubl::write(&parsed.invoice, parsed.is_credit_note())
    } else {
        cii::write(&parsed.invoice, cii::Profile::Cii, parsed.is_credit_note())
    }
}

/// The rules that fail, or nothing where the schema already does.
fn fatal(checker: &Checker, bytes: &[u8], layers: &[Layer]) -> Result<Vec<String>, Vec<String>> {
    let subject = Subject {
        bytes,
        document: None,
        kind: facteur_parse::detect(bytes),
        invoice: None,
        reading: &[],
        places: None,
        file_name: "facture.xml",
        file_size: bytes.len() as u64,
    };
    let report = checker.check(&subject, &Plan::only(layers.to_vec(), Context::Plain));
    let found: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fatal)
        .map(|finding| format!("{} {}", finding.rule, finding.official.as_deref().unwrap_or_default()))
        .collect();
    match report.status(Layer::Xsd) {
        Some(LayerStatus::Passed) => Ok(found),
        _ => Err(found),
    }
}

#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, usize>,
    lost: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn merge(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(key, count)| *self.counts.entry(key).or_default() += count);
        other.lost.into_iter().for_each(|(key, count)| *self.lost.entry(key).or_default() += count);
        self.wrong.extend(other.wrong);
    }

    /// There, and back again.
    fn trip(&mut self, checker: Option<&Checker>, name: &str, bytes: &[u8], with_rules: bool) {
        let Some(source) = read(bytes) else { return self.count("no invoice") };
        let from_ubl = source.kind != DocumentKind::Cii;
        let road = if from_ubl { "UBL → CII → UBL" } else { "CII → UBL → CII" };
        self.count(road);
        let there = write(&source, !from_ubl);
        let Some(middle) = self.step(name, &source, &there) else { return };
        let back = write(&middle, from_ubl);
        let Some(end) = self.step(name, &middle, &back) else { return };
        let kept = there.lost.is_empty() && back.lost.is_empty() && there.derived.is_empty() && back.derived.is_empty();
        if kept {
            self.count(&format!("{road}: nothing lost, nothing derived"));
            let (before, after) = (ordered(&source), ordered(&end));
            if before != after {
                self.wrong.push(format!("{name}: not the same invoice after {road}:\n{before}\n{after}"));
            }
        }
        for (direction, written) in [("→", &there), ("←", &back)] {
            for value in &written.lost {
                let arrow = if (direction == "→") == from_ubl { "UBL→CII" } else { "CII→UBL" };
                *self.lost.entry(format!("{arrow} {}", value.term)).or_default() += 1;
            }
        }
        let Some(checker) = checker else { return };
        self.valid(checker, name, bytes, &source, [&there.bytes, &back.bytes], with_rules);
    }

    /// Into a Factur-X of that level, out of it, and back into the syntax of the source.
    fn through_a_page(
        &mut self,
        checker: Option<&Checker>,
        name: &str,
        bytes: &[u8],
        (room, level): (cii::Profile, Level),
    ) {
        let Some(source) = read(bytes) else { return };
        let from_ubl = source.kind != DocumentKind::Cii;
        let profile = room.identifier().map(str::to_owned);
        let asked = Parsed { invoice: Invoice { profile, ..source.invoice.clone() }, ..source };
        let there = cii::write(&asked.invoice, room, asked.is_credit_note());
        let pdf = produce(&asked.invoice, &there.bytes, level, Language::French);
        let carried = pdf.as_ref().ok().and_then(|pdf| extract(pdf, &PdfLimits::default()).ok());
        let same = carried.as_ref().and_then(|content| content.invoice()).is_some_and(|file| file.bytes == there.bytes);
        if !same {
            return self.wrong.push(format!("{name}: the Factur-X {level:?} does not give its XML back: {pdf:?}"));
        }
        let road = if from_ubl { "UBL → Factur-X → UBL" } else { "CII → Factur-X → CII" };
        self.count(&format!("{road}, {}", level.as_str()));
        let Some(middle) = self.step(name, &asked, &there) else { return };
        let back = write(&middle, from_ubl);
        if self.step(name, &middle, &back).is_none() {
            return;
        }
        if let Some(checker) = checker {
            self.own_profile(checker, name, bytes, &asked, &there, level);
        }
        if there.lost.is_empty() && back.lost.is_empty() {
            self.count(&format!("{road}, {}: nothing lost", level.as_str()));
        }
        for value in there.lost.iter().chain(&back.lost) {
            *self.lost.entry(format!("{road}, {}: {}", level.as_str(), value.term)).or_default() += 1;
        }
    }

    /// What carries a valid invoice passes the schema and the rules of its own profile, unless it had to leave out a
    /// part of a sum.
    fn own_profile(
        &mut self,
        checker: &Checker,
        name: &str,
        source: &[u8],
        asked: &Parsed,
        written: &Written,
        level: Level,
    ) {
        let valid = fatal(checker, source, &[Layer::Xsd, Layer::En16931]).is_ok_and(|found| found.is_empty());
        if !valid || !is_whole(asked) || invoice_root(source) == Some(InvoiceRoot::ZugferdOne) {
            return;
        }
        self.count(&format!("{}: of valid sources", level.as_str()));
        let summand = |term: &str| SUMMANDS.contains(&term);
        let found = match fatal(checker, &written.bytes, &[Layer::FacturX]) {
            Ok(found) | Err(found) => found,
        };
        if found.is_empty() {
            self.count(&format!("{}: valid by its own schema and rules", level.as_str()));
        } else if found.iter().all(|rule| is_stricter(&written.bytes, rule)) {
            self.count(&format!("{}: refused for a rule that CII reads more strictly", level.as_str()));
        } else if found.iter().all(|rule| rule.starts_with("BR-CO-25 ")) && says_no_terms(asked) {
            self.count(&format!("{}: refused, since terms of payment that are empty are none", level.as_str()));
        } else if found.iter().all(|rule| rule.contains("BT-115") || is_stricter(&written.bytes, rule))
            && written.lost.iter().any(|value| summand(value.term.0))
        {
            self.count(&format!("{}: refused, since a part of a sum has no place", level.as_str()));
        } else {
            self.wrong.push(format!("{name}: {level:?}: own profile: {found:?}"));
        }
    }

    fn step(&mut self, name: &str, before: &Parsed, written: &Written) -> Option<Parsed> {
        let Some(after) = read(&written.bytes) else {
            self.wrong.push(format!("{name}: what was written cannot be read"));
            return None;
        };
        let wrong = unlisted(&before.invoice, written, &after.invoice);
        if !wrong.is_empty() {
            self.wrong.push(format!("{name}: {:?} → {:?}: {wrong:?}", before.kind, after.kind));
        }
        for left in &after.unmapped {
            self.wrong.push(format!("{name}: written and not read: {left:?}"));
        }
        Some(after)
    }

    fn valid(
        &mut self,
        checker: &Checker,
        name: &str,
        source: &[u8],
        parsed: &Parsed,
        results: [&[u8]; 2],
        with_rules: bool,
    ) {
        let Ok(_) = fatal(checker, source, &[Layer::Xsd]) else { return self.count("source not schema-valid") };
        if !is_whole(parsed) {
            return self.count("schema-valid sources without what the other schema demands");
        }
        self.count("schema-valid sources");
        // The rules of EN 16931 know the CII of today; to that of ZUGFeRD 1 they say nothing.
        let mut rules = with_rules && invoice_root(source) != Some(InvoiceRoot::ZugferdOne);
        if rules {
            rules = fatal(checker, source, &[Layer::Xsd, Layer::En16931]).is_ok_and(|found| found.is_empty());
            self.count(if rules { "rule-valid sources checked" } else { "rule-invalid sources" });
        }
        for (step, result) in results.into_iter().enumerate() {
            let layers = if rules { vec![Layer::Xsd, Layer::En16931] } else { vec![Layer::Xsd] };
            match fatal(checker, result, &layers) {
                Ok(found) if found.is_empty() => {
                    self.count(if rules { "results rule-valid" } else { "results schema-valid" })
                }
                Ok(found) if found.iter().all(|rule| is_stricter(result, rule)) => {
                    for rule in found {
                        let name = rule.split(' ').next().unwrap_or_default();
                        self.count(&format!("results refused for {name}, which their syntax reads more strictly"));
                    }
                }
                Ok(found) => self.wrong.push(format!("{name}: step {step}: rules: {found:?}")),
                Err(found) => self.wrong.push(format!("{name}: step {step}: schema: {found:?}")),
            }
        }
    }
}

/// Whether the rule is one that only the syntax of that document has so strictly.
fn is_stricter(result: &[u8], rule: &str) -> bool {
    let kind = match facteur_parse::detect(result) {
        DocumentKind::UblCreditNote => DocumentKind::UblInvoice,
        other => other,
    };
    STRICTER.iter().any(|(syntax, name, _)| *syntax == kind && rule.starts_with(name))
}

/// Whether it names neither a day nor terms of payment; an element without content satisfies the rule in the source.
fn says_no_terms(parsed: &Parsed) -> bool {
    let invoice = &parsed.invoice;
    invoice.due.is_none() && invoice.payment.terms.as_deref().is_none_or(|terms| terms.trim().is_empty())
}

/// What the invoice says, without groups that say nothing, and with the identifiers of a party in the order of CII.
fn ordered(parsed: &Parsed) -> Value {
    let mut value = serde_json::to_value(&parsed.invoice).unwrap();
    prune(&mut value);
    value
}

fn prune(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(identifiers)) = fields.get_mut("identifiers") {
                identifiers.sort_by_key(|identifier| identifier.get("scheme").is_some());
            }
            fields.retain(|_, field| prune(field));
            !fields.is_empty()
        }
        Value::Array(items) => {
            items.retain_mut(prune);
            !items.is_empty()
        }
        other => !other.is_null(),
    }
}

/// Whether it has what the schema of UBL demands: CII has documents without lines, and all but the date is optional.
fn is_whole(parsed: &Parsed) -> bool {
    let invoice = &parsed.invoice;
    let means = &invoice.payment.means;
    let [number, currency] = [&invoice.number, &invoice.currency].map(|field| field.is_some());
    let line = |line: &Line| line.net_amount.is_some() && (line.price == Price::default() || line.price.net.is_some());
    let allowances = invoice.allowances.iter().chain(&invoice.charges).all(|allowance| allowance.amount.is_some());
    let attached = |document: &SupportingDocument| {
        document.attachment.as_ref().is_none_or(|attachment| attachment.mime_code.is_some())
    };
    let line_allowances = |line: &Line| line.allowances.iter().chain(&line.charges).all(|each| each.amount.is_some());
    number
        && currency
        && invoice.type_code.is_some()
        && invoice.vat_breakdown.iter().all(|part| part.tax.is_some())
        && invoice.lines.iter().all(line_allowances)
        && invoice.issued.is_some()
        && invoice.totals.due.is_some()
        && !invoice.lines.is_empty()
        && invoice.lines.iter().all(line)
        && allowances
        && invoice.supporting_documents.iter().all(attached)
        && means.iter().all(|means| means.code.is_some())
}

#[test]
fn what_a_round_trip_loses_is_listed_and_what_was_valid_stays_valid() {
    let Some(folder) = corpus() else { return };
    let checker = checker();
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let all = std::env::var_os("FACTEUR_ALL_TRIPS").is_some();
    let (sample, drawn) = if all { (1, 1) } else { (SAMPLE, DRAWN) };
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { break tally };
            let Some(bytes) = xml(path) else { continue };
            let name = path.strip_prefix(&folder).unwrap().display().to_string();
            tally.trip(checker.as_ref(), &name, &bytes, index.is_multiple_of(sample));
            if index.is_multiple_of(drawn) {
                LEVELS.into_iter().for_each(|level| tally.through_a_page(checker.as_ref(), &name, &bytes, level));
            }
        }
    };
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| tally.merge(worker.join().unwrap()));
    });
    println!("{:#?}\nlost: {:#?}", tally.counts, tally.lost);
    tally.wrong.sort();
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    assert!(tally.counts.get("UBL → CII → UBL").is_some_and(|&count| count > 500), "too few documents");
    let drawn = |level: &Level| tally.counts.get(&format!("UBL → Factur-X → UBL, {}", level.as_str())).copied();
    assert!(LEVELS.iter().all(|(_, level)| drawn(level).is_some_and(|count| count > 25)), "too few pages");
}
