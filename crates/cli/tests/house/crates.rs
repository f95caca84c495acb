//! Which crate may know what.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::source::{none, product, workspace};

/// What each crate may depend on, of ours: the direction of `docs/architecture.md`. A crate of ours that is not here has
/// to be put here first.
const MAY_KNOW: [(&str, &[&str]); 16] = [
    ("facteur-model", &[]),
    ("facteur-xml", &[]),
    ("facteur-archive", &[]),
    ("facteur-rules", &["xml"]),
    ("facteur-texts", &["model"]),
    ("facteur-parse", &["model", "xml"]),
    ("facteur-validate", &["model", "xml", "archive", "rules"]),
    ("facteur-sign", &["model", "xml"]),
    ("facteur-store", &["model"]),
    ("facteur-transmit", &["model"]),
    ("facteur-render", &["model", "xml", "texts"]),
    ("facteur-report", &["model", "texts", "store"]),
    (
        "facteur-pipeline",
        &["model", "xml", "archive", "texts", "parse", "validate", "sign", "store", "transmit", "render", "report"],
    ),
    ("facteur", &["model", "texts", "validate", "sign", "store", "render", "report", "pipeline"]),
    ("facteur-simulator", &[]),
    (
        "facteur-benches",
        &[
            "model", "xml", "archive", "texts", "parse", "validate", "sign", "store", "transmit", "render", "report",
            "pipeline",
        ],
    ),
];

/// Libraries that belong to some crates alone, in what is delivered.
const ENGINES: [(&str, &[&str]); 22] = [
    ("sqlx", &["facteur-store"]),
    ("reqwest", &["facteur-transmit"]),
    ("axum", &["facteur-simulator"]),
    ("quick-xml", &[]),
    ("dejavu", &["facteur-render"]),
    ("krilla", &["facteur-render"]),
    ("ttf-parser", &["facteur-render"]),
    ("lettre", &["facteur-transmit"]),
    ("roxmltree", &["facteur-simulator"]),
    ("libxml", &["facteur-validate"]),
    ("xmlsec", &["facteur-sign"]),
    ("bergshamra-c14n", &["facteur-sign"]),
    ("uppsala", &["facteur-sign"]),
    ("lopdf", &["facteur-parse", "facteur-render", "facteur-simulator"]),
    ("saphyr-parser", &["facteur-parse"]),
    ("zip", &["facteur-archive", "facteur-simulator"]),
    ("tar", &["facteur-archive", "facteur-simulator"]),
    ("zstd", &["facteur-store"]),
    ("clap", &["facteur", "facteur-simulator"]),
    ("indicatif", &["facteur"]),
    ("rust_xlsxwriter", &["facteur-report"]),
    ("anyhow", &["facteur", "facteur-simulator"]),
];

/// (crate, dependency, whether it is for tests only).
fn dependencies() -> Vec<(String, String, bool)> {
    let arguments = ["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
            found.push((name(package), name(dependency), dependency["kind"] == "dev"));
        }
    }
    assert!(found.len() > 50);
    found
}

#[test]
fn crates_depend_in_one_direction() {
    let may: BTreeMap<_, _> = MAY_KNOW.into_iter().collect();
    let offends = |krate: &str, dependency: &str| match may.get(krate) {
        None => true,
        Some(known) => !known.iter().any(|name| dependency == format!("facteur-{name}")),
    };
    let ours = dependencies().into_iter().filter(|(_, dependency, _)| dependency.starts_with("facteur"));
    let wrong = ours.filter(|(krate, dependency, _)| offends(krate, dependency));
    none(
        "stages never know each other: only `pipeline` joins them",
        wrong.map(|(a, b, _)| format!("{a} → {b}")).collect(),
    );
}

#[test]
fn the_simulator_uses_no_product_crate() {
    let wrong = dependencies()
        .into_iter()
        .filter(|(krate, dependency, _)| krate == "facteur-simulator" && dependency.starts_with("facteur"));
    none("a bug of ours must not be mirrored", wrong.map(|(_, dependency, _)| dependency).collect());
}

