//! What the rest of the program asks an invoice, whichever syntax and channel it was written for.

use super::{Invoice, Party};
use crate::amount::Amount;
use crate::identifiers::{Identifier, VatNumber};

/// Schemes that say SIRET: ISO/IEC 6523, and the historic Chorus Pro UBL.
const SIRET_SCHEMES: [&str; 3] = ["0009", "1", "SIRET"];
/// Schemes that say SIREN.
const SIREN_SCHEMES: [&str; 2] = ["0002", "SIREN"];
/// Scheme of a routing code, which towards a public buyer is the service code (BR-FR-CPRO-11).
const ROUTING_CODE_SCHEME: &str = "0224";
/// Type codes (UNTDID 1001) that EN 16931 treats as credit notes.
const CREDIT_NOTE_CODES: [&str; 13] =
    ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"];
/// Billing frameworks under which the seller is a subcontractor paid directly.
const SUBCONTRACTOR_FRAMEWORKS: [&str; 5] = ["A9", "A10", "A11", "S3", "S5"];
/// Billing frameworks under which the seller is a co-contractor.
const CO_CONTRACTOR_FRAMEWORKS: [&str; 4] = ["A12", "A13", "A14", "S6"];

/// Whether EN 16931 treats the type code (BT-3, UNTDID 1001) as that of a credit note.
#[must_use]
pub fn is_credit_note_code(type_code: &str) -> bool {
    CREDIT_NOTE_CODES.contains(&type_code)
}

/// Most cents of one invoice that a database adds up: nine million of them stay within 64 bits.
const MOST_CENTS: i64 = 1_000_000_000_000;

/// A total in cents, exact: negative for a credit note (by its kind `ubl-creditnote`, or BT-3), whichever sign it was
/// written with. None where it has parts of a cent, or is too large for many such to be added up in 64 bits.
#[must_use]
pub fn signed_cents(kind: &str, type_code: Option<&str>, total: Amount) -> Option<i64> {
    let total = total.decimal().normalize();
    let more_digits = 2_u32.checked_sub(total.scale())?;
    let cents = i64::try_from(total.mantissa()).ok()?.checked_mul(10_i64.pow(more_digits))?;
    let credit = kind == "ubl-creditnote" || type_code.is_some_and(is_credit_note_code);
    (cents.abs() < MOST_CENTS).then_some(if credit { -cents.abs() } else { cents })
}

/// Whether the seller under the billing framework (BT-23) is a subcontractor paid directly.
#[must_use]
pub fn is_subcontractor_framework(framework: &str) -> bool {
    SUBCONTRACTOR_FRAMEWORKS.contains(&framework)
}

impl Invoice {
    /// SIREN of the supplier: nine digits as written, unchecked.
    #[must_use]
    pub fn supplier_siren(&self) -> Option<String> {
        self.seller.siren()
    }

    /// SIRET of the supplier: fourteen digits as written, unchecked.
    #[must_use]
    pub fn supplier_siret(&self) -> Option<String> {
        self.seller.siret()
    }

    /// SIREN of the buyer: nine digits as written, unchecked.
    #[must_use]
    pub fn buyer_siren(&self) -> Option<String> {
        self.buyer.siren()
    }

    /// SIRET of the buyer: fourteen digits as written, unchecked.
    #[must_use]
    pub fn buyer_siret(&self) -> Option<String> {
        self.buyer.siret()
    }

    /// What the supplier is known by in the key of uniqueness: its SIREN, or for want of one its VAT number, another
    /// identifier, at last its name; each with a prefix that says which.
    #[must_use]
    pub fn supplier_key(&self) -> Option<String> {
        self.seller.key()
    }

