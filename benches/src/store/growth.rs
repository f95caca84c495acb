//! How long the same import takes into an empty store and into a large one.

use std::path::Path;

use super::Back;
use crate::generate::{Generator, UBL_LINES_10_KB};
use crate::import::{Batch, Bench, Run};
use crate::measure::Spread;
use crate::report::{Goal, Row};

const DOCUMENTS: usize = 2_000;
/// How much longer the import may take.
const TIMES: f64 = 1.2;

pub fn measure(
    bench: &Bench,
    back: &Back<'_>,
    large: &Path,
    place: Option<&str>,
    rounds: usize,
) -> anyhow::Result<Vec<Row>> {
    let (mut many, mut none) = (Vec::new(), Vec::new());
    for round in 0..rounds as u64 {
        let generator = Generator::after(100 + round, round * DOCUMENTS as u64);
        let documents = bench.documents_of("growth", generator, DOCUMENTS, UBL_LINES_10_KB)?;
        let batch = Batch { documents: &documents, count: DOCUMENTS };
        let empty = bench.home_named("empty")?;
        none.push(bench.import_into(&empty, &bench.packs(), batch, back.new_place().as_deref())?);
        many.push(bench.import_into(large, &bench.packs(), batch, place)?);
    }
    let row = |what: &str, of: &dyn Fn(&Run) -> f64, goal| {
        let series = |runs: &[Run]| runs.iter().map(of).collect::<Vec<f64>>();
        let (many, none) = (series(&many), series(&none));
        let each = |all: &[f64]| format!("{:.0} µs a document", Spread::of(all).median / DOCUMENTS as f64 * 1e6);
        let ratio = Spread::of_ratios(&many, &none);
        Row { what: what.to_owned(), ours: each(&many), peer: each(&none), ratio, goal }
    };
    Ok(vec![
        row("CPU time of the program", &|run| run.cpu, Goal::AtMost(TIMES)),
        row("on the processor time that others left", &Run::left, Goal::None),
        row("by the wall-clock, whatever else ran", &|run| run.wall, Goal::AtMost(TIMES)),
    ])
}

pub fn note() -> String {
    format!(
        "`facteur import` of {DOCUMENTS} new UBL invoices of 10 kB with schemas, rules and seals, in turns. The *peer* is the \
         empty store. The server's own processor time is in the wall-clock only."
    )
}
