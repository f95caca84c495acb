//! The simulator as its handlers see it: options, and one lock around clock, journal, state, faults and tokens.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::args::Options;
use crate::clock::{Clock, Millis};
use crate::faults::{DepositFaults, Fault, FaultTable};
use crate::journal::{Journal, JournalError, Record};
use crate::random::Random;
use crate::reader::Member;
use crate::state::State;

/// Options and the locked world.
#[derive(Debug)]
pub struct App {
    /// The command line.
    pub options: Options,
    world: Mutex<World>,
}

/// Everything that changes.
#[derive(Debug)]
pub struct World {
    /// Gateway memory.
    pub state: State,
    /// Fault rates and queue.
    pub faults: FaultTable,
    clock: Clock,
    journal: Journal,
    random: Random,
    tokens: HashMap<String, Millis>,
}

impl App {
    /// Opens the state file, if any, and replays it.
    pub fn new(options: Options) -> Result<Self, JournalError> {
        let (journal, records) = match &options.state {
            Some(path) => Journal::open(path)?,
            None => (Journal::in_memory(), Vec::new()),
        };
        let mut faults = FaultTable::default();
        faults.replace(options.faults.iter().copied());
        // A restart goes on with other draws, else the same first deposit would always suffer the same fault.
        let random = Random::new(options.seed ^ (records.len() as u64).rotate_left(32));
        let (state, clock) = (State::new(), Clock::default());
        let mut world = World { state, faults, clock, journal, random, tokens: HashMap::new() };
        for record in records {
            world.replay(record);
        }
        Ok(Self { options, world: Mutex::new(world) })
    }

    /// The world; a panic in another request does not lock everybody out.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world with everything settled until the present instant.
    pub fn present(&self) -> (MutexGuard<'_, World>, Millis) {
        let mut world = self.world();
        let now = world.now();
        (world, now)
    }
}

impl World {
    /// The present instant; everything due has happened.
    pub fn now(&mut self) -> Millis {
        let now = self.clock.now();
        self.state.settle(now);
        now
    }

    /// Writes a record durably, then applies it.
    pub fn commit(&mut self, record: Record, members: Option<Vec<Member>>) -> Result<(), JournalError> {
        self.journal.append(&record)?;
        self.state.settle(record.at());
        if let Record::Clock { advance, .. } = record {
            self.clock.advance(advance);
        }
        self.state.apply(record, members);
        Ok(())
    }

    /// Draws the faults of a deposit.
    pub fn draw_deposit(&mut self) -> DepositFaults {
        self.faults.draw_deposit(&mut self.random)
    }

    /// Draws the fault of any API call.
    pub fn draw_call(&mut self) -> Option<Fault> {
        self.faults.draw_call(&mut self.random)
    }

    /// Draws the fault of a report.
    pub fn draw_report(&mut self) -> Option<Fault> {
        self.faults.draw_report(&mut self.random)
    }

    /// Issues a token. Tokens of an earlier run are never valid again: the clock is part of them.
    pub fn issue_token(&mut self, lifetime: Millis) -> String {
        let now = self.now();
        let mut mixed = Random::new(self.random.next() ^ now.unsigned_abs());
        let token = format!("{:016x}{:016x}", mixed.next(), mixed.next());
        self.tokens.retain(|_, until| *until > now);
        self.tokens.insert(token.clone(), now.saturating_add(lifetime));
        token
    }

    /// Whether a token is known and not expired.
    pub fn accepts_token(&mut self, token: &str) -> bool {
        let now = self.now();
        self.tokens.get(token).is_some_and(|until| *until > now)
    }

    /// Forgets a token.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    fn replay(&mut self, record: Record) {
        self.state.settle(record.at());
        self.clock.catch_up(record.at());
        if let Record::Clock { advance, .. } = record {
            self.clock.advance(advance);
        }
        self.state.apply(record, None);
    }
}
