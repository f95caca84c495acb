//! What a night would do, and what would hinder it: nothing is changed, nobody is asked.

use std::collections::BTreeMap;

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::lifecycle::State;
use facteur_report::night::StepName;
use facteur_store::Store;
use facteur_store::record::Filter;

use super::{deliver, settings};
use crate::config::{Deposit, Role};
use crate::deposit::follow::FOLLOWED;
use crate::deposit::policy::Budget;
use crate::error::PipelineError;
use crate::home::Home;
use crate::import::Look;

/// What a night that began now would do.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Plan {
    /// Whether the time window is open.
    pub open: bool,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// The inbox.
    pub inbox: Look,
    /// Whether this structure deposits at all.
    pub deposits: bool,
    /// Deposits that are due.
    pub due: u64,
    /// At most so many of them: what is left of tonight's budget, where there is one.
    pub budget: Option<u64>,
    /// Invoices that the gateway would be asked about, by state.
    pub asked: BTreeMap<State, u64>,
    /// The reports that would be written.
    pub reports: Vec<String>,
    /// To how many people the summary would be mailed.
    pub recipients: u64,
    /// Whether it would be posted to a webhook.
    pub webhook: bool,
    /// Earlier nights whose summary was not delivered.
    pub undelivered: u64,
}

async fn budget_left(patience: &Deposit, store: &Store, now: Timestamp) -> Result<Option<u64>, PipelineError> {
    if patience.night_budget == 0 {
        return Ok(None);
    }
    let used = store.flows_since(Budget::night_start(now)).await?;
    Ok(Some(patience.night_budget.saturating_sub(u64::try_from(used).unwrap_or_default())))
}

/// Looks at everything that a night would do.
///
/// # Errors
/// The settings cannot work, or the store or the inbox cannot be read.
pub async fn plan(home: &Home) -> Result<Plan, PipelineError> {
    let settings = settings(home)?;
    let store = home.store().await?;
    let now = SystemClock.now();
    let due = |states: &[State]| Filter { states: states.to_vec(), due: Some(now), ..Filter::default() };
    let deposits = home.configuration.structure.role != Role::Recipient;
    let mut asked = BTreeMap::new();
    let mut waiting = 0;
    if deposits {
        waiting = store.invoices(&due(&[State::Queued, State::Deferred])).await?.len() as u64;
        for invoice in store.invoices(&due(&FOLLOWED)).await? {
            *asked.entry(invoice.state).or_default() += 1;
        }
    }
    let window = settings.window();
    Ok(Plan {
        open: window.is_open(now),
        until: window.end(now),
        inbox: crate::import::look(home)?,
        deposits,
        due: waiting,
        budget: budget_left(&home.configuration.deposit, &store, now).await?,
        asked,
        reports: settings.reports.clone(),
        recipients: settings.mail.as_ref().map_or(0, |mail| mail.to.len() as u64),
        webhook: settings.webhook.is_some(),
        undelivered: [StepName::Mail, StepName::Webhook]
            .into_iter()
            .map(|channel| deliver::undelivered(home, channel).len() as u64)
            .sum(),
    })
}
