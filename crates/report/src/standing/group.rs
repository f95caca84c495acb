//! By what invoices are put together, and into which classes amounts and ages fall.

use facteur_store::report::Entry;
use facteur_texts::printable;
use rust_decimal::Decimal;

use super::Query;
use super::activity::month_of;
use super::collect::signed;
use crate::status::reason_title;
use crate::wording::sum;

/// By what invoices are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Our state.
    State,
    /// The supplier.
    Supplier,
    /// The recipient.
    Recipient,
    /// The month in which they came in.
    Month,
    /// The reason of their state.
    Reason,
    /// The service code.
    Service,
    /// The budget, where the configuration says which one pays.
    Budget,
    /// The size of the amount.
    Amount,
    /// The days in their state.
    Age,
}

impl Group {
    /// Every grouping.
    pub const ALL: [Self; 9] = [
        Self::State,
        Self::Supplier,
        Self::Recipient,
        Self::Month,
        Self::Reason,
        Self::Service,
        Self::Budget,
        Self::Amount,
        Self::Age,
    ];

    /// Its name on the command line and in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Supplier => "supplier",
            Self::Recipient => "recipient",
            Self::Month => "month",
            Self::Reason => "reason",
            Self::Service => "service",
            Self::Budget => "budget",
            Self::Amount => "amount",
            Self::Age => "age",
        }
    }

    /// The column of the groups.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Amount => "amount_class",
            Self::Age => "age_class",
            other => other.as_str(),
        }
    }

    /// The grouping of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }
}

/// Where one class of amounts ends and the next begins, in the currency of the invoice.
const AMOUNTS: [i64; 5] = [0, 100, 1_000, 10_000, 100_000];
/// Last day of each class of ages: a week, one month, two, three.
const AGES: [i64; 4] = [7, 30, 60, 90];

/// The group of an invoice with its place among the groups, where there is one.
pub(super) fn group_of(query: &Query, group: Group, entry: &Entry) -> Option<(usize, String)> {
    let name = match group {
        Group::State => facteur_texts::state(query.language, entry.state),
        Group::Supplier => printable(entry.supplier.as_deref()?),
        Group::Recipient => printable(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())?),
        Group::Month => month_of(query, entry),
        Group::Reason => reason_title(query.language, entry.reason.as_ref()?),
        Group::Service => printable(entry.service.as_deref()?),
        Group::Budget => printable(query.budget_of(entry)?),
        Group::Amount => return signed(entry).map(|amount| amount_class(query, amount)),
        Group::Age => return Some(age_class(query, query.age(entry))),
    };
    Some((0, name))
}

fn amount_class(query: &Query, amount: Decimal) -> (usize, String) {
    let class = AMOUNTS.iter().take_while(|from| amount >= Decimal::from(**from)).count();
    let written = |bound: i64| sum(query.language, Decimal::from(bound));
    let name = match (class.checked_sub(1).and_then(|below| AMOUNTS.get(below)), AMOUNTS.get(class)) {
        (None, _) => query.sentence("amount_negative", &[]),
        (Some(from), Some(to)) => query.sentence("amount_class", &[("from", &written(*from)), ("to", &written(*to))]),
        (Some(from), None) => query.sentence("amount_above", &[("from", &written(*from))]),
    };
    (class, name)
}

fn age_class(query: &Query, days: i64) -> (usize, String) {
    let class = AGES.iter().take_while(|last| days > **last).count();
    let from = class.checked_sub(1).and_then(|below| AGES.get(below)).map_or(0, |last| last + 1).to_string();
    let name = match AGES.get(class) {
        Some(to) => query.sentence("age_class", &[("from", &from), ("to", &to.to_string())]),
        None => query.sentence("age_above", &[("from", &from)]),
    };
    (class, name)
}

#[cfg(test)]
mod tests {
    use facteur_model::clock::Timestamp;
    use facteur_texts::Language;

    use super::*;
    use crate::standing::Name;

    #[test]
    fn every_amount_and_every_age_falls_into_one_class() {
        let query = Query::new(Name::Invoices, Language::French, Timestamp(0));
        let amount = |text: &str| amount_class(&query, text.parse().unwrap_or_default()).0;
        assert_eq!(["-0.01", "0", "99.99", "100", "9999.99", "100000"].map(amount), [0, 1, 1, 2, 3, 5]);
        let ages = [0, 7, 8, 30, 31, 90, 91].map(|days| age_class(&query, days).0);
        assert_eq!(ages, [0, 0, 1, 1, 2, 3, 4]);
    }
}
