//! One file of `facteur check`: found, read, looked at, and put into words, all by the worker that has it.

use std::fs;
use std::path::{Path, PathBuf};

use facteur_model::finding::{Actor, Finding, Layer, LayerStatus, Severity, Verdict};
use facteur_pipeline::examine::{Examined, Examiner};
use facteur_pipeline::large::{LARGE_BYTES, Large};
use facteur_report::checked::Checked as Shown;
use facteur_texts::{printable, speak};
use facteur_validate::Plan;
use serde_json::{Value, json};

use super::check_reports::{Pages, Wanted};
use crate::output::Talk;

/// Largest document that is looked at.
const BYTES_MAX: u64 = 30_000_000;

/// A path to look at; one that a person named may be a link.
pub struct Found {
    path: PathBuf,
    named: bool,
}

/// Every regular file below a path, in order; links are not followed below it.
pub fn gather(path: &Path, named: bool, files: &mut Vec<Found>) {
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

/// What every worker shares.
pub struct Looker {
    pub talk: Talk,
    pub examiner: Examiner,
    pub plan: Plan,
    pub wanted: Wanted,
    pub large: Large,
}

/// One file, looked at: words only, so that those that wait for their place in the order need little room.
pub struct Looked {
    pub file: PathBuf,
    pub verdict: Verdict,
    /// The JSON line, or for people what was found.
    pub said: String,
    /// File, kind, verdict and counts, for the table.
    pub row: [String; 4],
    pub pages: Pages,
}

impl Looker {
    /// Looks at one file. Large ones wait for one another: two are never in hand at once.
    pub async fn look(self: &std::sync::Arc<Self>, found: Found) -> Looked {
        let large = fs::metadata(&found.path).is_ok_and(|metadata| metadata.len() >= LARGE_BYTES as u64);
        let path = found.path.clone();
        let this = self.clone();
        let work = async move { this.one(found).await };
        // A task of its own, so that a crash is one document that was not looked at.
        let ended = if large {
            self.large.run(work).await.map_err(|error| error.to_string())
        } else {
            tokio::spawn(work).await.map_err(|error| error.to_string())
        };
        ended.unwrap_or_else(|error| {
            let finding = Finding::fatal(Layer::Syntax, "CHECK-CRASHED").actor(Actor::Administrator).official(error);
            self.in_words(Checked { file: path, sha256: None, outcome: Err(finding) })
        })
    }

    async fn one(&self, found: Found) -> Looked {
        let outcome = match found.read() {
            Ok(bytes) => {
                let sha256 = facteur_store::document::sha256_hex(&bytes);
                let examined = self.examiner.examine(&found.path.display().to_string(), &bytes, &self.plan).await;
                return self.in_words(Checked { file: found.path, sha256: Some(sha256), outcome: Ok(examined) });
            }
            Err(error) => Err(unreadable(&found.path, &error)),
        };
        self.in_words(Checked { file: found.path, sha256: None, outcome })
    }

    fn in_words(&self, checked: Checked) -> Looked {
        let pages = self.wanted.pages(&checked.shown(&checked.file.display().to_string()));
        let said = if self.talk.json() { line(self.talk, &checked).to_string() } else { details(self.talk, &checked) };
        let row = row(self.talk, &checked);
        Looked { verdict: checked.verdict(), file: checked.file, said, row, pages }
    }
}

impl Found {
    fn read(&self) -> std::io::Result<Vec<u8>> {
        let metadata = if self.named { fs::metadata(&self.path)? } else { fs::symlink_metadata(&self.path)? };
        if metadata.is_dir() {
            fs::read_dir(&self.path)?;
        }
        if !metadata.is_file() {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        if metadata.len() > BYTES_MAX {
            return Err(std::io::Error::other(format!("{} > {BYTES_MAX}", metadata.len())));
        }
        fs::read(&self.path)
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Finding {
    let rule = match error.kind() {
        std::io::ErrorKind::NotFound => "FILE-NOT-FOUND",
        std::io::ErrorKind::PermissionDenied => "FILE-NO-RIGHTS",
        std::io::ErrorKind::InvalidInput => "FILE-NOT-REGULAR",
        _ => "FILE-UNREADABLE",
    };
    let finding = Finding::fatal(Layer::Syntax, rule).actor(Actor::Service);
    finding.arg("file", file.display().to_string()).arg("cause", error.to_string())
}

struct Checked {
    file: PathBuf,
    sha256: Option<String>,
    outcome: Result<Examined, Finding>,
}

impl Checked {
    fn verdict(&self) -> Verdict {
        self.outcome.as_ref().map_or(Verdict::Unreadable, |examined| examined.report.verdict)
    }

    fn findings(&self) -> &[Finding] {
        match &self.outcome {
            Ok(examined) => &examined.report.findings,
            Err(finding) => std::slice::from_ref(finding),
        }
    }

    /// As the reports take it.
    fn shown<'a>(&'a self, file: &'a str) -> Shown<'a> {
        let examined = self.outcome.as_ref().ok();
        Shown {
            file,
            sha256: self.sha256.as_deref(),
            kind: examined.map_or("unknown", |examined| examined.kind.as_str()),
            profile: examined.and_then(|examined| examined.report.profile.as_deref()),
            verdict: self.verdict(),
            layers: examined.map_or(&[], |examined| &examined.report.layers),
            findings: self.findings(),
            invoice: examined.and_then(|examined| examined.invoice.as_ref()),
        }
    }
}

/// One JSON line of the contract (`facteur-check/1`).
fn line(talk: Talk, checked: &Checked) -> Value {
    let shown = checked.shown("");
    let findings: Vec<Value> = shown.findings.iter().map(|finding| finding_line(talk, finding)).collect();
    json!({"schema": "facteur-check/1", "file": checked.file.display().to_string(), "sha256": checked.sha256,
        "kind": shown.kind, "profile": shown.profile, "verdict": shown.verdict.as_str(), "layers": shown.layers,
        "findings": findings})
}

/// A finding as a part of a JSON line of the contract.
pub fn finding_line(talk: Talk, finding: &Finding) -> Value {
    let text = speak(talk.language, finding);
    json!({"layer": finding.layer, "rule": finding.rule, "key": finding.key, "severity": finding.severity,
        "evaluated": finding.evaluated, "term": finding.term, "path": finding.path, "line": finding.line,
        "found": finding.found, "expected": finding.expected, "message": text.message, "advice": text.advice,
        "actor": finding.actor, "official": finding.official})
}

/// What was found, for people: what makes it invalid first; scripts get the order of the layers.
fn details(talk: Talk, checked: &Checked) -> String {
    let findings = checked.findings();
    if findings.is_empty() {
        return String::new();
    }
    let mut details = format!("{}\n", printable(&checked.file.display().to_string()));
    for severity in [Severity::Fatal, Severity::Warning] {
        let of = findings.iter().filter(|finding| finding.severity == severity);
        of.for_each(|finding| details.push_str(&talk.finding(finding)));
    }
    details
}

fn row(talk: Talk, checked: &Checked) -> [String; 4] {
    let bare = checked.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = bare.unwrap_or_else(|| checked.file.display().to_string());
    let findings = checked.findings();
    let fatal = findings.iter().filter(|finding| finding.severity == Severity::Fatal).count();
    let mut said = format!("{fatal} / {}", findings.len() - fatal);
    let open = |status: LayerStatus| status == LayerStatus::NotEvaluable;
    let layers = checked.outcome.as_ref().map_or(&[][..], |examined| &examined.report.layers);
    let unchecked: Vec<String> = layers
        .iter()
        .filter(|layer| open(layer.status))
        .map(|layer| talk.say(&format!("layer.name_{}", layer.layer.as_str()), &[]))
        .collect();
    if !unchecked.is_empty() {
        said = format!("{said} ; {}", talk.say("layer.rules_not_checked", &[("layers", &unchecked.join(", "))]));
    }
    let kind = checked.outcome.as_ref().map_or("—", |examined| examined.kind.as_str());
    [printable(&name), kind.to_owned(), facteur_texts::verdict(talk.language, checked.verdict()), said]
}
