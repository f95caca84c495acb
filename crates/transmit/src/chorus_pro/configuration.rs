//! What the administrator sets for Chorus Pro: addresses, account, patience, limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use facteur_model::gateway::GatewayLimits;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::naming::{FILE_NAME_MAX, LOT_MAX};
use crate::secrets::{Secret, SecretReference};
use crate::{SetUpError, address};

/// Token address of PISTE in production.
pub const PRODUCTION_TOKEN_URL: &str = "https://oauth.piste.gouv.fr/api/oauth/token";
/// API address of PISTE in production.
pub const PRODUCTION_API_URL: &str = "https://api.piste.gouv.fr";
/// Token address of the PISTE sandbox (Chorus Pro qualification).
pub const SANDBOX_TOKEN_URL: &str = "https://sandbox-oauth.piste.gouv.fr/api/oauth/token";
/// API address of the PISTE sandbox.
pub const SANDBOX_API_URL: &str = "https://sandbox-api.piste.gouv.fr";

/// Largest flow through the API: "30 Mo" (AIFE, external specifications, Chorus Pro document v1.1 of 30/04/2026,
/// 5.4.1), read as decimal megabytes, the smaller reading.
pub const FLOW_BYTES_MAX: u64 = 30_000_000;
/// Largest single file that is not compressed: "10 Mo" (AIFE, API annex V5.00; refused with `GDP_MSG_11.022`).
pub const FILE_BYTES_MAX: u64 = 10_000_000;
/// Largest answer that is read: a page of search results is far below.
pub const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// Most rows asked for in a page of a list; the gateway may give fewer.
const PAGE_SIZE_MAX: u32 = 1000;
/// Most calls at the same time; PISTE publishes no quota, integrators stay at one or two.
const CONCURRENCY_MAX: usize = 16;

/// The `[gateway.chorus_pro]` section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Whole address of the token service.
    pub token_url: String,
    /// Address before `/cpro/…`.
    pub api_url: String,
    /// In whose name the account deposits.
    #[serde(default)]
    pub role: Role,
    /// Identifier of the PISTE application, by reference.
    pub client_id: SecretReference,
    /// Secret of the PISTE application, by reference.
    pub client_secret: SecretReference,
    /// Login of the Chorus Pro technical account (`TECH_…@cpro.fr`), by reference.
    pub account_login: SecretReference,
    /// Password of the technical account, by reference.
    pub account_password: SecretReference,
    /// How long to wait for what.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// How much at once.
    #[serde(default)]
    pub limits: Limits,
    /// HTTP proxy, where there is one; the environment's is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// PEM certificates to trust beside the system's (an inspecting proxy, a test gateway).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
}

/// In whose name the account deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The structure's own sales.
    #[default]
    Supplier,
    /// Filing agent (*mandataire de dépôt*): for suppliers who gave it a written mandate. The calls are the same; the
    /// account has to be allowed to search the invoices of each supplier, which
    /// [`probe`](facteur_model::gateway::Gateway::probe) proves.
    OnBehalf,
}

/// How long to wait, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For a connection and its TLS handshake.
    pub connect_seconds: u64,
    /// Without a byte moving, in either direction (60 s: what production clients of Chorus Pro use).
    pub read_seconds: u64,
    /// For a question and its answer.
    pub whole_seconds: u64,
    /// For a deposit and its answer: 10 MB take nine minutes on a thin line.
    pub deposit_seconds: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_seconds: 10, read_seconds: 60, whole_seconds: 120, deposit_seconds: 900 }
    }
}

impl Timeouts {
    pub(super) const fn connect(&self) -> Duration {
        Duration::from_secs(self.connect_seconds)
    }

    pub(super) const fn read(&self) -> Duration {
        Duration::from_secs(self.read_seconds)
    }

    pub(super) const fn whole(&self) -> Duration {
        Duration::from_secs(self.whole_seconds)
    }

    pub(super) const fn deposit(&self) -> Duration {
        Duration::from_secs(self.deposit_seconds)
    }
}

/// How much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls at the same time.
    pub concurrency: usize,
    /// Rows asked for in a page; the gateway may give fewer.
    pub page_size: u32,
    /// Pages of one list, as a guard against a list without end.
    pub max_pages: u32,
    /// Largest answer that is read.
    pub max_answer_bytes: u64,
    /// Largest flow.
    pub max_flow_bytes: u64,
    /// Largest single file.
    pub max_file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 2,
            page_size: 100,
            max_pages: 1000,
            max_answer_bytes: ANSWER_BYTES_MAX,
            max_flow_bytes: FLOW_BYTES_MAX,
            max_file_bytes: FILE_BYTES_MAX,
        }
    }
}

impl Limits {
    /// What a deposit may be. A flow of one file is not compressed, so the smaller limit holds for it.
    pub(super) fn of_a_deposit(&self) -> GatewayLimits {
        GatewayLimits {
            max_flow_bytes: self.max_flow_bytes.min(self.max_file_bytes),
            max_lot_bytes: self.max_flow_bytes,
            max_lot: LOT_MAX,
            max_file_name: FILE_NAME_MAX,
        }
    }
}

