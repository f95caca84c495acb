//! Following for a bounded time: what is due is asked about in small lots, so that the end of the time is seen, and
//! what became due again is sent within what the night may still begin.

use std::collections::BTreeSet;
use std::time::Duration;

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_store::record::Filter;

use crate::deposit::Dispatcher;
use crate::deposit::control::Door;
use crate::deposit::follow::{FOLLOWED, FollowSummary, follow};
use crate::deposit::send::{SendSummary, send};
use crate::error::PipelineError;

/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(500);
/// Invoices asked about before the time is looked at again.
const LOT: usize = 20;
/// Something was due and could not be asked about any more.
const OVER: &str = "FOLLOW-TIME-OVER";

/// What the rounds did.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// The questions, added up.
    pub followed: FollowSummary,
    /// The deposits that became due meanwhile, added up.
    pub sent: SendSummary,
    /// The invoices that were asked about.
    asked: BTreeSet<String>,
    /// Why they stopped early, where they did.
    pub stopped: Option<&'static str>,
    /// What ended them.
    pub error: Option<PipelineError>,
}

/// Rounds until nothing is on its way any more, or the time is over.
pub(super) async fn rounds(dispatcher: &Dispatcher, deadline: Timestamp) -> Rounds {
    let mut rounds = Rounds::default();
    loop {
        let round = async {
            rounds.ask(dispatcher, deadline).await?;
            rounds.send(dispatcher).await?;
            rounds.pending(dispatcher).await
        };
        match round.await {
            Ok(pending) if pending > 0 && dispatcher.clock.now() < deadline => tokio::time::sleep(PAUSE).await,
            Ok(_) => return rounds,
            Err(error) => {
                rounds.error = Some(error);
                return rounds;
            }
        }
    }
}

/// Sends what is due, and waits out the pauses that the gateway asks for, as long as there is time.
pub(super) async fn all_due(dispatcher: &Dispatcher, deadline: Timestamp) -> Result<SendSummary, PipelineError> {
    let mut whole = send(dispatcher, &[]).await?;
    while whole.stopped.is_some() && !dispatcher.control.is_barred() {
        let now = dispatcher.clock.now();
        let Some(until) = dispatcher.control.open_until(Door::Deposit).filter(|until| *until < deadline) else { break };
        let wait = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(wait).max(PAUSE)).await;
        let again = send(dispatcher, &[]).await?;
        // What was left or put off is due again: it is counted where it ended.
        let left = whole.left.min(again.due);
        let put_off = whole.deferred.min(again.due - left);
        whole.due -= left + put_off;
        whole.left -= left;
        whole.deferred -= put_off;
        let stopped = again.stopped.clone();
        whole.add(again);
        whole.stopped = stopped;
    }
    Ok(whole)
}

impl Rounds {
    /// One round over everything that is due.
    async fn ask(&mut self, dispatcher: &Dispatcher, deadline: Timestamp) -> Result<(), PipelineError> {
        self.stopped = None;
        let due = Some(dispatcher.clock.now());
        let filter = Filter { states: FOLLOWED.to_vec(), due, ..Filter::default() };
        let ids: Vec<String> =
            dispatcher.store.invoices(&filter).await?.into_iter().map(|invoice| invoice.id).collect();
        if ids.is_empty() {
            // Senders that died are looked for in every round, also where nothing else is due.
            self.followed.add(follow(dispatcher, &[], false).await?);
        }
        for (index, lot) in ids.chunks(LOT).enumerate() {
            if index > 0 && dispatcher.clock.now() >= deadline {
                // What was asked about once has had its turn.
                let left = ids.iter().skip(index * LOT).any(|id| !self.asked.contains(id));
                self.stopped = left.then_some(OVER);
                return Ok(());
            }
            self.followed.add(follow(dispatcher, lot, false).await?);
            self.asked.extend(lot.iter().cloned());
        }
        Ok(())
    }

    /// What became due again, unless the gateway wants a pause just now.
    async fn send(&mut self, dispatcher: &Dispatcher) -> Result<(), PipelineError> {
        let paused = dispatcher.control.open_until(Door::Deposit).is_some_and(|until| dispatcher.clock.now() < until);
        let nothing = count(dispatcher, &[State::Queued, State::Deferred]).await? == 0;
        if paused || nothing || dispatcher.control.is_barred() {
            return Ok(());
        }
        let sent = send(dispatcher, &[]).await?;
        self.sent.due += sent.due;
        self.sent.deposited += sent.deposited;
        self.sent.rejected += sent.rejected;
        self.sent.deferred += sent.deferred;
        self.sent.uncertain += sent.uncertain;
        self.sent.held += sent.held;
        self.sent.left += sent.left;
        self.sent.stopped = sent.stopped;
        Ok(())
    }

    /// What is still on its way; what may not be sent any more is not waited for.
    async fn pending(&self, dispatcher: &Dispatcher) -> Result<i64, PipelineError> {
        let mut states = vec![State::Depositing, State::Uncertain, State::Deposited];
        if !dispatcher.control.is_barred()
            && dispatcher.control.budget_left() != Some(0)
            && dispatcher.allowance.permits(dispatcher.clock.now(), dispatcher.lease_millis)
        {
            states.extend([State::Queued, State::Deferred]);
        }
        count(dispatcher, &states).await
    }
}

async fn count(dispatcher: &Dispatcher, states: &[State]) -> Result<i64, PipelineError> {
    let counts = dispatcher.store.summary().await?;
    Ok(counts.iter().filter(|(state, _)| states.contains(state)).map(|(_, count)| count).sum())
}
