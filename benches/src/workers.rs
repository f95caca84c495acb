//! Deposits by one worker and by four on PostgreSQL, with a gateway that takes a tenth of a second for every answer.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::generate::{Generator, UBL_LINES_10_KB};
use crate::import::{Batch, Bench};
use crate::measure::Spread;
use crate::peer::target;
use crate::report::{Goal, Row, print};

/// Workers, and the invoices that they deposit.
const MANY: (usize, usize) = (4, 10_000);
const ONE: (usize, usize) = (1, 2_000);
/// How much more four deposit than one.
const TIMES: f64 = 2.5;
/// Longest that a run may take.
const PATIENCE: Duration = Duration::from_secs(900);

pub fn run() -> anyhow::Result<()> {
    let bench = Bench::new()?;
    crate::schema::packs(&bench.packs())?;
    let cluster = Cluster::start();
    let one = deposits_a_second(&bench, &cluster, ONE)?;
    let many = deposits_a_second(&bench, &cluster, MANY)?;
    let row = Row {
        what: format!("deposits a second, {} workers against {}", MANY.0, ONE.0),
        ours: format!("{many:.0}/s"),
        peer: format!("{one:.0}/s"),
        ratio: Spread::of(&[many / one]),
        goal: Goal::AtLeast(TIMES),
    };
    let note = format!(
        "`facteur work` in processes of their own with the default two deposits at a time each, PostgreSQL and simulator on \
         this machine, every answer of the gateway after 100 ms. {} invoices by {} workers, {} by {}: from the start of the \
         first process to the last deposit, by the wall-clock. In the gateway's ledger stood each invoice exactly once.",
        ONE.1, ONE.0, MANY.1, MANY.0
    );
    print("Workers", &[row], &[note]);
    Ok(())
}

fn deposits_a_second(bench: &Bench, cluster: &Cluster, (workers, invoices): (usize, usize)) -> anyhow::Result<f64> {
    let documents = bench.documents_of("workers-documents", Generator::new(13), invoices, UBL_LINES_10_KB)?;
    let gateway = Gateway::start(&documents.with_file_name("workers-gateway.jsonl"))?;
    let home = home(bench, &gateway.url)?;
    let place = cluster.url(&cluster.new_database());
    bench.import_into(&home, &bench.packs(), Batch { documents: &documents, count: invoices }, Some(&place))?;
    let start = || {
        let mut command = Command::new(bench.program());
        command.arg("--home").arg(&home).arg("work").env("FACTEUR_STORE", &place);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Process)
    };
    let begin = Instant::now();
    let working = (0..workers).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
    while gateway.ledger()?.len() < invoices {
        ensure!(begin.elapsed() < PATIENCE, "{workers} workers do not end");
        std::thread::sleep(Duration::from_millis(250));
    }
    let seconds = begin.elapsed().as_secs_f64();
    drop(working);
    let ledger = gateway.ledger()?;
    let numbers: BTreeSet<&str> = ledger.iter().filter_map(|deposit| deposit["number"].as_str()).collect();
    ensure!(
        ledger.len() == invoices && numbers.len() == invoices,
        "{} deposits of {} numbers",
        ledger.len(),
        numbers.len()
    );
    Ok(invoices as f64 / seconds)
}

fn home(bench: &Bench, gateway: &str) -> anyhow::Result<PathBuf> {
    let home = bench.packs().with_file_name("workers-home");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let made = Command::new(bench.program()).args(["init", "--demo", "--gateway", gateway]).arg(&home).output()?;
    ensure!(made.status.success(), "facteur init: {}", String::from_utf8_lossy(&made.stderr));
    Ok(home)
}

/// A process that ends with the measurement.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Gateway {
    _process: Process,
    url: String,
}

impl Gateway {
    fn start(state: &Path) -> anyhow::Result<Self> {
        let _ = fs::remove_file(state);
        let mut child = Command::new(target().join("release/facteur-simulator"))
            .args(["--listen", "127.0.0.1:0", "--fault", "slow@all=1", "--slow", "100ms", "--state"])
            .arg(state)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take();
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(output.context("no output of the simulator")?).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        ensure!(url.starts_with("http://127.0.0.1:"), "the simulator says: {line}");
        Ok(Self { _process: process, url })
    }

    /// Every deposit that it accepted.
    fn ledger(&self) -> anyhow::Result<Vec<Value>> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET /simulator/ledger HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("half an answer of the simulator")?;
        body.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}
