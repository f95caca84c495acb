//! `facteur work`: a long-running process that deposits what is queued, settles what had no answer, and follows what
//! was deposited. Several processes share one PostgreSQL store; an embedded store has one.
//!
//! What a worker is at is claimed, so that no two prepare the same deposit; a heartbeat keeps the claim while the
//! process lives, and ends with it. The right to deposit is still the compare-and-set of the intent: a claim that was
//! lost costs work, never a second deposit.

mod heartbeat;
mod lane;
mod listener;
mod stop;

use std::net::SocketAddr;
use std::sync::Arc;

use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::State;
use facteur_store::new_id;

pub use stop::Stop;

use self::heartbeat::Heartbeat;
use self::lane::Lane;
use crate::deposit::Dispatcher;
use crate::deposit::follow::FollowSummary;
use crate::deposit::send::SendSummary;
use crate::error::PipelineError;
use crate::lease;

/// How a worker works.
#[derive(Debug, Clone, Copy, Default)]
pub struct Work {
    /// Where its metrics are shown: an address of this machine.
    pub metrics: Option<SocketAddr>,
    /// End when nothing is on its way any more.
    pub until_idle: bool,
}

/// What a worker did from its start to its end.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct WorkSummary {
    /// Deposits.
    pub sent: SendSummary,
    /// Questions, and what moved on.
    pub followed: FollowSummary,
}

/// States that are on their way without a person.
pub const ON_THE_WAY: [State; 5] =
    [State::Queued, State::Deferred, State::Depositing, State::Uncertain, State::Deposited];

/// Works until it is told to stop: what is in flight is finished and recorded, everything else is given back.
///
/// # Errors
/// The store cannot be used for minutes; the address for the metrics cannot be listened on; or the gateway refuses
/// credentials or rights, after which nothing more is asked.
pub async fn work(dispatcher: &Dispatcher, options: Work, stop: Stop) -> Result<WorkSummary, PipelineError> {
    let page = match options.metrics {
        Some(address) => Some(listener::open(address).await?),
        None => None,
    };
    let page = page.map(|door| tokio::spawn(listener::serve(door, dispatcher.clone())));
    let name = format!("{}/{}", lease::holder(), new_id());
    let dispatcher = Arc::new(dispatcher.clone());
    let lane = |kind| Lane::new(dispatcher.clone(), kind, &name, options.until_idle, stop.clone());
    let (mut sending, mut following) = (lane(lane::Kind::Send), lane(lane::Kind::Follow));
    let heartbeat = Heartbeat::start(dispatcher.clone(), [sending.holder(), following.holder()]);
    tracing::info!(worker = name, "the worker begins");
    let ended = tokio::join!(until_the_end(&mut sending, &stop), until_the_end(&mut following, &stop));
    heartbeat.end().await;
    if let Some(page) = page {
        page.abort();
    }
    ended.0.and(ended.1)?;
    if dispatcher.control.is_barred() {
        return Err(GatewayError::Credentials(dispatcher.control.refusal().unwrap_or_default()).into());
    }
    tracing::info!(worker = name, "the worker ends");
    Ok(WorkSummary { sent: sending.sent, followed: following.followed })
}

/// A lane that cannot go on stops the other one too.
async fn until_the_end(lane: &mut Lane, stop: &Stop) -> Result<(), PipelineError> {
    let ended = lane.run().await;
    if ended.is_err() {
        stop.now();
    }
    ended
}
