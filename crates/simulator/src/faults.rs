//! The faults that the simulator can commit, their rates, and the queue of exact faults for the next deposits.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;

use crate::random::Random;

/// What can go wrong, by the name used in `--fault NAME=RATE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Commits, then closes the connection without a byte of answer.
    LoseAnswer,
    /// Commits, answers after `--late`.
    LateAnswer,
    /// HTTP 500 with a JSON body, before commit.
    Http500,
    /// HTTP 503 with an HTML page, before commit.
    Http503Html,
    /// HTTP 429 with `Retry-After`, before commit.
    Http429,
    /// The token is revoked and refused with 401, before commit.
    ExpireToken,
    /// The connection is closed after the request body was read, before commit.
    Reset,
    /// Commits, announces the whole answer and sends half of it.
    HalfBody,
    /// Commits, announces the whole answer and sends it byte by byte, one every `--drip`.
    SlowLoris,
    /// Waits `--slow`, then answers normally.
    Slow,
    /// Commits, answers 200 with an empty `numeroFluxDepot`.
    EmptyFlowNumber,
    /// The flow waits in IN_EN_ATTENTE_RETRAITEMENT_CPP for `--slow-integration`.
    SlowIntegration,
    /// Every second invoice of a lot is rejected.
    Partial,
    /// The flow ends in IN_INCIDENTE: nothing is integrated.
    Incident,
    /// The invoice walks through its statuses in an unusual order.
    OutOfOrder,
    /// The flow passes through a state that no document names.
    UnknownState,
    /// `consulterCRDetaille` gives `listeErreurDP` as one object instead of an array.
    ErrorListObject,
    /// `consulterCRDetaille` gives `null` instead of lists.
    NullLists,
}

/// Every fault with its name.
const NAMES: [(Fault, &str); 18] = [
    (Fault::LoseAnswer, "lose-answer"),
    (Fault::LateAnswer, "late-answer"),
    (Fault::Http500, "http-500"),
    (Fault::Http503Html, "http-503-html"),
    (Fault::Http429, "http-429"),
    (Fault::ExpireToken, "expire-token"),
    (Fault::Reset, "reset"),
    (Fault::HalfBody, "half-body"),
    (Fault::SlowLoris, "slow-loris"),
    (Fault::Slow, "slow"),
    (Fault::EmptyFlowNumber, "empty-flow-number"),
    (Fault::SlowIntegration, "slow-integration"),
    (Fault::Partial, "partial"),
    (Fault::Incident, "incident"),
    (Fault::OutOfOrder, "out-of-order"),
    (Fault::UnknownState, "unknown-state"),
    (Fault::ErrorListObject, "error-list-object"),
    (Fault::NullLists, "null-lists"),
];

/// Faults of the exchange itself, in the order in which they are drawn.
const WIRE: [Fault; 11] = [
    Fault::Http500,
    Fault::Http503Html,
    Fault::Http429,
    Fault::ExpireToken,
    Fault::Reset,
    Fault::LoseAnswer,
    Fault::LateAnswer,
    Fault::HalfBody,
    Fault::SlowLoris,
    Fault::Slow,
    Fault::EmptyFlowNumber,
];

/// Faults of what happens to the flow after it was accepted.
const FATE: [Fault; 5] =
    [Fault::SlowIntegration, Fault::Partial, Fault::Incident, Fault::OutOfOrder, Fault::UnknownState];

/// Faults that may be asked for on every API call (`NAME@all`).
const EVERYWHERE: [Fault; 5] = [Fault::Http500, Fault::Http503Html, Fault::Http429, Fault::ExpireToken, Fault::Slow];

impl Fault {
    /// The name used on the command line and in JSON.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }

    fn shapes_reports(self) -> bool {
        matches!(self, Self::ErrorListObject | Self::NullLists)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = NAMES.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault);
        known.ok_or_else(|| {
            let names: Vec<_> = NAMES.iter().map(|(_, name)| *name).collect();
            format!("unknown fault {name:?}, expected one of {}", names.join(", "))
        })
    }
}

/// Where a rate applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `deposer/flux` only, or `consulterCRDetaille` for faults of the report.
    Usual,
    /// Every API call.
    All,
}

/// `NAME=RATE` or `NAME@all=RATE`, RATE between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRate {
    /// The fault.
    pub fault: Fault,
    /// Where it applies.
    pub scope: Scope,
    /// Its probability in parts per million.
    pub parts_per_million: u32,
}

impl FaultRate {
    /// Reads a name with an optional `@all`, and a rate as written.
    pub fn parse(name: &str, rate: &str) -> Result<Self, String> {
        let (name, scope) = match name.strip_suffix("@all") {
            Some(name) => (name, Scope::All),
            None => (name, Scope::Usual),
        };
        let fault: Fault = name.parse()?;
        if scope == Scope::All && !EVERYWHERE.contains(&fault) {
            return Err(format!("fault {name} applies to deposits only, not to all calls"));
        }
        let value: f64 = rate.trim().parse().map_err(|_| format!("rate {rate:?} of {name} is not a number"))?;
        if !(0.0..=1.0).contains(&value) {
            return Err(format!("rate {rate} of {name} is not between 0 and 1"));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(Self { fault, scope, parts_per_million: (value * 1_000_000.0).round() as u32 })
    }
}

impl FromStr for FaultRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rate) = text.split_once('=').ok_or_else(|| format!("expected NAME=RATE, found {text:?}"))?;
        Self::parse(name, rate)
    }
}