impl Configuration {
    /// The configuration of a gateway that serves token and API below one address, as the simulator does.
    /// Secrets are expected in four files of the folder `keys`.
    #[must_use]
    pub fn below(base: &str, keys: &Path) -> Self {
        let base = base.trim_end_matches('/');
        let file = |name: &str| SecretReference::File(keys.join(name));
        Self {
            token_url: format!("{base}/api/oauth/token"),
            api_url: base.to_owned(),
            role: Role::default(),
            client_id: file("piste-client-id"),
            client_secret: file("piste-client-secret"),
            account_login: file("chorus-pro-login"),
            account_password: file("chorus-pro-password"),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            proxy: None,
            certificates: None,
        }
    }

    /// Whether both addresses stay on this machine; a demonstration accepts nothing else.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        [&self.token_url, &self.api_url].iter().all(|text| Url::parse(text).is_ok_and(|url| address::is_loopback(&url)))
    }

    /// Reads the four secrets; relative paths are taken from `base`.
    pub fn secrets(&self, base: &Path) -> Result<Secrets, SetUpError> {
        let read = |key, reference: &SecretReference| {
            reference.resolve(base).map_err(|source| SetUpError::Secret { key, source })
        };
        Ok(Secrets {
            client_id: read("client_id", &self.client_id)?,
            client_secret: read("client_secret", &self.client_secret)?,
            account_login: read("account_login", &self.account_login)?,
            account_password: read("account_password", &self.account_password)?,
        })
    }

    /// Refuses settings that could not work.
    pub(super) fn check(&self) -> Result<(), SetUpError> {
        let limits = &self.limits;
        within("limits.concurrency", limits.concurrency as u64, 1, CONCURRENCY_MAX as u64)?;
        within("limits.page_size", u64::from(limits.page_size), 1, u64::from(PAGE_SIZE_MAX))?;
        within("limits.max_pages", u64::from(limits.max_pages), 1, 100_000)?;
        within("limits.max_answer_bytes", limits.max_answer_bytes, 4096, 1 << 30)?;
        within("limits.max_flow_bytes", limits.max_flow_bytes, 1, 1 << 30)?;
        within("limits.max_file_bytes", limits.max_file_bytes, 1, 1 << 30)?;
        let timeouts = &self.timeouts;
        within("timeouts.connect_seconds", timeouts.connect_seconds, 1, 600)?;
        within("timeouts.read_seconds", timeouts.read_seconds, 1, 3600)?;
        within("timeouts.whole_seconds", timeouts.whole_seconds, 1, 3600)?;
        within("timeouts.deposit_seconds", timeouts.deposit_seconds, 1, 24 * 3600)
    }
}

/// The four secrets of a Chorus Pro account, in memory.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Identifier of the PISTE application.
    pub client_id: Secret,
    /// Secret of the PISTE application.
    pub client_secret: Secret,
    /// Login of the technical account.
    pub account_login: Secret,
    /// Password of the technical account.
    pub account_password: Secret,
}

fn within(key: &'static str, value: u64, least: u64, most: u64) -> Result<(), SetUpError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(SetUpError::Setting { key, problem: format!("{value}, expected {least} to {most}") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LEAST: &str = r#"
        token_url = "https://oauth.piste.gouv.fr/api/oauth/token"
        api_url = "https://api.piste.gouv.fr"
        client_id = "env:PISTE_CLIENT_ID"
        client_secret = "file:keys/piste-client-secret"
        account_login = "file:keys/login"
        account_password = "file:keys/password"
    "#;

    #[test]
    fn the_least_configuration_takes_the_documented_defaults() {
        let read: Configuration = toml::from_str(LEAST).unwrap();
        assert_eq!(read.role, Role::Supplier);
        assert_eq!(read.timeouts, Timeouts::default());
        assert_eq!(read.limits, Limits::default());
        assert_eq!(read.limits.of_a_deposit().max_flow_bytes, FILE_BYTES_MAX);
        assert!(!read.is_loopback());
        read.check().unwrap();
    }

    #[test]
    fn a_configuration_is_read_as_it_was_written() {
        let mut written = Configuration::below("http://127.0.0.1:8090/", Path::new("keys"));
        written.role = Role::OnBehalf;
        assert!(written.is_loopback());
        let text = toml::to_string(&written).unwrap();
        assert_eq!(toml::from_str::<Configuration>(&text).unwrap(), written, "{text}");
        assert!(text.contains("role = \"on_behalf\""), "{text}");
    }

    #[test]
    fn a_secret_in_clear_or_an_unknown_key_is_refused() {
        let clear = LEAST.replace("env:PISTE_CLIENT_ID", "hunter2");
        let error = toml::from_str::<Configuration>(&clear).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{}", error.message());
        assert!(toml::from_str::<Configuration>(&format!("{LEAST}\ntimeout = 3")).is_err());
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let mut wrong = Configuration::below("http://127.0.0.1:1", Path::new("keys"));
        wrong.limits.concurrency = 0;
        assert!(wrong.check().is_err());
        wrong.limits.concurrency = 1;
        wrong.timeouts.read_seconds = 0;
        assert!(wrong.check().is_err());
    }
}
