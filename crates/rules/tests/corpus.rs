//! Every verdict that Saxon gave on the corpus, given again. Left out, with a message, where packs or corpus are
//! missing; in CI the packs must be there.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use facteur_rules::{Failure, RuleSet};
use facteur_xml::{Document, Limits};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of installed packs.
fn packs() -> Option<PathBuf> {
    let folder = workspace().join(".packs/installed");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no packs at {}: run `make packs`", folder.display());
    eprintln!("left out: no packs at {}", folder.display());
    None
}

fn corpus() -> Option<PathBuf> {
    let default = || workspace().join("../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or_else(default, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("left out: no corpus at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Every installed rule set, by family.
fn sets(packs: &Path) -> BTreeMap<String, RuleSet> {
    let mut sets = BTreeMap::new();
    for family in entries(packs).into_iter().filter(|path| path.to_string_lossy().ends_with("-RULES")) {
        let files = entries(&entries(&family)[0].join("files"));
        let entry = files.iter().find(|path| path.extension().is_some_and(|e| e == "xslt" || e == "xsl")).unwrap();
        let folder = entry.parent().unwrap();
        let beside = |name: &str| fs::read(folder.join(name)).ok();
        let set = RuleSet::load(&entry.display().to_string(), &fs::read(entry).unwrap(), &beside).unwrap();
        sets.insert(family.file_name().unwrap().to_string_lossy().into_owned(), set);
    }
    sets
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// One document of the corpus with what is recorded of it.
struct Row {
    path: PathBuf,
    kind: String,
    fatal: String,
    warnings: String,
    /// `name=value` pairs.
    other: BTreeMap<String, String>,
}

fn rows(folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for set in entries(folder) {
        let Ok(manifest) = fs::read_to_string(set.join("manifest.tsv")) else { continue };
        for line in manifest.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let pairs = columns[10].split(';').filter_map(|part| part.trim().split_once('='));
            rows.push(Row {
                path: set.join(columns[0]),
                kind: columns[2].to_owned(),
                fatal: columns[8].to_owned(),
                warnings: columns[9].to_owned(),
                other: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            });
        }
    }
    rows
}

/// The ids in a column; commas also stand within the brackets of `NOID(…)`.
fn ids(column: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let (mut id, mut depth) = (String::new(), 0);
    for c in column.chars().chain([',']) {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 {
            let whole = std::mem::take(&mut id);
            if !whole.is_empty() && whole != "-" {
                all.insert(whole);
            }
        } else {
            id.push(c);
        }
    }
    all
}

fn failed(failures: &[Failure], warnings: bool) -> BTreeSet<String> {
    let wanted = failures.iter().filter(|failure| (failure.flag.as_deref() == Some("warning")) == warnings);
    wanted.map(|failure| failure.id.clone().unwrap_or_else(|| "NOID".to_owned())).collect()
}

/// Counts what agrees and collects what does not.
#[derive(Default)]
struct Tally {
    agree: BTreeMap<String, usize>,
    /// Documents on which Saxon gave no verdict.
    aborted: usize,
    differences: Vec<String>,
}

impl Tally {
    fn compare(&mut self, name: &str, row: &Row, failures: &[Failure], reference: &str) {
        // Saxon gives up where a test, or a variable that no test needs, ends in an error; we name the test, or the
        // rule that the document breaks anyway, and go on.
        if reference.contains("ENGINE-ERROR") || reference.contains("ERROR:") {
            self.aborted += 1;
            if failed(failures, false).is_empty() {
                self.differences.push(format!("{name} {}: an error that we do not see", row.path.display()));
            }
            return;
        }
        let anonymous = |id: String| if id.starts_with("NOID") { "NOID".to_owned() } else { id };
        let expected: BTreeSet<String> = ids(reference).into_iter().map(anonymous).collect();
        let ours = failed(failures, false);
        if expected == ours && failures.iter().all(|failure| failure.evaluated) {
            *self.agree.entry(name.to_owned()).or_default() += 1;
        } else {
            self.differences.push(format!("{name} {}: reference {expected:?}, ours {ours:?}", row.path.display()));
        }
    }
}

#[test]
fn every_verdict_of_saxon_is_given_again() {
    let (Some(packs), Some(corpus)) = (packs(), corpus()) else { return };
    let sets = sets(&packs);
    let rows = rows(&corpus);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let chunks: Vec<_> = rows.chunks(rows.len().div_ceil(threads)).collect();
        let workers: Vec<_> = chunks.into_iter().map(|chunk| scope.spawn(|| judge(&sets, chunk))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        tally.agree.into_iter().for_each(|(name, count)| *all.agree.entry(name).or_default() += count);
        all.aborted += tally.aborted;
        all.differences.extend(tally.differences);
    }
    println!("agree: {:#?}; where Saxon aborted, we found something: {}", all.agree, all.aborted);
    assert!(all.agree.get("en16931").is_some_and(|&count| count > 1000), "too few documents: {:?}", all.agree);
    assert!(all.differences.is_empty(), "{} differences:\n{}", all.differences.len(), all.differences.join("\n"));
}

fn judge(sets: &BTreeMap<String, RuleSet>, rows: &[Row]) -> Tally {
    let mut tally = Tally::default();
    for row in rows {
        let syntax = match row.kind.as_str() {
            "cii" => "CII",
            kind if kind.starts_with("ubl") => "UBL",
            _ if row.other.contains_key("cdar") => "CDAR",
            _ => continue,
        };
        let Ok(document) = Document::parse(&fs::read(&row.path).unwrap(), &Limits::default()) else { continue };
        let run = |family: &str| sets[family].evaluate(&document);
        if let Some(reference) = row.other.get("cdar") {
            tally.compare("cdar", row, &run("BR-FR-CDV-CDAR-RULES"), reference);
            continue;
        }
        if !matches!(row.fatal.as_str(), "" | "n/a") {
            let failures = run(&format!("EN16931-{syntax}-RULES"));
            tally.compare("en16931", row, &failures, &row.fatal);
            if !row.fatal.contains("ENGINE-ERROR") && ids(&row.warnings) != failed(&failures, true) {
                tally.differences.push(format!("{}: other warnings of EN 16931", row.path.display()));
            }
        }
        if let Some(reference) = row.other.get("brfr") {
            tally.compare("br-fr", row, &run(&format!("BR-FR-FLUX2-{syntax}-RULES")), reference);
        }
        if let Some(reference) = row.other.get("ctc") {
            tally.compare("ctc-fr", row, &run(&format!("EXTENDED-CTC-FR-{syntax}-RULES")), reference);
        }
        if let (Some(profile), Some(reference)) = (row.other.get("fxprofile"), row.other.get("fx")) {
            let profile = profile.to_uppercase().replace("BASICWL", "BASIC-WL");
            if let Some(set) = sets.get(&format!("FACTUR-X-{profile}-RULES")) {
                tally.compare("factur-x", row, &set.evaluate(&document), reference);
            }
        }
    }
    tally
}

#[test]
fn a_rule_that_never_fails_is_noticed_as_a_difference() {
    let (Some(packs), Some(corpus)) = (packs(), corpus()) else { return };
    let entry = &entries(&entries(&packs.join("EN16931-UBL-RULES"))[0].join("files"))[0];
    let text = fs::read_to_string(entry).unwrap();
    let test = r#"test="normalize-space(cbc:ID) != ''" />"#;
    assert!(text.contains(test), "the rule that is broken on purpose is no longer there");
    let broken = RuleSet::load("broken", text.replace(test, r#"test="true()" />"#).as_bytes(), &|_| None).unwrap();
    let whole = RuleSet::load("whole", text.as_bytes(), &|_| None).unwrap();
    let ubl = rows(&corpus).into_iter().filter(|row| row.kind.starts_with("ubl"));
    let differs = ubl.filter(|row| {
        let Ok(document) = Document::parse(&fs::read(&row.path).unwrap(), &Limits::default()) else { return false };
        broken.evaluate(&document) != whole.evaluate(&document)
    });
    assert!(differs.count() > 0, "no document tells the broken rule from the whole one");
}
