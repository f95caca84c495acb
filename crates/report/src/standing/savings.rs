//! Paper and post that were not used: an estimate by stated factors, `schemas/savings.toml`, each of which can be set.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Query;
use crate::wording::sum;

const TABLE: &str = include_str!("../../../../schemas/savings.toml");

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factors {
    #[serde(rename = "schema")]
    _schema: String,
    sheets: Sheets,
    postage: Vec<Postage>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Sheets {
    per_invoice: Amount,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Postage {
    from: Date,
    euros: Amount,
    source: String,
}

/// The factors of this release. The table is part of the program, and a test reads it.
fn factors() -> &'static Factors {
    static FACTORS: OnceLock<Factors> = OnceLock::new();
    FACTORS.get_or_init(|| toml::from_str(TABLE).unwrap_or_default())
}

/// What was saved, as far as it was counted.
#[derive(Debug, Default)]
pub(super) struct Savings {
    invoices: i64,
    posted: i64,
    postage: Decimal,
    tariffs: BTreeSet<String>,
}

impl Savings {
    /// Counts an invoice that reached its recipient, by the day on which it came in.
    pub(super) fn count(&mut self, query: &Query, received: Date) {
        self.invoices += 1;
        let tariff = factors().postage.iter().rev().find(|row| row.from <= received);
        let euros = query.postage.or_else(|| tariff.map(|row| row.euros.decimal()));
        let Some(all) = euros.and_then(|euros| self.postage.checked_add(euros)) else { return };
        (self.posted, self.postage) = (self.posted + 1, all);
        if let (Some(tariff), None) = (tariff, query.postage) {
            self.tariffs.insert(tariff.source.clone());
        }
    }

    /// The sentences: how much, for how many, by which factor, and where the factor comes from.
    pub(super) fn told(&self, query: &Query) -> Vec<String> {
        if self.invoices == 0 {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let set = query.sentence("factor_set", &[]);
        let default = factors();
        let factor = query.sheets_per_invoice.unwrap_or_else(|| default.sheets.per_invoice.decimal());
        if let Some(sheets) = factor.checked_mul(Decimal::from(self.invoices)) {
            let convention = query.sentence("sheets_convention", &[]);
            let source = query.sheets_per_invoice.map_or(convention.as_str(), |_| set.as_str());
            let (sheets, count) = (sheets.normalize().to_string(), self.invoices.to_string());
            let factor = factor.normalize().to_string();
            let args = [("sheets", sheets.as_str()), ("count", &count), ("factor", &factor), ("source", source)];
            lines.push(query.sentence("sheets", &args));
        }
        if self.posted > 0 {
            let tariffs: Vec<&str> = self.tariffs.iter().map(String::as_str).collect();
            let source = if tariffs.is_empty() { set } else { tariffs.join(" ; ") };
            let (postage, count) = (sum(query.language, self.postage), self.posted.to_string());
            lines.push(query.sentence("postage", &[("postage", &postage), ("count", &count), ("source", &source)]));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_factor_has_a_source_and_the_tariffs_are_in_order() {
        let read: Factors = toml::from_str(TABLE).unwrap();
        assert!(read.sheets.per_invoice == Amount::parse("1").unwrap() && read.postage.len() > 2);
        assert!(read.postage.iter().all(|row| !row.source.is_empty() && row.euros.decimal() > Decimal::ZERO));
        assert!(read.postage.windows(2).all(|pair| pair[0].from < pair[1].from));
    }
}
