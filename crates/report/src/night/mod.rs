//! One night as data: what each step did, counts that add up, what waits for a person, the head of the journal.
//!
//! It holds codes and arguments, no sentences but those of failures, so that the same night is told in both languages.

mod text;

use std::collections::BTreeMap;

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_store::change::Reason;
use serde::{Deserialize, Serialize};

pub use text::{subject, text};

/// The name of this shape in JSON.
pub const SCHEMA: &str = "facteur-night/1";

/// A night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Night {
    /// [`SCHEMA`].
    pub schema: String,
    /// Its name: when it began (`2026-11-23T220500Z`).
    pub id: String,
    /// The structure's name.
    pub structure: String,
    /// Whether this is a demonstration.
    pub demo: bool,
    /// When it began.
    #[serde(with = "instant")]
    pub began: Timestamp,
    /// When it ended.
    #[serde(with = "instant")]
    pub ended: Timestamp,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What is in the store.
    pub counts: Counts,
    /// What waits for a person.
    pub waiting: Waiting,
    /// Files that could not be recorded, with the rule.
    pub not_taken: Vec<Refusal>,
    /// The journal's head (`12:9f86…`), to be kept elsewhere.
    pub head: String,
    /// The reports that were written.
    pub files: Vec<String>,
}

/// What one step of a night did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How it ended.
    pub outcome: Outcome,
    /// Its counts, by the names of its sentence.
    pub counts: BTreeMap<String, u64>,
    /// How many of what it touched need a look.
    pub attention: u64,
}

/// The steps of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The inbox.
    Import,
    /// Deposits.
    Send,
    /// Questions about what was deposited, and what became due again.
    Follow,
    /// Reports.
    Report,
    /// The summary by mail.
    Mail,
    /// The summary by webhook.
    Webhook,
}

impl StepName {
    /// Its name in data and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Send => "send",
            Self::Follow => "follow",
            Self::Report => "report",
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// Whether it only tells what was done.
    const fn tells(self) -> bool {
        matches!(self, Self::Mail | Self::Webhook)
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Outcome {
    /// It did what there was to do.
    Done,
    /// It stopped before everything was done.
    Stopped {
        /// The code of the reason.
        code: String,
    },
    /// It could not do its work.
    Failed {
        /// Why, in French.
        fr: String,
        /// Why, in English.
        en: String,
    },
    /// It was not begun.
    Skipped {
        /// The code of the reason.
        code: String,
    },
}

/// Counts that add up: before and entered make received; received is the sum of the states.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents in the store when the night began.
    pub before: i64,
    /// Documents that the night recorded.
    pub entered: i64,
    /// Documents that something else recorded meanwhile.
    pub elsewhere: i64,
    /// Documents in the store when it ended.
    pub received: i64,
    /// How many are in each state.
    pub by_state: BTreeMap<State, i64>,
}

impl Counts {
    /// Whether they add up.
    #[must_use]
    pub fn add_up(&self) -> bool {
        let sum: i64 = self.by_state.values().sum();
        self.before + self.entered + self.elsewhere == self.received && sum == self.received && self.elsewhere >= 0
    }

    fn of(&self, states: &[State]) -> i64 {
        states.iter().filter_map(|state| self.by_state.get(state)).sum()
    }

    /// What was not brought to where a night can bring it: the next one takes it up.
    #[must_use]
    pub fn unfinished(&self) -> i64 {
        self.of(&[
            State::Received,
            State::Parsed,
            State::Validated,
            State::Sealed,
            State::Queued,
            State::Deferred,
            State::Depositing,
            State::Uncertain,
        ])
    }

    /// What the gateway has and has not integrated yet.
    #[must_use]
    pub fn on_the_way(&self) -> i64 {
        self.of(&[State::Deposited])
    }
}

/// What waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many cases in all.
    pub total: u64,
    /// How many of them since this night.
    pub tonight: u64,
    /// Those of this night first; at most [`CASES_MAX`].
    pub cases: Vec<Case>,
}

/// Most cases that a night names one by one; the report `waiting` has them all.
pub const CASES_MAX: usize = 500;

