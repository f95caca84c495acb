//! The invoice XML out of PDFs, in process, against pikepdf, over the real ones of the corpus.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use facteur_parse::pdf::{PdfLimits, extract};

use crate::measure::{Spread, micros, quantile, thread_time};
use crate::peer::{Peer, corpus, workspace};
use crate::report::{Goal, Row, print};

/// Sets that are made to break readers say nothing about speed.
const HOSTILE: &str = "pdf-torture";

pub fn run(rounds: usize, python: &Path) -> anyhow::Result<()> {
    let mut paths = Vec::new();
    let place = corpus().unwrap_or_else(|| workspace().join("fixtures"));
    pdfs(&place, &mut paths)?;
    paths.sort();
    let limits = PdfLimits::default();
    let mut documents = Vec::new();
    paths.retain(|path| {
        let Ok(bytes) = fs::read(path) else { return false };
        let carries = extract(&bytes, &limits).is_ok_and(|content| content.invoice().is_some());
        if carries {
            documents.push(bytes);
        }
        carries
    });
    ensure!(!documents.is_empty(), "no PDF with an invoice in {}", place.display());
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("list");
    fs::write(&list, paths.iter().map(|path| format!("{}\n", path.display())).collect::<String>())?;
    let mut peer = Peer::start(python, "pdf.py", &[OsStr::new(&list)])?;
    let mut found = peer.round()?["count"].as_u64();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(times(&documents, &limits)?);
        let answer = peer.round()?;
        found = answer["count"].as_u64();
        let micros = answer["micros"].as_array().context("no times")?;
        theirs.push(micros.iter().filter_map(serde_json::Value::as_f64).collect::<Vec<_>>());
    }
    let rows: Vec<Row> = [("p50", 0.50), ("p95", 0.95), ("max", 1.0)]
        .map(|(name, share)| {
            let of = |series: &[Vec<f64>]| series.iter().map(|round| quantile(round, share)).collect::<Vec<f64>>();
            let (ours, theirs) = (of(&ours), of(&theirs));
            let shown = |series: &[f64]| {
                let Spread { median, low, high } = Spread::of(series);
                format!("{:.2} ms ({:.2}–{:.2})", median / 1e3, low / 1e3, high / 1e3)
            };
            let what = format!("{name} of {} PDFs", documents.len());
            Row {
                what,
                ours: shown(&ours),
                peer: shown(&theirs),
                ratio: Spread::of_ratios(&ours, &theirs),
                goal: Goal::None,
            }
        })
        .into();
    let p95 = Spread::of(&ours.iter().map(|round| quantile(round, 0.95)).collect::<Vec<f64>>()).median / 1e3;
    let met = if p95 < 1.0 { "met" } else { "MISSED" };
    let note = format!(
        "Goal: p95 < 1 ms in process: {p95:.2} ms, {met}. Peer: pikepdf (qpdf), which found an XML in {} of them. CPU time \
         of one thread, each file from memory.",
        found.unwrap_or_default()
    );
    print("XML out of a Factur-X PDF", &rows, &[note]);
    Ok(())
}

fn times(documents: &[Vec<u8>], limits: &PdfLimits) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(documents.len());
    for bytes in documents {
        let begin = thread_time()?;
        std::hint::black_box(extract(bytes, limits).is_ok());
        times.push(micros(thread_time()? - begin));
    }
    Ok(times)
}

pub fn pdfs(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != HOSTILE) {
                pdfs(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf")) {
            found.push(path);
        }
    }
    Ok(())
}
