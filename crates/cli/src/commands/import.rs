//! `facteur import`

use std::io::IsTerminal as _;
use std::sync::Arc;

use facteur_model::finding::Finding;
use facteur_pipeline::import::{ImportSummary, Progress, import};
use facteur_pipeline::row::Row;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::Import;
use crate::output::Talk;

pub async fn run(context: &Context, options: &Import) -> Outcome {
    let engine = context.engine().await?;
    let bar = bar(context.talk);
    let progress: Arc<dyn Progress> = bar.clone();
    let summary = import(&engine, &options.paths, &progress).await;
    bar.0.finish_and_clear();
    let summary = summary?;
    show(context.talk, &summary);
    complain_of_templates(context.talk, &engine.template_problems);
    if !context.talk.json() {
        context.note_missing_rules(&engine.home);
    }
    Ok(status(summary.all_good()))
}

/// What is wrong with templates of suppliers: they were left out.
pub fn complain_of_templates(talk: Talk, problems: &[Finding]) {
    problems.iter().for_each(|problem| crate::output::complain(&talk.finding(problem)));
}

/// A bar on a terminal, nothing elsewhere.
pub struct Bar(ProgressBar);

pub fn bar(talk: Talk) -> Arc<Bar> {
    let bar = if std::io::stderr().is_terminal() && !talk.json() {
        let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len}  {eta}  {wide_msg}");
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    } else {
        ProgressBar::hidden()
    };
    Arc::new(Bar(bar.with_prefix(talk.say("import.progress", &[]))))
}

impl Progress for Bar {
    fn found(&self, files: u64) {
        self.0.set_length(files);
    }

    fn done(&self, name: &str) {
        self.0.set_message(facteur_texts::printable(name));
        self.0.inc(1);
    }
}

impl Bar {
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Most documents that are told one by one under one heading.
const TOLD: usize = 40;

/// The first of some documents, and how many more there are.
fn some(talk: Talk, heading: &str, rows: &[Row], total: u64) {
    if rows.is_empty() {
        return;
    }
    talk.data(&talk.say(heading, &[]));
    rows.iter().take(TOLD).for_each(|row| talk.data(&talk.row(row)));
    let more = total.saturating_sub(TOLD as u64);
    if more > 0 {
        talk.tell("import.more", &[("count", &more.to_string())]);
    }
}

/// The summary: counts that add up, then everything that needs a look.
pub fn show(talk: Talk, summary: &ImportSummary) {
    if talk.json() {
        let by_state: serde_json::Map<String, serde_json::Value> =
            summary.by_state.iter().map(|(state, count)| (state.to_string(), json!(count))).collect();
        let not_taken: Vec<_> =
            summary.not_taken.iter().map(|one| json!({"name": one.name, "rule": one.finding.rule})).collect();
        let line = json!({"schema": "facteur-import/1", "found": summary.found(), "received": summary.received,
            "resumed": summary.resumed, "archives": summary.archives, "by_state": by_state, "not_taken": not_taken});
        return talk.data(&line.to_string());
    }
    if summary.found() == 0 {
        return talk.note("import.nothing", &[]);
    }
    if summary.resumed > 0 {
        talk.note("import.resumed", &[("count", &summary.resumed.to_string())]);
    }
    let args = [
        ("found", summary.found().to_string()),
        ("received", summary.received.to_string()),
        ("not_taken", summary.not_taken.len().to_string()),
        ("archives", summary.archives.to_string()),
    ];
    talk.tell("import.summary", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
    let counts: Vec<_> =
        summary.by_state.iter().map(|(state, count)| (*state, i64::try_from(*count).unwrap_or(i64::MAX))).collect();
    talk.table(&facteur_report::status::summary_table(talk.language, &counts));
    some(talk, "import.attention", &summary.attention, summary.attention_total());
    some(talk, "import.doubles", &summary.doubles, summary.doubles_total);
    if !summary.not_taken.is_empty() {
        talk.data(&talk.say("import.not_taken", &[]));
        summary.not_taken.iter().for_each(|one| talk.data(&talk.finding(&one.finding)));
    }
}