/// A case that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The invoice's identity.
    pub id: String,
    /// Name of the file.
    pub file: String,
    /// Number (BT-1).
    pub number: Option<String>,
    /// Supplier (BT-27).
    pub supplier: Option<String>,
    /// Its state.
    pub state: State,
    /// Since when.
    #[serde(with = "instant")]
    pub since: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
    /// Whether it came to this state in this night.
    pub tonight: bool,
}

/// A file that could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its path, or archive and member.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// What a night comes to; the exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Everything is where it should be.
    Good,
    /// Something that the night touched needs a look, was left, or could not be told.
    Attention,
    /// A step could not do its work.
    Failed,
}

impl Night {
    /// What it comes to.
    #[must_use]
    pub fn grade(&self) -> Grade {
        self.steps.iter().map(Step::grade).max().unwrap_or(Grade::Good).max(self.counts_grade())
    }

    fn counts_grade(&self) -> Grade {
        match (self.counts.add_up(), self.counts.unfinished()) {
            (false, _) => Grade::Failed,
            (true, 0) => Grade::Good,
            (true, _) => Grade::Attention,
        }
    }

    /// The whole night as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["grade"] = serde_json::to_value(self.grade()).unwrap_or_default();
        value.to_string()
    }
}

impl Step {
    /// What it comes to: who could not be told does not make the work undone.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match &self.outcome {
            Outcome::Failed { .. } if self.name.tells() => Grade::Attention,
            Outcome::Failed { .. } => Grade::Failed,
            Outcome::Stopped { .. } | Outcome::Skipped { .. } => Grade::Attention,
            Outcome::Done if self.attention > 0 => Grade::Attention,
            Outcome::Done => Grade::Good,
        }
    }
}

/// Instants as RFC 3339, to the second, as everywhere in our JSON.
mod instant {
    use facteur_model::clock::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.rfc3339())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom)?;
        Ok(Timestamp(moment.unix_timestamp().saturating_mul(1000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: StepName, outcome: Outcome) -> Step {
        Step { name, outcome, counts: BTreeMap::new(), attention: 0 }
    }

    fn night(steps: Vec<Step>, by_state: &[(State, i64)]) -> Night {
        let by_state: BTreeMap<State, i64> = by_state.iter().copied().collect();
        let received = by_state.values().sum();
        Night {
            schema: SCHEMA.to_owned(),
            id: "2026-11-23T220500Z".to_owned(),
            structure: "Régie".to_owned(),
            demo: false,
            began: Timestamp(0),
            ended: Timestamp(1_000),
            steps,
            counts: Counts { received, entered: received, by_state, ..Counts::default() },
            waiting: Waiting::default(),
            not_taken: Vec::new(),
            head: "0:00".to_owned(),
            files: Vec::new(),
        }
    }

    #[test]
    fn a_night_that_left_something_is_never_good() {
        let done = || step(StepName::Import, Outcome::Done);
        let failed = || Outcome::Failed { fr: "x".to_owned(), en: "x".to_owned() };
        let over = Outcome::Stopped { code: "WINDOW-OVER".to_owned() };
        assert_eq!(night(vec![done()], &[(State::Integrated, 3)]).grade(), Grade::Good);
        assert_eq!(night(vec![done(), step(StepName::Send, over)], &[]).grade(), Grade::Attention);
        assert_eq!(night(vec![done(), step(StepName::Mail, failed())], &[]).grade(), Grade::Attention);
        assert_eq!(night(vec![step(StepName::Send, failed()), done()], &[]).grade(), Grade::Failed);
        for state in [State::Queued, State::Deferred, State::Uncertain, State::Received] {
            assert_eq!(night(vec![done()], &[(state, 1)]).grade(), Grade::Attention, "{state}");
        }
        let mut lost = night(vec![done()], &[(State::Integrated, 3)]);
        lost.counts.received = 4;
        assert_eq!(lost.grade(), Grade::Failed, "counts that do not add up are never good");
    }

    #[test]
    fn a_night_reads_back() {
        let whole = night(vec![step(StepName::Follow, Outcome::Done)], &[(State::Held, 1)]);
        assert_eq!(serde_json::from_str::<Night>(&whole.json()).ok(), Some(whole));
    }
}
