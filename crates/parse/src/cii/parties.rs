//! Parties of a CII document.

use facteur_model::invoice::{Address, Contact, Party};
use facteur_xml::Node;

use crate::reader::Reader;
use crate::terms::{AddressTerms, PartyTerms};

/// A party in one role.
pub(super) fn party<'a>(reader: &mut Reader<'a>, node: Node<'a>, terms: &PartyTerms) -> Party {
    let mut party = Party::default();
    let mut legal = None;
    reader.group(node, terms.group);
    for child in reader.elements(node) {
        match child.name() {
            "ID" | "GlobalID" => party.identifiers.extend(reader.identifier(child, terms.identifier)),
            "Name" => reader.text(child, terms.name, &mut party.name),
            "RoleCode" => reader.code(child, terms.group, &mut party.role),
            "Description" => reader.text(child, terms.legal_information, &mut party.legal_information),
            "SpecifiedLegalOrganization" => legal = legal_organization(reader, child, terms, &mut party),
            "DefinedTradeContact" => party.contacts.push(contact(reader, child, terms)),
            "PostalTradeAddress" => {
                let read = address(reader, child, terms.address);
                reader.one_group(child, terms.address.group, &mut party.address, read);
            }
            "URIUniversalCommunication" => {
                if let Some(id) = reader.child(child, "URIID") {
                    reader.one_identifier(id, terms.endpoint, &mut party.endpoint);
                }
            }
            "SpecifiedTaxRegistration" => tax_registration(reader, child, terms, &mut party),
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

/// Returns the element of the legal identifier.
fn legal_organization<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    terms: &PartyTerms,
    party: &mut Party,
) -> Option<Node<'a>> {
    let mut identifier = None;
    for child in reader.elements(element) {
        match child.name() {
            "ID" => {
                reader.one_identifier(child, terms.legal_identifier, &mut party.legal_identifier);
                identifier = Some(child);
            }
            "TradingBusinessName" => reader.text(child, terms.trading_name, &mut party.trading_name),
            _ => {}
        }
    }
    identifier
}

/// The scheme tells a VAT number (`VA`) from another fiscal number (`FC`).
fn tax_registration<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms, party: &mut Party) {
    let Some(id) = reader.child(element, "ID") else { return };
    match id.attribute("schemeID").map(str::trim) {
        Some("FC") => {
            if let Some(value) = reader.value(id, terms.tax_registration, &["schemeID"]) {
                party.tax_registration.get_or_insert(value.into_owned());
            }
        }
        Some("VA" | "VAT") | None => reader.vat_number(id, terms.vat_number, &mut party.vat_number),
        Some(_) => {}
    }
}

fn contact<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &PartyTerms) -> Contact {
    let mut contact = Contact::default();
    reader.group(element, terms.contact.group);
    for child in reader.elements(element) {
        let inner = |reader: &Reader<'a>, name| reader.child(child, name);
        match child.name() {
            "PersonName" => reader.text(child, terms.contact.name, &mut contact.name),
            "DepartmentName" => reader.text(child, terms.contact.name, &mut contact.department),
            "TelephoneUniversalCommunication" => {
                if let Some(number) = inner(reader, "CompleteNumber") {
                    reader.text(number, terms.contact.telephone, &mut contact.telephone);
                }
            }
            "EmailURIUniversalCommunication" => {
                if let Some(mail) = inner(reader, "URIID").or_else(|| inner(reader, "CompleteNumber")) {
                    reader.code(mail, terms.contact.mail, &mut contact.mail);
                }
            }
            _ => {}
        }
    }
    // Where only the department is given, it is the contact point (BT-41, BT-56).
    if contact.name.is_none() {
        contact.name = contact.department.take();
    }
    contact
}

/// An address in one role.
pub(super) fn address<'a>(reader: &mut Reader<'a>, element: Node<'a>, terms: &AddressTerms) -> Address {
    let mut address = Address::default();
    reader.group(element, terms.group);
    for child in reader.elements(element) {
        match child.name() {
            "LineOne" => reader.text(child, terms.line_1, &mut address.line_1),
            "LineTwo" => reader.text(child, terms.line_2, &mut address.line_2),
            "LineThree" => reader.text(child, terms.line_3, &mut address.line_3),
            "CityName" => reader.text(child, terms.city, &mut address.city),
            "PostcodeCode" => reader.code(child, terms.post_code, &mut address.post_code),
            "CountrySubDivisionName" => reader.text(child, terms.subdivision, &mut address.subdivision),
            "CountryID" => reader.code(child, terms.country, &mut address.country),
            _ => {}
        }
    }
    address
}