    /// Service code (*code service exécutant*): BT-46 of scheme 0224, else the identifier of the buyer's contact
    /// (historic UBL), else BT-10.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        let routing = self.buyer.identifiers.iter().find(|identifier| identifier.has_scheme(ROUTING_CODE_SCHEME));
        let contact = || self.buyer.contacts.iter().find_map(|contact| contact.identifier.as_deref());
        routing.map(|identifier| identifier.value.as_str()).or_else(contact).or(self.buyer_reference.as_deref())
    }

    /// Commitment number (*numéro d'engagement*): BT-13.
    #[must_use]
    pub fn commitment_number(&self) -> Option<&str> {
        self.purchase_order.as_deref()
    }

    /// Billing framework (*cadre de facturation*): BT-23.
    #[must_use]
    pub fn framework(&self) -> Option<&str> {
        self.framework.as_deref()
    }

    /// Whether its type code (BT-3) makes it a credit note. A UBL `CreditNote` may lack the code: ask `Parsed` too.
    #[must_use]
    pub fn is_credit_note(&self) -> bool {
        self.type_code.as_deref().is_some_and(is_credit_note_code)
    }

    /// Year of issue, part of the key of uniqueness.
    #[must_use]
    pub fn issue_year(&self) -> Option<i32> {
        self.issued.map(crate::date::Date::year)
    }

    /// BT-112, total with VAT.
    #[must_use]
    pub const fn total_with_vat(&self) -> Option<Amount> {
        self.totals.with_vat
    }

    /// BT-115, amount due for payment.
    #[must_use]
    pub const fn amount_due(&self) -> Option<Amount> {
        self.totals.due
    }

    /// The seller, where the framework says that it is a subcontractor paid directly.
    #[must_use]
    pub fn subcontractor(&self) -> Option<&Party> {
        self.framework().filter(|code| SUBCONTRACTOR_FRAMEWORKS.contains(code)).map(|_| &self.seller)
    }

    /// The seller, where the framework says that it is a co-contractor.
    #[must_use]
    pub fn co_contractor(&self) -> Option<&Party> {
        self.framework().filter(|code| CO_CONTRACTOR_FRAMEWORKS.contains(code)).map(|_| &self.seller)
    }

    /// The lead contractor, for a subcontractor or co-contractor: the seller's agent.
    #[must_use]
    pub fn lead_contractor(&self) -> Option<&Party> {
        let concerned = self.subcontractor().is_some() || self.co_contractor().is_some();
        self.other_parties.seller_agent.as_ref().filter(|_| concerned)
    }
}

impl Party {
    /// SIRET: an identifier of a SIRET scheme, else fourteen digits as legal identifier, else fourteen digits
    /// as identifier without scheme, else those of the electronic address.
    #[must_use]
    pub fn siret(&self) -> Option<String> {
        let by_scheme = |identifier: &&Identifier| {
            SIRET_SCHEMES.iter().any(|scheme| identifier.has_scheme(scheme)) && identifier.digits(14).is_some()
        };
        let identifiers = || self.identifiers.iter();
        identifiers()
            .find(by_scheme)
            .or_else(|| self.legal_identifier.as_ref().filter(|identifier| french(identifier)))
            .and_then(|identifier| identifier.digits(14))
            .or_else(|| identifiers().filter(|i| i.scheme.is_none()).find_map(|i| i.digits(14)))
            .or_else(|| self.endpoint.as_ref().filter(by_scheme)?.digits(14))
    }

    /// SIREN: the legal identifier, else an identifier of scheme 0002, else the first nine digits of the SIRET, else
    /// the last nine of a French VAT number.
    #[must_use]
    pub fn siren(&self) -> Option<String> {
        let by_scheme = |identifier: &&Identifier| SIREN_SCHEMES.iter().any(|scheme| identifier.has_scheme(scheme));
        let legal = self.legal_identifier.as_ref().filter(|identifier| french(identifier));
        legal
            .and_then(|identifier| identifier.digits(9))
            .or_else(|| self.identifiers.iter().filter(by_scheme).find_map(|identifier| identifier.digits(9)))
            .or_else(|| self.siret().map(|siret| siret[..9].to_owned()))
            .or_else(|| Some(VatNumber::parse(self.vat_number.as_deref()?).ok()?.siren()?.into()))
    }

    /// What the party is known by: `siren:…`, `vat:…`, `id:scheme:…` or `name:…`.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let vat = || self.vat_number.as_deref().map(|number| format!("vat:{}", compact(number)));
        let identifier = || {
            let identifier = self.legal_identifier.as_ref().or(self.identifiers.first())?;
            let scheme = identifier.scheme.as_deref().unwrap_or_default();
            Some(format!("id:{scheme}:{}", compact(&identifier.value)))
        };
        let name = || {
            let words: Vec<&str> = self.name.as_deref()?.split_whitespace().collect();
            Some(format!("name:{}", words.join(" ").to_uppercase()))
        };
        self.siren().map(|siren| format!("siren:{siren}")).or_else(vat).or_else(identifier).or_else(name)
    }
}

/// Whether the scheme lets the number be French: none given, or one of France.
fn french(identifier: &Identifier) -> bool {
    match identifier.scheme.as_deref() {
        None | Some("") => true,
        Some(scheme) => SIREN_SCHEMES.contains(&scheme) || SIRET_SCHEMES.contains(&scheme),
    }
}

