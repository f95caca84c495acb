//! Many invoices at once: made ready in their order, packed into loads, and deposited as far as breaker, budget and
//! the number of places allow.

use std::sync::Arc;

use facteur_model::lifecycle::State;
use facteur_store::StoreError;
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::Invoice;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Dispatcher;
use super::adopt::hold;
use super::allowance::WINDOW_OVER;
use super::attempt::{Reached, deposit};
use super::control::Door;
use super::lot::{Load, Packer};
use super::parcel::{Ready, parcel};
use super::policy::{Admission, Ticket};
use crate::error::PipelineError;

/// What came of many.
#[derive(Debug, Default)]
pub(super) struct Dispatched {
    /// Each invoice with the state that it reached; `None` where it was left.
    pub(super) reached: Vec<Reached>,
    /// Those that wait for an earlier one.
    pub(super) waiting: Vec<Invoice>,
    /// Why the rest was left, where it was.
    pub(super) stopped: Option<&'static str>,
}

/// Deposits invoices that are due. `stop` is asked before each load.
pub(super) async fn dispatch(
    dispatcher: &Dispatcher,
    due: Vec<Invoice>,
    stop: impl Fn() -> bool,
) -> Result<Dispatched, PipelineError> {
    let mut run = Run::new(dispatcher, stop);
    let mut packer = Packer::new(dispatcher.patience.lot, dispatcher.gateway.limits());
    for invoice in due {
        if run.is_over() {
            run.done.reached.push((invoice, None));
            continue;
        }
        if let Some(parcel) = run.ready(invoice).await?
            && let Some(load) = packer.push(*parcel)
        {
            run.launch(load).await?;
        }
    }
    for load in packer.finish() {
        run.launch(load).await?;
    }
    run.end().await
}

struct Run<'a, S> {
    dispatcher: &'a Dispatcher,
    stop: S,
    places: Arc<Semaphore>,
    running: JoinSet<Result<Vec<Reached>, PipelineError>>,
    done: Dispatched,
}

impl<'a, S: Fn() -> bool> Run<'a, S> {
    fn new(dispatcher: &'a Dispatcher, stop: S) -> Self {
        let places = Arc::new(Semaphore::new(dispatcher.patience.concurrency.max(1)));
        Self { dispatcher, stop, places, running: JoinSet::new(), done: Dispatched::default() }
    }

    fn is_over(&self) -> bool {
        self.done.stopped.is_some() || (self.stop)()
    }

    /// Makes one invoice ready; `None` when it does not go now.
    async fn ready(&mut self, invoice: Invoice) -> Result<Option<Box<super::parcel::Parcel>>, PipelineError> {
        match parcel(self.dispatcher, invoice).await? {
            (_, Ready::Parcel(parcel)) => Ok(Some(parcel)),
            (invoice, Ready::Held(reason)) => {
                let state = held(self.dispatcher, &invoice, reason).await?;
                self.done.reached.push((invoice, state));
                Ok(None)
            }
            (invoice, Ready::Later(reason, until)) => {
                let step = Step::new(&invoice.id, invoice.state, &[], self.dispatcher.now(), &self.dispatcher.actor)
                    .set(Field::NextAt, Value::Int(until.0))
                    .because(reason);
                match self.dispatcher.store.step(step).await {
                    Ok(()) => self.done.waiting.push(invoice),
                    Err(StoreError::Moved { .. }) => self.done.reached.push((invoice, None)),
                    Err(error) => return Err(error.into()),
                }
                Ok(None)
            }
        }
    }

    async fn launch(&mut self, load: Load) -> Result<(), PipelineError> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        while let Some(ended) = self.running.try_join_next() {
            self.collect(ended)?;
        }
        let Some(ticket) = self.permission().await? else {
            self.done.reached.extend(load.parcels.into_iter().map(|parcel| (parcel.invoice, None)));
            return Ok(());
        };
        let dispatcher = self.dispatcher.clone();
        self.running.spawn(async move {
            let _place = place;
            deposit(&dispatcher, load, ticket).await
        });
        Ok(())
    }

    /// Asks breaker and budget; while another deposit tries out whether the gateway works again, waits for its end.
    async fn permission(&mut self) -> Result<Option<Ticket>, PipelineError> {
        loop {
            if self.is_over() {
                return Ok(None);
            }
            let now = self.dispatcher.now();
            let (control, allowance) = (&self.dispatcher.control, &self.dispatcher.allowance);
            if !allowance.permits(now, self.dispatcher.lease_millis) {
                self.done.stopped = Some(WINDOW_OVER);
                continue;
            }
            let why = match control.admit(Door::Deposit, now) {
                Admission::Go(ticket) if control.take(now) => return Ok(Some(ticket)),
                Admission::Go(ticket) => {
                    control.give_back(Door::Deposit, now, ticket);
                    "NIGHT-BUDGET"
                }
                Admission::Wait(_) => "SEND-PAUSED",
                Admission::Barred => "SEND-BARRED",
                Admission::OneIsTrying => match self.running.join_next().await {
                    Some(ended) => {
                        self.collect(ended)?;
                        continue;
                    }
                    None => "SEND-PAUSED",
                },
            };
            self.done.stopped = Some(why);
        }
    }

    async fn end(mut self) -> Result<Dispatched, PipelineError> {
        while let Some(ended) = self.running.join_next().await {
            self.collect(ended)?;
        }
        for (_, state) in &self.done.reached {
            if let Some(state) = state {
                self.dispatcher.control.counters.reached(*state);
            }
        }
        Ok(self.done)
    }

    fn collect(
        &mut self,
        ended: Result<Result<Vec<Reached>, PipelineError>, tokio::task::JoinError>,
    ) -> Result<(), PipelineError> {
        let reached = ended.map_err(|error| StoreError::Damaged(error.to_string()))??;
        self.done.reached.extend(reached);
        Ok(())
    }
}

async fn held(dispatcher: &Dispatcher, invoice: &Invoice, reason: Reason) -> Result<Option<State>, PipelineError> {
    match hold(dispatcher, invoice, invoice.state, reason).await {
        Ok(state) => Ok(Some(state)),
        Err(PipelineError::Store(StoreError::Moved { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}
