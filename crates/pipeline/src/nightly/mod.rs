//! The nightly run: inbox, deposits, questions, reports, mail; one lock, a time window, a budget.
//!
//! One bad step never hides the others: each one's outcome is in the summary, and a night that left something is
//! never called good. What a night leaves, the next one takes up, since every step works on what the store holds.

mod deliver;
mod plan;
mod reports;
mod rounds;
mod settings;
pub mod timer;
mod waiting;
mod window;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_report::night::{Counts, Night, Outcome, Refusal, SCHEMA, Step, StepName};
use facteur_store::change::Reason;
use facteur_store::{Store, killpoint};
use facteur_texts::Language;

pub use self::deliver::deliver_again;
pub use self::plan::{Plan, plan};
pub use self::reports::last;
pub use self::settings::{FormatName, LanguageName, Nightly};
pub use self::window::{TimeOfDay, Window};
use crate::config::ConfigurationError;
use crate::config::Role;
use crate::deposit::Dispatcher;
use crate::deposit::allowance::Allowance;
use crate::deposit::send::SendSummary;
use crate::engine::{Engine, dispatcher};
use crate::error::PipelineError;
use crate::home::{CONFIGURATION, Home};
use crate::import::{ImportSummary, Progress, import};
use crate::lock::Lock;

/// Who works at night, for the journal.
const ACTOR: &str = "nightly";
/// The lock of the nightly run, in the home.
const LOCK: &str = "nightly.lock";

/// How errors are said to a person: the sentences are the command's.
pub trait Words: Send + Sync {
    /// The error and what to do about it, in one line.
    fn of(&self, language: Language, error: &PipelineError) -> String;
}

/// What a night needs to know of its surroundings.
pub struct Surroundings {
    /// The installed packs.
    pub packs: PathBuf,
    /// This program: run again as the child that reads PDFs.
    pub program: PathBuf,
    /// Begin whatever time it is.
    pub any_time: bool,
}

/// Takes the lock of the nightly run, or says that another one has it.
pub(super) fn lock(home: &Home) -> Result<Lock, PipelineError> {
    Lock::take(&home.root.join(LOCK))
}

/// The settings of the night, if they can work.
fn settings(home: &Home) -> Result<&Nightly, PipelineError> {
    let settings = &home.configuration.nightly;
    settings.check().map_err(|cause| ConfigurationError::Wrong { path: home.root.join(CONFIGURATION), cause })?;
    Ok(settings)
}

/// Whether a night could begin and tell somebody: settings, secrets, certificates. Answers whether anybody is told.
///
/// # Errors
/// What would keep it from it.
pub fn ready(home: &Home) -> Result<bool, PipelineError> {
    let settings = settings(home)?;
    deliver::ready(home, settings)?;
    Ok(settings.mail.is_some() || settings.webhook.is_some())
}

/// One night.
///
/// # Errors
/// Another one is at work, it is not the time, the settings cannot work, or the store cannot be opened. Whatever else
/// goes wrong is in the night's steps.
pub async fn run(
    home: Home,
    surroundings: &Surroundings,
    words: &dyn Words,
    progress: &Arc<dyn Progress>,
) -> Result<Night, PipelineError> {
    let _lock = lock(&home)?;
    let settings = settings(&home)?.clone();
    let began = SystemClock.now();
    let window = settings.window();
    if !surroundings.any_time && !window.is_open(began) {
        let time = |time: Option<TimeOfDay>| time.map(|time| time.to_string()).unwrap_or_default();
        return Err(PipelineError::OutsideWindow { from: time(window.from), until: time(window.until) });
    }
    let until = if surroundings.any_time { None } else { window.end(began) };
    let opened = Engine::open(home.clone(), &surroundings.packs, &surroundings.program, ACTOR.to_owned()).await;
    let store = match &opened {
        Ok(engine) => engine.store.clone(),
        Err(_) => home.store().await?,
    };
    let mut shift = Shift { home, settings, store, words, began, until, steps: Vec::new(), not_taken: Vec::new() };
    let before = shift.received().await?;
    let entered = shift.import(opened, progress).await;
    killpoint::reach("nightly.after_import");
    shift.gateway().await;
    killpoint::reach("nightly.after_gateway");
    shift.end(before, entered).await
}

/// A night at work.
struct Shift<'a> {
    home: Home,
    settings: Nightly,
    store: Store,
    words: &'a dyn Words,
    began: Timestamp,
    until: Option<Timestamp>,
    steps: Vec<Step>,
    not_taken: Vec<Refusal>,
}

type Counted = BTreeMap<String, u64>;

