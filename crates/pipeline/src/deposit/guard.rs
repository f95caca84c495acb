//! The gateway behind its breaker: a question is asked only while the door is open, and every answer is counted.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use facteur_model::clock::Clock;
use facteur_model::directory::Recipient;
use facteur_model::gateway::{
    BoxFuture, Deposit, DepositOutcome, FlowReport, Gateway, GatewayError, GatewayHistory, GatewayInvoice,
    GatewayLimits, Search,
};
use facteur_transmit::reason::Reason;

use super::control::{Control, Door};
use super::policy::{Admission, class};

/// A gateway whose questions go through a breaker. Deposits ask the breaker before their intent is committed, so they
/// pass here as they are.
pub struct Guarded {
    inner: Arc<dyn Gateway>,
    control: Arc<Control>,
    clock: Arc<dyn Clock>,
}

impl Guarded {
    /// Puts the breaker before a gateway.
    pub fn new(inner: Arc<dyn Gateway>, control: Arc<Control>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, control, clock }
    }

    async fn ask<T>(
        &self,
        question: &'static str,
        asking: impl Future<Output = Result<T, GatewayError>> + Send,
    ) -> Result<T, GatewayError> {
        let now = self.clock.now();
        let ticket = match self.control.admit(Door::Question, now) {
            Admission::Go(ticket) => ticket,
            Admission::Wait(until) => {
                let after = u64::try_from(until.0 - now.0).ok().map(Duration::from_millis);
                return Err(GatewayError::Busy { after, reason: Reason::Pause.with(until.rfc3339()) });
            }
            Admission::OneIsTrying => {
                return Err(GatewayError::Busy { after: None, reason: Reason::Pause.with(now.rfc3339()) });
            }
            Admission::Barred => {
                return Err(GatewayError::Credentials(self.control.refusal().unwrap_or_default()));
            }
        };
        let began = Instant::now();
        let answer = asking.await;
        self.control.report(Door::Question, self.clock.now(), ticket, class::signal_of(&answer));
        self.control.counters.asked(question, name_of(&answer), began.elapsed());
        if let Err(GatewayError::Credentials(words)) = &answer {
            self.control.refused(words);
        }
        if let Err(error) = &answer {
            tracing::info!(question, %error, "the gateway did not answer the question");
        }
        answer
    }
}

const fn name_of<T>(answer: &Result<T, GatewayError>) -> &'static str {
    match answer {
        Ok(_) => "answered",
        Err(GatewayError::Credentials(_)) => "credentials",
        Err(GatewayError::Busy { .. }) => "busy",
        Err(GatewayError::Unavailable(_)) => "unavailable",
        Err(GatewayError::Protocol(_)) => "unreadable",
        Err(GatewayError::Refused { .. }) => "refusal",
    }
}

impl Gateway for Guarded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn limits(&self) -> GatewayLimits {
        self.inner.limits()
    }

    fn deposit<'a>(&'a self, deposit: Deposit<'a>) -> BoxFuture<'a, DepositOutcome> {
        self.inner.deposit(deposit)
    }

    fn flow_report<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Option<FlowReport>, GatewayError>> {
        Box::pin(self.ask("report", self.inner.flow_report(flow)))
    }

    fn search<'a>(&'a self, search: Search<'a>) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>> {
        Box::pin(self.ask("search", self.inner.search(search)))
    }

    fn search_flow<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>> {
        Box::pin(self.ask("flow", self.inner.search_flow(flow)))
    }

    fn history<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<GatewayHistory, GatewayError>> {
        Box::pin(self.ask("history", self.inner.history(id)))
    }

    fn recipient<'a>(&'a self, siret: &'a str) -> BoxFuture<'a, Result<Option<Recipient>, GatewayError>> {
        Box::pin(self.ask("recipient", self.inner.recipient(siret)))
    }

    fn probe<'a>(&'a self, supplier: Option<&'a str>) -> BoxFuture<'a, Result<(), GatewayError>> {
        Box::pin(self.ask("probe", self.inner.probe(supplier)))
    }
}
