//! From a draft to the invoice of EN 16931, and what it still lacks.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::{Identifier, Siret};
use facteur_model::invoice::{
    Address, CreditTransfer, Invoice, Item, Line, Note, Party, Payment, PaymentMeans, PrecedingInvoice, Price,
    Quantity, Totals, VatBreakdown,
};
use facteur_texts::{Language, say};

use super::body::{Draft, Frame, LineEntry, VatEntry};
use super::field::{DraftField, FIELDS};
use crate::config::Role;

/// Schemes of ISO/IEC 6523.
const SIREN: &str = "0002";
const SIRET: &str = "0009";
const ELECTRONIC_ADDRESS: &str = "0225";
/// One (UN/ECE Recommendation 20).
const ONE: &str = "C62";
/// Credit transfers (UNTDID 4461).
const TRANSFERS: [&str; 3] = ["30", "31", "58"];
/// VAT rates of France in hundredths of a percent (CGI, art. 278 to 298).
const RATES: [i64; 5] = [2000, 1000, 550, 210, 850];
/// What every invoice has to say.
const REQUIRED: [&str; 9] = ["kind", "number", "issued", "currency", "supplier", "buyer", "net", "vat", "total"];

/// What keeps a draft from being an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// Nothing stands there.
    Missing(&'static DraftField),
    /// What the page says is not what the field demands.
    Unusable(&'static DraftField, String),
    /// Net and VAT do not make the total (BR-CO-15).
    Sums {
        /// Net and VAT together.
        expected: Amount,
        /// The total.
        found: Amount,
    },
    /// No VAT breakdown makes the sums (BG-23).
    Breakdown,
    /// The lines that a person gave do not add up to the net sum (BR-CO-10, BR-S-08).
    Lines,
}

/// An invoice out of a draft.
#[derive(Debug, Clone)]
pub struct Built {
    /// The invoice, as far as it goes.
    pub invoice: Invoice,
    /// What it lacks.
    pub lacks: Vec<Lack>,
    /// Whether the lines were made from the sums, one a rate, because none were read or given that fit.
    pub summary_lines: bool,
}

/// Builds the invoice.
#[must_use]
pub fn build(draft: &Draft, frame: Frame) -> Built {
    let builder = Builder { draft, frame };
    let mut lacks = builder.lacking_fields();
    let mut invoice = builder.head();
    invoice.seller = builder.party("supplier");
    invoice.buyer = builder.party("buyer");
    invoice.payment = builder.payment();
    let mut summary_lines = false;
    if let Some(sums) = builder.sums(&mut lacks) {
        summary_lines = builder.amounts(&mut invoice, &sums, &mut lacks);
    }
    Built { invoice, lacks, summary_lines }
}

struct Builder<'a> {
    draft: &'a Draft,
    frame: Frame,
}

struct Sums {
    net: Amount,
    vat: Amount,
    total: Amount,
    payable: Amount,
}

