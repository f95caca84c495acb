//! Import from end to end by the real program: against what its stages cost one by one, and against Python.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::generate::{Generator, UBL_LINES_5_MB, UBL_LINES_10_KB};
use crate::measure::{Spread, busy_time, children_time};
use crate::peer::{script, target, workspace};
use crate::report::{Goal, Row, print};
use crate::schema;
use crate::stages::{self, Stages};

/// Documents of one round.
const DOCUMENTS: usize = 2_000;
/// Documents of the run that shows whether memory grows with the batch.
const MANY: usize = 10_000;
/// Documents of 5 MB of the run that shows whether it grows with the documents.
const LARGE: usize = 200;
/// Highest that the program's own resident memory may get, whatever the batch.
const MEMORY_MAX_MB: f64 = 200.0;
/// How often the memory of the program is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What a run took.
pub struct Run {
    pub wall: f64,
    /// Processor time of the program; not that of a database server.
    pub cpu: f64,
    /// Processor time that other programs took meanwhile, on all cores.
    pub others: f64,
    peak_mb: f64,
}

impl Run {
    /// How long it would have taken at least if the processor time that others took had been idle.
    pub fn left(&self) -> f64 {
        self.wall - self.others / cores()
    }
}

fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}

/// The program, packs and folders that all runs share.
pub struct Bench {
    program: PathBuf,
    folder: tempfile::TempDir,
}

/// What is imported.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    pub documents: &'a Path,
    pub count: usize,
}

pub fn run(rounds: usize, python: &Path) -> anyhow::Result<()> {
    let bench = Bench::new()?;
    schema::packs(&bench.packs())?;
    schema::without_rules(&schema::packs(&bench.schemas())?)?;
    let documents = bench.documents("documents", 4, DOCUMENTS, UBL_LINES_10_KB)?;
    let (mut ours, mut stages, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ruled, mut ruled_stages) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(bench.import(&bench.schemas(), &documents, DOCUMENTS)?);
        theirs.push(bench.python(python, &documents)?);
        stages.push(stages::measure(&documents, &bench.schemas(), &bench.home()?)?);
        ruled.push(bench.import(&bench.packs(), &documents, DOCUMENTS)?);
        ruled_stages.push(stages::measure(&documents, &bench.packs(), &bench.home()?)?);
    }
    let mut against = rows(&ours, &stages);
    against.extend(against_python(&ours, &theirs));
    print("Import end to end: schemas and pre-send checks", &against, &notes(&stages));
    print("Import end to end: with the official rules too", &rows(&ruled, &ruled_stages), &notes(&ruled_stages)[1..]);
    Ok(())
}

/// Peak memory of the program by size and number of documents.
pub fn memory() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    schema::packs(&bench.packs())?;
    println!("\n## Memory of an import\n");
    println!("| documents | size | peak (VmHWM) | goal | wall |\n|---|---|---|---|---|");
    for (count, lines) in [(DOCUMENTS, UBL_LINES_10_KB), (MANY, UBL_LINES_10_KB), (LARGE, UBL_LINES_5_MB)] {
        let documents = bench.documents("memory", 5, count, lines)?;
        let run = bench.import(&bench.packs(), &documents, count)?;
        let kilobytes = fs::metadata(documents.join("00000.xml"))?.len() / 1000;
        fs::remove_dir_all(&documents)?;
        let met = if run.peak_mb < MEMORY_MAX_MB { "met" } else { "MISSED" };
        println!(
            "| {count} | {kilobytes} kB | {:.0} MB | < {MEMORY_MAX_MB} MB {met} | {:.1} s |",
            run.peak_mb, run.wall
        );
    }
    Ok(())
}

/// Builds the program as it is for real use.
pub fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "facteur", "-p", "facteur-simulator"])
        .current_dir(workspace())
        .status()?;
    ensure!(built.success(), "facteur and its simulator do not build");
    Ok(target().join("release/facteur"))
}

