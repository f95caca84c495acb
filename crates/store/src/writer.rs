//! The writer task: drains changes, writes them together, one fsync, then acknowledges each.

use facteur_model::clock::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::Structure;
use crate::backend::Pen;
use crate::change::{Change, Done};
use crate::claim::Claim;
use crate::clean::clean;
use crate::error::StoreError;
use crate::record::Invoice;

/// Most changes written in one transaction.
const BATCH: usize = 256;
/// How long the writer gathers more while others are waiting anyway.
const GATHER: std::time::Duration = std::time::Duration::from_millis(5);

/// Where the answer to an order goes.
type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Order {
    Change(Box<Change>, Answer<Done>),
    Alone(Alone),
    Stop(oneshot::Sender<()>),
}

/// What is written by itself, between two batches of changes.
enum Alone {
    Register(Box<Structure>, Timestamp, Answer<()>),
    Claim(Box<Claim>, Answer<Vec<Invoice>>),
    Renew(String, Timestamp, Answer<u64>),
    LetGo(String, Answer<u64>),
}

/// A change that the writer has taken and not yet acknowledged. Changes are written in the order of their taking.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Done, StoreError>>);

impl Pending {
    /// Waits until it is durable.
    ///
    /// # Errors
    /// As the change itself.
    pub async fn done(self) -> Result<Done, StoreError> {
        self.0.await.map_err(|_| StoreError::Closed)?
    }
}

/// The door to the writer task.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
}

impl Writer {
    /// The writer has a thread of its own: it never waits behind a document that is being read or sealed. Where the
    /// system gives none, every write answers that the store is closed.
    pub(crate) fn start(pen: Pen) -> Self {
        let (orders, inbox) = mpsc::channel(BATCH * 2);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let started = runtime.and_then(|runtime| thread.spawn(move || runtime.block_on(run(pen, inbox))));
        if let Err(error) = started {
            tracing::error!(%error, "the writer of the store does not start");
        }
        Self { orders }
    }

    pub(crate) async fn write(&self, change: Change) -> Result<Done, StoreError> {
        self.submit(change).await?.done().await
    }

    pub(crate) async fn submit(&self, mut change: Change) -> Result<Pending, StoreError> {
        clean(&mut change);
        let (answer, done) = oneshot::channel();
        self.orders.send(Order::Change(Box::new(change), answer)).await.map_err(|_| StoreError::Closed)?;
        Ok(Pending(done))
    }

    pub(crate) async fn register(&self, structure: Structure, at: Timestamp) -> Result<(), StoreError> {
        self.alone(|answer| Alone::Register(Box::new(structure), at, answer)).await
    }

    pub(crate) async fn claim(&self, claim: Claim) -> Result<Vec<Invoice>, StoreError> {
        self.alone(|answer| Alone::Claim(Box::new(claim), answer)).await
    }

    pub(crate) async fn renew(&self, holder: String, until: Timestamp) -> Result<u64, StoreError> {
        self.alone(|answer| Alone::Renew(holder, until, answer)).await
    }

    pub(crate) async fn let_go(&self, holder: String) -> Result<u64, StoreError> {
        self.alone(|answer| Alone::LetGo(holder, answer)).await
    }

    async fn alone<T>(&self, order: impl FnOnce(Answer<T>) -> Alone) -> Result<T, StoreError> {
        let (answer, done) = oneshot::channel();
        self.orders.send(Order::Alone(order(answer))).await.map_err(|_| StoreError::Closed)?;
        done.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) async fn stop(&self) {
        let (answer, done) = oneshot::channel();
        if self.orders.send(Order::Stop(answer)).await.is_ok() {
            let _ = done.await;
        }
    }
}

type Waiting = (Box<Change>, Answer<Done>);

async fn run(mut pen: Pen, mut inbox: mpsc::Receiver<Order>) {
    let mut crowded = false;
    while let Some(first) = inbox.recv().await {
        let mut batch: Vec<Waiting> = Vec::new();
        let mut stop = None;
        let mut next = Some(first);
        let deadline = tokio::time::Instant::now() + GATHER;
        while let Some(order) = next.take() {
            match order {
                Order::Change(change, answer) => batch.push((change, answer)),
                Order::Alone(order) => {
                    flush(&mut pen, std::mem::take(&mut batch)).await;
                    alone(&mut pen, order).await;
                }
                Order::Stop(answer) => {
                    stop = Some(answer);
                    break;
                }
            }
            if batch.len() >= BATCH {
                break;
            }
            next = match inbox.try_recv() {
                Ok(order) => Some(order),
                Err(_) if crowded => tokio::time::timeout_at(deadline, inbox.recv()).await.ok().flatten(),
                Err(_) => None,
            };
        }
        crowded = batch.len() > 1;
        flush(&mut pen, batch).await;
        if let Some(answer) = stop {
            pen.close().await;
            let _ = answer.send(());
            return;
        }
    }
    pen.close().await;
}

async fn alone(pen: &mut Pen, order: Alone) {
    // Whoever asked may have gone; what was written stays.
    match order {
        Alone::Register(structure, at, answer) => drop(answer.send(pen.register(&structure, at).await)),
        Alone::Claim(claim, answer) => drop(answer.send(pen.claim(&claim).await)),
        Alone::Renew(holder, until, answer) => drop(answer.send(pen.renew(&holder, until).await)),
        Alone::LetGo(holder, answer) => drop(answer.send(pen.let_go(&holder).await)),
    }
}

async fn flush(pen: &mut Pen, batch: Vec<Waiting>) {
    if batch.is_empty() {
        return;
    }
    let changes: Vec<&Change> = batch.iter().map(|(change, _)| &**change).collect();
    let results = match pen.together(&changes).await {
        Ok(done) => done.into_iter().map(Ok).collect(),
        Err(_) if changes.len() > 1 => one_by_one(pen, &changes).await,
        Err(error) => vec![Err(error)],
    };
    for ((_, answer), result) in batch.into_iter().zip(results) {
        let _ = answer.send(result);
    }
}

/// One change failed and took the batch with it: each alone, so that only the failing one fails.
async fn one_by_one(pen: &mut Pen, changes: &[&Change]) -> Vec<Result<Done, StoreError>> {
    let mut results = Vec::with_capacity(changes.len());
    for change in changes {
        let alone = pen.together(&[change]).await;
        results.push(alone.and_then(|mut done| done.pop().ok_or(StoreError::Closed)));
    }
    results
}
