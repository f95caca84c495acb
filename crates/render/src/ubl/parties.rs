//! Parties of a UBL document.

use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Address, Contact, Invoice, Party};

use crate::out::{Out, SCHEME};

/// Scheme by which UBL marks a SEPA creditor identifier (BT-90) among the identifiers of seller and payee.
const SEPA: &str = "SEPA";
/// Tax scheme of a registration that is not for VAT (BT-32).
const OTHER_TAX: &str = "FC";

/// Where the name of a party stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// Registered name, and trading name as plain name: seller, buyer.
    Both,
    /// The plain name: payee, tax representative.
    Plain,
    /// The registered name: the parties of the French profile.
    Registered,
}

/// A party inside another: whether it is an agent, or provides a service.
type Inner<'a> = (Option<&'a Party>, Option<&'a Party>);

pub(super) fn parties<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    let others = &invoice.other_parties;
    out.always("cac:AccountingSupplierParty", |out| {
        out.within("cac:Party", |out| {
            let creditor = invoice.payment.creditor.as_ref();
            let inner = (others.seller_agent.as_ref(), others.invoicer.as_ref());
            party(out, &invoice.seller, Naming::Both, creditor, inner);
        });
    });
    out.always("cac:AccountingCustomerParty", |out| {
        out.within("cac:Party", |out| {
            let inner = (others.buyer_agent.as_ref(), others.invoicee.as_ref());
            party_of(out, &invoice.buyer, &buyer_identifiers(invoice), Naming::Both, None, inner);
        });
    });
    if let Some(payee) = &invoice.payee {
        out.within("cac:PayeeParty", |out| party(out, payee, Naming::Plain, None, (None, None)));
    }
    if let Some(representative) = &invoice.tax_representative {
        out.within("cac:TaxRepresentativeParty", |out| party(out, representative, Naming::Plain, None, (None, None)));
    }
}

/// EN 16931 has one identifier of the buyer (BT-46, UBL-SR-16), best one with a scheme; an extension has several.
fn buyer_identifiers(invoice: &Invoice) -> Vec<&Identifier> {
    let all = || invoice.buyer.identifiers.iter();
    if super::room(invoice) > 1 {
        return all().collect();
    }
    all().find(|identifier| identifier.scheme.is_some()).or(invoice.buyer.identifiers.first()).into_iter().collect()
}

/// A party in its role, with the creditor identifier that UBL keeps with the seller.
pub(super) fn party<'a>(
    out: &mut Out<'a>,
    party: &'a Party,
    naming: Naming,
    creditor: Option<&'a String>,
    (agent, provider): Inner<'a>,
) {
    party_of(out, party, &party.identifiers.iter().collect::<Vec<_>>(), naming, creditor, (agent, provider));
}

/// The same with those of its identifiers that have a place.
fn party_of<'a>(
    out: &mut Out<'a>,
    party: &'a Party,
    identifiers: &[&'a Identifier],
    naming: Naming,
    creditor: Option<&'a String>,
    (agent, provider): Inner<'a>,
) {
    if let Some(endpoint) = &party.endpoint {
        out.identifier("cbc:EndpointID", endpoint, SCHEME);
    }
    out.any("cbc:IndustryClassificationCode", &party.role);
    for identifier in identifiers {
        out.within("cac:PartyIdentification", |out| out.identifier("cbc:ID", identifier, SCHEME));
    }
    if let Some(creditor) = creditor {
        out.within("cac:PartyIdentification", |out| out.one("cbc:ID", creditor, &[("schemeID", SEPA)]));
    }
    // A party that is not seller or buyer has a trading name only beside a registered one.
    let (name, registered) = match (naming, party.name.is_some(), party.trading_name.is_some()) {
        (Naming::Both, _, _) | (_, true, true) => (&party.trading_name, &party.name),
        (Naming::Plain, _, false) => (&party.name, &None),
        (Naming::Registered, _, false) => (&None, &party.name),
        (_, false, true) => (&None, &None),
    };
    out.within("cac:PartyName", |out| out.any("cbc:Name", name));
    out.within("cac:PostalAddress", |out| address(out, party.address.as_ref()));
    tax_schemes(out, party);
    out.within("cac:PartyLegalEntity", |out| {
        out.any("cbc:RegistrationName", registered);
        if let Some(identifier) = &party.legal_identifier {
            out.identifier("cbc:CompanyID", identifier, SCHEME);
        }
        out.any("cbc:CompanyLegalForm", &party.legal_information);
    });
    if let Some(first) = party.contacts.first() {
        out.within("cac:Contact", |out| contact(out, first));
    }
    if let Some(agent) = agent {
        out.within("cac:AgentParty", |out| self::party(out, agent, Naming::Registered, None, (None, None)));
    }
    if let Some(provider) = provider {
        out.within("cac:ServiceProviderParty", |out| {
            out.within("cac:Party", |out| self::party(out, provider, Naming::Registered, None, (None, None)));
        });
    }
}

fn tax_schemes<'a>(out: &mut Out<'a>, party: &'a Party) {
    if party.vat_number.is_some() || party.vat_regime.is_some() {
        out.within("cac:PartyTaxScheme", |out| {
            out.any("cbc:CompanyID", &party.vat_number);
            out.within("cac:TaxScheme", |out| {
                out.fixed("cbc:ID", "VAT");
                out.any("cbc:TaxTypeCode", &party.vat_regime);
            });
        });
    }
    if party.tax_registration.is_some() {
        out.within("cac:PartyTaxScheme", |out| {
            out.any("cbc:CompanyID", &party.tax_registration);
            out.within("cac:TaxScheme", |out| out.fixed("cbc:ID", OTHER_TAX));
        });
    }
}

/// UBL has one name: the department has a place only where it stands for it.
fn contact<'a>(out: &mut Out<'a>, contact: &'a Contact) {
    out.any("cbc:ID", &contact.identifier);
    out.any("cbc:Name", if contact.name.is_some() { &contact.name } else { &contact.department });
    out.any("cbc:Telephone", &contact.telephone);
    out.any("cbc:ElectronicMail", &contact.mail);
}

/// The parts of an address, into the element under way.
pub(super) fn address<'a>(out: &mut Out<'a>, address: Option<&'a Address>) {
    let Some(address) = address else { return };
    out.any("cbc:StreetName", &address.line_1);
    out.any("cbc:AdditionalStreetName", &address.line_2);
    out.any("cbc:CityName", &address.city);
    out.any("cbc:PostalZone", &address.post_code);
    out.any("cbc:CountrySubentity", &address.subdivision);
    out.within("cac:AddressLine", |out| out.any("cbc:Line", &address.line_3));
    out.within("cac:Country", |out| out.any("cbc:IdentificationCode", &address.country));
}
