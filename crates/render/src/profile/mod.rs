//! The two French profiles: the same invoice for Chorus Pro's historic channel, and for the circuit of the approved
//! platforms (AFNOR XP Z12-012).
//!
//! What follows from the invoice itself is put where the channel wants it: a SIREN out of its SIRET, a service code in
//! the place of the syntax. What does not is asked for by name, never invented.

mod afnor;
mod historic;

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Party, Term};
use serde::Serialize;

/// Scheme of a SIREN (ISO/IEC 6523).
const SIREN: &str = "0002";
/// Scheme of a SIRET (ISO/IEC 6523).
const SIRET: &str = "0009";
/// Scheme of a SIRET in the historic UBL (the list of types of identifier of Chorus Pro).
const HISTORIC_SIRET: &str = "1";
/// Scheme of a routing code: the service code of a public buyer (BR-FR-CPRO-11).
const ROUTING_CODE: &str = "0224";
/// Longest invoice number that Chorus Pro takes (G1.05, BR-FR-CPRO-02).
const NUMBER_MAX: usize = 20;

/// The channel that an invoice is rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Chorus Pro's historic channel: portal, EDI, the PISTE API.
    CproHistoric,
    /// The circuit of the approved platforms.
    Afnor,
}

/// The syntax that it will be written in: some values have another place in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// UBL 2.1.
    Ubl,
    /// CII, alone or in a Factur-X.
    Cii,
}

/// What only a person can supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A number of at most 20 characters of those that Chorus Pro takes.
    Number,
    /// A billing framework of the historic channel.
    FrameworkHistoric,
    /// A billing framework of the reform.
    FrameworkReform,
    /// The supplier's SIRET.
    SupplierSiret,
    /// The recipient's SIRET.
    BuyerSiret,
    /// How the invoice is to be paid.
    PaymentMeans,
    /// The account that a credit transfer goes to.
    Account,
    /// The supplier's electronic address.
    SupplierEndpoint,
    /// The recipient's electronic address.
    BuyerEndpoint,
    /// The mention of the fixed compensation for recovery costs.
    NotePmt,
    /// The mention of the penalties for late payment.
    NotePmd,
    /// The mention of the discount, or that there is none.
    NoteAab,
}

/// A term that is missing, or cannot stand as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The business term.
    pub term: Term,
    /// What it has to say.
    pub need: Need,
    /// What stands there, where something does.
    pub found: Option<String>,
}

/// An invoice made ready for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapted {
    /// The invoice as that channel wants it.
    pub invoice: Invoice,
    /// What it lacks.
    pub missing: Vec<Missing>,
}

/// Makes an invoice ready for a channel.
#[must_use]
pub fn adapt(invoice: &Invoice, channel: Channel, syntax: Syntax) -> Adapted {
    let mut adapted = Adapted { invoice: invoice.clone(), missing: Vec::new() };
    number(&mut adapted);
    match channel {
        Channel::CproHistoric => historic::adapt(&mut adapted, syntax),
        Channel::Afnor => afnor::adapt(&mut adapted),
    }
    adapted
}

impl Adapted {
    fn need(&mut self, term: &'static str, need: Need, found: Option<String>) {
        self.missing.push(Missing { term: Term(term), need, found });
    }
}

/// BT-1: at most 20 letters, digits, blanks and `- + _ /`. A number is never shortened here: it is the supplier's.
fn number(adapted: &mut Adapted) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'+' | b'_' | b'/' | b'-');
    let number = adapted.invoice.number.clone();
    let fits =
        number.as_deref().is_some_and(|number| (1..=NUMBER_MAX).contains(&number.len()) && number.bytes().all(allowed));
    if !fits {
        adapted.need("BT-1", Need::Number, number);
    }
}

/// Puts an identifier of a scheme first, in place of any other with one of `replaced`.
fn put_identifier(party: &mut Party, identifier: Identifier, replaced: &[&str]) {
    let digits: String = identifier.value.clone();
    party.identifiers.retain(|known| {
        let scheme = known.scheme.as_deref();
        let same = scheme.is_none() && known.digits(digits.len()).as_deref() == Some(digits.as_str());
        !same && !scheme.is_some_and(|scheme| replaced.contains(&scheme))
    });
    party.identifiers.insert(0, identifier);
}

/// What says that nothing better is known of a field: its first words.
fn found(party: &Party) -> Option<String> {
    let legal = party.legal_identifier.as_ref();
    legal.or(party.identifiers.first()).map(|identifier| identifier.value.clone())
}

#[cfg(test)]
mod tests;
