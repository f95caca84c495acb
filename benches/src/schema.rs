//! XML Schema, against lxml with a compiled schema, on the same documents.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use facteur_model::finding::{Layer, Verdict};
use facteur_model::kind::DocumentKind;
use facteur_validate::packs::{ArtefactKind, Manifest, Packs};
use facteur_validate::{Checker, Context, Plan, Subject};
use facteur_xml::{Document, Limits};

use crate::generate::{CII_LINES_10_KB, Generator, UBL_LINES_5_MB, UBL_LINES_10_KB};
use crate::measure::{Spread, micros_each};
use crate::peer::{Peer, workspace};
use crate::report::{Goal, Row, print};

const DOCUMENTS: usize = 200;
const LARGE: usize = 2;

/// The packs of the wheels in `.packs`, installed into a folder.
pub fn packs(folder: &Path) -> anyhow::Result<Packs> {
    let mut packs = Packs::open(folder)?;
    for entry in fs::read_dir(workspace().join(".packs")).context("no .packs: run `make wheels`")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            packs.add_wheel(&path, Manifest::built_in())?;
        }
    }
    Ok(packs)
}

/// Takes the rules out of a pack folder: what is left is what a peer without a rule engine can do too.
pub fn without_rules(packs: &Packs) -> anyhow::Result<()> {
    for installed in packs.list().iter().filter(|installed| installed.artefact.kind != ArtefactKind::Xsd) {
        let folder = installed.file("");
        fs::remove_dir_all(folder.parent().context("an artefact has a folder")?)?;
    }
    Ok(())
}

pub fn run(rounds: usize, python: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let checker = Checker::new(packs(&folder.path().join("packs"))?);
    let mut generator = Generator::new(2);
    let mut rows = Vec::new();
    let sets: [(&str, Vec<String>, Goal); 3] = [
        ("UBL", (0..DOCUMENTS).map(|_| generator.ubl(UBL_LINES_10_KB)).collect(), Goal::AtMost(1.2)),
        ("CII", (0..DOCUMENTS).map(|_| generator.cii(CII_LINES_10_KB)).collect(), Goal::AtMost(1.2)),
        ("UBL", (0..LARGE).map(|_| generator.ubl(UBL_LINES_5_MB)).collect(), Goal::None),
    ];
    for (n, (name, documents, goal)) in sets.iter().enumerate() {
        let place = folder.path().join(n.to_string());
        fs::create_dir(&place)?;
        for (n, document) in documents.iter().enumerate() {
            fs::write(place.join(format!("{n:05}.xml")), document)?;
        }
        let entry = schema(&checker, &documents[0])?;
        let mut peer = Peer::start(python, "xsd.py", &[entry.as_os_str(), OsStr::new(&place)])?;
        let [layer, whole, theirs] = series(&checker, documents, rounds, &mut peer)?;
        let kilobytes = documents.iter().map(String::len).sum::<usize>() / documents.len() / 1000;
        rows.push(row(&format!("{name} {kilobytes} kB, layer `xsd`"), &layer, &theirs, *goal));
        rows.push(row(&format!("{name} {kilobytes} kB, from the bytes, with our guard"), &whole, &theirs, Goal::None));
    }
    let note =
        "Peer: `lxml.etree.fromstring` and `XMLSchema.validate`, both engines being libxml2. The layer `xsd` includes \
                libxml2's own parse of the text, as the peer's figure does; *with our guard* adds our reading, without \
                which no document gets that far. CPU time of one thread."
            .to_owned();
    print("XML Schema", &rows, &[note]);
    Ok(())
}

fn schema(checker: &Checker, document: &str) -> anyhow::Result<std::path::PathBuf> {
    let document = Document::parse(document.as_bytes(), &Limits::default())?;
    let root = document.root();
    let name = format!("{{{}}}{}", root.namespace().unwrap_or_default(), root.name());
    Ok(checker.packs().schema_of_root(&name).context("no schema for that root")?.entry())
}

fn series(checker: &Checker, texts: &[String], rounds: usize, peer: &mut Peer) -> anyhow::Result<[Vec<f64>; 3]> {
    let limits = Limits::default();
    let documents =
        texts.iter().map(|text| Document::parse(text.as_bytes(), &limits)).collect::<Result<Vec<_>, _>>()?;
    for document in &documents {
        ensure!(check(checker, document) == Verdict::Valid, "a generated document is not valid");
    }
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    peer.round()?;
    for _ in 0..rounds {
        all[0].push(micros_each(&documents, |document| check(checker, document))?);
        let theirs = peer.round()?;
        ensure!(theirs["count"] == texts.len(), "the peer finds invalid documents: {theirs}");
        all[2].push(theirs["micros"].as_f64().context("no time")?);
        let whole = |text: &String| Document::parse(text.as_bytes(), &limits).map(|document| check(checker, &document));
        all[1].push(micros_each(texts, whole)?);
    }
    Ok(all)
}

fn check(checker: &Checker, document: &Document) -> Verdict {
    let subject = Subject {
        bytes: document.source().as_bytes(),
        document: Some(document),
        kind: DocumentKind::Unknown,
        invoice: None,
        reading: &[],
        places: None,
        file_name: "invoice.xml",
        file_size: 0,
    };
    checker.check(&subject, &Plan::only(vec![Layer::Xsd], Context::Plain)).verdict
}

fn row(what: &str, ours: &[f64], peer: &[f64], goal: Goal) -> Row {
    let shown = |series: &[f64]| format!("{:.0} µs", Spread::of(series).median);
    Row { what: what.to_owned(), ours: shown(ours), peer: shown(peer), ratio: Spread::of_ratios(ours, peer), goal }
}
