//! Parties of a UBL document.

use facteur_model::invoice::{Address, Contact, Invoice, Party};
use facteur_xml::Node;

use crate::reader::{Reader, text_of};
use crate::terms::{self, AddressTerms, PartyTerms};

/// What French documents write for the tax scheme VAT.
const VAT_SCHEMES: [&str; 2] = ["VAT", "TVA"];

/// BG-4, with the agent and the invoicer that the French profile puts inside.
pub(super) fn supplier<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let Some(node) = reader.child(element, "Party") else { return };
    invoice.seller = party(reader, node, &terms::SELLER);
    let (agent, invoicer) = inner_parties(reader, node, [&terms::SELLER_AGENT, &terms::INVOICER]);
    invoice.other_parties.seller_agent = agent;
    invoice.other_parties.invoicer = invoicer;
}

/// BG-7, with the agent and the invoicee that the French profile puts inside.
pub(super) fn customer<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    let Some(node) = reader.child(element, "Party") else { return };
    invoice.buyer = party(reader, node, &terms::BUYER);
    let (agent, invoicee) = inner_parties(reader, node, [&terms::BUYER_AGENT, &terms::INVOICEE]);
    invoice.other_parties.buyer_agent = agent;
    invoice.other_parties.invoicee = invoicee;
}

fn inner_parties<'a>(
    reader: &mut Reader<'a>,
    node: Node<'a>,
    [agent, provider]: [&PartyTerms; 2],
) -> (Option<Party>, Option<Party>) {
    let agent = reader.child(node, "AgentParty").map(|inner| party(reader, inner, agent));
    let provided = reader.child(node, "ServiceProviderParty").and_then(|service| {
        let mut inner = party(reader, reader.child(service, "Party")?, provider);
        if let Some(role) = reader.child(service, "ServiceTypeCode") {
            reader.code(role, provider.group, &mut inner.role);
        }
        Some(inner)
    });
    (agent, provided)
}

/// A party in one role.
pub(super) fn party<'a>(reader: &mut Reader<'a>, node: Node<'a>, terms: &PartyTerms) -> Party {
    let mut party = Party::default();
    let mut legal = None;
    reader.group(node, terms.group);
    for child in reader.elements(node) {
        match child.name() {
            "EndpointID" => reader.one_identifier(child, terms.endpoint, &mut party.endpoint),
            "PartyIdentification" => {
                if let Some(id) = reader.child(child, "ID") {
                    let sepa = id.attribute("schemeID") == Some("SEPA");
                    let term = if sepa { "BT-90" } else { terms.identifier };
                    party.identifiers.extend(reader.identifier(id, term));
                }
            }
            "PartyName" => name(reader, child, terms, &mut party),
            "PostalAddress" => {
                let read = address(reader, child, terms.address);
                reader.one_group(child, terms.address.group, &mut party.address, read);
            }
            "PartyTaxScheme" => tax_scheme(reader, child, terms, &mut party),
            "PartyLegalEntity" => legal = legal.or(legal_entity(reader, child, terms, &mut party)),
            "Contact" => party.contacts.push(contact(reader, child, terms)),
            "IndustryClassificationCode" => reader.code(child, terms.group, &mut party.role),
            _ => {}
        }
    }
    if let (Some(node), Some(identifier)) = (legal, &party.legal_identifier) {
        let french = party.address.as_ref().is_some_and(|address| address.country.as_deref() == Some("FR"));
        if french {
            reader.check_unnamed(node, terms.legal_identifier, identifier);
        }
    }
    party
}

/// The plain name: the trading name of seller and buyer, whose registered name stands in the legal entity; the name
/// itself of every other party.
fn name<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms, party: &mut Party) {
    let Some(name) = reader.child(element, "Name") else { return };
    if terms.has_trading_name {
        reader.text(name, terms.trading_name, &mut party.trading_name);
    } else {
        reader.text(name, terms.name, &mut party.name);
    }
}

fn tax_scheme<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms, party: &mut Party) {
    let scheme = reader.child(element, "TaxScheme");
    let scheme_id = scheme.and_then(|scheme| reader.child(scheme, "ID"));
    let vat = scheme_id.is_none_or(|id| VAT_SCHEMES.iter().any(|vat| text_of(id).eq_ignore_ascii_case(vat)));
    if let Some(id) = scheme_id {
        reader.syntax(id);
    }
    if let Some(regime) = scheme.and_then(|scheme| reader.child(scheme, "TaxTypeCode")) {
        reader.code(regime, "CPP-VAT-REGIME", &mut party.vat_regime);
    }
    match reader.child(element, "CompanyID") {
        Some(id) if vat => reader.vat_number(id, terms.vat_number, &mut party.vat_number),
        Some(id) => reader.text(id, terms.tax_registration, &mut party.tax_registration),
        None => {}
    }
}

/// Returns the element of the legal identifier.
fn legal_entity<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    terms: &PartyTerms,
    party: &mut Party,
) -> Option<Node<'a>> {
    let mut identifier = None;
    for child in reader.elements(element) {
        match child.name() {
            "RegistrationName" => {
                if !terms.has_trading_name && party.name.is_some() {
                    party.trading_name = party.name.take();
                }
                reader.text(child, terms.name, &mut party.name);
            }
            "CompanyID" => {
                reader.one_identifier(child, terms.legal_identifier, &mut party.legal_identifier);
                identifier = Some(child);
            }
            "CompanyLegalForm" => reader.text(child, terms.legal_information, &mut party.legal_information),
            _ => {}
        }
    }
    identifier
}

fn contact<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms) -> Contact {
    let mut contact = Contact::default();
    reader.group(element, terms.contact.group);
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.text(child, "CPP-SERVICE-CODE", &mut contact.identifier),
            "Name" => reader.text(child, terms.contact.name, &mut contact.name),
            "Telephone" => reader.text(child, terms.contact.telephone, &mut contact.telephone),
            "ElectronicMail" => reader.text(child, terms.contact.mail, &mut contact.mail),
            _ => {}
        }
    }
    contact
}

/// An address in one role.
pub(super) fn address<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &AddressTerms) -> Address {
    let mut address = Address::default();
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "StreetName" => reader.text(child, terms.line_1, &mut address.line_1),
            "AdditionalStreetName" => reader.text(child, terms.line_2, &mut address.line_2),
            "AddressLine" => {
                if let Some(line) = reader.child(child, "Line") {
                    reader.text(line, terms.line_3, &mut address.line_3);
                }
            }
            "CityName" => reader.text(child, terms.city, &mut address.city),
            "PostalZone" => reader.text(child, terms.post_code, &mut address.post_code),
            "CountrySubentity" => reader.text(child, terms.subdivision, &mut address.subdivision),
            "Country" => {
                if let Some(code) = reader.child(child, "IdentificationCode") {
                    reader.code(code, terms.country, &mut address.country);
                }
            }
            _ => {}
        }
    }
    address
}
