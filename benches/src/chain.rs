//! The whole import with schemas, official rules and checked seals: against the same work in Python, and on PostgreSQL
//! against SQLite.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use facteur_validate::packs::Packs;

use crate::cluster::Cluster;
use crate::generate::{Generator, UBL_LINES_10_KB};
use crate::import::{Batch, Bench, Run};
use crate::measure::Spread;
use crate::report::{Goal, Row, print};
use crate::{rules, schema};

/// Documents of a round, a night's batch: our start and the loading of the rules, which the time of the peer leaves out, are
/// shared out.
const DOCUMENTS: usize = 4_000;
/// The recipient of the documents, as the directory has it.
const RECIPIENT: &str = r#"{"siret":"99970001600010","name":"Commune de Valbrune","active":true,
    "service_required":false,"commitment_required":false,"either_required":false,
    "services":[{"code":"TECHNIQUE","name":"Services techniques","active":true,"commitment_required":false}]}"#;

/// A channel, as the configuration spells it, and the rule sets that apply there.
struct Channel {
    name: &'static str,
    context: &'static str,
    sets: &'static [&'static str],
}

const CHORUS_PRO: Channel =
    Channel { name: "Chorus Pro (EN 16931)", context: "cpro-historic", sets: &["EN16931-UBL-RULES"] };
const REFORM: Channel = Channel {
    name: "the reform's channel (EXTENDED-CTC-FR, BR-FR)",
    context: "afnor",
    sets: &["EXTENDED-CTC-FR-UBL-RULES", "BR-FR-FLUX2-UBL-RULES"],
};

pub fn run(rounds: usize, python: &Path) -> anyhow::Result<()> {
    let bench = Bench::new()?;
    let packs = schema::packs(&bench.packs())?;
    let documents = bench.documents_of("documents", Generator::new(11), DOCUMENTS, UBL_LINES_10_KB)?;
    let batch = Batch { documents: &documents, count: DOCUMENTS };
    let reform = bench.documents_of("reform", Generator::new(11).for_the_reform(), DOCUMENTS, UBL_LINES_10_KB)?;
    let reform = Batch { documents: &reform, count: DOCUMENTS };
    let mut rows = Vec::from(against_python(&bench, &packs, &CHORUS_PRO, batch, rounds, python)?);
    rows.extend(against_python(&bench, &packs, &REFORM, reform, rounds, python)?);
    rows.extend(on_a_server(&bench, batch, rounds)?);
    let note = format!(
        "{DOCUMENTS} UBL invoices of 10 kB in a folder, P-256, detached seals verified by both engines, start-up included \
         on our side. Peer: lxml XSD, SaxonC-HE with the same rule sets, signxml signing and verifying, sqlite3, two \
         processes, one commit per 256 documents; its clock starts once everything is loaded and compiled. PostgreSQL: \
         a cluster of its own on this machine, `synchronous_commit = on`, its peer the same import into SQLite."
    );
    print("Import with schemas, rules and seals", &rows, &[note]);
    Ok(())
}

fn against_python(
    bench: &Bench,
    packs: &Packs,
    channel: &Channel,
    batch: Batch<'_>,
    rounds: usize,
    python: &Path,
) -> anyhow::Result<[Row; 3]> {
    let sheets = channel.sets.iter().map(|set| rules::entry(packs, set)).collect::<anyhow::Result<Vec<PathBuf>>>()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let home = home(bench, channel.context)?;
        ours.push(bench.import_into(&home, &bench.packs(), batch, None)?);
        theirs.push(bench.python_with(python, batch, &sheets)?);
    }
    let name = channel.name;
    Ok([
        row(&format!("{name}: by the CPU time of both"), [&ours, &theirs], |run| run.cpu, Goal::AtLeast(10.0)),
        row(&format!("{name}: on the processor time that others left"), [&ours, &theirs], Run::left, Goal::None),
        row(&format!("{name}: by the wall-clock, whatever else ran"), [&ours, &theirs], |run| run.wall, Goal::None),
    ])
}

/// The program's own processor time says nothing of the server's: the wall-clock, and what others left of it.
fn on_a_server(bench: &Bench, batch: Batch<'_>, rounds: usize) -> anyhow::Result<[Row; 2]> {
    let cluster = Cluster::start();
    let (mut embedded, mut server) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let file = home(bench, CHORUS_PRO.context)?;
        embedded.push(bench.import_into(&file, &bench.packs(), batch, None)?);
        let url = cluster.url(&cluster.new_database());
        let elsewhere = home(bench, CHORUS_PRO.context)?;
        server.push(bench.import_into(&elsewhere, &bench.packs(), batch, Some(&url))?);
    }
    // What the server took is not the program's own and not another program's: the whole machine's is both.
    let machine = |run: &Run| run.cpu + run.others;
    Ok([
        row("PostgreSQL against SQLite: by the wall-clock", [&server, &embedded], |run| run.wall, Goal::AtLeast(0.8)),
        row("the same by the CPU time of the whole machine", [&server, &embedded], machine, Goal::None),
    ])
}

fn home(bench: &Bench, context: &str) -> anyhow::Result<PathBuf> {
    let home = bench.home_named("chain")?;
    let file = home.join("facteur.toml");
    let text = fs::read_to_string(&file)?;
    anyhow::ensure!(text.contains("context = \"cpro-historic\""), "another configuration than expected");
    fs::write(&file, text.replace("context = \"cpro-historic\"", &format!("context = \"{context}\"")))
        .context("the configuration of the home")?;
    let directory = home.join("directory.jsonl");
    fs::write(&directory, RECIPIENT.replace('\n', " "))?;
    let told = Command::new(bench.program())
        .arg("--home")
        .arg(&home)
        .args(["directory", "import"])
        .arg(&directory)
        .output()?;
    anyhow::ensure!(told.status.success(), "facteur directory import: {}", String::from_utf8_lossy(&told.stderr));
    Ok(home)
}

/// How many times as fast ours is as the peer's.
fn row(what: &str, [ours, peer]: [&[Run]; 2], of: impl Fn(&Run) -> f64, goal: Goal) -> Row {
    let series = |runs: &[Run]| runs.iter().map(&of).collect::<Vec<f64>>();
    let (ours, peer) = (series(ours), series(peer));
    let each = |seconds: &[f64]| format!("{:.0} µs a document", Spread::of(seconds).median / DOCUMENTS as f64 * 1e6);
    Row { what: what.to_owned(), ours: each(&ours), peer: each(&peer), ratio: Spread::of_ratios(&peer, &ours), goal }
}
