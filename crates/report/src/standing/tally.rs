//! Counts and sums by group, never across currencies.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Query;
use crate::document::{Cell, Kind, Section};

/// Counts and sums by (place, group, currency); the place orders groups that have an order of their own.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(usize, String, String), Counted>);

#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    count: i64,
    /// None while there is no amount.
    sum: Option<Decimal>,
    /// Whether the sum became too large to be exact; it is not shown then.
    too_large: bool,
}

/// The order of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By place, then by name.
    Name,
    /// The most frequent first.
    Count,
}

impl Tally {
    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|counted| counted.count == 0)
    }

    /// Counts one.
    pub(super) fn add(&mut self, group: &str, currency: String, amount: Option<Decimal>) {
        self.add_many((0, group.to_owned()), currency, 1, amount);
    }

    /// Counts several: a group at its place, and their sum.
    pub(super) fn add_many(
        &mut self,
        (place, group): (usize, String),
        currency: String,
        count: i64,
        amount: Option<Decimal>,
    ) {
        let counted = self.0.entry((place, group, currency)).or_default();
        counted.count += count;
        let Some(amount) = amount else { return };
        let sum = counted.sum.unwrap_or_default().checked_add(amount);
        counted.too_large |= sum.is_none();
        counted.sum = sum.or(counted.sum);
    }

    /// The table: group, count, currency, sum; at most `most` groups.
    pub(super) fn section(
        &self,
        query: &Query,
        key: &'static str,
        group: &'static str,
        order: Order,
        most: usize,
    ) -> Section {
        let columns = vec![
            query.column(group, Kind::Text),
            query.column("count", Kind::Count),
            query.column("currency", Kind::Text),
            query.column("total", Kind::Amount),
        ];
        let mut section = Section::new(key, query.section_title(key), columns);
        let mut groups: Vec<_> = self.0.iter().filter(|(_, counted)| counted.count != 0).collect();
        if order == Order::Count {
            groups.sort_by_key(|(_, counted)| std::cmp::Reverse(counted.count));
        }
        let row = |((_, name, currency), counted): (&(usize, String, String), &Counted)| {
            vec![
                Cell::text(name),
                Cell::Count(counted.count),
                Cell::text(currency),
                Cell::amount(counted.sum.filter(|_| !counted.too_large)),
            ]
        };
        section.rows = groups.into_iter().take(most).map(row).collect();
        (section.currency, section.totals, section.bars) = (Some(2), vec![1, 3], Some((0, 1)));
        section
    }
}
