//! How an invoice is to be paid.

use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// BG-16, payment instructions, and BT-20.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payment {
    /// BT-20, payment terms.
    pub terms: Option<String>,
    /// BT-83, remittance information: what the payer should quote.
    pub remittance: Option<String>,
    /// BT-81, BT-82 with BG-17, BG-18, BG-19: means of payment. EN 16931 has one, both syntaxes repeat it.
    pub means: Vec<PaymentMeans>,
    /// BT-89, mandate reference of a direct debit.
    pub mandate: Option<String>,
    /// BT-90, bank assigned creditor identifier.
    pub creditor: Option<String>,
}

/// One means of payment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentMeans {
    /// BT-81, code (UNTDID 4461): `30` and `58` credit transfer, `48` card, `49` and `59` direct debit, `97` clearing.
    pub code: Option<String>,
    /// BT-82, text.
    pub text: Option<String>,
    /// BG-17, credit transfer.
    pub credit_transfer: Option<CreditTransfer>,
    /// BG-18, payment card.
    pub card: Option<PaymentCard>,
    /// BT-91, account to be debited (BG-19).
    pub debited_account: Option<String>,
}

/// BG-17, the account to pay to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreditTransfer {
    /// BT-84, account: an IBAN, or a national account number.
    pub account: Option<String>,
    /// BT-85, name of the account.
    pub name: Option<String>,
    /// BT-86, payment service provider: a BIC.
    pub provider: Option<String>,
}

/// BG-18, the card that paid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentCard {
    /// BT-87, last digits of the card number.
    pub number: Option<String>,
    /// BT-88, name of the holder.
    pub holder: Option<String>,
}

impl Payment {
    /// Every account to pay to (BT-84), in the order of the document.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.means.iter().filter_map(|means| means.credit_transfer.as_ref()?.account.as_deref())
    }
}

/// A percentage of an amount, exact, where both are there and the result can be held.
#[must_use]
pub(super) fn percentage_of(rate: Amount, base: Amount) -> Option<Amount> {
    let hundredth = Amount::from(rust_decimal::Decimal::new(1, 2));
    rate.checked_mul(base)?.checked_mul(hundredth)
}
