//! What happens in each round: drawn from the seed, whatever the machine's speed.

use crate::dice::Dice;

/// What goes wrong on this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// `facteur run` ends at once at a named place, at its so-many-th passing.
    KilledAt(&'static str, u64),
    /// `facteur run` gets a `kill -9` after so many milliseconds.
    KilledAfter(u64),
    /// `facteur nightly` ends at once at a named place.
    NightKilledAt(&'static str),
    /// Workers, of which one gets a `kill -9` after so many milliseconds, and a new one takes its place.
    WorkerKilledAfter(u64),
    /// Workers, of which one ends at once at a named place, and a new one takes its place.
    WorkerKilledAt(&'static str),
    /// No file may become longer than so many kilobytes (of the server's tables: than 17 megabytes).
    DiskFull(u64),
    /// The store can be read only.
    ReadOnly,
    /// The database server loses its power under load after so many milliseconds, and comes back.
    ServerCrashes(u64),
    /// The program's clock is wrong by so many seconds.
    ClockOff(i64),
    /// Time passes, here and at the gateway: so many seconds.
    TimePasses(i64),
}

impl Trouble {
    /// Its name in the totals.
    pub fn name(self) -> &'static str {
        match self {
            Self::KilledAt(..) => "run killed at a place",
            Self::KilledAfter(_) => "run killed at any instant",
            Self::NightKilledAt(_) => "night killed",
            Self::WorkerKilledAfter(_) | Self::WorkerKilledAt(_) => "worker killed mid-batch",
            Self::DiskFull(_) => "disk full",
            Self::ReadOnly => "store read-only",
            Self::ServerCrashes(_) => "server crashed under load",
            Self::ClockOff(_) => "clock off",
            Self::TimePasses(_) => "hours pass",
        }
    }

    pub fn kills(self) -> bool {
        matches!(
            self,
            Self::KilledAt(..)
                | Self::KilledAfter(_)
                | Self::NightKilledAt(_)
                | Self::WorkerKilledAfter(_)
                | Self::WorkerKilledAt(_)
        )
    }
}

/// What the gateway is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Calm,
    /// A little of everything.
    Usual,
    /// Nearly every call is answered by 429.
    Storm,
    /// Half of all calls get a page of HTML.
    Html,
    /// The token ends in the middle of a batch.
    Tokens,
    /// The next answers come after the client has gone.
    Late,
    /// The next answer comes byte by byte.
    Loris,
}

impl Weather {
    /// For `POST /simulator/faults`.
    pub const fn faults(self) -> &'static str {
        match self {
            Self::Calm => "{}",
            Self::Usual => {
                r#"{"lose-answer":0.15,"half-body":0.08,"http-503-html":0.06,"http-500":0.05,"reset":0.05,
                "http-429":0.04,"empty-flow-number":0.03,"expire-token":0.05,"late-answer":0.01,"incident":0.04,
                "unknown-state":0.05,"out-of-order":0.1,"slow-integration":0.05,"partial":0.3,
                "error-list-object":0.1,"null-lists":0.1}"#
            }
            Self::Storm => r#"{"http-429@all":0.8}"#,
            Self::Html => r#"{"http-503-html@all":0.5,"lose-answer":0.2}"#,
            Self::Tokens => r#"{"expire-token@all":0.4}"#,
            Self::Late => r#"{"next":["late-answer","lose-answer"]}"#,
            Self::Loris => r#"{"next":["slow-loris"]}"#,
        }
    }
}

/// One round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    pub trouble: Trouble,
    pub weather: Weather,
    /// Invoices in one flow.
    pub lot: u64,
    /// New invoices.
    pub files: u64,
}

/// Rounds without end.
pub struct Plan {
    dice: Dice,
    on_server: bool,
    made: u64,
}

impl Plan {
    pub fn new(seed: u64, on_server: bool) -> Self {
        Self { dice: Dice::new(seed), on_server, made: 0 }
    }

    /// Every fifth round is no kill: each other kind in its turn.
    fn trouble(&mut self) -> Trouble {
        self.made += 1;
        let dice = &mut self.dice;
        if self.made.is_multiple_of(5) {
            return match self.made / 5 % if self.on_server { 5 } else { 4 } {
                0 => Trouble::TimePasses(dice.one(&[30, 600, 4000])),
                1 => Trouble::DiskFull(dice.one(&[8, 24, 64, 160, 400])),
                2 => Trouble::ReadOnly,
                3 => Trouble::ClockOff(dice.one(&[-15, -7, -1, 1, 7, 15])),
                _ => Trouble::ServerCrashes(50 + dice.roll(500)),
            };
        }
        match dice.weighed(&[(10, 0), (10, 1), (3, 2), (2, 3), (3, 4)]) {
            0 => {
                let (place, passings) = dice.one(&PLACES);
                Trouble::KilledAt(place, 1 + dice.roll(passings))
            }
            1 => Trouble::KilledAfter(5 + dice.roll(700)),
            2 => Trouble::NightKilledAt(dice.one(&NIGHT)),
            3 => Trouble::WorkerKilledAfter(100 + dice.roll(600)),
            _ => Trouble::WorkerKilledAt(dice.one(&WORKER)),
        }
    }
}

impl Iterator for Plan {
    type Item = Round;

    fn next(&mut self) -> Option<Round> {
        let trouble = self.trouble();
        let weathers = [
            (12, Weather::Usual),
            (2, Weather::Calm),
            (2, Weather::Storm),
            (2, Weather::Html),
            (2, Weather::Tokens),
            (1, Weather::Late),
            (1, Weather::Loris),
        ];
        let weather = self.dice.weighed(&weathers);
        let lot = self.dice.weighed(&[(3, 1), (1, 4)]);
        Some(Round { trouble, weather, lot, files: 3 + self.dice.roll(3) })
    }
}

/// Places at which `facteur run` can be made to end at once, and how often they are passed in a round.
const PLACES: [(&str, u64); 12] = [
    ("inbox.claimed", 3),
    ("import.before_received", 1),
    ("import.after_received", 2),
    ("import.after_processed", 2),
    ("inbox.before_put_away", 3),
    ("store.before_commit", 12),
    ("store.after_commit", 12),
    ("send.before_intent", 3),
    ("send.after_intent", 3),
    ("send.after_answer", 3),
    ("send.after_outcome", 3),
    ("store.before_commit", 30),
];
const NIGHT: [&str; 6] = [
    "nightly.after_import",
    "nightly.after_gateway",
    "nightly.after_note",
    "nightly.before_delivery",
    "send.after_intent",
    "send.after_answer",
];
const WORKER: [&str; 4] = ["send.after_intent", "send.after_answer", "send.after_outcome", "store.after_commit"];

#[test]
fn a_seed_is_a_plan() {
    let plan = |seed| Plan::new(seed, true).take(200).collect::<Vec<_>>();
    assert_eq!(plan(1), plan(1));
    assert_ne!(plan(1), plan(2));
    let kills = plan(1).iter().filter(|round| round.trouble.kills()).count();
    assert_eq!(kills, 160);
    let names: std::collections::BTreeSet<_> = plan(1).iter().map(|round| round.trouble.name()).collect();
    assert_eq!(names.len(), 9, "every kind is drawn: {names:?}");
    assert!(Plan::new(1, false).take(200).all(|round| !matches!(round.trouble, Trouble::ServerCrashes(_))));
}
