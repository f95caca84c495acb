//! The rules again and again without a peer: for a profiler, and for a count of instructions, which no load disturbs.
//!
//! `valgrind --tool=callgrind --toggle-collect='facteur_benches::rules_turns::turn*' facteur-benches turns ubl-en16931 1`

use std::hint::black_box;

use anyhow::{Context as _, bail};
use facteur_model::finding::Layer;
use facteur_model::kind::DocumentKind;
use facteur_validate::{Checker, Context, Plan};
use facteur_xml::{Document, Limits};

use crate::generate::{CII_LINES_10_KB, Generator, UBL_LINES_10_KB};
use crate::measure::{Spread, micros_each};
use crate::rules::check;
use crate::rules_whole::chain;
use crate::schema::packs;

const DOCUMENTS: usize = 40;
/// Lines of the large document.
const LARGE: usize = 10_000;

/// What is done with each document.
enum Work {
    Guard,
    Layers(Vec<Layer>),
    Chain(Context),
}

pub fn run(given: &[String]) -> anyhow::Result<()> {
    let case = given.get(1).context("turns CASE [N]")?;
    let turns: usize = given.get(2).map_or(Ok(100), |turns| turns.parse())?;
    let (syntax, work) = case.split_once('-').context("ubl-… or cii-…")?;
    let (work, large) = work.strip_suffix("-large").map_or((work, false), |work| (work, true));
    let work = match work {
        "guard" => Work::Guard,
        "xsd" => Work::Layers(vec![Layer::Xsd]),
        "en16931" => Work::Layers(vec![Layer::En16931]),
        "reform" => Work::Layers(vec![Layer::Xsd, Layer::CtcFr, Layer::BrFr]),
        "ctcfr" => Work::Layers(vec![Layer::CtcFr]),
        "brfr" => Work::Layers(vec![Layer::BrFr]),
        "cpro" => Work::Chain(Context::CproHistoric),
        "afnor" => Work::Chain(Context::Afnor),
        other => bail!("guard, xsd, en16931, reform, ctcfr, brfr, cpro or afnor, not {other}"),
    };
    let mut generator = Generator::new(6);
    let texts: Vec<String> = (0..if large { 1 } else { DOCUMENTS })
        .map(|_| match (syntax, large) {
            ("ubl", false) => generator.ubl(UBL_LINES_10_KB),
            ("ubl", true) => generator.ubl(LARGE),
            (_, false) => generator.cii(CII_LINES_10_KB),
            (_, true) => generator.cii(LARGE),
        })
        .collect();
    let folder = tempfile::tempdir()?;
    let checker = Checker::new(packs(&folder.path().join("packs"))?);
    let found: usize = texts.iter().map(|text| all(&checker, &work, text)).sum();
    let times: Result<Vec<f64>, _> =
        (0..turns).map(|_| micros_each(&texts, |text| turn(&checker, &work, text))).collect();
    let Spread { median, low, high } = Spread::of(&times?);
    println!("{case}: {median:.1} µs a document ({low:.1}–{high:.1}), {found} findings in {} documents", texts.len());
    Ok(())
}

/// One document, from its bytes; not inlined, so that a profiler knows it by its name.
#[inline(never)]
fn turn(checker: &Checker, work: &Work, text: &str) -> usize {
    black_box(all(checker, work, text))
}

fn all(checker: &Checker, work: &Work, text: &str) -> usize {
    let limits = Limits { max_bytes: 30_000_000, ..Limits::default() };
    let layers = |layers: &[Layer], document: &Document| {
        check(checker, &Plan::only(layers.to_vec(), Context::Plain), document, DocumentKind::Unknown).findings.len()
    };
    match work {
        Work::Guard => Document::parse(text.as_bytes(), &limits).map_or(0, |_| 0),
        Work::Layers(wanted) => {
            Document::parse(text.as_bytes(), &limits).map_or(0, |document| layers(wanted, &document))
        }
        Work::Chain(context) => chain(checker, &Plan::chain(*context), text).unwrap_or(usize::MAX),
    }
}
