//! The circuit breaker of one gateway: after failures in a row nothing more is tried for a while, then one deposit
//! tries alone, and only its success lets the others go on.

use std::time::Duration;

use facteur_model::clock::Timestamp;

use super::backoff::{millis, next_at};

/// How a breaker is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// First time that it stays open; doubled each time that the one try fails.
    pub first_seconds: u64,
    /// Longest such time.
    pub ceiling_seconds: u64,
    /// After how long a lone try that never reported is believed to be lost.
    pub lost_after_millis: i64,
}

/// What became of a call, as far as the gateway as a whole is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// It answered in its own words.
    Good,
    /// It did not, or it failed.
    Failed,
    /// It asks everybody to wait this long (`Retry-After`).
    Pause(Duration),
    /// It refuses our credentials or rights: nothing gets better without a person.
    Refused,
}

/// The permission to make one call; its outcome is reported with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// What the breaker says to somebody who wants to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Go.
    Go(Ticket),
    /// Not before this instant.
    Wait(Timestamp),
    /// One call is trying out whether the gateway works again: wait for its end.
    OneIsTrying,
    /// Credentials or rights were refused: nothing more in this process.
    Barred,
}

/// The state, by the names that everybody uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Calls go through.
    Closed,
    /// None does.
    Open,
    /// One does, on trial.
    HalfOpen,
    /// None will, until a person has helped and the process is started again.
    Barred,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    Closed { failures: u32 },
    Open { until: Timestamp },
    HalfOpen { since: Timestamp },
    Barred,
}

/// The breaker of one gateway.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: Settings,
    salt: String,
    inner: Inner,
    /// Tickets of an earlier generation no longer decide anything.
    generation: u64,
    /// How often it opened since the last success.
    openings: i64,
}

impl Breaker {
    /// A closed breaker; `salt` (the gateway's name) spreads its waits.
    #[must_use]
    pub fn new(settings: Settings, salt: &str) -> Self {
        Self { settings, salt: salt.to_owned(), inner: Inner::Closed { failures: 0 }, generation: 0, openings: 0 }
    }

    /// Asks for one call.
    pub fn admit(&mut self, now: Timestamp) -> Admission {
        match self.inner {
            Inner::Closed { .. } => Admission::Go(Ticket(self.generation)),
            Inner::Barred => Admission::Barred,
            Inner::Open { until } if now < until => Admission::Wait(until),
            Inner::HalfOpen { since } if now < since.plus_millis(self.settings.lost_after_millis) => {
                Admission::OneIsTrying
            }
            Inner::Open { .. } | Inner::HalfOpen { .. } => {
                self.turn(Inner::HalfOpen { since: now });
                Admission::Go(Ticket(self.generation))
            }
        }
    }

    /// Says what became of a call.
    pub fn report(&mut self, now: Timestamp, ticket: Ticket, signal: Signal) {
        if signal == Signal::Refused {
            return self.turn(Inner::Barred);
        }
        if let (Signal::Pause(asked), Inner::Open { until }) = (signal, self.inner) {
            self.inner = Inner::Open { until: until.max(now.plus_millis(millis(asked))) };
        }
        if ticket.0 != self.generation {
            return;
        }
        match (self.inner, signal) {
            (Inner::Closed { .. } | Inner::HalfOpen { .. }, Signal::Good) => {
                self.openings = 0;
                if matches!(self.inner, Inner::HalfOpen { .. }) {
                    self.generation += 1;
                }
                self.inner = Inner::Closed { failures: 0 };
            }
            (Inner::Closed { failures }, Signal::Failed) if failures + 1 < self.settings.failures.max(1) => {
                self.inner = Inner::Closed { failures: failures + 1 };
            }
            (Inner::Closed { .. } | Inner::HalfOpen { .. }, Signal::Failed) => self.open(now, None),
            (Inner::Closed { .. } | Inner::HalfOpen { .. }, Signal::Pause(asked)) => self.open(now, Some(asked)),
            (Inner::Open { .. } | Inner::Barred, _) | (_, Signal::Refused) => {}
        }
    }

    /// The call was not made after all: where it was to try alone, the next one may.
    pub fn give_back(&mut self, now: Timestamp, ticket: Ticket) {
        if ticket.0 == self.generation && matches!(self.inner, Inner::HalfOpen { .. }) {
            self.turn(Inner::Open { until: now });
        }
    }

    /// Until when it is open, where it is.
    #[must_use]
    pub fn open_until(&self) -> Option<Timestamp> {
        if let Inner::Open { until } = self.inner { Some(until) } else { None }
    }

