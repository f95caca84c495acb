//! Command line of `facteur-simulator`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::faults::FaultRate;

/// A faithful Chorus Pro / PISTE gateway on the loopback interface, for tests and demonstrations.
#[derive(Debug, Clone, Parser)]
#[command(name = "facteur-simulator", version)]
pub struct Options {
    /// Address to listen on; loopback only, port 0 chooses a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Seed of the fault draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// JSON-lines journal: created when missing, resumed from when present.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Largest page that searches give, whatever the client asks for.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub page_size: u32,
    /// Time after a deposit during which the flow is unknown to every consultation.
    #[arg(long, default_value = "2s", value_parser = duration)]
    pub visibility_delay: Duration,
    /// Time between two states of a flow.
    #[arg(long, default_value = "200ms", value_parser = duration)]
    pub step: Duration,
    /// Recipient robot: walks integrated invoices to MISE_EN_PAIEMENT.
    #[arg(long, value_enum, default_value_t = Switch::Off)]
    pub robot: Switch,
    /// Time between two statuses set by the robot.
    #[arg(long, default_value = "500ms", value_parser = duration)]
    pub robot_step: Duration,
    /// HTTP status of functional errors (codeRetour other than 0).
    #[arg(long, default_value_t = 200, value_parser = functional_status)]
    pub functional_errors: u16,
    /// Fault and its probability, for example `lose-answer=0.1` or `http-500@all=0.05`; repeatable.
    #[arg(long = "fault", value_name = "NAME=RATE")]
    pub faults: Vec<FaultRate>,
    /// How late `late-answer` answers.
    #[arg(long, default_value = "90s", value_parser = duration)]
    pub late: Duration,
    /// How long `slow` waits.
    #[arg(long, default_value = "2s", value_parser = duration)]
    pub slow: Duration,
    /// Time between two bytes of `slow-loris`.
    #[arg(long, default_value = "1s", value_parser = duration)]
    pub drip: Duration,
    /// How long `slow-integration` keeps a flow waiting.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub slow_integration: Duration,
    /// `Retry-After` of `http-429`, in seconds.
    #[arg(long, default_value_t = 1)]
    pub retry_after: u32,
    /// When bytes that are already integrated are refused: at integration, or by the deposit itself.
    #[arg(long, value_enum, default_value_t = DuplicateCheck::Integration)]
    pub duplicate_check: DuplicateCheck,
    /// Accepts the status A_RECYCLER, withdrawn in 2026.
    #[arg(long)]
    pub legacy_recycling: bool,
    /// Lifetime of an access token.
    #[arg(long, default_value = "3600s", value_parser = duration)]
    pub token_lifetime: Duration,
    /// PISTE client id.
    #[arg(long, env = "FACTEUR_SIM_CLIENT_ID", default_value = "facteur-demo")]
    pub client_id: String,
    /// PISTE client secret.
    #[arg(long, env = "FACTEUR_SIM_CLIENT_SECRET", default_value = "facteur-demo-secret", hide_env_values = true)]
    pub client_secret: String,
    /// Login of the technical account.
    #[arg(long, env = "FACTEUR_SIM_ACCOUNT_LOGIN", default_value = "TECH_1_demo@cpro.fr")]
    pub account_login: String,
    /// Password of the technical account.
    #[arg(long, env = "FACTEUR_SIM_ACCOUNT_PASSWORD", default_value = "demo", hide_env_values = true)]
    pub account_password: String,
}

impl Options {
    /// The options of a simulator started without arguments, on a free port.
    pub fn on_free_port() -> Self {
        Self::parse_from(["facteur-simulator", "--listen", "127.0.0.1:0"])
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Enabled.
    On,
    /// Disabled.
    Off,
}

/// When the bytes of an integrated invoice are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DuplicateCheck {
    /// The deposit is accepted and rejected later, as Chorus Pro does.
    Integration,
    /// The deposit itself answers a functional error.
    Deposit,
}

/// `250ms`, `2s`, `5m`, `1h`, `3d`, or a bare number of seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let count: u64 = digits.parse().map_err(|_| format!("expected a duration like 200ms, 2s or 1h, found {text:?}"))?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(format!("unknown unit {unit:?} in duration {text:?}")),
    };
    let limit = 3650 * 86_400_000;
    let total = count.checked_mul(millis).filter(|total| *total <= limit);
    total.map(Duration::from_millis).ok_or_else(|| format!("duration {text:?} is longer than ten years"))
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("expected ADDRESS:PORT, found {text:?}"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(format!("{address} is not a loopback address; the simulator listens on loopback only"))
    }
}

fn functional_status(text: &str) -> Result<u16, String> {
    match text {
        "200" => Ok(200),
        "400" => Ok(400),
        _ => Err(format!("expected 200 or 400, found {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("200ms").unwrap(), Duration::from_millis(200));
        assert_eq!(duration("90").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("1h").unwrap(), Duration::from_secs(3600));
        for wrong in ["", "h", "-1s", "2 weeks", "99999999999999999999s", "9999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(loopback("127.0.0.1:0").is_ok());
        assert!(loopback("[::1]:8090").is_ok());
        assert!(loopback("0.0.0.0:8090").is_err());
        assert!(loopback("192.0.2.1:8090").is_err());
    }
}
