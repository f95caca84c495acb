//! `facteur check`: many files, in parallel, no store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::finding::{Actor, Finding, Layer, LayerStatus, Severity, Verdict};
use facteur_pipeline::config::{ContextName, Role};
use facteur_pipeline::directory::Known;
use facteur_pipeline::engine::examiner;
use facteur_pipeline::examine::{Examined, Examiner, context as context_of, plan};
use facteur_pipeline::home::Home;
use facteur_report::table::{Align, Table};
use facteur_texts::{printable, speak};
use facteur_validate::Plan;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::check_reports::Reports;
use super::{Context, Outcome, status};
use crate::args::Check;
use crate::output::Talk;

/// Documents on their way at the same time.
const IN_FLIGHT: usize = 8;
/// Largest document that is looked at.
const BYTES_MAX: u64 = 30_000_000;

pub async fn run(context: &Context, options: &Check) -> Outcome {
    let talk = context.talk;
    let home = context.home_if_any()?;
    let configured = home.as_ref().map(|home| home.configuration.check.clone());
    let mut plan = make_plan(talk, options, configured)?;
    let recipient = home.as_ref().is_some_and(|home| home.configuration.structure.role == Role::Recipient);
    // Layers that are asked for by name are judged as their artefacts judge.
    plan.received = options.received || (recipient && options.layers.is_none());
    if plan.received {
        talk.note("check.received", &[]);
    }
    let plan = Arc::new(plan);
    let examiner = examiner(&context.packs(home.as_ref()), &std::env::current_exe()?)?;
    let examiner = Arc::new(examiner.with_directory(known_recipients(home.as_ref()).await));
    let mut counts = Counts::default();
    let mut reports = Reports::open(talk.language, options)?;
    let mut files = Vec::new();
    options.paths.iter().for_each(|path| gather(path, true, &mut files));
    let mut running = JoinSet::new();
    let mut waiting = std::collections::BTreeMap::new();
    let mut next = 0;
    for (index, file) in files.into_iter().enumerate() {
        while running.len() >= IN_FLIGHT {
            collect(&mut running, &mut waiting).await;
        }
        print_in_order(talk, &mut waiting, &mut next, &mut counts, &mut reports)?;
        let (examiner, plan) = (examiner.clone(), plan.clone());
        running.spawn(async move {
            let path = file.path.clone();
            let looked = tokio::spawn(async move { one(&examiner, &plan, file).await }).await;
            (index, looked.unwrap_or_else(|error| crashed(path, &error)))
        });
    }
    while !running.is_empty() {
        collect(&mut running, &mut waiting).await;
    }
    print_in_order(talk, &mut waiting, &mut next, &mut counts, &mut reports)?;
    if !talk.json() {
        counts.show(talk);
    }
    Ok(status(counts.all_good()))
}

/// The home's copy of the directory; without a home, or where it cannot be read, no recipient is known.
pub async fn known_recipients(home: Option<&Home>) -> Known {
    let Some(home) = home else { return Known::default() };
    let Ok(store) = home.store().await else { return Known::default() };
    facteur_pipeline::directory::copy(&store).await.unwrap_or_default().known(SystemClock.now())
}

fn make_plan(talk: Talk, options: &Check, configured: Option<facteur_pipeline::config::Check>) -> anyhow::Result<Plan> {
    let unknown = |name: &str, known: &str| talk.say("error.layers", &[("name", name), ("known", known)]);
    let context = match &options.context {
        Some(name) => match ContextName::from_name(name) {
            Some(context) => Some(context),
            None => bail!("{}", unknown(name, "cpro-historic, afnor, plain")),
        },
        None => None,
    };
    let Some(names) = &options.layers else {
        let fallback = facteur_pipeline::config::Check {
            context: ContextName::Plain,
            required: vec![Layer::Syntax, Layer::Xsd],
            ..Default::default()
        };
        let mut check = configured.unwrap_or(fallback);
        if let Some(context) = context {
            check.context = context;
            check.required = Plan::chain(context_of(context)).required;
        }
        return Ok(plan(&check));
    };
    let mut layers = Vec::new();
    for name in names {
        match Layer::from_name(name.trim()) {
            Some(layer) => layers.push(layer),
            None => {
                let known: Vec<&str> = Layer::ALL.iter().map(|layer| layer.as_str()).collect();
                bail!("{}", unknown(name, &known.join(", ")));
            }
        }
    }
    let context = context.or(configured.map(|check| check.context)).unwrap_or(ContextName::CproHistoric);
    Ok(Plan::only(layers, context_of(context)))
}