    /// The state, for people and metrics. An open breaker whose time is over waits for somebody to try.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self.inner {
            Inner::Closed { .. } => Phase::Closed,
            Inner::Open { .. } => Phase::Open,
            Inner::HalfOpen { .. } => Phase::HalfOpen,
            Inner::Barred => Phase::Barred,
        }
    }

    fn open(&mut self, now: Timestamp, asked: Option<Duration>) {
        let Settings { first_seconds, ceiling_seconds, .. } = self.settings;
        let own = next_at(now, self.openings, first_seconds, ceiling_seconds, &self.salt);
        let until = super::backoff::not_before(own, now, asked);
        self.openings += 1;
        self.turn(Inner::Open { until });
    }

    fn turn(&mut self, inner: Inner) {
        self.inner = inner;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOST: i64 = 100_000;

    fn breaker(failures: u32) -> Breaker {
        let settings = Settings { failures, first_seconds: 8, ceiling_seconds: 64, lost_after_millis: LOST };
        Breaker::new(settings, "gateway")
    }

    fn go(admission: Admission) -> Option<Ticket> {
        if let Admission::Go(ticket) = admission { Some(ticket) } else { None }
    }

    proptest! {
        /// A gateway that is down, many senders that ask all the time, answers that come late and in any order.
        #[test]
        fn a_gateway_that_is_down_is_never_stormed(
            failures in 1_u32..6,
            places in 1_usize..9,
            steps in proptest::collection::vec((0_i64..3_000, 0_usize..9, any::<bool>()), 1..600),
        ) {
            let mut breaker = breaker(failures);
            let (mut now, mut out, mut let_through) = (Timestamp(0), Vec::new(), 0_i64);
            for (elapsed, which, pause) in steps {
                now = now.plus_millis(elapsed);
                while out.len() < places {
                    let Some(ticket) = go(breaker.admit(now)) else { break };
                    out.push(ticket);
                    let_through += 1;
                }
                if !out.is_empty() {
                    let ticket = out.swap_remove(which % out.len());
                    let signal = if pause { Signal::Pause(Duration::from_secs(1)) } else { Signal::Failed };
                    breaker.report(now, ticket, signal);
                }
            }
            // Before it opens: the failures it waits for and what was in flight. After: one for each shortest pause.
            let at_first = i64::from(failures) + i64::try_from(places).unwrap_or(i64::MAX);
            prop_assert!(let_through <= at_first + now.0 / 6_000 + 1, "{} in {} ms", let_through, now.0);
        }

        /// Whatever happens, it never locks up: once the gateway works, waiting opens the way again.
        #[test]
        fn a_gateway_that_works_again_is_found_again(signals in proptest::collection::vec(0_u8..3, 0..60)) {
            let mut breaker = breaker(2);
            let mut now = Timestamp(0);
            for signal in signals {
                now = now.plus_millis(2_000);
                if let Some(ticket) = go(breaker.admit(now)) {
                    match signal {
                        0 => breaker.report(now, ticket, Signal::Failed),
                        1 => breaker.report(now, ticket, Signal::Good),
                        _ => {} // Never reported: the task was lost.
                    }
                }
            }
            now = now.plus_millis(LOST + 64_000);
            let ticket = go(breaker.admit(now));
            prop_assert!(ticket.is_some());
            breaker.report(now, ticket.unwrap_or(Ticket(0)), Signal::Good);
            prop_assert_eq!(breaker.phase(), Phase::Closed);
        }
    }

    #[test]
    fn one_tries_alone_and_its_success_lets_the_others_go_on() {
        let mut breaker = breaker(2);
        for _ in 0..2 {
            let ticket = go(breaker.admit(Timestamp(0))).expect("closed");
            breaker.report(Timestamp(0), ticket, Signal::Failed);
        }
        let Admission::Wait(until) = breaker.admit(Timestamp(1)) else { panic!("it is not open") };
        assert!((6_000..=8_000).contains(&until.0));
        let alone = go(breaker.admit(until)).expect("one may try");
        assert_eq!(breaker.admit(until), Admission::OneIsTrying);
        assert_eq!(breaker.phase(), Phase::HalfOpen);
        breaker.report(until, alone, Signal::Failed);
        let Admission::Wait(later) = breaker.admit(until) else { panic!("it is not open again") };
        assert!(later.0 - until.0 > until.0, "the second pause is longer");
        let alone = go(breaker.admit(later)).expect("one may try");
        breaker.report(later, alone, Signal::Good);
        assert_eq!(breaker.phase(), Phase::Closed);
    }

    #[test]
    fn a_pause_that_the_gateway_asks_for_holds_for_everybody() {
        let mut breaker = breaker(5);
        let (first, second) = (go(breaker.admit(Timestamp(0))), go(breaker.admit(Timestamp(0))));
        breaker.report(Timestamp(0), first.expect("closed"), Signal::Pause(Duration::from_secs(120)));
        assert_eq!(breaker.admit(Timestamp(1)), Admission::Wait(Timestamp(120_000)));
        // What was in flight may make it longer, and its success does not cut it short.
        breaker.report(Timestamp(0), second.expect("closed"), Signal::Good);
        assert_eq!(breaker.admit(Timestamp(1)), Admission::Wait(Timestamp(120_000)));
    }

    #[test]
    fn refused_credentials_bar_the_way_for_good() {
        let mut breaker = breaker(5);
        let ticket = go(breaker.admit(Timestamp(0))).expect("closed");
        breaker.report(Timestamp(0), ticket, Signal::Refused);
        assert_eq!(breaker.admit(Timestamp(i64::MAX)), Admission::Barred);
        breaker.report(Timestamp(0), ticket, Signal::Good);
        assert_eq!(breaker.phase(), Phase::Barred);
    }
}
