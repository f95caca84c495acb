//! How much room an invoice takes, once imported and once paid.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::generate::{Generator, UBL_LINES_10_KB};
use crate::import::{Batch, Bench};
use crate::peer::target;

const DOCUMENTS: usize = 1_000;
/// Bytes an invoice may take.
const MOST: u64 = 6_000;
/// Rounds of questions before it is clear that something does not end.
const ROUNDS: usize = 200;

/// Imports, deposits with the simulator, asks until all are paid; the size of the file of the store after each.
pub fn run(bench: &Bench) -> anyhow::Result<()> {
    let simulator = Simulator::start()?;
    let home = bench.home_named("size")?;
    let configuration = home.join("facteur.toml");
    let text = fs::read_to_string(&configuration)?.replace("http://127.0.0.1:8090", &simulator.url);
    fs::write(&configuration, text)?;
    let documents = bench.documents_of("size-documents", Generator::new(12), DOCUMENTS, UBL_LINES_10_KB)?;
    let kilobytes = fs::metadata(documents.join("00000.xml"))?.len() / 1000;
    bench.import_into(&home, &bench.packs(), Batch { documents: &documents, count: DOCUMENTS }, None)?;
    println!(
        "\n## Room of an invoice of {kilobytes} kB in SQLite\n\n| when | bytes an invoice | goal |\n|---|---|---|"
    );
    tell("imported: document, detached seal, rows, indexes, journal", &home)?;
    facteur(bench, &home, &["run"])?;
    let mut rounds = 0;
    while !all_paid(bench, &home)? {
        rounds += 1;
        ensure!(rounds < ROUNDS, "they are not paid after {ROUNDS} rounds");
        facteur(bench, &home, &["follow", "--all"])?;
    }
    tell("deposited and paid: the gateway's answers and statuses too", &home)?;
    println!("\n{DOCUMENTS} invoices, the whole file of the store, closed, with its empty tables and pages.");
    Ok(())
}

fn tell(when: &str, home: &Path) -> anyhow::Result<()> {
    let each = fs::metadata(home.join("facteur.db"))?.len() / DOCUMENTS as u64;
    println!("| {when} | **{each}** | ≤ {MOST} {} |", if each <= MOST { "met" } else { "MISSED" });
    Ok(())
}

fn facteur(bench: &Bench, home: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new(bench.program())
        .arg("--home")
        .arg(home)
        .arg("--packs")
        .arg(bench.packs())
        .args(["--format", "json"])
        .args(arguments)
        .env("FACTEUR_STORE", "")
        .output()?;
    // 1 says that something still waits.
    ensure!(
        matches!(output.status.code(), Some(0 | 1)),
        "facteur {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn all_paid(bench: &Bench, home: &Path) -> anyhow::Result<bool> {
    let said = facteur(bench, home, &["status", "--summary"])?;
    let summary: Value = serde_json::Deserializer::from_slice(&said).into_iter().next().context("no summary")??;
    let counts = summary["by_state"].as_object().or_else(|| summary.as_object()).context("not a summary")?;
    Ok(counts.get("settled").and_then(Value::as_u64) == Some(DOCUMENTS as u64))
}

/// A simulator whose recipient pays everything.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(target().join("release/facteur-simulator"))
            .args(["--listen", "127.0.0.1:0", "--robot", "on", "--visibility-delay", "50ms", "--step", "10ms"])
            .args(["--robot-step", "10ms"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().context("no output")?).read_line(&mut line)?;
        let url = line.split_whitespace().last().context("the simulator does not say where it listens")?.to_owned();
        Ok(Self { process, url })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
