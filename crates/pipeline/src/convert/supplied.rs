//! What a person supplies on the command line because the document lacks it: `BT-23=B1`.

use facteur_model::identifiers::{Iban, Identifier, Siret};
use facteur_model::invoice::{CreditTransfer, Invoice, Note, Party, PaymentMeans};
use facteur_render::profile::{Missing, Need};

/// Schemes of a SIRET: ISO/IEC 6523, and the historic UBL.
const SIRET_SCHEMES: [&str; 2] = ["0009", "1"];

/// The value of one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplied {
    term: Settable,
    /// The scheme of an identifier, or the subject of a note.
    qualifier: Option<String>,
    value: String,
}

/// Why what was given cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuppliedError {
    /// It is not `TERM=VALUE`.
    #[error("{0} is not a term with its value")]
    NoValue(String),
    /// That term cannot be supplied.
    #[error("{0} cannot be supplied")]
    UnknownTerm(String),
    /// An identifier or a note needs its scheme or subject: `SCHEME:VALUE`.
    #[error("{0} needs a scheme")]
    NoScheme(&'static str),
    /// It is no SIRET.
    #[error("{0} is no SIRET")]
    NoSiret(String),
    /// It is no IBAN.
    #[error("{0} is no IBAN")]
    NoIban(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settable {
    Number,
    BuyerReference,
    Contract,
    Commitment,
    Terms,
    Note,
    Framework,
    SellerIdentifier,
    SellerEndpoint,
    BuyerIdentifier,
    BuyerEndpoint,
    PaymentMeans,
    Account,
}

const SETTABLE: [(&str, Settable); 13] = [
    ("BT-1", Settable::Number),
    ("BT-10", Settable::BuyerReference),
    ("BT-12", Settable::Contract),
    ("BT-13", Settable::Commitment),
    ("BT-20", Settable::Terms),
    ("BT-22", Settable::Note),
    ("BT-23", Settable::Framework),
    ("BT-29", Settable::SellerIdentifier),
    ("BT-34", Settable::SellerEndpoint),
    ("BT-46", Settable::BuyerIdentifier),
    ("BT-49", Settable::BuyerEndpoint),
    ("BT-81", Settable::PaymentMeans),
    ("BT-84", Settable::Account),
];

impl Supplied {
    /// The terms that can be supplied.
    pub fn terms() -> impl Iterator<Item = &'static str> {
        SETTABLE.into_iter().map(|(name, _)| name)
    }

    /// Reads `TERM=VALUE`; an identifier is `SCHEME:VALUE` (a SIRET needs no scheme), a note `SUBJECT:TEXT`.
    ///
    /// # Errors
    /// [`SuppliedError`].
    pub fn parse(text: &str) -> Result<Self, SuppliedError> {
        let parts = text.split_once('=').map(|(term, value)| (term.trim(), value.trim()));
        let (name, value) =
            parts.filter(|(_, value)| !value.is_empty()).ok_or_else(|| SuppliedError::NoValue(text.to_owned()))?;
        let known = SETTABLE.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (name, term) = known.ok_or_else(|| SuppliedError::UnknownTerm(name.to_owned()))?;
        let plain = |value: &str| Self { term, qualifier: None, value: value.to_owned() };
        match term {
            Settable::SellerIdentifier | Settable::BuyerIdentifier => identifier(term, value),
            Settable::SellerEndpoint | Settable::BuyerEndpoint | Settable::Note => qualified(name, term, value),
            Settable::Account => match Iban::parse(value) {
                Ok(iban) => Ok(plain(iban.as_str())),
                Err(_) => Err(SuppliedError::NoIban(value.to_owned())),
            },
            _ => Ok(plain(value)),
        }
    }

    /// Puts it into the invoice, in place of what says the same.
    pub(super) fn apply(&self, invoice: &mut Invoice) {
        let value = || Some(self.value.clone());
        match self.term {
            Settable::Number => invoice.number = value(),
            Settable::BuyerReference => invoice.buyer_reference = value(),
            Settable::Contract => invoice.contract = value(),
            Settable::Commitment => invoice.purchase_order = value(),
            Settable::Terms => invoice.payment.terms = value(),
            Settable::Note => self.note(invoice),
            Settable::Framework => invoice.framework = value(),
            Settable::SellerIdentifier => self.identify(&mut invoice.seller),
            Settable::SellerEndpoint => invoice.seller.endpoint = Some(self.identifier()),
            Settable::BuyerIdentifier => self.identify(&mut invoice.buyer),
            Settable::BuyerEndpoint => invoice.buyer.endpoint = Some(self.identifier()),
            Settable::PaymentMeans => means(invoice).code = value(),
            Settable::Account => {
                means(invoice).credit_transfer.get_or_insert_with(CreditTransfer::default).account = value();
            }
        }
    }

    fn identifier(&self) -> Identifier {
        Identifier::of(self.qualifier.clone().unwrap_or_default(), self.value.clone())
    }

    /// One identifier of a scheme; a SIRET has two schemes, and stands first.
    fn identify(&self, party: &mut Party) {
        let scheme = self.qualifier.as_deref().unwrap_or_default();
        let siret = SIRET_SCHEMES.contains(&scheme);
        let same = |known: &Identifier| {
            known.has_scheme(scheme) || (siret && SIRET_SCHEMES.iter().any(|s| known.has_scheme(s)))
        };
        party.identifiers.retain(|known| !same(known));
        let place = if siret { 0 } else { party.identifiers.len() };
        party.identifiers.insert(place, self.identifier());
    }

    fn note(&self, invoice: &mut Invoice) {
        invoice.notes.retain(|note| note.subject != self.qualifier);
        invoice.notes.push(Note { subject: self.qualifier.clone(), text: Some(self.value.clone()) });
    }
}

/// How that which is missing is supplied: `BT-34=0225:…`.
#[must_use]
pub fn form(missing: &Missing) -> String {
    let value = match missing.need {
        Need::Number => "FA-2026-1",
        Need::FrameworkHistoric => "A1",
        Need::FrameworkReform => "B1",
        Need::SupplierSiret | Need::BuyerSiret => "SIRET",
        Need::PaymentMeans => "30",
        Need::Account => "IBAN",
        Need::SupplierEndpoint | Need::BuyerEndpoint => "0225:…",
        Need::NotePmt => "PMT:…",
        Need::NotePmd => "PMD:…",
        Need::NoteAab => "AAB:…",
    };
    format!("{}={value}", missing.term.0)
}

fn identifier(term: Settable, value: &str) -> Result<Supplied, SuppliedError> {
    let (scheme, value) = value.split_once(':').unwrap_or((SIRET_SCHEMES[0], value));
    let value = if SIRET_SCHEMES.contains(&scheme) {
        let siret = Siret::parse(value).map_err(|_| SuppliedError::NoSiret(value.to_owned()))?;
        siret.as_str().to_owned()
    } else {
        value.trim().to_owned()
    };
    Ok(Supplied { term, qualifier: Some(scheme.trim().to_owned()), value })
}

fn qualified(name: &'static str, term: Settable, value: &str) -> Result<Supplied, SuppliedError> {
    let parts = value.split_once(':').map(|(scheme, value)| (scheme.trim(), value.trim()));
    let short =
        |scheme: &str| (2..=4).contains(&scheme.len()) && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (scheme, value) =
        parts.filter(|(scheme, value)| short(scheme) && !value.is_empty()).ok_or(SuppliedError::NoScheme(name))?;
    Ok(Supplied { term, qualifier: Some(scheme.to_owned()), value: value.to_owned() })
}

/// The first means of payment, made where there is none.
fn means(invoice: &mut Invoice) -> &mut PaymentMeans {
    if invoice.payment.means.is_empty() {
        invoice.payment.means.push(PaymentMeans::default());
    }
    &mut invoice.payment.means[0]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_render::profile::{Channel, Syntax, adapt};

    use super::*;

    fn given(invoice: &mut Invoice, texts: &[&str]) {
        texts.iter().for_each(|text| Supplied::parse(text).unwrap().apply(invoice));
    }

    #[test]
    fn whatever_a_channel_asks_for_can_be_supplied() {
        let note = Note { subject: Some("PMT".into()), text: Some("autre".into()) };
        let mut invoice = Invoice { notes: vec![note], ..Invoice::default() };
        given(
            &mut invoice,
            &[
                "BT-1=FA-2026-7",
                "bt-23 = B1",
                "BT-29=99980123600012",
                "BT-34=0225:999801236",
                "BT-46=99970001600010",
                "BT-46=0224:ECOLES",
                "BT-49=0225:999700016_CULTURE",
                "BT-22=PMT:indemnité : 40 €",
                "BT-22=PMD:trois fois le taux légal",
                "BT-22=AAB:pas d'escompte",
                "BT-81=30",
                "BT-84=FR92 9999 9000 0100 1234 5678 901",
            ],
        );
        for (channel, syntax) in [(Channel::Afnor, Syntax::Ubl), (Channel::CproHistoric, Syntax::Cii)] {
            assert_eq!(adapt(&invoice, channel, syntax).missing, []);
        }
        assert_eq!(invoice.notes.len(), 3);
        assert_eq!(invoice.notes[0].text.as_deref(), Some("indemnité : 40 €"));
        assert_eq!(invoice.service_code(), Some("ECOLES"));
        assert_eq!(invoice.seller.siret().as_deref(), Some("99980123600012"));
        assert_eq!(invoice.payment.accounts().next(), Some("FR9299999000010012345678901"));
    }

    #[test]
    fn a_siret_replaces_the_one_that_was_there_and_a_routing_code_stands_beside_it() {
        let mut invoice = Invoice::default();
        invoice.buyer.identifiers = vec![Identifier::of("0224", "VOIRIE"), Identifier::of("1", "99980123600012")];
        given(&mut invoice, &["BT-46=0009:99970001600010"]);
        let expected = [Identifier::of("0009", "99970001600010"), Identifier::of("0224", "VOIRIE")];
        assert_eq!(invoice.buyer.identifiers, expected);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        for (text, expected) in [
            ("BT-23", SuppliedError::NoValue("BT-23".into())),
            ("BT-23= ", SuppliedError::NoValue("BT-23= ".into())),
            ("BT-112=0.00", SuppliedError::UnknownTerm("BT-112".into())),
            ("BT-34=999801236", SuppliedError::NoScheme("BT-34")),
            ("BT-22=PMT", SuppliedError::NoScheme("BT-22")),
            ("BT-29=99980123600013", SuppliedError::NoSiret("99980123600013".into())),
            ("BT-84=FR00", SuppliedError::NoIban("FR00".into())),
        ] {
            assert_eq!(Supplied::parse(text), Err(expected));
        }
    }

    #[test]
    fn what_is_missing_names_the_form_in_which_it_is_supplied() {
        for missing in adapt(&Invoice::default(), Channel::Afnor, Syntax::Ubl).missing {
            let form = form(&missing);
            assert!(Supplied::terms().any(|term| form.starts_with(&format!("{term}="))), "{form}");
        }
    }
}
