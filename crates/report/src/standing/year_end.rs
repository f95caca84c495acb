//! The end of the year: performance certified before 31 December and no payment order by then (charges to carry over),
//! and what was available by then and not certified.

use facteur_model::date::Date;
use facteur_store::Store;
use facteur_store::record::GatewayEvent;
use facteur_store::report::Entry;

use super::collect::{currency, each_with_events, nature, signed};
use super::payments::days;
use super::tally::{Order, Tally};
use super::{Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::Nature;

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let year = query.to.unwrap_or_else(|| query.today()).year();
    let last = Date::new(year, 12, 31).unwrap_or_else(|_| query.today());
    let asked = Query { to: None, ..query.clone() };
    let mut sections = [section(query, "certified"), section(query, "not_certified")];
    let (mut recipients, mut budgets, mut services) = (Tally::default(), Tally::default(), Tally::default());
    let unknown = query.sentence("unknown", &[]);
    each_with_events(store, &asked, |entry, events| {
        let Some(standing) = Standing::on(query, last, entry, events) else { return };
        let index = usize::from(standing.certified.is_none());
        sections[index].rows.push(standing.row(query, entry));
        if index == 0 {
            let recipient = entry.buyer.as_deref().or(entry.buyer_siret.as_deref()).unwrap_or(&unknown);
            recipients.add(&facteur_texts::printable(recipient), currency(entry), signed(entry));
            budgets.add(query.budget_of(entry).unwrap_or(&unknown), currency(entry), signed(entry));
            let service = entry.service.as_deref().map_or_else(|| unknown.clone(), facteur_texts::printable);
            services.add(&service, currency(entry), signed(entry));
        }
    })
    .await?;
    let mut report = asked.report();
    report.about.push(query.sentence("year", &[("date", &crate::wording::day(query.language, last))]));
    let [certified, not_certified] = sections;
    report.attention = !certified.rows.is_empty();
    report.sections = vec![
        budgets.section(query, "by_budget", "budget", Order::Count, usize::MAX),
        recipients.section(query, "by_recipient", "recipient", Order::Count, usize::MAX),
        services.section(query, "by_service", "service", Order::Count, usize::MAX),
        certified,
        not_certified,
    ];
    if query.budgets.is_empty() {
        report.sections.remove(0);
    }
    report.notes.push(query.sentence("year_end_rule", &[]));
    report.notes.push(query.sentence(if query.budgets.is_empty() { "no_budget" } else { "budget_rule" }, &[]));
    Ok(report)
}

/// How an invoice stood on the last day of the year, where it was at the recipient without a payment order.
struct Standing {
    available: Option<Date>,
    certified: Option<Date>,
}

impl Standing {
    fn on(query: &Query, last: Date, entry: &Entry, events: &[GatewayEvent]) -> Option<Self> {
        let until = |code: &str| days(query, events, code).filter(|day| *day <= last).min();
        let closed = ["MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE", "MISE_EN_PAIEMENT", "REJETEE"];
        let regularised = nature(entry) == Nature::AlreadyPaid;
        if regularised || closed.iter().any(|code| until(code).is_some()) {
            return None;
        }
        let standing = Self { available: until("MISE_A_DISPOSITION"), certified: until("SERVICE_FAIT") };
        (standing.available.is_some() || standing.certified.is_some()).then_some(standing)
    }

    fn row(&self, query: &Query, entry: &Entry) -> Vec<Cell> {
        vec![
            Cell::text(&entry.id),
            Cell::maybe(entry.number.as_deref()),
            Cell::maybe(entry.supplier.as_deref()),
            Cell::maybe(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())),
            Cell::maybe(query.budget_of(entry)),
            Cell::maybe(entry.service.as_deref()),
            Cell::maybe(entry.commitment.as_deref()),
            Cell::amount(signed(entry)),
            Cell::text(&currency(entry)),
            Cell::day(self.available),
            Cell::day(self.certified),
        ]
    }
}

fn section(query: &Query, key: &'static str) -> Section {
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("number", Kind::Text),
        query.column("supplier", Kind::Text),
        query.column("recipient", Kind::Text),
        query.column("budget", Kind::Text),
        query.column("service", Kind::Text),
        query.column("commitment", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("available_on", Kind::Day),
        query.column("certified_on", Kind::Day),
    ];
    let mut section = Section::new(key, query.section_title(key), columns);
    (section.currency, section.totals) = (Some(8), vec![7]);
    section
}
