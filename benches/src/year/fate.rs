//! What becomes of an invoice in the invented year: how it ends here, and what the recipient says of it when.

use crate::draw::Draw;

pub const DAY: i64 = 24 * 3_600_000;

/// How an invoice ends on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It cannot be read.
    Unreadable,
    /// A rule is broken.
    Invalid,
    /// A PDF without invoice.
    Draft,
    /// Its number is taken.
    Held,
    /// The same bytes as another.
    Duplicate,
    /// Nobody has sent it yet.
    Queued,
    /// The answer to its deposit was lost.
    Uncertain,
    /// The platform rejects it.
    Rejected,
    /// It reaches the recipient.
    Delivered,
}

/// Shares in a thousand; the rest is delivered.
const SHARES: [(Fate, u64); 7] = [
    (Fate::Unreadable, 8),
    (Fate::Invalid, 25),
    (Fate::Draft, 8),
    (Fate::Held, 10),
    (Fate::Duplicate, 10),
    (Fate::Uncertain, 2),
    (Fate::Rejected, 22),
];
/// What came in during the last hours may still wait to be sent.
const LAST_HOURS: i64 = DAY / 4;
/// After so long a person has dealt with what waited, most of the time.
const DEALT_WITH: i64 = 20 * DAY;

/// The fate of an invoice that came in so long before the end of the year.
pub fn fate(draw: &mut Draw, before_end: i64) -> Fate {
    if before_end < LAST_HOURS && draw.happens(500) {
        return Fate::Queued;
    }
    let mut place = draw.below(1000);
    for (fate, share) in SHARES {
        if place < share {
            let stays = fate == Fate::Duplicate || before_end < DEALT_WITH || draw.happens(300);
            return if stays { fate } else { Fate::Delivered };
        }
        place -= share;
    }
    Fate::Delivered
}

/// What the recipient's side says: the gateway's word and when, in milliseconds after the reception.
pub fn recipient_says(draw: &mut Draw, credit_note: bool) -> Vec<(&'static str, i64)> {
    let mut said = vec![("DEPOSEE", DAY / 24)];
    let mut at = DAY / 24;
    let mut say = |code, after: i64| {
        at += after;
        said.push((code, at));
    };
    say("MISE_A_DISPOSITION", draw.between(1, 30) * DAY / 24);
    if draw.happens(22) {
        say("REJETEE", draw.between(1, 20) * DAY);
        return said;
    }
    if draw.happens(45) {
        say("SUSPENDUE", draw.between(1, 12) * DAY);
        if draw.happens(850) {
            say("COMPLETEE", draw.between(2, 25) * DAY);
        } else {
            return said;
        }
    }
    let is_late = draw.happens(110);
    if draw.happens(800) {
        say("SERVICE_FAIT", if is_late { draw.between(12, 45) } else { draw.between(1, 9) } * DAY);
    }
    if credit_note {
        return said;
    }
    if draw.happens(700) {
        say("MANDATEE", if is_late { draw.between(3, 15) } else { draw.between(1, 6) } * DAY);
    }
    say("MISE_A_DISPOSITION_COMPTABLE", draw.between(1, 3) * DAY);
    if draw.happens(600) {
        say("COMPTABILISEE", draw.between(1, 3) * DAY);
    }
    say("MISE_EN_PAIEMENT", if is_late { draw.between(4, 14) } else { draw.between(2, 7) } * DAY);
    said
}