#[test]
fn each_engine_lives_in_its_own_crate() {
    let wrong = dependencies().into_iter().filter(|(krate, dependency, for_tests)| {
        !for_tests
            && krate != "facteur-benches"
            && ENGINES.iter().any(|(engine, homes)| dependency == engine && !homes.contains(&krate.as_str()))
    });
    none("a library has one home", wrong.map(|(krate, dependency, _)| format!("{krate} → {dependency}")).collect());
}

#[test]
fn only_the_store_speaks_sql() {
    const SQL: [&str; 6] = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "BEGIN IMMEDIATE", "PRAGMA "];
    let mut wrong = Vec::new();
    for source in product().iter().filter(|source| source.krate != "store") {
        wrong.extend(source.lines_with("sqlx"));
        let queries = source.literals.iter().filter(|literal| SQL.iter().any(|word| literal.contains(word)));
        wrong.extend(queries.map(|query| format!("{}: {query}", source.path)));
    }
    none("SQL is in `store`", wrong);
}

#[test]
fn only_transmit_opens_connections_and_only_the_simulator_and_the_metrics_listen() {
    // One page for this machine, which the worker shows when it is asked to.
    const METRICS: &str = "crates/pipeline/src/worker/listener.rs";
    let mut wrong = Vec::new();
    for source in product() {
        let connects = ["reqwest", "TcpStream", "UdpSocket", "hyper_util"];
        let listens = ["TcpListener", "UnixListener"];
        if !["transmit", "simulator"].contains(&source.krate.as_str()) {
            wrong.extend(connects.iter().flat_map(|word| source.lines_with(word)));
        }
        if source.krate != "simulator" && source.path != METRICS {
            wrong.extend(listens.iter().flat_map(|word| source.lines_with(word)));
        }
    }
    none("the network is in `transmit`", wrong);
}

#[test]
fn no_floating_point_near_money() {
    // Rates of simulated faults are no money; the number cell of a spreadsheet is a double by its format; the places of
    // glyphs on a page are computed, and leave the folder as whole hundredths of a point.
    const NO_MONEY: [&str; 3] =
        ["crates/simulator/src/faults.rs", "crates/simulator/src/admin.rs", "crates/report/src/render/xlsx.rs"];
    const MONEY: [&str; 9] =
        ["model", "parse", "pipeline", "store", "report", "simulator", "transmit", "validate", "cli"];
    let money = product()
        .into_iter()
        .filter(|source| MONEY.contains(&source.krate.as_str()) && !NO_MONEY.contains(&source.path.as_str()))
        .filter(|source| !source.path.starts_with("crates/parse/src/pdf/text/"));
    let wrong = money.flat_map(|source| [source.lines_with("f32"), source.lines_with("f64")].concat()).collect();
    none("amounts are exact decimals", wrong);
}

#[test]
fn unsafe_stays_in_two_places() {
    let allowed = |path: &str| path.starts_with("crates/sign/src/") || path.starts_with("crates/validate/src/xsd/");
    let wrong = product().into_iter().filter(|source| !allowed(&source.path));
    none("libxml2 and libxmlsec1 only", wrong.flat_map(|source| source.lines_with("unsafe")).collect());
}

#[test]
fn every_unsafe_block_says_why() {
    let mut wrong = Vec::new();
    for source in product() {
        let lines: Vec<_> = source.text.lines().collect();
        for (number, line) in source.code.lines().enumerate() {
            let opens = ["unsafe {", "unsafe impl"].iter().any(|word| line.contains(word));
            let above = &lines[number.saturating_sub(6)..=number];
            if opens && !above.iter().any(|line| line.contains("SAFETY:")) {
                wrong.push(format!("{}:{}", source.path, number + 1));
            }
        }
    }
    none("`// SAFETY:` with a reason, above each", wrong);
}

#[test]
fn only_the_reader_of_xml_reads_tags_and_nothing_writes_a_tree() {
    let words = ["quick_xml", "to_xml", "write_event", "write_node"];
    let outside = product().into_iter().filter(|source| !["xml", "simulator"].contains(&source.krate.as_str()));
    none(
        "bytes are spliced, not serialised again",
        outside.flat_map(|source| words.iter().flat_map(|word| source.lines_with(word)).collect::<Vec<_>>()).collect(),
    );
}
