//! The page of metrics, on an address of this machine only: `GET /metrics`, one answer a connection. The only place
//! of the product that listens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use facteur_model::lifecycle::State;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};

use super::ON_THE_WAY;
use crate::deposit::Dispatcher;
use crate::deposit::control::Door;
use crate::error::PipelineError;
use crate::metrics::{Depth, Shown, page};

/// Longest question that is read.
const QUESTION_MAX: usize = 8 * 1024;
/// For a question and its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions at the same time.
const PLACES: usize = 4;
/// How old the numbers of the queue may be: counting is the store's work, and anybody on this machine may ask.
const FRESH: Duration = Duration::from_secs(5);
/// Ages that are counted, in seconds: an hour, a day, a week.
const AGES: [u64; 3] = [3_600, 86_400, 604_800];

/// Opens the door.
///
/// # Errors
/// The address is not one of this machine only, or somebody else listens there.
pub(super) async fn open(address: SocketAddr) -> Result<TcpListener, PipelineError> {
    if !address.ip().is_loopback() {
        return Err(PipelineError::MetricsAddress(address));
    }
    let listener = TcpListener::bind(address).await.map_err(|source| PipelineError::Listen { address, source })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "metrics");
    }
    Ok(listener)
}

/// Answers until the task is ended.
pub(super) async fn serve(listener: TcpListener, dispatcher: Dispatcher) {
    let (places, queue) = (Arc::new(Semaphore::new(PLACES)), Arc::new(Queue::default()));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (dispatcher, queue) = (dispatcher.clone(), queue.clone());
        tokio::spawn(async move {
            let _place = place;
            let _ = tokio::time::timeout(PATIENCE, answer(stream, &dispatcher, &queue)).await;
        });
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    dispatcher: &Dispatcher,
    queue: &Queue,
) -> std::io::Result<()> {
    let Some(line) = first_line(&mut stream).await? else { return Ok(()) };
    let (status, body) = match line.split(' ').collect::<Vec<_>>().as_slice() {
        ["GET", "/metrics", ..] => ("200 OK", page(&dispatcher.control.counters, &shown(dispatcher, queue).await)),
        ["GET", ..] => ("404 Not Found", "GET /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "GET /metrics\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// The first line of a question, once all of its head is there.
async fn first_line(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut piece).await?;
        if count == 0 || head.len() + count > QUESTION_MAX {
            return Ok(None);
        }
        head.extend_from_slice(&piece[..count]);
    }
    Ok(String::from_utf8_lossy(&head).lines().next().map(str::to_owned))
}

/// The queue as it was counted last.
#[derive(Debug, Default)]
struct Queue(Mutex<Option<(Instant, Vec<Depth>)>>);

async fn shown(dispatcher: &Dispatcher, queue: &Queue) -> Shown {
    Shown {
        gateway: dispatcher.gateway.name().to_owned(),
        deposits: dispatcher.control.phase(Door::Deposit),
        questions: dispatcher.control.phase(Door::Question),
        budget_left: dispatcher.control.budget_left(),
        queue: queue.depths(dispatcher).await,
    }
}

impl Queue {
    async fn depths(&self, dispatcher: &Dispatcher) -> Vec<Depth> {
        let mut kept = self.0.lock().await;
        if let Some((at, depths)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            tracing::trace!(age = ?at.elapsed(), "the queue as counted before");
            return depths.clone();
        }
        match counted(dispatcher).await {
            Ok(depths) => {
                *kept = Some((Instant::now(), depths.clone()));
                depths
            }
            Err(error) => {
                tracing::warn!(%error, "the queue could not be counted");
                Vec::new()
            }
        }
    }
}

/// Everything on its way, and what waits for a person; a state with nothing in it is shown as such.
async fn counted(dispatcher: &Dispatcher) -> Result<Vec<Depth>, PipelineError> {
    let waiting = State::ALL.iter().copied().filter(|state| state.waits_for_person());
    let states: Vec<State> = ON_THE_WAY.into_iter().chain([State::Integrated]).chain(waiting).collect();
    let now = dispatcher.clock.now();
    let millis = |seconds: u64| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    let before: Vec<_> = AGES.iter().map(|seconds| now.plus_millis(-millis(*seconds))).collect();
    let known = dispatcher.store.depths(&states, &before).await?;
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let depth = |state: &State| {
        let found = known.iter().find(|depth| depth.state == *state);
        let older = |place: usize| found.and_then(|depth| depth.older.get(place)).map_or(0, |count| whole(*count));
        Depth {
            state: state.as_str(),
            count: found.map_or(0, |depth| whole(depth.count)),
            older: AGES.iter().enumerate().map(|(place, seconds)| (*seconds, older(place))).collect(),
            oldest_seconds: found.map_or(0, |depth| whole(now.0.saturating_sub(depth.oldest.0)) / 1000),
        }
    };
    Ok(states.iter().map(depth).collect())
}
