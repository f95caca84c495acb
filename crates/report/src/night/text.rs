//! A night in words: first what it comes to, then the steps, the counts, what waits for a person and by which command
//! it goes on, the head of the journal.

use std::collections::BTreeMap;

use facteur_model::lifecycle::State;
use facteur_texts::{Language, finding_text, printable, say};

use super::{Case, Grade, Night, Outcome, Refusal, Step};
use crate::status::{reason_sentences, reason_title, short, summary_table};
use crate::wording::clock_time;

/// Cases of one kind that are named one by one.
const NAMED: usize = 20;
/// Longest sentence about one case.
const SENTENCE_MAX: usize = 240;

/// The subject of the mail: what it comes to, where, and when.
#[must_use]
pub fn subject(language: Language, night: &Night) -> String {
    let grade = say(language, &format!("night.subject_{}", grade_name(night.grade())), &[]);
    let date = clock_time(language, night.began);
    let args = [("structure", printable(&night.structure)), ("date", date), ("grade", grade)];
    say(language, "night.subject", &args.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// The whole night.
#[must_use]
pub fn text(language: Language, night: &Night) -> String {
    let mut page = Page { language, text: String::new() };
    page.head(night);
    page.steps(night);
    page.counts(night);
    page.refused(&night.not_taken);
    page.waiting(night);
    if !night.files.is_empty() {
        page.line("");
        page.say("files", &[("files", &night.files.join(", "))]);
    }
    page.line("");
    page.say("head", &[("head", &night.head)]);
    page.text
}

const fn grade_name(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "good",
        Grade::Attention => "attention",
        Grade::Failed => "failed",
    }
}

struct Page {
    language: Language,
    text: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn sentence(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.language, &format!("night.{key}"), args)
    }

    fn say(&mut self, key: &str, args: &[(&str, &str)]) {
        let text = self.sentence(key, args);
        self.line(&text);
    }

    fn head(&mut self, night: &Night) {
        let structure = printable(&night.structure);
        let (began, ended) = (clock_time(self.language, night.began), clock_time(self.language, night.ended));
        self.say("title", &[("structure", &structure), ("began", &began), ("ended", &ended)]);
        if night.demo {
            self.say("demo", &[]);
        }
        self.line("");
        self.say(grade_name(night.grade()), &[]);
        if night.waiting.total > 0 {
            let (tonight, total) = (night.waiting.tonight.to_string(), night.waiting.total.to_string());
            self.say("in_short_waiting", &[("tonight", &tonight), ("total", &total)]);
        }
        for (key, count) in
            [("in_short_unfinished", night.counts.unfinished()), ("in_short_on_the_way", night.counts.on_the_way())]
        {
            if count > 0 {
                self.say(key, &[("count", &count.to_string())]);
            }
        }
    }

    fn steps(&mut self, night: &Night) {
        self.heading("heading_steps");
        for step in &night.steps {
            let name = self.sentence(&format!("step_{}", step.name.as_str()), &[]);
            let how = self.outcome(step);
            let colon = if self.language == Language::French { " :" } else { ":" };
            self.line(&format!("  {name}{colon} {how}"));
        }
    }

    fn outcome(&self, step: &Step) -> String {
        let counts: Vec<(&str, String)> =
            step.counts.iter().map(|(name, count)| (name.as_str(), count.to_string())).collect();
        let counts: Vec<(&str, &str)> = counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
        let did = |key: &str| self.sentence(&format!("{key}_{}", step.name.as_str()), &counts);
        let did = || if step.counts.values().sum::<u64>() == 0 { did("nothing") } else { did("did") };
        match &step.outcome {
            Outcome::Done => did(),
            Outcome::Stopped { code } => {
                let counts = if step.counts.is_empty() { String::new() } else { format!("{} ", did()) };
                format!("{counts}{}", self.sentence("stopped", &[("why", &self.code(code))]))
            }
            Outcome::Failed { fr, en } => {
                let what = if self.language == Language::French { fr } else { en };
                self.sentence("failed_step", &[("what", &printable(what))])
            }
            Outcome::Skipped { code } => self.sentence("skipped", &[("why", &self.code(code))]),
        }
    }

    fn code(&self, code: &str) -> String {
        finding_text(self.language, code)
            .map_or_else(|| code.to_owned(), |text| format!("{} {}", text.message, text.advice).trim().to_owned())
    }

    fn heading(&mut self, key: &str) {
        let text = self.sentence(key, &[]);
        self.line("");
        self.line(&text);
    }

    fn counts(&mut self, night: &Night) {
        let counts = &night.counts;
        self.heading("heading_counts");
        let args = [
            ("before", counts.before.to_string()),
            ("entered", counts.entered.to_string()),
            ("received", counts.received.to_string()),
            ("elsewhere", counts.elsewhere.to_string()),
        ];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        let key = if counts.elsewhere == 0 { "counts" } else { "counts_elsewhere" };
        let text = self.sentence(key, &args);
        self.line(&format!("  {text}"));
        let by_state: Vec<(State, i64)> = counts.by_state.iter().map(|(state, count)| (*state, *count)).collect();
        for line in summary_table(self.language, &by_state).render(0).lines() {
            self.line(&format!("  {line}"));
        }
        if !counts.add_up() {
            let text = self.sentence("do_not_add_up", &[]);
            self.line(&format!("  {text}"));
        }
    }

    fn refused(&mut self, refusals: &[Refusal]) {
        if refusals.is_empty() {
            return;
        }
        let count = refusals.len().to_string();
        let heading = self.sentence("heading_not_taken", &[("count", &count)]);
        self.line("");
        self.line(&heading);
        for refusal in refusals.iter().take(NAMED) {
            let (message, advice) = reason_sentences(self.language, &refusal.reason);
            self.line(&format!("  {}", printable(&refusal.name)));
            self.line(&format!("      {}", cut(&message)));
            self.line(&format!("      → {advice}"));
        }
        self.more(refusals.len());
    }

    fn more(&mut self, count: usize) {
        if count > NAMED {
            let more = (count - NAMED).to_string();
            let text = self.sentence("more", &[("count", &more)]);
            self.line(&format!("      {text}"));
        }
    }

    fn waiting(&mut self, night: &Night) {
        let waiting = &night.waiting;
        if waiting.total == 0 {
            return;
        }
        let (new, old): (Vec<&Case>, Vec<&Case>) = waiting.cases.iter().partition(|case| case.tonight);
        if waiting.tonight > 0 {
            let heading = self.sentence("heading_tonight", &[("count", &waiting.tonight.to_string())]);
            self.line("");
            self.line(&heading);
            self.groups(&new);
        }
        let earlier = waiting.total - waiting.tonight;
        if earlier > 0 {
            let heading = self.sentence("heading_earlier", &[("count", &earlier.to_string())]);
            self.line("");
            self.line(&heading);
            self.older(&old);
        }
    }

    /// The same trouble is told once, with everything that has it.
    fn groups(&mut self, cases: &[&Case]) {
        for ((state, _), cases) in grouped(self.language, cases) {
            let Some(first) = cases.first() else { continue };
            let name = kind(self.language, first);
            self.line(&format!("  {name} ({})", cases.len()));
            if let Some(reason) = &first.reason {
                let (_, advice) = reason_sentences(self.language, reason);
                if !advice.is_empty() {
                    self.line(&format!("      → {advice}"));
                }
            }
            let commands: Vec<String> = state.exits().iter().map(|verb| self.command(verb)).collect();
            let text = self.sentence("commands", &[("commands", &commands.join(" · "))]);
            self.line(&format!("      {text}"));
            let same = self.same_sentence(&cases);
            if let Some(sentence) = &same {
                self.line(&format!("      {sentence}"));
            }
            for case in cases.iter().take(NAMED) {
                self.case(case, same.is_none());
            }
            self.more(cases.len());
        }
    }

    /// What is true of every case of a group is said once.
    fn same_sentence(&self, cases: &[&Case]) -> Option<String> {
        let mut sentences = cases.iter().map(|case| self.about(case));
        let first = sentences.next()??;
        (cases.len() > 1 && sentences.all(|other| other.as_ref() == Some(&first))).then_some(first)
    }

    fn about(&self, case: &Case) -> Option<String> {
        let reason = case.reason.as_ref().filter(|reason| tells_more(reason))?;
        Some(cut(&reason_sentences(self.language, reason).0))
    }

    fn case(&mut self, case: &Case, with_sentence: bool) {
        let what = printable(case.number.as_deref().unwrap_or(&case.file));
        let supplier = case.supplier.as_deref().map(|name| format!(" — {}", printable(name))).unwrap_or_default();
        self.line(&format!("      {}  {what}{supplier}", short(&case.id)));
        if let Some(sentence) = self.about(case).filter(|_| with_sentence) {
            self.line(&format!("                {sentence}"));
        }
    }

    fn older(&mut self, cases: &[&Case]) {
        for (_, cases) in grouped(self.language, cases) {
            if let Some(first) = cases.first() {
                let name = kind(self.language, first);
                self.line(&format!("  {name} ({})", cases.len()));
            }
        }
    }

    /// A command with what it needs; `ID` stands for the first column.
    fn command(&self, verb: &str) -> String {
        match verb {
            "correct" => format!("facteur correct ID {}", self.sentence("file_word", &[])),
            "resolve" => "facteur resolve ID --as …".to_owned(),
            other => format!("facteur {other} ID"),
        }
    }
}

