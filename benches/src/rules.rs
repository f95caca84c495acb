//! The official rules, against SaxonC on the same artefacts and documents, both compiled once.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use facteur_model::finding::Layer;
use facteur_model::kind::DocumentKind;
use facteur_validate::packs::{ArtefactKind, Packs};
use facteur_validate::{Checker, Context, Plan, Report, Subject};
use facteur_xml::{Document, Limits};

use crate::generate::{CII_LINES_10_KB, Generator, UBL_LINES_10_KB};
use crate::measure::{Spread, micros_each};
use crate::peer::Peer;
use crate::report::{Goal, Row, print};
use crate::schema::packs;

/// Documents of a round: SaxonC takes milliseconds for each.
const DOCUMENTS: usize = 40;
/// How much faster than SaxonC the rules are to be.
const TIMES: f64 = 25.0;

/// What is compared: our layers, and the rule sets that SaxonC evaluates (it has no XML Schema).
struct Case {
    name: &'static str,
    syntax: &'static str,
    layers: Vec<Layer>,
    sets: Vec<&'static str>,
}

fn cases() -> [Case; 4] {
    let case = |name, syntax, layers: &[Layer], sets: &[&'static str]| Case {
        name,
        syntax,
        layers: layers.to_vec(),
        sets: sets.to_vec(),
    };
    let reform = [Layer::Xsd, Layer::CtcFr, Layer::BrFr];
    let both = "XML Schema + EXTENDED-CTC-FR + BR-FR, the peer without XML Schema";
    [
        case("EN 16931", "UBL", &[Layer::En16931], &["EN16931-UBL-RULES"]),
        case("EN 16931", "CII", &[Layer::En16931], &["EN16931-CII-RULES"]),
        case(both, "UBL", &reform, &["EXTENDED-CTC-FR-UBL-RULES", "BR-FR-FLUX2-UBL-RULES"]),
        case(both, "CII", &reform, &["EXTENDED-CTC-FR-CII-RULES", "BR-FR-FLUX2-CII-RULES"]),
    ]
}

pub fn run(rounds: usize, python: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let checker = Checker::new(packs(&folder.path().join("packs"))?);
    let mut generator = Generator::new(6);
    let mut rows = Vec::new();
    for (n, case) in cases().iter().enumerate() {
        let documents: Vec<String> = (0..DOCUMENTS)
            .map(|_| match case.syntax {
                "UBL" => generator.ubl(UBL_LINES_10_KB),
                _ => generator.cii(CII_LINES_10_KB),
            })
            .collect();
        let place = folder.path().join(n.to_string());
        fs::create_dir(&place)?;
        for (n, document) in documents.iter().enumerate() {
            fs::write(place.join(format!("{n:05}.xml")), document)?;
        }
        let mut arguments: Vec<OsString> = vec![place.into()];
        for set in &case.sets {
            arguments.push(entry(checker.packs(), set)?.into());
        }
        let arguments: Vec<_> = arguments.iter().map(OsString::as_os_str).collect();
        let mut peer = Peer::start(python, "saxon.py", &arguments)?;
        let plan = Plan::only(case.layers.clone(), Context::Plain);
        let [ours, theirs] = series(&checker, &plan, &documents, rounds, &mut peer)?;
        rows.push(row(case, &documents, &ours, &theirs));
    }
    let note = "Peer: SaxonC-HE 13.1, `parse_xml` and `transform_to_string`. Both from the bytes in memory: ours with the \
                guard and the findings, the peer's with its report. CPU time of one thread; of all threads for the peer."
        .to_owned();
    print("Official rules", &rows, &[note]);
    Ok(())
}

/// The stylesheet of an installed rule set.
pub fn entry(packs: &Packs, family: &str) -> anyhow::Result<PathBuf> {
    let is_it = |installed: &&facteur_validate::packs::Installed| {
        installed.artefact.kind == ArtefactKind::Schematron
            && installed.artefact.label().starts_with(&format!("{family}@"))
    };
    Ok(packs.list().iter().find(is_it).with_context(|| format!("{family} is not among the packs"))?.entry())
}

fn series(
    checker: &Checker,
    plan: &Plan,
    texts: &[String],
    rounds: usize,
    peer: &mut Peer,
) -> anyhow::Result<[Vec<f64>; 2]> {
    let limits = Limits::default();
    let whole = |text: &String| {
        Document::parse(text.as_bytes(), &limits).map(|document| check(checker, plan, &document, DocumentKind::Unknown))
    };
    let found: usize = texts.iter().map(whole).map(|report| report.map_or(0, |report| report.findings.len())).sum();
    let warm = peer.round()?;
    anyhow::ensure!(warm["count"] == found, "we find {found} things, the peer {warm}");
    let mut all = [Vec::new(), Vec::new()];
    // Both go through the documents once untimed before each round: what the other one has put out of the caches meanwhile
    // is ten milliseconds of the peer's work and all of ours.
    for _ in 0..rounds {
        texts.iter().try_for_each(|text| whole(text).map(drop))?;
        all[0].push(micros_each(texts, whole)?);
        peer.round()?;
        all[1].push(peer.round()?["micros"].as_f64().context("no time")?);
    }
    Ok(all)
}

/// What a document is checked for, without what a reader has made of it.
pub fn check(checker: &Checker, plan: &Plan, document: &Document, kind: DocumentKind) -> Report {
    let subject = Subject {
        bytes: document.source().as_bytes(),
        document: Some(document),
        kind,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "invoice.xml",
        file_size: 0,
    };
    checker.check(&subject, plan)
}

/// How many times as fast.
fn row(case: &Case, documents: &[String], ours: &[f64], theirs: &[f64]) -> Row {
    let kilobytes = documents.iter().map(String::len).sum::<usize>() / documents.len() / 1000;
    let shown = |series: &[f64]| format!("{:.0} µs", Spread::of(series).median);
    Row {
        what: format!("{} {kilobytes} kB: {}", case.syntax, case.name),
        ours: shown(ours),
        peer: shown(theirs),
        ratio: Spread::of_ratios(theirs, ours),
        goal: Goal::AtLeast(TIMES),
    }
}
