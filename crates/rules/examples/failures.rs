//! Runs a rule set over documents: `failures RULES FILE…` prints, a line each, the file and what failed in it;
//! `failures --time N RULES FILE…` prints how long one evaluation takes.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use facteur_rules::{Failure, RuleSet};
use facteur_xml::{Document, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let times = match arguments.first().map(String::as_str) {
        Some("--time") => arguments.drain(..2).nth(1).map(|count| count.parse::<usize>()).transpose()?,
        _ => None,
    };
    let (rules, files) = arguments.split_first().ok_or("failures RULES FILE…")?;
    let started = Instant::now();
    let set = load(Path::new(rules))?;
    eprintln!("{} checks in {:?}", set.checks(), started.elapsed());
    for file in files {
        match (Document::parse(&fs::read(file)?, &Limits::default()), times) {
            (Err(error), _) => println!("{file}\tunreadable: {error}"),
            (Ok(document), None) => println!("{file}\t{}", line(&set.evaluate(&document))),
            (Ok(document), Some(times)) => time(&set, file, &document, times),
        }
    }
    Ok(())
}

fn load(entry: &Path) -> Result<RuleSet, Box<dyn Error>> {
    let folder = entry.parent().unwrap_or(Path::new("."));
    let beside = |name: &str| (!name.contains(['/', '\\'])).then(|| fs::read(folder.join(name)).ok()).flatten();
    Ok(RuleSet::load(&entry.display().to_string(), &fs::read(entry)?, &beside)?)
}

fn line(failures: &[Failure]) -> String {
    let shown = |failure: &Failure| {
        let id = failure.id.clone().unwrap_or_else(|| "NOID".to_owned());
        let flag = failure.flag.as_deref().unwrap_or("-");
        match &failure.reason {
            Some(reason) => format!("{id}!{flag}!{}", reason.replace(['\t', '\n', ';'], " ")),
            None => format!("{id}:{flag}"),
        }
    };
    failures.iter().map(shown).collect::<Vec<_>>().join(";")
}

fn time(set: &RuleSet, file: &str, document: &Document, times: usize) {
    let mut micros: Vec<u128> = (0..times.max(1))
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(set.evaluate(document));
            started.elapsed().as_micros()
        })
        .collect();
    micros.sort_unstable();
    println!("{file}\tmedian {} µs, p95 {} µs", micros[micros.len() / 2], micros[micros.len() * 95 / 100]);
}
