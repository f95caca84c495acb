//! `facteur nightly`

use std::process::ExitCode;
use std::sync::Arc;

use facteur_pipeline::error::PipelineError;
use facteur_pipeline::import::Progress;
use facteur_pipeline::nightly::{self, Plan, Surroundings, Words};
use facteur_pipeline::template::Templates;
use facteur_report::night::{Grade, Night, text};
use facteur_report::wording::clock_time;
use facteur_texts::Language;
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::{Format, Nightly};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Nightly) -> Outcome {
    let talk = context.talk;
    let home = context.home()?;
    if options.dry_run {
        show_plan(talk, &nightly::plan(&home).await?);
        return Ok(status(true));
    }
    if options.mail_only {
        return mail_only(talk, nightly::deliver_again(&home).await?);
    }
    if options.last {
        return Ok(match nightly::last(&home)? {
            Some(night) => show(talk, &night),
            None => {
                talk.note("nightly.none", &[]);
                status(true)
            }
        });
    }
    super::import::complain_of_templates(talk, &Templates::of(&home).problems);
    let packs = context.packs(Some(&home));
    let surroundings = Surroundings { packs, program: std::env::current_exe()?, any_time: options.any_time };
    let progress: Arc<dyn Progress> = Arc::new(Quiet);
    Ok(show(talk, &nightly::run(home, &surroundings, &Sentences, &progress).await?))
}

/// Nobody watches at night.
struct Quiet;

impl Progress for Quiet {
    fn found(&self, _files: u64) {}

    fn done(&self, _name: &str) {}
}

struct Sentences;

impl Words for Sentences {
    fn of(&self, language: Language, error: &PipelineError) -> String {
        let (message, hint) = Talk::new(language, Format::Text).pipeline(error);
        let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
        hint.map_or_else(|| message.clone(), |hint| format!("{message}{end} {hint}"))
    }
}

fn show(talk: Talk, night: &Night) -> ExitCode {
    talk.data(&if talk.json() { night.json() } else { text(talk.language, night) });
    match night.grade() {
        Grade::Good => status(true),
        Grade::Attention => status(false),
        Grade::Failed => ExitCode::from(2),
    }
}

type Delivered = Vec<(String, facteur_report::night::StepName, Result<(), PipelineError>)>;

fn mail_only(talk: Talk, delivered: Delivered) -> Outcome {
    if delivered.is_empty() {
        talk.note("nightly.nothing_undelivered", &[]);
    }
    let mut all_good = true;
    for (id, channel, outcome) in delivered {
        let channel = talk.say(&format!("night.step_{}", channel.as_str()), &[]);
        match outcome {
            Ok(()) => talk.tell("nightly.delivered", &[("night", &id), ("channel", &channel)]),
            Err(error) => {
                all_good = false;
                talk.note("nightly.not_delivered", &[("night", &id), ("channel", &channel)]);
                talk.error(&error.into());
            }
        }
    }
    Ok(status(all_good))
}

fn show_plan(talk: Talk, plan: &Plan) {
    if talk.json() {
        let mut line = json!(plan);
        line["schema"] = json!("facteur-night-plan/1");
        line["until"] = json!(plan.until.map(|until| until.rfc3339()));
        return talk.data(&line.to_string());
    }
    talk.data(&talk.say("nightly.plan", &[]));
    if !plan.open {
        talk.tell("nightly.plan_closed", &[]);
    }
    if let Some(until) = plan.until {
        talk.tell("nightly.plan_until", &[("until", &clock_time(talk.language, until))]);
    }
    let inbox = [("ready", plan.inbox.ready), ("fresh", plan.inbox.fresh), ("work", plan.inbox.interrupted)];
    let inbox = inbox.map(|(name, count)| (name, count.to_string()));
    talk.tell("nightly.plan_inbox", &inbox.each_ref().map(|(name, value)| (*name, value.as_str())));
    if plan.deposits {
        let due = plan.due.to_string();
        match plan.budget {
            Some(budget) => talk.tell("nightly.plan_due_budget", &[("due", &due), ("budget", &budget.to_string())]),
            None => talk.tell("nightly.plan_due", &[("due", &due)]),
        }
        let asked: u64 = plan.asked.values().sum();
        let states: Vec<String> = plan
            .asked
            .iter()
            .map(|(state, count)| format!("{} {count}", facteur_texts::state(talk.language, *state)))
            .collect();
        let states = if states.is_empty() { "—".to_owned() } else { states.join(", ") };
        talk.tell("nightly.plan_asked", &[("asked", &asked.to_string()), ("states", &states)]);
    }
    talk.tell("nightly.plan_reports", &[("reports", &plan.reports.join(", "))]);
    if plan.recipients > 0 {
        talk.tell("nightly.plan_mail", &[("count", &plan.recipients.to_string())]);
    }
    if plan.webhook {
        talk.tell("nightly.plan_webhook", &[]);
    }
    if plan.undelivered > 0 {
        talk.tell("nightly.plan_undelivered", &[("count", &plan.undelivered.to_string())]);
    }
    talk.note("nightly.plan_nothing_done", &[]);
}