impl Bench {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { program: build()?, folder: tempfile::tempdir_in(target())? })
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn packs(&self) -> PathBuf {
        self.folder.path().join("packs")
    }

    /// The packs without the rules.
    fn schemas(&self) -> PathBuf {
        self.folder.path().join("schemas")
    }

    fn documents(&self, name: &str, seed: u64, count: usize, lines: usize) -> anyhow::Result<PathBuf> {
        self.documents_of(name, Generator::new(seed), count, lines)
    }

    /// A new folder of documents; an old one of that name goes.
    pub fn documents_of(
        &self,
        name: &str,
        mut generator: Generator,
        count: usize,
        lines: usize,
    ) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder)?;
        for n in 0..count {
            fs::write(folder.join(format!("{n:05}.xml")), generator.ubl(lines))?;
        }
        Ok(folder)
    }

    /// A new home with its own key.
    fn home(&self) -> anyhow::Result<PathBuf> {
        self.home_named("home")
    }

    /// A new home of that name with its own key, in place of an old one.
    pub fn home_named(&self, name: &str) -> anyhow::Result<PathBuf> {
        let home = self.folder.path().join(name);
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        let made = Command::new(&self.program).arg("init").arg(&home).arg("--demo").output()?;
        ensure!(made.status.success(), "facteur init: {}", String::from_utf8_lossy(&made.stderr));
        Ok(home)
    }

    fn import(&self, packs: &Path, documents: &Path, count: usize) -> anyhow::Result<Run> {
        self.import_into(&self.home()?, packs, Batch { documents, count }, None)
    }

    /// Imports into a home; its store may be elsewhere.
    pub fn import_into(&self, home: &Path, packs: &Path, batch: Batch<'_>, store: Option<&str>) -> anyhow::Result<Run> {
        let Batch { documents, count } = batch;
        let mut command = Command::new(&self.program);
        command.env("FACTEUR_STORE", store.unwrap_or_default());
        command.arg("--home").arg(home).arg("--packs").arg(packs).args(["--format", "json", "import"]);
        let (cpu, busy, begin) = (children_time()?, busy_time()?, Instant::now());
        let mut child = command.arg(documents).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut peak_mb = 0.0;
        let status = loop {
            peak_mb = peak(child.id()).unwrap_or(peak_mb);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(LOOK);
        };
        let wall = begin.elapsed().as_secs_f64();
        let cpu = (children_time()? - cpu).as_secs_f64();
        let others = ((busy_time()? - busy).as_secs_f64() - cpu).max(0.0);
        let mut said = String::new();
        child.stdout.take().context("nothing said")?.read_to_string(&mut said)?;
        let summary: Value = said.lines().find_map(|line| serde_json::from_str(line).ok()).context("no summary")?;
        if !status.success() || summary["by_state"]["queued"] != count {
            bail!("the import did not queue {count} documents ({status}): {summary}");
        }
        Ok(Run { wall, cpu, others, peak_mb })
    }

    fn python(&self, python: &Path, documents: &Path) -> anyhow::Result<Run> {
        self.python_with(python, Batch { documents, count: DOCUMENTS }, &[])
    }

    /// The peer, with those stylesheets for SaxonC.
    pub fn python_with(&self, python: &Path, batch: Batch<'_>, stylesheets: &[PathBuf]) -> anyhow::Result<Run> {
        let database = self.folder.path().join("peer.db");
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.folder.path().join(format!("peer.db{suffix}")));
        }
        let packs = facteur_validate::packs::Packs::open(self.packs())?;
        let root = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice";
        let schema = packs.schema_of_root(root).context("no schema of UBL")?.entry();
        let keys = self.home()?.join("keys");
        let output = script(python, "import.py")
            .args([&schema, batch.documents, &database, &keys.join("seal.key"), &keys.join("seal.pem")])
            .args(stylesheets)
            .stderr(Stdio::inherit())
            .output()?;
        let answer: Value = serde_json::from_slice(&output.stdout).context("the peer says nothing")?;
        ensure!(answer["count"] == batch.count, "the peer did not import everything: {answer}");
        let number = |name: &str| answer[name].as_f64().context("the peer does not say how long it took");
        Ok(Run { wall: number("seconds")?, cpu: number("cpu_seconds")?, others: number("others")?, peak_mb: 0.0 })
    }
}

