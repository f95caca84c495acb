//! `facteur check`: many files, in parallel, no store.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::finding::{Layer, Verdict};
use facteur_pipeline::config::{ContextName, Role};
use facteur_pipeline::directory::Known;
use facteur_pipeline::engine::examiner;
use facteur_pipeline::examine::{context as context_of, plan};
use facteur_pipeline::home::Home;
use facteur_pipeline::large::Large;
use facteur_report::table::{Align, Table};
use facteur_validate::Plan;
use tokio::task::JoinSet;

use super::check_look::{Looked, Looker, gather};
use super::check_reports::Reports;
use super::{Context, Outcome, status};
use crate::args::Check;
use crate::output::Talk;

/// Documents on their way at the same time.
const IN_FLIGHT: usize = 8;
/// Documents that may be done while an earlier one is not: their words wait for their place in the order.
const WAITING: usize = 256;

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
    let examiner = examiner(&context.packs(home.as_ref()), &std::env::current_exe()?)?;
    let examiner = examiner.with_directory(known_recipients(home.as_ref()).await);
    let mut reports = Reports::open(options)?;
    let wanted = reports.wanted(talk.language);
    let looker = Arc::new(Looker { talk, examiner, plan, wanted, large: Large::start() });
    let mut counts = Counts::default();
    let mut files = Vec::new();
    options.paths.iter().for_each(|path| gather(path, true, &mut files));
    let mut running = JoinSet::new();
    let mut waiting = Waiting::new();
    let mut next = 0;
    for (index, file) in files.into_iter().enumerate() {
        while running.len() >= IN_FLIGHT || (!running.is_empty() && waiting.len() >= WAITING) {
            collect(&mut running, &mut waiting).await;
            print_in_order(talk, &mut waiting, &mut next, &mut counts, &mut reports)?;
        }
        let looker = looker.clone();
        running.spawn(async move { (index, looker.look(file).await) });
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

type Waiting = BTreeMap<usize, Looked>;

async fn collect(running: &mut JoinSet<(usize, Looked)>, waiting: &mut Waiting) {
    if let Some(Ok((index, looked))) = running.join_next().await {
        waiting.insert(index, looked);
    }
}

fn print_in_order(
    talk: Talk,
    waiting: &mut Waiting,
    next: &mut usize,
    counts: &mut Counts,
    reports: &mut Reports,
) -> anyhow::Result<()> {
    while let Some(looked) = waiting.remove(next) {
        reports.write(&looked.file.display().to_string(), &looked.pages)?;
        counts.add(looked.verdict);
        if talk.json() {
            talk.data(&looked.said);
        } else {
            counts.rows.push(looked.row);
            counts.details.push_str(&looked.said);
        }
        *next += 1;
    }
    Ok(())
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
    const fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Valid => self.valid += 1,
            Verdict::Invalid => self.invalid += 1,
            Verdict::Unreadable => self.unreadable += 1,
            Verdict::NotChecked => self.not_checked += 1,
        }
    }

    const fn all_good(&self) -> bool {
        self.invalid + self.unreadable + self.not_checked == 0 && self.valid > 0
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
