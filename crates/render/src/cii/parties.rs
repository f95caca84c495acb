//! Parties of a CII document.

use facteur_model::invoice::{Address, Contact, Party};

use super::{Profile, scheme};
use crate::out::Out;

/// What a party is to the invoice: below EXTENDED each has its own terms (EN 16931-1, BG-4, BG-7, BG-10, BG-11; the
/// rules of each profile mark the rest as not used).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Seller,
    Buyer,
    Payee,
    Representative,
    /// One of the extensions.
    Other,
}

/// The parts of a party that a profile has room for.
struct Room {
    identifiers: usize,
    legal: bool,
    trading_name: bool,
    description: bool,
    contacts: usize,
    address: bool,
    endpoint: bool,
    vat_number: bool,
    tax_registration: bool,
}

impl Room {
    fn of(role: Role, profile: Profile) -> Self {
        let trader = matches!(role, Role::Seller | Role::Buyer);
        let extended = profile >= Profile::Extended;
        let (beyond_minimum, standard) = (profile >= Profile::BasicWl, profile >= Profile::En16931);
        let contacts = match (extended, standard && trader) {
            (true, _) => usize::MAX,
            (_, true) => 1,
            _ => 0,
        };
        // EN 16931 has several of the seller (BT-29), one of the buyer and of the payee (BT-46, BT-60).
        let identifiers = match role {
            _ if extended => usize::MAX,
            _ if !beyond_minimum => 0,
            Role::Seller => usize::MAX,
            Role::Buyer | Role::Payee => 1,
            Role::Representative | Role::Other => 0,
        };
        Self {
            identifiers,
            legal: extended || role != Role::Representative,
            trading_name: extended || (beyond_minimum && role == Role::Seller) || (standard && role == Role::Buyer),
            description: profile == Profile::Cii || (extended && trader) || (standard && role == Role::Seller),
            contacts,
            address: extended || (role != Role::Payee && (beyond_minimum || role == Role::Seller)),
            endpoint: extended || (beyond_minimum && trader),
            vat_number: extended || (role != Role::Payee && (beyond_minimum || role == Role::Seller)),
            // BT-32 is the seller's alone, in every profile (BR-FXEXT-03).
            tax_registration: profile == Profile::Cii || role == Role::Seller,
        }
    }
}

/// A party, where there is one.
pub(super) fn some_party<'a>(
    out: &mut Out<'a>,
    name: &'static str,
    party: Option<&'a Party>,
    role: Role,
    profile: Profile,
) {
    if let Some(party) = party {
        out.within(name, |out| self::party(out, party, role, profile));
    }
}

/// A party, into the element under way: identifiers without scheme come before those with one.
pub(super) fn party<'a>(out: &mut Out<'a>, party: &'a Party, role: Role, profile: Profile) {
    let room = Room::of(role, profile);
    let (named, plain): (Vec<_>, Vec<_>) = party.identifiers.iter().partition(|id| id.scheme.is_some());
    let (named, plain) = match room.identifiers {
        // Best one with a scheme.
        1 => (
            named.get(..1).unwrap_or_default(),
            if named.is_empty() { plain.get(..1).unwrap_or_default() } else { &[] },
        ),
        0 => (&[][..], &[][..]),
        _ => (&named[..], &plain[..]),
    };
    plain.iter().for_each(|identifier| out.identifier("ram:ID", identifier, scheme(profile)));
    named.iter().for_each(|identifier| out.identifier("ram:GlobalID", identifier, scheme(profile)));
    out.any("ram:Name", &party.name);
    if profile >= Profile::Extended {
        out.any("ram:RoleCode", &party.role);
    }
    if room.description {
        out.any("ram:Description", &party.legal_information);
    }
    if room.legal {
        out.within("ram:SpecifiedLegalOrganization", |out| {
            if let Some(identifier) = &party.legal_identifier {
                out.identifier("ram:ID", identifier, scheme(profile));
            }
            if room.trading_name {
                out.any("ram:TradingBusinessName", &party.trading_name);
            }
        });
    }
    party.contacts.iter().take(room.contacts).for_each(|each| contact(out, each));
    if room.address {
        out.within("ram:PostalTradeAddress", |out| address(out, party.address.as_ref(), profile));
    }
    if let Some(endpoint) = party.endpoint.as_ref().filter(|_| room.endpoint) {
        out.within("ram:URIUniversalCommunication", |out| out.identifier("ram:URIID", endpoint, scheme(profile)));
    }
    let registrations =
        [(&party.vat_number, "VA", room.vat_number), (&party.tax_registration, "FC", room.tax_registration)];
    for (field, kind, has_room) in registrations {
        if let Some(number) = field.as_ref().filter(|_| has_room) {
            out.within("ram:SpecifiedTaxRegistration", |out| out.one("ram:ID", number, &[("schemeID", kind)]));
        }
    }
}

fn contact<'a>(out: &mut Out<'a>, contact: &'a Contact) {
    out.within("ram:DefinedTradeContact", |out| {
        out.any("ram:PersonName", &contact.name);
        out.any("ram:DepartmentName", &contact.department);
        out.within("ram:TelephoneUniversalCommunication", |out| out.any("ram:CompleteNumber", &contact.telephone));
        out.within("ram:EmailURIUniversalCommunication", |out| out.any("ram:URIID", &contact.mail));
    });
}

/// The parts of an address, into the element under way; MINIMUM has the country alone.
pub(super) fn address<'a>(out: &mut Out<'a>, address: Option<&'a Address>, profile: Profile) {
    let Some(address) = address else { return };
    if profile == Profile::Minimum {
        return out.any("ram:CountryID", &address.country);
    }
    out.any("ram:PostcodeCode", &address.post_code);
    out.any("ram:LineOne", &address.line_1);
    out.any("ram:LineTwo", &address.line_2);
    out.any("ram:LineThree", &address.line_3);
    out.any("ram:CityName", &address.city);
    out.any("ram:CountryID", &address.country);
    out.any("ram:CountrySubDivisionName", &address.subdivision);
}
