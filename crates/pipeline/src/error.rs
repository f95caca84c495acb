//! Why a command could not do its work. What is wrong with one document is never an error here, but its state.

use std::path::PathBuf;

use facteur_store::StoreError;
pub use facteur_transmit::mail::MailError;

/// Why a command could not do its work: exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// No `facteur.toml` in the folder.
    #[error("{} is not a facteur home", .0.display())]
    NoHome(PathBuf),
    /// `init` where there is something already.
    #[error("{} is a facteur home already", .0.display())]
    HomeExists(PathBuf),
    /// A SIRET has fourteen digits.
    #[error("{0} is not a SIRET of fourteen digits")]
    Siret(String),
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] crate::config::ConfigurationError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password of the store cannot be had.
    #[error("password of the store: {0}")]
    StorePassword(String),
    /// The environment names the store, and would go on naming the old one.
    #[error("the environment names the store: unset FACTEUR_STORE first")]
    StoreByEnvironment,
    /// A file or folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The packs.
    #[error("packs: {0}")]
    Packs(String),
    /// The key or certificate of the seal.
    #[error("seal: {0}")]
    Seal(String),
    /// The gateway's configuration.
    #[error("gateway: {0}")]
    GatewaySetUp(String),
    /// No gateway is configured.
    #[error("no gateway is configured")]
    NoGateway,
    /// A demonstration may only speak to this machine.
    #[error("a demonstration home speaks to no gateway but one on this machine")]
    DemoGateway,
    /// The structure's role does not allow the command.
    #[error("a structure with the role {role} may not {verb}")]
    Role {
        /// Its role.
        role: &'static str,
        /// The command.
        verb: &'static str,
    },
    /// The gateway does not let us in, or does not answer.
    #[error(transparent)]
    Gateway(#[from] facteur_model::gateway::GatewayError),
    /// The store has the invoices of another legal person: one store serves one, so that what one may see, send and
    /// keep never depends on another.
    #[error("the store belongs to {name} (SIREN {siren})")]
    OtherLegalPerson {
        /// SIREN of the legal person whose store it is.
        siren: String,
        /// Its name.
        name: String,
    },
    /// Another process does the same work at this moment.
    #[error("another process holds {}", .0.display())]
    Busy(PathBuf),
    /// It is not the time for the nightly run.
    #[error("the nightly run works from {from} until {until}")]
    OutsideWindow {
        /// Beginning of its time window.
        from: String,
        /// Its end.
        until: String,
    },
    /// A report of the night cannot be made.
    #[error("report: {0}")]
    Report(String),
    /// Mail or webhook cannot be set up.
    #[error("{0}")]
    DeliverySetUp(String),
    /// The summary could not be mailed.
    #[error("mail: {0}")]
    Mail(MailError),
    /// The summary could not be posted.
    #[error("webhook: {0}")]
    Webhook(facteur_transmit::webhook::WebhookError),
    /// The timer cannot be written.
    #[error("timer: {0}")]
    Timer(String),
    /// Somebody changed the file that the timer would replace.
    #[error("{} was changed by somebody", .0.display())]
    UnitChanged(PathBuf),
    /// The command does not fit the invoice's state.
    #[error("invoice {id} is {state}: {verb} is not possible")]
    WrongState {
        /// Which invoice.
        id: String,
        /// Its state.
        state: String,
        /// The command.
        verb: &'static str,
    },
    /// Nothing of the invoice was ever sent.
    #[error("invoice {id} was never sent")]
    NeverSent {
        /// Which invoice.
        id: String,
    },
    /// What was sent may not show on the portal yet.
    #[error("invoice {id} was sent recently: the portal may not show it before {}", until.rfc3339())]
    TooEarly {
        /// Which invoice.
        id: String,
        /// From when on a person's look at the portal proves something.
        until: facteur_model::clock::Timestamp,
    },
    /// Metrics are for this machine only.
    #[error("{0} is not an address of this machine only")]
    MetricsAddress(std::net::SocketAddr),
    /// The address for the metrics cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The corrected file has the same bytes as the one it should replace.
    #[error("{} is the same file", .0.display())]
    SameFile(PathBuf),
    /// The corrected file carries the number that the recipient refused.
    #[error("the corrected invoice carries the number {0} again")]
    NumberKept(String),
    /// The disposal schedule cannot be used.
    #[error("the disposal schedule cannot be used: {0}")]
    Schedule(String),
    /// Not a list of an elimination.
    #[error("{}: not a list of an elimination: {what}", path.display())]
    NotAList {
        /// Which file.
        path: PathBuf,
        /// What is wrong, or on which line.
        what: String,
    },
    /// There is a template of that name.
    #[error("{} is there already", .0.display())]
    TemplateExists(PathBuf),
    /// No timestamp was had.
    #[error("timestamp: {0}")]
    Timestamp(String),
    /// No time stamping authority is configured.
    #[error("no time stamping authority is configured")]
    NoTimestampAuthority,
    /// The corrected file is not what it should be.
    #[error("{0}")]
    NotACorrection(String),
}

impl PipelineError {
    /// Wraps why mail or webhook cannot be set up.
    pub(crate) fn delivery(error: facteur_transmit::SetUpError) -> Self {
        Self::DeliverySetUp(error.to_string())
    }

    /// Wraps what the system said of a file.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