impl Builder<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.draft.value(name, self.frame)
    }

    fn amount(&self, name: &str) -> Option<Amount> {
        Amount::parse(&self.text(name)?).ok()
    }

    fn date(&self, name: &str) -> Option<Date> {
        Date::parse(&self.text(name)?).ok()
    }

    /// What nobody said, and what was read and cannot be used.
    fn lacking_fields(&self) -> Vec<Lack> {
        let mut lacks: Vec<Lack> = Vec::new();
        for field in &FIELDS {
            match self.draft.entry(field, self.frame) {
                Some(entry) if !entry.usable => lacks.push(Lack::Unusable(field, entry.value)),
                None if self.demands(field.name) => lacks.push(Lack::Missing(field)),
                _ => {}
            }
        }
        lacks
    }

    fn demands(&self, name: &str) -> bool {
        let has = |name| self.text(name).is_some();
        let credit_note = self.text("kind").as_deref() == Some("381");
        let taxed = self.amount("vat").is_some_and(|vat| !vat.is_zero());
        match name {
            // A supplier from abroad has no SIRET; the portal wants one all the same, or an identifier of its own.
            "supplier_siret" => self.frame.role != Role::Recipient || !has("supplier_vat"),
            "buyer_siret" => true,
            "supplier_country" | "buyer_country" => true,
            "supplier_vat" => taxed,
            "due" => !credit_note && !has("payment_terms"),
            "iban" => self.text("payment_means").is_some_and(|means| TRANSFERS.contains(&means.as_str())),
            "payment_means" => self.frame.role != Role::Recipient && !credit_note,
            "vat_exemption" => {
                let category = self.text("vat_category");
                category.as_deref().is_some_and(|category| category != "Z") && self.untaxed()
            }
            _ => REQUIRED.contains(&name),
        }
    }

    fn untaxed(&self) -> bool {
        self.amount("vat").is_some_and(Amount::is_zero)
            || self.draft.vat.iter().flatten().any(|entry| entry.rate.is_zero())
    }

    fn head(&self) -> Invoice {
        let note = |(field, subject): (&str, &str)| {
            self.text(field).map(|text| Note { subject: Some(subject.to_owned()), text: Some(text) })
        };
        let preceding = self.text("preceding");
        Invoice {
            number: self.text("number"),
            issued: self.date("issued"),
            type_code: self.text("kind"),
            currency: self.text("currency"),
            due: self.date("due"),
            buyer_reference: self.text("service"),
            contract: self.text("contract"),
            purchase_order: self.text("order"),
            framework: self.text("framework"),
            notes: [("note_pmt", "PMT"), ("note_pmd", "PMD"), ("note_aab", "AAB")]
                .into_iter()
                .filter_map(note)
                .collect(),
            preceding: preceding
                .map(|number| PrecedingInvoice { number: Some(number), ..PrecedingInvoice::default() })
                .into_iter()
                .collect(),
            ..Invoice::default()
        }
    }

    /// The supplier or the buyer.
    fn party(&self, role: &str) -> Party {
        let text = |what: &str| self.text(&format!("{role}_{what}"));
        let siret = text("siret").and_then(|siret| Siret::parse(&siret).ok());
        let siren = text("siren").or_else(|| siret.as_ref().map(|siret| siret.siren().to_string()));
        Party {
            name: self.text(role),
            identifiers: siret.map(|siret| Identifier::of(SIRET, siret.to_string())).into_iter().collect(),
            legal_identifier: siren.map(|siren| Identifier::of(SIREN, siren)),
            vat_number: text("vat"),
            endpoint: text("endpoint").map(|address| Identifier::of(ELECTRONIC_ADDRESS, address)),
            address: Some(Address {
                line_1: text("address"),
                post_code: text("post_code"),
                city: text("city"),
                country: text("country"),
                ..Address::default()
            }),
            ..Party::default()
        }
    }

    fn payment(&self) -> Payment {
        let code = self.text("payment_means");
        let account = self.text("iban").map(|account| CreditTransfer { account: Some(account), ..Default::default() });
        let means = code.map(|code| PaymentMeans { code: Some(code), credit_transfer: account, ..Default::default() });
        Payment { terms: self.text("payment_terms"), means: means.into_iter().collect(), ..Payment::default() }
    }

    fn sums(&self, lacks: &mut Vec<Lack>) -> Option<Sums> {
        let sums = Sums {
            net: self.amount("net")?,
            vat: self.amount("vat")?,
            total: self.amount("total")?,
            payable: self.amount("payable")?,
        };
        let expected = sums.net.checked_add(sums.vat)?;
        if expected != sums.total {
            lacks.push(Lack::Sums { expected, found: sums.total });
        }
        // A credit note says what is credited without a sign, however the page prints it.
        let credit_note = self.text("kind").as_deref() == Some("381");
        if !(credit_note && sums.total.is_negative()) {
            return Some(sums);
        }
        Some(Sums {
            net: turned(sums.net)?,
            vat: turned(sums.vat)?,
            total: turned(sums.total)?,
            payable: turned(sums.payable)?,
        })
    }

    /// Totals, breakdown and lines; whether the lines are made from the sums.
    fn amounts(&self, invoice: &mut Invoice, sums: &Sums, lacks: &mut Vec<Lack>) -> bool {
        invoice.totals = Totals {
            lines: Some(sums.net),
            without_vat: Some(sums.net),
            vat: Some(sums.vat),
            with_vat: Some(sums.total),
            paid: sums.total.checked_sub(sums.payable).filter(|paid| !paid.is_zero()),
            due: Some(sums.payable),
            ..Totals::default()
        };
        let Some(breakdown) = self.breakdown(sums) else {
            lacks.push(Lack::Breakdown);
            return false;
        };
        invoice.vat_breakdown = breakdown.iter().map(|entry| self.tax(entry)).collect();
        let (lines, summary) = self.lines(&breakdown, lacks);
        invoice.lines = lines.iter().enumerate().map(|(index, line)| self.line(index, line, &breakdown)).collect();
        summary
    }

    /// The breakdown that a person gave, else the one that was read, else the one rate that makes the VAT of the net.
    fn breakdown(&self, sums: &Sums) -> Option<Vec<VatEntry>> {
        let fits = |entries: &[VatEntry]| {
            let base = Amount::checked_sum(entries.iter().map(|entry| entry.base));
            let tax = Amount::checked_sum(entries.iter().map(|entry| entry.amount));
            !entries.is_empty() && base == Some(sums.net) && tax == Some(sums.vat)
        };
        if let Some(given) = &self.draft.vat {
            return fits(given).then(|| given.clone());
        }
        let read: Vec<VatEntry> = self
            .draft
            .read
            .vat
            .iter()
            .map(|row| VatEntry { rate: row.rate, base: row.base, amount: row.amount })
            .collect();
        if fits(&read) {
            return Some(read);
        }
        let one = |rate| VatEntry { rate, base: sums.net, amount: sums.vat };
        if sums.vat.is_zero() {
            return Some(vec![one(Amount::ZERO)]);
        }
        let rates = RATES.iter().filter_map(|rate| Amount::parse(&format!("{}.{:02}", rate / 100, rate % 100)).ok());
        let mut right = rates.filter(|rate| {
            let made = VatBreakdown { taxable: Some(sums.net), rate: Some(*rate), ..VatBreakdown::default() };
            made.computed_tax() == Some(sums.vat)
        });
        right.next().map(|rate| vec![one(rate)])
    }

    fn category(&self, rate: Amount) -> String {
        let untaxed = || self.text("vat_category").unwrap_or_else(|| "E".to_owned());
        if rate.is_zero() { untaxed() } else { "S".to_owned() }
    }

    fn tax(&self, entry: &VatEntry) -> VatBreakdown {
        let category = self.category(entry.rate);
        let exempt = category != "S" && category != "Z";
        VatBreakdown {
            taxable: Some(entry.base),
            tax: Some(entry.amount),
            rate: Some(entry.rate),
            exemption: self.text("vat_exemption").filter(|_| exempt),
            category: Some(category),
            ..VatBreakdown::default()
        }
    }

    /// The lines that a person gave, else those read where they add up for each rate, else one a rate.
    fn lines(&self, breakdown: &[VatEntry], lacks: &mut Vec<Lack>) -> (Vec<LineEntry>, bool) {
        if let Some(given) = &self.draft.lines {
            if !add_up(given, breakdown) {
                lacks.push(Lack::Lines);
            }
            return (given.clone(), false);
        }
        let rows = self.draft.read.lines.iter().map(|row| LineEntry {
            name: row.name.clone(),
            quantity: row.quantity,
            price: row.price,
            amount: row.amount,
            rate: row.rate,
        });
        let read: Vec<LineEntry> = rows.filter(|line| !line.name.trim().is_empty()).collect();
        if read.len() == self.draft.read.lines.len() && add_up(&read, breakdown) {
            return (read, false);
        }
        let number = self.text("number").unwrap_or_default();
        let name = say(Language::French, "draft.line_name", &[("number", &number)]);
        let line = |entry: &VatEntry| LineEntry {
            name: name.clone(),
            quantity: Amount::parse("1").unwrap_or(Amount::ZERO),
            price: entry.base,
            amount: entry.base,
            rate: Some(entry.rate),
        };
        (breakdown.iter().map(line).collect(), true)
    }

    fn line(&self, index: usize, line: &LineEntry, breakdown: &[VatEntry]) -> Line {
        let rate = line.rate.or_else(|| breakdown.first().map(|entry| entry.rate)).unwrap_or(Amount::ZERO);
        Line {
            id: Some((index + 1).to_string()),
            quantity: Some(Quantity { value: Some(line.quantity), unit: Some(ONE.to_owned()) }),
            net_amount: Some(line.amount),
            price: Price { net: Some(line.price), ..Price::default() },
            vat_category: Some(self.category(rate)),
            vat_rate: Some(rate),
            item: Item { name: Some(line.name.clone()), ..Item::default() },
            ..Line::default()
        }
    }
}

fn turned(amount: Amount) -> Option<Amount> {
    Amount::ZERO.checked_sub(amount)
}

/// Whether the lines of each rate make its taxable sum. A line without rate belongs to the only one there is.
fn add_up(lines: &[LineEntry], breakdown: &[VatEntry]) -> bool {
    let only = if let [one] = breakdown { Some(one.rate) } else { None };
    let rate = |line: &LineEntry| line.rate.or(only);
    let known =
        lines.iter().all(|line| rate(line).is_some_and(|rate| breakdown.iter().any(|entry| entry.rate == rate)));
    !lines.is_empty()
        && known
        && breakdown.iter().all(|entry| {
            let own = lines.iter().filter(|line| rate(line) == Some(entry.rate)).map(|line| line.amount);
            Amount::checked_sum(own) == Some(entry.base)
        })
}

#[cfg(test)]
mod tests;
