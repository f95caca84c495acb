//! The whole chain on one document, small and large; how long the rules take to load and the program to start.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::ensure;
use facteur_validate::packs::Packs;
use facteur_validate::{Checker, Context, Plan, Subject};
use facteur_xml::{Document, Limits};

use crate::generate::{CII_LINES_10_KB, Generator, UBL_LINES_5_MB, UBL_LINES_10_KB};
use crate::import::{build, peak};
use crate::measure::{Spread, micros, micros_each, process_time};
use crate::peer::target;
use crate::schema::packs;

const DOCUMENTS: usize = 100;
/// Lines of the large invoices.
const LARGE: [usize; 2] = [10_000, 20_000];
/// Most memory that the program may take for a document, as a multiple of its size.
const MEMORY_MAX: f64 = 20.0;
/// How often the memory of the program is looked at.
const LOOK: Duration = Duration::from_millis(1);

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(target())?;
    let installed = folder.path().join("packs");
    packs(&installed)?;
    let checker = Checker::new(Packs::open(&installed)?);
    println!("\n## Whole chain\n\n| what | measured: median (min–max) | goal |\n|---|---|---|");
    small(&checker, rounds)?;
    large(&checker, rounds)?;
    loading(&installed, rounds)?;
    program(folder.path(), &installed, rounds)?;
    println!(
        "\nThe chain: guard, reading of the terms, XML Schema, rules, checks before sending. CPU time of one thread, but \
         for what says otherwise."
    );
    Ok(())
}

fn line(what: &str, values: &[f64], unit: &str, most: f64) {
    let Spread { median, low, high } = Spread::of(values);
    let goal = match most {
        most if most.is_finite() => format!("≤ {most} {unit} {}", if median <= most { "met" } else { "MISSED" }),
        _ => "—".to_owned(),
    };
    let places = usize::from(median < 10.0) + usize::from(median < 1.0);
    println!("| {what} | **{median:.places$} {unit}** ({low:.places$}–{high:.places$}) | {goal} |");
}

/// The whole way of a document, from its bytes to its verdict.
pub fn chain(checker: &Checker, plan: &Plan, text: &str) -> anyhow::Result<usize> {
    let document = Document::parse(text.as_bytes(), &Limits { max_bytes: 30_000_000, ..Limits::default() })?;
    let parsed = facteur_parse::read(&document)?;
    let subject = Subject {
        bytes: text.as_bytes(),
        document: Some(&document),
        kind: parsed.kind,
        invoice: Some(&parsed.invoice),
        reading: &parsed.findings,
        places: None,
        file_name: "FSO1100A_FA2026.xml",
        file_size: text.len() as u64,
    };
    Ok(checker.check(&subject, plan).findings.len())
}

fn small(checker: &Checker, rounds: usize) -> anyhow::Result<()> {
    let mut generator = Generator::new(7);
    let ubl: Vec<String> = (0..DOCUMENTS).map(|_| generator.ubl(UBL_LINES_10_KB)).collect();
    let cii: Vec<String> = (0..DOCUMENTS).map(|_| generator.cii(CII_LINES_10_KB)).collect();
    for (syntax, texts) in [("UBL", &ubl), ("CII", &cii)] {
        for (channel, context) in [("Chorus Pro", Context::CproHistoric), ("the reform's channel", Context::Afnor)] {
            let plan = Plan::chain(context);
            texts.iter().try_for_each(|text| chain(checker, &plan, text).map(drop))?;
            let times: Result<Vec<f64>, _> =
                (0..rounds).map(|_| micros_each(texts, |text| chain(checker, &plan, text))).collect();
            line(&format!("{syntax} 10 kB, for {channel}"), &times?, "µs", 500.0);
        }
    }
    Ok(())
}

fn large(checker: &Checker, rounds: usize) -> anyhow::Result<()> {
    let mut generator = Generator::new(8);
    let plan = Plan::chain(Context::CproHistoric);
    let texts = LARGE.map(|lines| [generator.ubl(lines)]);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (series, text) in times.iter_mut().zip(&texts) {
            series.push(micros_each(text, |text| chain(checker, &plan, text))? / 1e6);
        }
    }
    let megabytes = |text: &[String; 1]| text[0].len() as f64 / 1e6;
    let what = format!("UBL of {} lines ({:.1} MB), for Chorus Pro", LARGE[0], megabytes(&texts[0]));
    line(&what, &times[0], "s", 0.5);
    let ratios: Vec<f64> = times[1].iter().zip(&times[0]).map(|(twice, once)| twice / once).collect();
    line(&format!("{} lines in that of {}", LARGE[1], LARGE[0]), &ratios, "×", 2.2);
    Ok(())
}

/// All rule sets of the packs, from their files.
fn loading(installed: &Path, rounds: usize) -> anyhow::Result<()> {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(5) {
        let checker = Checker::new(Packs::open(installed)?);
        let (begin, cpu) = (Instant::now(), process_time()?);
        let unusable = checker.load_rules();
        walls.push(micros(begin.elapsed()) / 1e3);
        cpus.push(micros(process_time()? - cpu) / 1e3);
        ensure!(unusable.is_empty(), "{unusable:?}");
    }
    line("all rule sets loaded, by the wall-clock, whatever else ran", &walls, "ms", 100.0);
    line("the same, CPU time of all threads", &cpus, "ms", f64::INFINITY);
    Ok(())
}

/// The program itself: start-up with one small document, memory with one large one.
fn program(folder: &Path, installed: &Path, rounds: usize) -> anyhow::Result<()> {
    let program = build()?;
    let mut generator = Generator::new(9);
    let (small, large) = (folder.join("small.xml"), folder.join("large.xml"));
    fs::write(&small, generator.ubl(UBL_LINES_10_KB))?;
    fs::write(&large, generator.ubl(UBL_LINES_5_MB))?;
    let check = |file: &Path| -> anyhow::Result<(f64, f64)> {
        let mut command = Command::new(&program);
        command.arg("--packs").arg(installed).args(["--format", "json", "check", "--context", "cpro-historic"]);
        let begin = Instant::now();
        let mut child = command.arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut highest = 0.0;
        let status = loop {
            highest = peak(child.id()).unwrap_or(highest);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(LOOK);
        };
        ensure!(status.success(), "facteur check: {status}");
        Ok((micros(begin.elapsed()) / 1e3, highest))
    };
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(5) {
        starts.push(check(&small)?.0);
        memory.push(check(&large)?.1 * 1024.0 * 1024.0 / fs::metadata(&large)?.len() as f64);
    }
    line("`facteur check` of one file of 10 kB, start to end, by the wall-clock", &starts, "ms", 200.0);
    line("memory of `facteur check` of one file of 5 MB (VmHWM), in its size", &memory, "×", MEMORY_MAX);
    Ok(())
}
