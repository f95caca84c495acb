//! Guard and parse to an `Invoice`, against the bare events of quick-xml, which check and keep nothing.

use facteur_xml::{Document, Limits};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::generate::{CII_LINES_10_KB, Generator, UBL_LINES_5_MB, UBL_LINES_10_KB};
use crate::measure::{Spread, micros_each};
use crate::report::{Goal, Row, print};

const DOCUMENTS: usize = 200;
const LARGE: usize = 2;

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let mut generator = Generator::new(1);
    let ubl: Vec<String> = (0..DOCUMENTS).map(|_| generator.ubl(UBL_LINES_10_KB)).collect();
    let cii: Vec<String> = (0..DOCUMENTS).map(|_| generator.cii(CII_LINES_10_KB)).collect();
    let large: Vec<String> = (0..LARGE).map(|_| generator.ubl(UBL_LINES_5_MB)).collect();
    let mut rows = Vec::new();
    for (name, documents, goal) in
        [("UBL", &ubl, Goal::AtMost(8.0)), ("CII", &cii, Goal::None), ("UBL", &large, Goal::None)]
    {
        let [parsed, guarded, bare] = series(documents, rounds)?;
        let kilobytes = documents.iter().map(String::len).sum::<usize>() / documents.len() / 1000;
        rows.push(row(&format!("{name} {kilobytes} kB, guard + parse to `Invoice`"), &parsed, &bare, goal));
        rows.push(row(&format!("{name} {kilobytes} kB, guard alone (tree)"), &guarded, &bare, Goal::None));
    }
    print(
        "Reading",
        &rows,
        &["Peer: `quick_xml::Reader::read_event` to the end, nothing kept. CPU time of one thread.".into()],
    );
    Ok(())
}

fn series(documents: &[String], rounds: usize) -> anyhow::Result<[Vec<f64>; 3]> {
    let limits = Limits::default();
    let guard = |text: &String| Document::parse(text.as_bytes(), &limits);
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for text in documents {
        facteur_parse::read(&guard(text)?)?;
        bare_events(text)?;
    }
    for _ in 0..rounds {
        all[0].push(micros_each(documents, |text| guard(text).map(|document| facteur_parse::read(&document)))?);
        all[2].push(micros_each(documents, |text| bare_events(text))?);
        all[1].push(micros_each(documents, guard)?);
    }
    Ok(all)
}

fn bare_events(text: &str) -> Result<usize, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let mut events = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(events),
            event => {
                std::hint::black_box(&event);
                events += 1;
            }
        }
    }
}

fn row(what: &str, ours: &[f64], peer: &[f64], goal: Goal) -> Row {
    let shown = |series: &[f64]| format!("{:.0} µs", Spread::of(series).median);
    Row { what: what.to_owned(), ours: shown(ours), peer: shown(peer), ratio: Spread::of_ratios(ours, peer), goal }
}
