//! How the invoice is to be paid.
//!
//! Source: rule S2.05 (the means of payment is mandatory and of a closed list), G1.14 (credit transfer by default);
//! a credit note says nothing of payment (as the Odoo community's connector does it).

use facteur_model::finding::{Finding, Layer};
use facteur_model::identifiers::Iban;
use facteur_model::invoice::{Invoice, PaymentMeans};

/// Codes of UNTDID 4461 that the gateway takes.
const ACCEPTED: [&str; 11] = ["01", "10", "20", "30", "31", "42", "48", "49", "58", "59", "97"];
/// Credit transfer, and SEPA credit transfer.
const CREDIT_TRANSFERS: [&str; 2] = ["30", "58"];

/// Check 4: an invoice has a means of payment of the list, a credit note has none.
#[must_use]
pub fn check_means(invoice: &Invoice) -> Vec<Finding> {
    let codes = || invoice.payment.means.iter().filter_map(code);
    if invoice.is_credit_note() {
        let first = codes().next();
        return first.map(warning_on_credit_note).into_iter().collect();
    }
    let expected = ACCEPTED.join(", ");
    let finding = |rule: &str| Finding::fatal(Layer::ChorusPro, rule).term("BT-81").expected(expected.clone());
    if codes().next().is_none() {
        return vec![finding("CPRO-HIST-PAYMENT-MISSING")];
    }
    let refused = codes().filter(|code| !ACCEPTED.contains(code) && *code != "1");
    refused.map(|code| finding("CPRO-HIST-PAYMENT").found(code)).collect()
}

/// Check 5: a credit transfer has an account, and it is an IBAN.
#[must_use]
pub fn check_account(invoice: &Invoice) -> Vec<Finding> {
    if invoice.is_credit_note() {
        return Vec::new();
    }
    let transfers: Vec<&PaymentMeans> = invoice
        .payment
        .means
        .iter()
        .filter(|means| code(means).is_some_and(|c| CREDIT_TRANSFERS.contains(&c)))
        .collect();
    let accounts: Vec<&str> = invoice.payment.accounts().map(str::trim).filter(|account| !account.is_empty()).collect();
    if transfers.is_empty() || accounts.iter().any(|account| Iban::parse(account).is_ok()) {
        return Vec::new();
    }
    let mut finding = Finding::fatal(Layer::ChorusPro, "CPRO-HIST-IBAN").term("BT-84").expected("IBAN");
    finding.found = accounts.first().map(|account| (*account).to_owned());
    vec![finding]
}

fn code(means: &PaymentMeans) -> Option<&str> {
    means.code.as_deref().map(str::trim).filter(|code| !code.is_empty())
}

fn warning_on_credit_note(code: &str) -> Finding {
    Finding::warning(Layer::ChorusPro, "CPRO-HIST-PAYMENT-CREDIT-NOTE").term("BT-81").found(code)
}