/// Whether the sentence about one case says more than that of its kind.
fn tells_more(reason: &facteur_store::change::Reason) -> bool {
    ["text", "other", "found", "line"].iter().any(|name| reason.args.get(*name).is_some_and(|value| !value.is_empty()))
}

type Groups<'a> = BTreeMap<(State, String), Vec<&'a Case>>;

fn grouped<'a>(language: Language, cases: &[&'a Case]) -> Groups<'a> {
    let mut groups = Groups::new();
    for case in cases {
        let title = case.reason.as_ref().map(|reason| reason_title(language, reason)).unwrap_or_default();
        groups.entry((case.state, title)).or_default().push(case);
    }
    groups
}

fn kind(language: Language, case: &Case) -> String {
    let state = facteur_texts::state(language, case.state);
    match case
        .reason
        .as_ref()
        .map(|reason| reason_title(language, reason))
        .filter(|title| !title.is_empty() && title.to_lowercase() != state.to_lowercase())
    {
        Some(title) => format!("{state} — {title}"),
        None => state,
    }
}

fn cut(text: &str) -> String {
    let line = printable(&text.replace('\n', " "));
    if line.chars().count() <= SENTENCE_MAX { line } else { line.chars().take(SENTENCE_MAX).chain(['…']).collect() }
}