/// The highest resident memory of a process so far, in MB.
pub fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

fn rate(seconds: &[f64]) -> String {
    format!("{:.0}/s", DOCUMENTS as f64 / Spread::of(seconds).median)
}

fn each(seconds: &[f64]) -> String {
    format!("{:.0} µs", Spread::of(seconds).median / DOCUMENTS as f64 * 1e6)
}

/// Against what the stages cost alone.
fn rows(ours: &[Run], stages: &[Stages]) -> Vec<Row> {
    let walls: Vec<f64> = ours.iter().map(|run| run.wall).collect();
    let left: Vec<f64> = ours.iter().map(Run::left).collect();
    let cpus: Vec<f64> = ours.iter().map(|run| run.cpu).collect();
    let alone: Vec<f64> = stages.iter().map(|stages| stages.total() * DOCUMENTS as f64 / 1e6).collect();
    let possible: Vec<f64> = alone.iter().map(|seconds| seconds / cores()).collect();
    let row = |what: &str, ours: String, ratio: Spread, goal: Goal| Row {
        what: what.to_owned(),
        ours,
        peer: rate(&possible),
        ratio,
        goal,
    };
    vec![
        row(
            "share of what the stages' CPU times allow, on the processor time that other programs left",
            rate(&left),
            Spread::of_ratios(&possible, &left),
            Goal::AtLeast(0.6),
        ),
        row(
            "the same by the wall-clock, whatever else ran",
            rate(&walls),
            Spread::of_ratios(&possible, &walls),
            Goal::None,
        ),
        Row {
            what: "CPU time of the stages alone in that of the program".to_owned(),
            ours: each(&cpus),
            peer: each(&alone),
            ratio: Spread::of_ratios(&alone, &cpus),
            goal: Goal::None,
        },
    ]
}

fn against_python(ours: &[Run], theirs: &[Run]) -> [Row; 2] {
    let series = |runs: &[Run], of: fn(&Run) -> f64| runs.iter().map(of).collect::<Vec<f64>>();
    let (walls, peer_walls) = (series(ours, |run| run.wall), series(theirs, |run| run.wall));
    let (cpus, peer_cpus) = (series(ours, |run| run.cpu), series(theirs, |run| run.cpu));
    [
        Row {
            what: "times as fast as Python, by the CPU time of both".to_owned(),
            ours: each(&cpus),
            peer: each(&peer_cpus),
            ratio: Spread::of_ratios(&peer_cpus, &cpus),
            goal: Goal::AtLeast(2.0),
        },
        Row {
            what: "times as fast as Python, by the wall-clock, whatever else ran".to_owned(),
            ours: rate(&walls),
            peer: rate(&peer_walls),
            ratio: Spread::of_ratios(&peer_walls, &walls),
            goal: Goal::AtLeast(2.0),
        },
    ]
}

fn notes(all: &[Stages]) -> Vec<String> {
    let mut table = "CPU time of each stage alone on one core, a document:\n\n| stage | µs |\n|---|---|\n".to_owned();
    for (n, name) in Stages::NAMES.iter().enumerate() {
        let times: Vec<f64> = all.iter().map(|stages| stages.micros[n]).collect();
        let Spread { median, low, high } = Spread::of(&times);
        table.push_str(&format!("| {name} | {median:.0} ({low:.0}–{high:.0}) |\n"));
    }
    let what = format!(
        "{DOCUMENTS} UBL invoices of 10 kB in a folder, sealed with the demonstration key (P-256), start-up included. \
         Peer: lxml XSD, signxml signing and verifying, sqlite3, two processes, one commit per 256 documents; it reads no \
         terms and makes no business checks, and has no official rules: these are left out on our side too."
    );
    vec![what, table]
}
