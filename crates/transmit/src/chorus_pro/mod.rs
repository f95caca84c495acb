//! Chorus Pro through PISTE: deposits of suppliers and filing agents, and what became of them.
//!
//! Services: `factures/v1` (deposit, search, history), `transverses/v1` (report on a flow), `structures/v1`
//! (a supplier's structure). Each answer's meaning is in `docs/reference/chorus-pro.md`.

mod body;
mod configuration;
mod deposit;
mod envelope;
mod history;
mod lenient;
mod naming;
mod pages;
mod recipients;
mod reports;
mod search;
mod structures;
mod token;

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facteur_model::directory::Recipient;
use facteur_model::gateway::{
    BoxFuture, Deposit, DepositOutcome, FlowReport, Gateway, GatewayError, GatewayHistory, GatewayInvoice,
    GatewayLimits, Search,
};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, ClientBuilder, RequestBuilder, Url};
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

pub use configuration::{
    ANSWER_BYTES_MAX, Configuration, FILE_BYTES_MAX, FLOW_BYTES_MAX, Limits, PRODUCTION_API_URL, PRODUCTION_TOKEN_URL,
    Role, SANDBOX_API_URL, SANDBOX_TOKEN_URL, Secrets, Timeouts,
};
pub use naming::{FILE_NAME_MAX, LOT_MAX, flow_file_name, flow_syntax, is_lot, lot_file_name};

use crate::http::{self, Answer};
use crate::reason::Reason;
use crate::witness::{Exchange, Witness, digest};
use crate::{SetUpError, address};
use token::{Bearer, Tokens};

/// The name of this gateway in the store and in reports.
pub const NAME: &str = "chorus-pro";
/// Media type of questions and answers.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=utf-8");
/// How long an idle connection for questions is kept: shorter than servers usually do.
const IDLE_MAX: Duration = Duration::from_secs(15);

/// A Chorus Pro account, ready to be asked.
pub struct ChorusPro {
    configuration: Configuration,
    api_url: Url,
    account: HeaderValue,
    tokens: Tokens,
    questions: Client,
    deposits: Client,
    permits: Semaphore,
    witness: Option<Witness>,
}

impl ChorusPro {
    /// Reads the secrets and makes the account ready; connects to nothing yet. Relative paths of the configuration
    /// are taken from `base`.
    pub fn new(configuration: Configuration, base: &Path) -> Result<Self, SetUpError> {
        let secrets = configuration.secrets(base)?;
        Self::with_secrets(configuration, &secrets, base)
    }

    /// Same, with secrets that the caller already has.
    pub fn with_secrets(configuration: Configuration, secrets: &Secrets, base: &Path) -> Result<Self, SetUpError> {
        configuration.check()?;
        let token_url = address::parse("token_url", &configuration.token_url)?;
        let api_url = address::parse("api_url", &configuration.api_url)?;
        let timeouts = configuration.timeouts;
        let builder = || client(&configuration, base);
        let questions = started(builder()?.read_timeout(timeouts.read()).pool_idle_timeout(IDLE_MAX))?;
        // No connection is ever used twice for a deposit: a connection that the server has just closed would blur
        // the proof of what left.
        let deposits = started(builder()?.pool_max_idle_per_host(0))?;
        Ok(Self {
            account: account_header(secrets)?,
            tokens: Tokens::new(questions.clone(), token_url, secrets, timeouts.whole()),
            permits: Semaphore::new(configuration.limits.concurrency),
            api_url,
            questions,
            deposits,
            configuration,
            witness: None,
        })
    }

    /// Tells a witness of every question and deposit from now on.
    #[must_use]
    pub fn witnessed(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    fn tell(&self, path: &str, body: &[u8], deposit: bool, result: &Result<Answer, http::CallError>) {
        let Some(witness) = &self.witness else { return };
        let answer = result.as_ref().ok();
        witness(Exchange {
            method: "POST",
            address: address::join(&self.api_url, path),
            request: digest(body),
            status: answer.map(|answer| answer.status),
            answer: answer.map(|answer| digest(&answer.body)),
            deposit,
        });
    }

    /// In whose name this account deposits.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.configuration.role
    }