fn counted<const N: usize>(counts: [(&str, u64); N]) -> Counted {
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// What an error is in the summary, in both languages.
fn failed(words: &dyn Words, error: &PipelineError) -> Outcome {
    Outcome::Failed { fr: words.of(Language::French, error), en: words.of(Language::English, error) }
}

impl Shift<'_> {
    async fn received(&self) -> Result<i64, PipelineError> {
        Ok(self.store.summary().await?.iter().map(|(_, count)| count).sum())
    }

    fn step(&mut self, name: StepName, outcome: Outcome, counts: Counted, attention: u64) {
        self.steps.push(Step { name, outcome, counts, attention });
    }

    fn failed(&mut self, name: StepName, error: &PipelineError) {
        let outcome = failed(self.words, error);
        self.step(name, outcome, Counted::new(), 0);
    }

    /// The inbox. Answers how many documents are new in the store.
    async fn import(&mut self, opened: Result<Engine, PipelineError>, progress: &Arc<dyn Progress>) -> i64 {
        let imported = match opened {
            Ok(engine) => import(&Arc::new(engine), &[], progress).await,
            Err(error) => Err(error),
        };
        let summary = match imported {
            Ok(summary) => summary,
            Err(error) => {
                self.failed(StepName::Import, &error);
                return 0;
            }
        };
        let not_taken = summary.not_taken.len() as u64;
        let attention = summary.attention_total();
        let counts = counted([
            ("found", summary.found()),
            ("received", summary.received),
            ("ready", summary.received - attention),
            ("attention", attention),
            ("not_taken", not_taken),
            ("resumed", summary.resumed),
            ("archives", summary.archives),
        ]);
        self.step(StepName::Import, Outcome::Done, counts, attention + not_taken);
        self.refused(&summary);
        i64::try_from(summary.received - summary.resumed.min(summary.received)).unwrap_or(i64::MAX)
    }

    fn refused(&mut self, summary: &ImportSummary) {
        self.not_taken = summary
            .not_taken
            .iter()
            .map(|refusal| {
                let mut reason = Reason::new(&refusal.finding.rule);
                reason.args.clone_from(&refusal.finding.args);
                for (name, value) in [("found", &refusal.finding.found), ("expected", &refusal.finding.expected)] {
                    reason.args.extend(value.clone().map(|value| (name.to_owned(), value)));
                }
                Refusal { name: refusal.name.clone(), reason }
            })
            .collect();
    }

    /// Deposits and questions. A recipient never deposits: these steps are not its own.
    async fn gateway(&mut self) {
        if self.home.configuration.structure.role == Role::Recipient {
            return;
        }
        let mut dispatcher = match dispatcher(&self.home, self.store.clone(), ACTOR, "nightly") {
            Ok(dispatcher) => dispatcher,
            Err(error) => {
                self.failed(StepName::Send, &error);
                return self.failed(StepName::Follow, &error);
            }
        };
        dispatcher.allowance = Allowance::new(self.until);
        self.send(&dispatcher).await;
        self.follow(&dispatcher).await;
    }

    async fn send(&mut self, dispatcher: &Dispatcher) {
        match rounds::all_due(dispatcher, self.deadline()).await {
            Ok(summary) => {
                let outcome = stopped(summary.stopped.as_deref());
                let attention = summary.rejected + summary.held;
                self.step(StepName::Send, outcome, sent(&summary), attention);
            }
            Err(error) => self.failed(StepName::Send, &error),
        }
    }

    async fn follow(&mut self, dispatcher: &Dispatcher) {
        let rounds = rounds::rounds(dispatcher, self.deadline()).await;
        let outcome = match &rounds.error {
            Some(error) => failed(self.words, error),
            None => stopped(rounds.stopped),
        };
        let (followed, sent) = (&rounds.followed, &rounds.sent);
        let counts = counted([
            ("asked", followed.asked),
            ("moved", followed.moved),
            ("integrated", followed.integrated),
            ("settled", followed.settled),
            ("need_person", followed.need_person),
            ("unanswered", followed.unanswered),
            ("rescued", followed.rescued),
            ("again", sent.due - sent.left),
        ]);
        self.step(StepName::Follow, outcome, counts, followed.need_person + sent.rejected + sent.held);
    }

    /// Until when the night follows.
    fn deadline(&self) -> Timestamp {
        let wait = i64::try_from(self.settings.follow_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        let own = SystemClock.now().plus_millis(wait);
        self.until.map_or(own, |until| own.min(until))
    }

    /// Counts, journal, reports, mail.
    async fn end(mut self, before: i64, entered: i64) -> Result<Night, PipelineError> {
        let by_state: BTreeMap<_, _> = self.store.summary().await?.into_iter().collect();
        let received: i64 = by_state.values().sum();
        let elsewhere = (received - before - entered).max(0);
        let ended = SystemClock.now();
        let waiting = waiting::waiting(&self.store, self.began).await?;
        let mut night = Night {
            schema: SCHEMA.to_owned(),
            id: Nightly::name(self.began),
            structure: self.home.configuration.structure.name.clone(),
            demo: self.home.configuration.demo,
            began: self.began,
            ended,
            steps: std::mem::take(&mut self.steps),
            counts: Counts { before, entered, elsewhere, received, by_state },
            waiting,
            not_taken: std::mem::take(&mut self.not_taken),
            head: String::new(),
            files: Vec::new(),
        };
        let siren = self.home.configuration.legal_person.siren.clone();
        let line = serde_json::json!({"actor": ACTOR, "night": night.id, "steps": night.steps, "counts": night.counts});
        self.store.note("nightly", &siren, line.to_string(), ended).await?;
        night.head = self.store.head().await?.to_string();
        killpoint::reach("nightly.after_note");
        reports::write(&self.home, &self.settings, &self.store, self.words, &mut night).await;
        deliver::deliver(&self.home, &self.settings, &self.store, self.words, &mut night).await?;
        night.head = self.store.head().await?.to_string();
        reports::keep(&self.home, &night);
        Ok(night)
    }
}

fn stopped(code: Option<&str>) -> Outcome {
    code.map_or(Outcome::Done, |code| Outcome::Stopped { code: code.to_owned() })
}

fn sent(summary: &SendSummary) -> Counted {
    counted([
        ("due", summary.due),
        ("deposited", summary.deposited),
        ("rejected", summary.rejected),
        ("deferred", summary.deferred),
        ("uncertain", summary.uncertain),
        ("held", summary.held),
        ("left", summary.left),
    ])
}
