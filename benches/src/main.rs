//! Measures what facteur promises, each figure as a ratio to a peer in the same run, and prints Markdown.
//!
//! `cargo run --release -p facteur-benches [-- [--rounds N] PART…]`; parts: reading, schema, rules, pdf, draft,
//! page, sealing, import, memory, and only by name chain and store. `year --home DIR [--invoices N] [--seed N]` fills a
//! home with an invented year instead. Nothing here is an assertion on time: the figures are for `benches/README.md`.
//! `turns CASE [N]` runs a case of the rules N times without a peer, for a profiler.

mod chain;
#[path = "../../crates/store/tests/cluster/mod.rs"]
mod cluster;
mod draft;
mod draw;
mod generate;
mod import;
mod measure;
mod page;
mod pdf;
mod peer;
mod reading;
mod report;
mod rules;
mod rules_turns;
mod rules_whole;
mod schema;
mod sealing;
mod stages;
mod store;
mod workers;
mod year;

use anyhow::{Context as _, bail};

const PARTS: [&str; 12] =
    ["reading", "schema", "rules", "pdf", "draft", "page", "sealing", "import", "memory", "chain", "workers", "store"];
/// Those that take minutes, and gigabytes: only by name.
const LONG: [&str; 3] = ["chain", "workers", "store"];
/// Rounds in which ours and the peer's take turns.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if given.first().is_some_and(|part| part == "year") {
        return year::run(&given);
    }
    facteur_validate::init();
    if given.first().is_some_and(|part| part == "turns") {
        return rules_turns::run(&given);
    }
    facteur_sign::init()?;
    let (rounds, parts) = arguments()?;
    println!("{}\n{rounds} rounds, ours and the peer's in turns.", report::machine());
    let python = peer::python()?;
    for part in parts {
        match part.as_str() {
            "reading" => reading::run(rounds)?,
            "schema" => schema::run(rounds, &python)?,
            "rules" => {
                rules::run(rounds, &python)?;
                rules_whole::run(rounds)?;
            }
            "pdf" => pdf::run(rounds, &python)?,
            "draft" => draft::run(rounds)?,
            "page" => page::run(rounds)?,
            "sealing" => sealing::run(rounds)?,
            "import" => import::run(rounds, &python)?,
            "memory" => import::memory()?,
            "chain" => chain::run(rounds, &python)?,
            "workers" => workers::run()?,
            _ => store::run(rounds)?,
        }
    }
    Ok(())
}

fn arguments() -> anyhow::Result<(usize, Vec<String>)> {
    let (mut rounds, mut parts) = (ROUNDS, Vec::new());
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        if argument == "--rounds" {
            rounds = given.next().context("--rounds N")?.parse()?;
        } else if PARTS.contains(&argument.as_str()) {
            parts.push(argument);
        } else {
            bail!("not a part: {argument} (parts: {})", PARTS.join(", "));
        }
    }
    if parts.is_empty() {
        parts = PARTS.iter().filter(|part| !LONG.contains(part)).map(|part| (*part).to_owned()).collect();
    }
    Ok((rounds.max(1), parts))
}