    /// Asks a service a question, with one new token if the first one is refused.
    async fn ask(&self, path: &str, question: &impl Serialize) -> Result<Answer, GatewayError> {
        let _permit = self.permit().await?;
        let bearer = self.tokens.bearer().await?;
        let answer = self.ask_once(path, question, &bearer).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.tokens.forget(&bearer).await;
        let bearer = self.tokens.bearer().await?;
        self.ask_once(path, question, &bearer).await
    }

    async fn ask_once(&self, path: &str, question: &impl Serialize, bearer: &Bearer) -> Result<Answer, GatewayError> {
        let request =
            self.request(&self.questions, path, bearer).timeout(self.configuration.timeouts.whole()).json(question);
        let answer = http::exchange(request, self.configuration.limits.max_answer_bytes).await;
        self.tell(path, &serde_json::to_vec(question).unwrap_or_default(), false, &answer);
        tracing::debug!(path, status = answer.as_ref().map_or(0, |answer| answer.status), "asked Chorus Pro");
        answer.map_err(envelope::no_answer)
    }

    /// A request with the headers that every call carries.
    fn request(&self, client: &Client, path: &str, bearer: &Bearer) -> RequestBuilder {
        client
            .post(address::join(&self.api_url, path))
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, JSON)
            .header(AUTHORIZATION, bearer.header.clone())
            .header("cpro-account", self.account.clone())
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, GatewayError> {
        let closed = |_| GatewayError::Unavailable(Reason::NoConnection.with("the gateway was closed"));
        self.permits.acquire().await.map_err(closed)
    }
}

impl Gateway for ChorusPro {
    fn name(&self) -> &str {
        NAME
    }

    fn limits(&self) -> GatewayLimits {
        self.configuration.limits.of_a_deposit()
    }

    fn deposit<'a>(&'a self, deposit: Deposit<'a>) -> BoxFuture<'a, DepositOutcome> {
        Box::pin(self.deposit_flow(deposit))
    }

    fn flow_report<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Option<FlowReport>, GatewayError>> {
        Box::pin(self.report_on(flow))
    }

    fn search<'a>(&'a self, search: Search<'a>) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>> {
        Box::pin(self.search_number(search))
    }

    fn search_flow<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>> {
        Box::pin(self.search_flow_number(flow))
    }

    fn history<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<GatewayHistory, GatewayError>> {
        Box::pin(self.history_of(id))
    }

    fn recipient<'a>(&'a self, siret: &'a str) -> BoxFuture<'a, Result<Option<Recipient>, GatewayError>> {
        Box::pin(self.recipient_of(siret))
    }

    fn probe<'a>(&'a self, supplier: Option<&'a str>) -> BoxFuture<'a, Result<(), GatewayError>> {
        Box::pin(self.probe_search(supplier))
    }
}

fn client(configuration: &Configuration, base: &Path) -> Result<ClientBuilder, SetUpError> {
    let proxy = configuration.proxy.as_deref();
    let builder = http::client_builder(configuration.timeouts.connect(), proxy)?;
    match &configuration.certificates {
        Some(path) => http::trusting(builder, &base.join(path)),
        None => Ok(builder),
    }
}

fn started(builder: ClientBuilder) -> Result<Client, SetUpError> {
    builder.build().map_err(|error| SetUpError::Client(error.to_string()))
}

/// `cpro-account`: base64 of `login:password`, on every call.
fn account_header(secrets: &Secrets) -> Result<HeaderValue, SetUpError> {
    let plain = Zeroizing::new(format!("{}:{}", secrets.account_login.expose(), secrets.account_password.expose()));
    let mut header = HeaderValue::from_str(&STANDARD.encode(plain.as_bytes()))
        .map_err(|error| SetUpError::Client(error.to_string()))?;
    header.set_sensitive(true);
    Ok(header)
}
