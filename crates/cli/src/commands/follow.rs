//! `facteur follow`

use std::time::{Duration, Instant};

use facteur_model::lifecycle::State;
use facteur_pipeline::deposit::Dispatcher;
use facteur_pipeline::deposit::follow::{FollowSummary, follow};
use facteur_pipeline::deposit::send::send;

use super::{Context, Outcome, status};
use crate::args::Follow;
use crate::output::Talk;

/// Between two rounds of `--wait`.
const ROUND: Duration = Duration::from_millis(300);

pub async fn run(context: &Context, options: &Follow) -> Outcome {
    let dispatcher = context.dispatcher("follow").await?;
    let summary = match options.wait {
        Some(seconds) => until_quiet(&dispatcher, Duration::from_secs(seconds), false).await?,
        None => Rounds { followed: follow(&dispatcher, &options.ids, options.all).await?, pending: 0 },
    };
    let Rounds { followed: summary, pending } = summary;
    show(context.talk, &summary);
    still_on_the_way(context.talk, pending);
    Ok(status(summary.need_person == 0))
}

/// What came of several rounds.
pub struct Rounds {
    /// The rounds of following, added up.
    pub followed: FollowSummary,
    /// Invoices that are still on their way.
    pub pending: usize,
}

/// Rounds until nothing is on its way any more, or the time is over. With `resend`, what became due again is sent.
pub async fn until_quiet(dispatcher: &Dispatcher, limit: Duration, resend: bool) -> anyhow::Result<Rounds> {
    let end = Instant::now() + limit;
    let mut whole = FollowSummary::default();
    loop {
        whole.add(follow(dispatcher, &[], false).await?);
        if resend && waiting(dispatcher, &[State::Deferred, State::Queued]).await? > 0 {
            let sent = send(dispatcher, &[]).await?;
            whole.need_person += sent.rejected + sent.held;
        }
        let mut pending = vec![State::Depositing, State::Uncertain, State::Deposited];
        if resend {
            pending.extend([State::Queued, State::Deferred]);
        }
        let pending = waiting(dispatcher, &pending).await?;
        if pending == 0 || Instant::now() >= end {
            return Ok(Rounds { followed: whole, pending });
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn waiting(dispatcher: &Dispatcher, states: &[State]) -> anyhow::Result<usize> {
    let counts = dispatcher.store.summary().await?;
    Ok(counts
        .iter()
        .filter(|(state, _)| states.contains(state))
        .map(|(_, count)| usize::try_from(*count).unwrap_or(0))
        .sum())
}

/// The time was over before everything had arrived.
pub fn still_on_the_way(talk: Talk, pending: usize) {
    if pending > 0 {
        talk.note("follow.pending", &[("count", &pending.to_string())]);
    }
}

pub fn show(talk: Talk, summary: &FollowSummary) {
    if talk.json() {
        return talk.data(&serde_json::to_string(summary).unwrap_or_default());
    }
    if summary.rescued > 0 {
        talk.note("follow.rescued", &[("count", &summary.rescued.to_string())]);
    }
    if summary.asked == 0 {
        return talk.note("follow.nothing", &[]);
    }
    let args = [
        ("asked", summary.asked),
        ("moved", summary.moved),
        ("integrated", summary.integrated),
        ("settled", summary.settled),
        ("need_person", summary.need_person),
        ("unanswered", summary.unanswered),
    ]
    .map(|(name, count)| (name, count.to_string()));
    talk.tell("follow.summary", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
}
