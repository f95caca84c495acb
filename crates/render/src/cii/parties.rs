//! Parties of a CII document.

use facteur_model::invoice::{Address, Contact, Party};

use super::{Profile, scheme};
use crate::out::Out;

/// A party, where there is one.
pub(super) fn some_party<'a>(out: &mut Out<'a>, name: &'static str, party: Option<&'a Party>, profile: Profile) {
    if let Some(party) = party {
        out.within(name, |out| self::party(out, party, profile));
    }
}

/// A party, into the element under way: identifiers without scheme come before those with one.
pub(super) fn party<'a>(out: &mut Out<'a>, party: &'a Party, profile: Profile) {
    let beyond_minimum = profile >= Profile::BasicWl;
    if beyond_minimum {
        let (named, plain): (Vec<_>, Vec<_>) = party.identifiers.iter().partition(|id| id.scheme.is_some());
        plain.into_iter().for_each(|identifier| out.identifier("ram:ID", identifier, scheme(profile)));
        named.into_iter().for_each(|identifier| out.identifier("ram:GlobalID", identifier, scheme(profile)));
    }
    out.any("ram:Name", &party.name);
    if profile >= Profile::Extended {
        out.any("ram:RoleCode", &party.role);
    }
    if profile >= Profile::En16931 {
        out.any("ram:Description", &party.legal_information);
    }
    out.within("ram:SpecifiedLegalOrganization", |out| {
        if let Some(identifier) = &party.legal_identifier {
            out.identifier("ram:ID", identifier, scheme(profile));
        }
        if beyond_minimum {
            out.any("ram:TradingBusinessName", &party.trading_name);
        }
    });
    // EN 16931 has one contact.
    let contacts = match profile {
        Profile::Extended | Profile::Cii => party.contacts.len(),
        Profile::En16931 => 1,
        Profile::Minimum | Profile::BasicWl | Profile::Basic => 0,
    };
    party.contacts.iter().take(contacts).for_each(|each| contact(out, each));
    out.within("ram:PostalTradeAddress", |out| address(out, party.address.as_ref(), profile));
    if let Some(endpoint) = party.endpoint.as_ref().filter(|_| beyond_minimum) {
        out.within("ram:URIUniversalCommunication", |out| out.identifier("ram:URIID", endpoint, scheme(profile)));
    }
    for (field, kind) in [(&party.vat_number, "VA"), (&party.tax_registration, "FC")] {
        if let Some(number) = field {
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