/// Every regular file below a path, in order; links are not followed below it.
fn gather(path: &Path, named: bool, files: &mut Vec<Found>) {
    let metadata = if named { fs::metadata(path) } else { fs::symlink_metadata(path) };
    if metadata.is_ok_and(|metadata| metadata.is_dir()) {
        let listed = fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        // A folder that cannot be listed has its line too: what is skipped is told.
        let Ok(listed) = listed else { return files.push(Found { path: path.to_owned(), named }) };
        let mut entries: Vec<PathBuf> = listed.iter().map(fs::DirEntry::path).collect();
        entries.sort();
        let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        entries.iter().filter(|path| !hidden(path)).for_each(|path| gather(path, false, files));
    } else {
        files.push(Found { path: path.to_owned(), named });
    }
}

/// A path to look at; one that a person named may be a link.
struct Found {
    path: PathBuf,
    named: bool,
}

/// A task that ended without an answer: the document was not looked at.
fn crashed(file: PathBuf, error: &tokio::task::JoinError) -> Checked {
    let finding = Finding::fatal(Layer::Syntax, "CHECK-CRASHED").actor(Actor::Administrator);
    Checked { file, sha256: None, outcome: Err(finding.official(error.to_string())) }
}

struct Checked {
    file: PathBuf,
    sha256: Option<String>,
    outcome: Result<Examined, Finding>,
}

type Waiting = std::collections::BTreeMap<usize, Checked>;

async fn collect(running: &mut JoinSet<(usize, Checked)>, waiting: &mut Waiting) {
    if let Some(Ok((index, checked))) = running.join_next().await {
        waiting.insert(index, checked);
    }
}

fn print_in_order(
    talk: Talk,
    waiting: &mut Waiting,
    next: &mut usize,
    counts: &mut Counts,
    reports: &mut Reports,
) -> anyhow::Result<()> {
    while let Some(checked) = waiting.remove(next) {
        counts.add(&checked);
        checked.report(reports)?;
        if talk.json() {
            talk.data(&line(talk, &checked).to_string());
        } else {
            counts.remember(talk, &checked);
        }
        *next += 1;
    }
    Ok(())
}

impl Checked {
    /// Writes the reports that were asked for.
    fn report(&self, reports: &mut Reports) -> anyhow::Result<()> {
        let file = self.file.display().to_string();
        let sha256 = self.sha256.as_deref();
        match &self.outcome {
            Ok(examined) => reports.write(&facteur_report::checked::Checked {
                file: &file,
                sha256,
                kind: examined.kind.as_str(),
                profile: examined.report.profile.as_deref(),
                verdict: examined.report.verdict,
                layers: &examined.report.layers,
                findings: &examined.report.findings,
                invoice: examined.invoice.as_ref(),
            }),
            Err(finding) => reports.write(&facteur_report::checked::Checked {
                file: &file,
                sha256,
                kind: "unknown",
                profile: None,
                verdict: Verdict::Unreadable,
                layers: &[],
                findings: std::slice::from_ref(finding),
                invoice: None,
            }),
        }
    }
}

async fn one(examiner: &Examiner, plan: &Plan, found: Found) -> Checked {
    let Found { path: file, named } = found;
    let irregular = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
    let read = || -> std::io::Result<Vec<u8>> {
        let metadata = if named { fs::metadata(&file)? } else { fs::symlink_metadata(&file)? };
        if metadata.is_dir() {
            fs::read_dir(&file)?;
        }
        if !metadata.is_file() {
            return Err(irregular());
        }
        if metadata.len() > BYTES_MAX {
            return Err(std::io::Error::other(format!("{} > {BYTES_MAX}", metadata.len())));
        }
        fs::read(&file)
    };
    match read() {
        Ok(bytes) => {
            let sha256 = Some(facteur_store::document::sha256_hex(&bytes));
            let examined = examiner.examine(&file.display().to_string(), &bytes, plan).await;
            Checked { file, sha256, outcome: Ok(examined) }
        }
        Err(error) => {
            let rule = match error.kind() {
                std::io::ErrorKind::NotFound => "FILE-NOT-FOUND",
                std::io::ErrorKind::PermissionDenied => "FILE-NO-RIGHTS",
                std::io::ErrorKind::InvalidInput => "FILE-NOT-REGULAR",
                _ => "FILE-UNREADABLE",
            };
            let finding = Finding::fatal(Layer::Syntax, rule).actor(Actor::Service);
            let finding = finding.arg("file", file.display().to_string()).arg("cause", error.to_string());
            Checked { file, sha256: None, outcome: Err(finding) }
        }
    }
}

