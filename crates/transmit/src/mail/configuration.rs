//! What the administrator sets for mail: server, account, sender, recipients.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use crate::SetUpError;
use crate::secrets::SecretReference;

/// Most recipients of one message: a summary goes to a service, not to a mailing list.
const RECIPIENTS_MAX: usize = 50;

/// The `[nightly.mail]` section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Name of the SMTP server, as its certificate says it.
    pub server: String,
    /// Its port; without it 587 with STARTTLS, 465 with TLS, 25 without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// Account at the server, where it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretReference>,
    /// Who sends (`facteur <facteur@mairie.example>`).
    pub from: String,
    /// Who receives.
    pub to: Vec<String>,
    /// PEM certificates to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
    /// How long one message may take, in seconds.
    #[serde(default = "default_seconds")]
    pub timeout_seconds: u64,
}

const fn default_seconds() -> u64 {
    60
}

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Begins in clear and must change to TLS before anything is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: to a server on this machine only.
    None,
}

impl Configuration {
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        })
    }

    /// Whether the server is this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address: Result<IpAddr, _> = self.server.trim_matches(['[', ']']).parse();
        self.server == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Sender and recipients; refuses what is no address, which is also what would begin another header.
    pub(super) fn people(&self) -> Result<(Mailbox, Vec<Mailbox>), SetUpError> {
        let from = mailbox("nightly.mail.from", &self.from)?;
        let to: Result<Vec<_>, _> = self.to.iter().map(|text| mailbox("nightly.mail.to", text)).collect();
        let to = to?;
        if to.is_empty() || to.len() > RECIPIENTS_MAX {
            let problem = format!("{} recipients, expected 1 to {RECIPIENTS_MAX}", to.len());
            return Err(SetUpError::Setting { key: "nightly.mail.to", problem });
        }
        Ok((from, to))
    }

    /// Refuses settings that could not work, or that would send a password in clear.
    pub(super) fn check(&self) -> Result<(), SetUpError> {
        let refuse = |key, problem: &str| Err(SetUpError::Setting { key, problem: problem.to_owned() });
        if self.server.is_empty() || self.server.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        {
            return refuse("nightly.mail.server", "not the name of a server");
        }
        if self.security == Security::None && !self.is_loopback() {
            return refuse("nightly.mail.security", "none is allowed to this machine only; expected starttls or tls");
        }
        if self.user.is_some() != self.password.is_some() {
            return refuse("nightly.mail.user", "user and password go together");
        }
        if !(1..=3600).contains(&self.timeout_seconds) {
            return refuse("nightly.mail.timeout_seconds", "expected 1 to 3600");
        }
        self.people().map(drop)
    }
}

fn mailbox(key: &'static str, text: &str) -> Result<Mailbox, SetUpError> {
    let refuse = |problem: String| SetUpError::Setting { key, problem };
    if text.chars().any(char::is_control) {
        return Err(refuse("control characters in an address".to_owned()));
    }
    text.parse().map_err(|error| refuse(format!("{text}: {error}")))
}
