//! What is wrong with a store, as the key and the arguments of one sentence that says what it is and what to do.

use facteur_store::StoreError;
use facteur_store::location::AddressProblem;

/// The sentence (`store_lost`) and its arguments; none for what is no trouble of the store itself.
#[must_use]
pub fn store_trouble(error: &StoreError) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    let what = |text: &str| vec![("what", text.to_owned())];
    Some(match error {
        StoreError::Address { address, what } => return Some(address_trouble(address, what)),
        StoreError::Account(text) => ("store_account", what(text)),
        StoreError::Rights(text) => ("store_rights", what(text)),
        StoreError::NoDatabase(text) => ("store_no_database", what(text)),
        StoreError::Lost(text) => ("store_lost", what(text)),
        StoreError::Unsuitable(text) => ("store_unsuitable", what(text)),
        StoreError::Elsewhere => ("store_elsewhere", vec![]),
        StoreError::NotEmpty(place) => ("store_not_empty", vec![("place", place.clone())]),
        StoreError::Newer { found, known } => {
            ("store_newer", vec![("found", found.to_string()), ("known", known.to_string())])
        }
        _ => return None,
    })
}

fn address_trouble(address: &str, what: &AddressProblem) -> (&'static str, Vec<(&'static str, String)>) {
    let mut args = vec![("address", address.to_owned())];
    let sentence = match what {
        AddressProblem::Unreadable => "store_address_unreadable",
        AddressProblem::Kind => "store_address_kind",
        AddressProblem::Password => "store_address_password",
        AddressProblem::Parameter(name) => {
            args.push(("parameter", name.clone()));
            "store_address_parameter"
        }
        AddressProblem::Unverified => "store_address_unverified",
    };
    (sentence, args)
}