/// One JSON line of the contract (`facteur-check/1`).
fn line(talk: Talk, checked: &Checked) -> Value {
    let (kind, profile, verdict, layers, findings) = match &checked.outcome {
        Ok(examined) => {
            let report = &examined.report;
            let layers = serde_json::to_value(&report.layers).unwrap_or_default();
            (examined.kind.as_str(), report.profile.clone(), report.verdict, layers, report.findings.iter().collect())
        }
        Err(finding) => ("unknown", None, Verdict::Unreadable, json!([]), vec![finding]),
    };
    let findings: Vec<Value> = findings.into_iter().map(|finding: &Finding| finding_line(talk, finding)).collect();
    json!({"schema": "facteur-check/1", "file": checked.file.display().to_string(), "sha256": checked.sha256,
        "kind": kind, "profile": profile, "verdict": verdict.as_str(), "layers": layers, "findings": findings})
}

/// A finding as JSON.
pub fn finding_line(talk: Talk, finding: &Finding) -> Value {
    let text = speak(talk.language, finding);
    json!({"layer": finding.layer, "rule": finding.rule, "key": finding.key, "severity": finding.severity,
        "evaluated": finding.evaluated, "term": finding.term, "path": finding.path, "line": finding.line,
        "found": finding.found, "expected": finding.expected, "message": text.message, "advice": text.advice,
        "actor": finding.actor, "official": finding.official})
}

#[derive(Default)]
struct Counts {
    valid: u64,
    invalid: u64,
    unreadable: u64,
    not_checked: u64,
    rows: Vec<[String; 4]>,
    details: String,
}

impl Counts {
    fn add(&mut self, checked: &Checked) {
        match checked.outcome.as_ref().map_or(Verdict::Unreadable, |examined| examined.report.verdict) {
            Verdict::Valid => self.valid += 1,
            Verdict::Invalid => self.invalid += 1,
            Verdict::Unreadable => self.unreadable += 1,
            Verdict::NotChecked => self.not_checked += 1,
        }
    }

    const fn all_good(&self) -> bool {
        self.invalid + self.unreadable + self.not_checked == 0 && self.valid > 0
    }

    fn remember(&mut self, talk: Talk, checked: &Checked) {
        let name = checked
            .file
            .file_name()
            .map_or_else(|| checked.file.display().to_string(), |name| name.to_string_lossy().into_owned());
        let (kind, verdict, findings) = match &checked.outcome {
            Ok(examined) => (examined.kind.as_str(), examined.report.verdict, examined.report.findings.as_slice()),
            Err(finding) => ("—", Verdict::Unreadable, std::slice::from_ref(finding)),
        };
        let fatal = findings.iter().filter(|finding| finding.severity == Severity::Fatal).count();
        let warnings = findings.len() - fatal;
        let mut said = format!("{fatal} / {warnings}");
        if let Ok(examined) = &checked.outcome {
            let unchecked: Vec<String> = examined
                .report
                .layers
                .iter()
                .filter(|layer| layer.status == LayerStatus::NotEvaluable)
                .map(|layer| talk.say(&format!("layer.name_{}", layer.layer.as_str()), &[]))
                .collect();
            if !unchecked.is_empty() {
                said =
                    format!("{said} ; {}", talk.say("layer.rules_not_checked", &[("layers", &unchecked.join(", "))]));
            }
        }
        self.rows.push([printable(&name), kind.to_owned(), facteur_texts::verdict(talk.language, verdict), said]);
        if !findings.is_empty() {
            self.details.push_str(&format!("{}\n", printable(&checked.file.display().to_string())));
            // What makes it invalid is read first; scripts get the order of the layers.
            for severity in [Severity::Fatal, Severity::Warning] {
                let of = findings.iter().filter(|finding| finding.severity == severity);
                of.for_each(|finding| self.details.push_str(&talk.finding(finding)));
            }
        }
    }

    fn show(&self, talk: Talk) {
        let heading = |key: &str| (talk.say(&format!("column.{key}"), &[]), Align::Left);
        let mut table = Table::new(vec![heading("file"), heading("kind"), heading("verdict"), heading("finding")]);
        table.keep(&[1, 2]).middle(0);
        self.rows.iter().for_each(|row| table.row(row.to_vec()));
        talk.table(&table);
        if !self.details.is_empty() {
            talk.data(&format!("\n{}", self.details));
        }
        let files = (self.valid + self.invalid + self.unreadable + self.not_checked).to_string();
        let counts = [self.valid, self.invalid, self.unreadable, self.not_checked].map(|count| count.to_string());
        let args = [
            ("files", files.as_str()),
            ("valid", &counts[0]),
            ("invalid", &counts[1]),
            ("unreadable", &counts[2]),
            ("not_checked", &counts[3]),
        ];
        talk.tell("check.summary", &args);
    }
}