fn compact(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::invoice::Contact;

    fn seller(party: Party) -> Invoice {
        Invoice { seller: party, ..Invoice::default() }
    }

    #[test]
    fn a_siret_is_found_wherever_a_channel_puts_it() {
        let siret = "12002701600563";
        let places = [
            Party { identifiers: vec![Identifier::of("1", siret)], ..Party::default() },
            Party { identifiers: vec![Identifier::of("0009", "120 027 016 00563")], ..Party::default() },
            Party { identifiers: vec![Identifier::new("K-7"), Identifier::new(siret)], ..Party::default() },
            Party { legal_identifier: Some(Identifier::of("0002", siret)), ..Party::default() },
            Party { legal_identifier: Some(Identifier::new(siret)), ..Party::default() },
            Party { endpoint: Some(Identifier::of("0009", siret)), ..Party::default() },
        ];
        for party in places {
            let invoice = seller(party);
            assert_eq!(invoice.supplier_siret().as_deref(), Some(siret), "{:?}", invoice.seller);
            assert_eq!(invoice.supplier_siren().as_deref(), Some("120027016"), "{:?}", invoice.seller);
        }
    }

    #[test]
    fn numbers_of_other_registers_are_no_sirets() {
        let gln = Identifier::of("0088", "12002701600563");
        let party = Party { identifiers: vec![gln.clone()], legal_identifier: Some(gln), ..Party::default() };
        assert_eq!(party.siret(), None);
        assert_eq!(party.key().as_deref(), Some("id:0088:12002701600563"));
    }

    #[test]
    fn the_legal_identifier_names_the_siren_before_the_siret_does() {
        let party = Party {
            identifiers: vec![Identifier::of("0009", "12002701600563")],
            legal_identifier: Some(Identifier::of("0002", "356000000")),
            ..Party::default()
        };
        assert_eq!(party.siren().as_deref(), Some("356000000"));
    }

    #[test]
    fn without_siren_the_key_falls_back_step_by_step() {
        let mut party = Party { name: Some(" Acme   Sàrl ".into()), ..Party::default() };
        assert_eq!(party.key().as_deref(), Some("name:ACME SÀRL"));
        party.identifiers.push(Identifier::new("k 1"));
        assert_eq!(party.key().as_deref(), Some("id::K1"));
        party.vat_number = Some("be 0123456749".into());
        assert_eq!(party.key().as_deref(), Some("vat:BE0123456749"));
        party.vat_number = Some("FR83404833048".into());
        assert_eq!(party.key().as_deref(), Some("siren:404833048"));
        assert_eq!(Party::default().key(), None);
    }

    #[test]
    fn the_service_code_comes_from_the_most_precise_place() {
        let mut invoice = Invoice { buyer_reference: Some("B".into()), ..Invoice::default() };
        assert_eq!(invoice.service_code(), Some("B"));
        invoice.buyer.contacts.push(Contact { identifier: Some("C".into()), ..Contact::default() });
        assert_eq!(invoice.service_code(), Some("C"));
        invoice.buyer.identifiers.push(Identifier::of("0224", "D"));
        assert_eq!(invoice.service_code(), Some("D"));
    }

    #[test]
    fn cents_are_exact_or_not_there() {
        let cents = |text: &str| signed_cents("cii", Some("380"), Amount::parse(text).unwrap());
        assert_eq!(["0.01", "-12.5", "1200", "7.10000"].map(cents), [Some(1), Some(-1250), Some(120_000), Some(710)]);
        assert_eq!(["0.001", "10000000000.00", "79228162514264337593"].map(cents), [None; 3]);
        let ten = Amount::parse("10").unwrap();
        assert_eq!(signed_cents("ubl-creditnote", None, ten), Some(-1000));
        assert_eq!(signed_cents("cii", Some("381"), Amount::parse("-10").unwrap()), Some(-1000));
    }

    #[test]
    fn the_framework_tells_who_the_seller_is() {
        let agent = Party { name: Some("Titulaire".into()), ..Party::default() };
        let mut invoice = Invoice { framework: Some("A9".into()), ..Invoice::default() };
        invoice.other_parties.seller_agent = Some(agent.clone());
        assert!(invoice.subcontractor().is_some() && invoice.co_contractor().is_none());
        assert_eq!(invoice.lead_contractor(), Some(&agent));
        invoice.framework = Some("A1".into());
        assert_eq!(invoice.lead_contractor(), None);
    }
}
