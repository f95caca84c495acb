//! One of the two lanes of a worker: deposits, and questions. Neither waits for the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::State;
use facteur_store::claim::Claim;
use facteur_store::record::Invoice;

use super::heartbeat::CLAIM_MILLIS;
use super::{ON_THE_WAY, Stop};
use crate::deposit::Dispatcher;
use crate::deposit::control::Door;
use crate::deposit::follow::{self, FOLLOWED, FollowSummary};
use crate::deposit::send::{self, SendSummary};
use crate::error::PipelineError;

/// Loads in one claim for each place of a lane: enough that no place waits for the next claim, few enough that
/// another worker finds something too.
const LOADS_A_PLACE: usize = 8;
/// Longest sleep of a lane that has nothing to do.
const IDLE: Duration = Duration::from_secs(1);
/// Shortest, so that a busy journal does not make it spin.
const BREATH: Duration = Duration::from_millis(50);
/// Between two looks for deposits whose sender died.
const RESCUE: Duration = Duration::from_secs(30);
/// First and longest pause after an error of the store or of the gateway.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];
/// So many errors of the store in a row end the worker: some minutes.
const ERRORS_MAX: usize = 12;

/// What a lane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Deposits.
    Send,
    /// Questions.
    Follow,
}

/// A lane.
pub(super) struct Lane {
    dispatcher: Arc<Dispatcher>,
    kind: Kind,
    holder: String,
    until_idle: bool,
    stop: Stop,
    errors: usize,
    rescued_at: Option<Instant>,
    /// What it deposited.
    pub(super) sent: SendSummary,
    /// What it followed.
    pub(super) followed: FollowSummary,
}

impl Lane {
    pub(super) fn new(dispatcher: Arc<Dispatcher>, kind: Kind, worker: &str, until_idle: bool, stop: Stop) -> Self {
        let holder = format!("{worker}/{}", if kind == Kind::Send { "s" } else { "f" });
        Self {
            dispatcher,
            kind,
            holder,
            until_idle,
            stop,
            errors: 0,
            rescued_at: None,
            sent: SendSummary::default(),
            followed: FollowSummary::default(),
        }
    }

    /// The name under which it claims.
    pub(super) fn holder(&self) -> String {
        self.holder.clone()
    }

    /// Works until it is told to stop, or nothing is left to do.
    pub(super) async fn run(&mut self) -> Result<(), PipelineError> {
        while !self.stop.is_asked() {
            match self.step().await {
                Ok(true) => return Ok(()),
                Ok(false) => self.errors = 0,
                Err(error) => self.bear(error).await?,
            }
        }
        Ok(())
    }

    /// One claim, or a sleep where there is nothing to do; true when the lane may end. Integrated invoices are asked
    /// about for ever, so they keep no lane from ending.
    async fn step(&mut self) -> Result<bool, PipelineError> {
        if self.until_idle && self.nothing_left().await? {
            return Ok(true);
        }
        if !self.turn().await? {
            self.idle().await;
        }
        Ok(false)
    }

    /// One claim and what comes of it; false when there was nothing to do.
    async fn turn(&mut self) -> Result<bool, PipelineError> {
        if self.kind == Kind::Follow && self.rescued_at.is_none_or(|at| at.elapsed() >= RESCUE) {
            self.rescued_at = Some(Instant::now());
            self.followed.rescued += send::rescue(&self.dispatcher).await?;
        }
        if self.shut() {
            return Ok(false);
        }
        let claimed = self.claim().await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        tracing::debug!(count = claimed.len(), lane = ?self.kind, "claimed");
        let done = self.process(claimed).await;
        // What was left (the breaker opened, a stop was asked for) is somebody's again.
        self.dispatcher.store.let_go(&self.holder).await?;
        done
    }

    async fn process(&mut self, claimed: Vec<Invoice>) -> Result<bool, PipelineError> {
        let stop = self.stop.clone();
        let stopping = move || stop.is_asked();
        if self.kind == Kind::Follow {
            let round = follow::these(&self.dispatcher, claimed, stopping).await?;
            // Answers that did not come are asked for again, but not at once.
            let answered = round.asked > round.unanswered;
            self.followed.add(round);
            return Ok(answered);
        }
        let round = send::these(&self.dispatcher, claimed, stopping).await?;
        let went_on = round.left < round.due;
        self.sent.add(SendSummary { due: round.due - round.left, left: 0, ..round });
        Ok(went_on)
    }

    async fn claim(&self) -> Result<Vec<Invoice>, PipelineError> {
        let patience = &self.dispatcher.patience;
        let lot = if self.kind == Kind::Send { patience.lot.max(1) } else { 1 };
        let limit = i64::try_from(patience.concurrency.max(1) * LOADS_A_PLACE * lot).unwrap_or(i64::MAX);
        let now = self.dispatcher.clock.now();
        let states = match self.kind {
            Kind::Send => vec![State::Deferred, State::Queued],
            Kind::Follow => FOLLOWED.to_vec(),
        };
        let claim = Claim {
            states,
            now,
            holder: self.holder.clone(),
            until: now.plus_millis(CLAIM_MILLIS),
            limit,
            in_order: self.kind == Kind::Send,
        };
        Ok(self.dispatcher.store.claim(&claim).await?)
    }

    /// Whether the breaker keeps the lane's door shut; what it would claim, another worker may find open.
    fn shut(&self) -> bool {
        let door = if self.kind == Kind::Send { Door::Deposit } else { Door::Question };
        self.dispatcher.control.open_until(door).is_some_and(|until| self.dispatcher.clock.now() < until)
    }

    async fn nothing_left(&self) -> Result<bool, PipelineError> {
        Ok(self.dispatcher.store.depths(&ON_THE_WAY, &[]).await?.is_empty())
    }

    async fn idle(&self) {
        self.stop.or_after(BREATH).await;
        if self.kind == Kind::Follow || self.shut() {
            let first = Duration::from_millis(self.dispatcher.patience.poll_first_seconds.saturating_mul(250));
            return self.stop.or_after(first.clamp(BREATH, IDLE)).await;
        }
        let woken = tokio::select! {
            woken = self.dispatcher.store.wait_for_work(IDLE) => woken,
            () = self.stop.asked() => Ok(false),
        };
        if let Err(error) = woken {
            tracing::warn!(%error, "no call for new work: looking from time to time");
            self.stop.or_after(IDLE).await;
        }
    }

    /// An error that may pass is waited out; credentials that are refused are not asked for twice.
    async fn bear(&mut self, error: PipelineError) -> Result<(), PipelineError> {
        self.errors += 1;
        let passes = match &error {
            PipelineError::Gateway(GatewayError::Credentials(_)) => false,
            PipelineError::Gateway(_) => true,
            PipelineError::Store(_) => self.errors < ERRORS_MAX,
            _ => false,
        };
        if !passes {
            return Err(error);
        }
        let pause = PAUSES[(self.errors - 1).min(PAUSES.len() - 1)];
        tracing::warn!(%error, lane = ?self.kind, ?pause, "waiting before the next try");
        self.stop.or_after(pause).await;
        Ok(())
    }
}