/// What a deposit suffers: at most one fault of the exchange and one of the flow's fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DepositFaults {
    /// Fault of the exchange.
    pub wire: Option<Fault>,
    /// Fault of the flow's fate.
    pub fate: Option<Fault>,
}

/// Current rates and the queue.
#[derive(Debug, Default)]
pub struct FaultTable {
    rates: BTreeMap<(Scope, Fault), u32>,
    queue: VecDeque<Fault>,
    committed: BTreeMap<Fault, u64>,
}

impl FaultTable {
    /// Replaces every rate.
    pub fn replace(&mut self, rates: impl IntoIterator<Item = FaultRate>) {
        self.rates = rates.into_iter().map(|rate| ((rate.scope, rate.fault), rate.parts_per_million)).collect();
    }

    /// Appends exact faults for the next deposits.
    pub fn queue(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.queue.extend(faults);
    }

    /// The queue as names, the next one first.
    pub fn queued(&self) -> Vec<&'static str> {
        self.queue.iter().map(|fault| fault.name()).collect()
    }

    /// The rates as they were given: name (with `@all`) and parts per million.
    pub fn rates(&self) -> impl Iterator<Item = (String, u32)> {
        self.rates.iter().map(|((scope, fault), rate)| {
            let suffix = if *scope == Scope::All { "@all" } else { "" };
            (format!("{}{suffix}", fault.name()), *rate)
        })
    }

    /// Draws for one deposit; a queued fault comes before every draw.
    pub fn draw_deposit(&mut self, random: &mut Random) -> DepositFaults {
        if let Some(fault) = self.queue.pop_front() {
            *self.committed.entry(fault).or_default() += 1;
            let is_fate = FATE.contains(&fault);
            return DepositFaults { wire: (!is_fate).then_some(fault), fate: is_fate.then_some(fault) };
        }
        DepositFaults { wire: self.draw(&WIRE, Scope::Usual, random), fate: self.draw(&FATE, Scope::Usual, random) }
    }

    /// Draws for any API call.
    pub fn draw_call(&mut self, random: &mut Random) -> Option<Fault> {
        self.draw(&EVERYWHERE, Scope::All, random)
    }

    /// Draws for one answer of `consulterCRDetaille`.
    pub fn draw_report(&mut self, random: &mut Random) -> Option<Fault> {
        self.draw(&[Fault::ErrorListObject, Fault::NullLists], Scope::Usual, random)
    }

    /// How often each fault was drawn since the start, by name.
    pub fn committed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.committed.iter().map(|(fault, count)| (fault.name(), *count))
    }

    /// Whether a fault makes sense in the queue for the next deposits.
    pub fn may_be_queued(fault: Fault) -> bool {
        !fault.shapes_reports()
    }

    fn draw(&mut self, faults: &[Fault], scope: Scope, random: &mut Random) -> Option<Fault> {
        let rate = |fault| self.rates.get(&(scope, fault)).copied().unwrap_or(0);
        let drawn = faults.iter().copied().find(|fault| random.hits(rate(*fault)))?;
        *self.committed.entry(drawn).or_default() += 1;
        Some(drawn)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_fault_has_one_name_and_a_place() {
        for (fault, name) in NAMES {
            assert_eq!(name.parse::<Fault>().unwrap(), fault);
            assert_eq!(fault.name(), name);
            assert!(WIRE.contains(&fault) || FATE.contains(&fault) || fault.shapes_reports());
        }
    }

    #[test]
    fn rates_are_checked() {
        assert_eq!("http-500@all=0.25".parse::<FaultRate>().unwrap().parts_per_million, 250_000);
        for wrong in ["lose-answer", "lose-answer=2", "lose-answer=x", "nothing=1", "lose-answer@all=1"] {
            assert!(wrong.parse::<FaultRate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_queue_comes_before_the_rates() {
        let mut table = FaultTable::default();
        let mut random = Random::new(1);
        table.replace(["reset=1".parse().unwrap()]);
        table.queue([Fault::LoseAnswer, Fault::Incident]);
        assert_eq!(table.draw_deposit(&mut random).wire, Some(Fault::LoseAnswer));
        assert_eq!(table.draw_deposit(&mut random), DepositFaults { wire: None, fate: Some(Fault::Incident) });
        assert_eq!(table.draw_deposit(&mut random).wire, Some(Fault::Reset));
        assert_eq!(table.committed().collect::<Vec<_>>(), [("lose-answer", 1), ("reset", 1), ("incident", 1)]);
    }
}
