//! Fields out of the pages of PDFs, in process, against poppler's `pdftotext`, which gives words and no fields.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use facteur_parse::pdf::fields::template::Template;
use facteur_parse::pdf::{PdfLimits, read_pages, read_pages_with};

use crate::measure::{Spread, children_time, micros, quantile, thread_time};
use crate::pdf::pdfs;
use crate::peer::{corpus, workspace};
use crate::report::{Goal, Row, print};

/// Templates of other suppliers that are looked at for every document.
const TEMPLATES: usize = 200;
/// The promise: p95 of a document.
const GOAL_MILLIS: f64 = 80.0;

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let mut paths = Vec::new();
    pdfs(&corpus().unwrap_or_else(|| workspace().join("fixtures")), &mut paths)?;
    paths.sort();
    let limits = PdfLimits::default();
    let mut documents = Vec::new();
    paths.retain(|path| {
        let Ok(bytes) = fs::read(path) else { return false };
        let has_text = read_pages(&bytes, &limits).is_ok_and(|pages| !pages.empty);
        if has_text {
            documents.push(bytes);
        }
        has_text
    });
    ensure!(!documents.is_empty(), "no PDF with text");
    let templates = templates()?;
    let (mut ours, mut with, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(times(&documents, &limits, &[])?);
        with.push(times(&documents, &limits, &templates)?);
        theirs.push(poppler(&paths)?);
    }
    let of = |series: &[Vec<f64>], share| series.iter().map(|round| quantile(round, share)).collect::<Vec<f64>>();
    let shown = |series: &[f64]| {
        let Spread { median, low, high } = Spread::of(series);
        format!("{:.1} ms ({:.1}–{:.1})", median / 1e3, low / 1e3, high / 1e3)
    };
    let mut rows = Vec::new();
    for (what, series) in [("", &ours), (", among 200 templates", &with)] {
        for (name, share) in [("p50", 0.50), ("p95", 0.95), ("max", 1.0)] {
            let (ours, theirs) = (of(series, share), of(&theirs, share));
            rows.push(Row {
                what: format!("{name} of {} PDFs{what}", documents.len()),
                ours: shown(&ours),
                peer: shown(&theirs),
                ratio: Spread::of_ratios(&ours, &theirs),
                goal: Goal::None,
            });
        }
    }
    let p95 = Spread::of(&of(&ours, 0.95)).median / 1e3;
    let met = if p95 < GOAL_MILLIS { "met" } else { "MISSED" };
    let note = format!(
        "Goal: p95 < {GOAL_MILLIS:.0} ms a PDF: {p95:.1} ms, {met}. Peer: `pdftotext -bbox` (poppler), words with their \
         boxes, its start included. CPU time; ours from memory in one thread, load and layout of the text included."
    );
    print("A draft out of the pages of a PDF", &rows, &[note]);
    Ok(())
}

fn templates() -> anyhow::Result<Vec<Template>> {
    let one = |number: usize| {
        let yaml = format!(
            "format: facteur-template/1\nkeywords: ['FR{number:011}']\nfields:\n  number: {{ label: 'Facture n°', pattern: \
             'F-\\d+' }}\n  total: {{ regex: 'Total\\s+(\\S+)' }}\n"
        );
        Template::parse(&number.to_string(), yaml.as_bytes()).context("a template of the bench")
    };
    (0..TEMPLATES).map(one).collect()
}

fn times(documents: &[Vec<u8>], limits: &PdfLimits, templates: &[Template]) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(documents.len());
    for bytes in documents {
        let begin = thread_time()?;
        std::hint::black_box(read_pages_with(bytes, limits, templates).is_ok());
        times.push(micros(thread_time()? - begin));
    }
    Ok(times)
}

fn poppler(paths: &[impl AsRef<Path>]) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(paths.len());
    for path in paths {
        let begin = children_time()?;
        let arguments = [OsStr::new("-bbox"), path.as_ref().as_os_str(), OsStr::new("-")];
        Command::new("pdftotext")
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("pdftotext (poppler-utils) is the peer")?;
        times.push(micros(children_time()? - begin));
    }
    Ok(times)
}
