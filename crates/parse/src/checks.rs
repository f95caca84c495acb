//! Checks of identifiers while reading: what fails is a warning beside the element, never a refusal.

use facteur_model::identifiers::{Iban, Identifier, IdentifierError, Siren, Siret, VatNumber};

/// A check that failed: the rule, and what would have been right, where that can be said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) rule: &'static str,
    pub(crate) expected: Option<String>,
}

impl Failed {
    fn of(rule: &'static str) -> Option<Self> {
        Some(Self { rule, expected: None })
    }
}

/// SIRET and SIREN, told by their scheme (`0009`, the historic `1`, `0002`). A SIRET in the place of a SIREN is taken
/// as such: the historic channel writes it there.
pub(crate) fn identifier(identifier: &Identifier) -> Option<Failed> {
    match (identifier.scheme.as_deref()?, identifier.value.len()) {
        ("0009" | "1", _) | ("0002", 14) => siret(&identifier.value),
        ("0002", _) => siren(&identifier.value),
        _ => None,
    }
}

/// A number without scheme in a French party, where only its length can tell what it is.
pub(crate) fn unnamed(identifier: &Identifier) -> Option<Failed> {
    match identifier.value.len() {
        _ if identifier.scheme.is_some() => None,
        14 => siret(&identifier.value).filter(|failed| failed.rule == "READ-SIRET-LUHN"),
        9 => siren(&identifier.value).filter(|failed| failed.rule == "READ-SIREN-LUHN"),
        _ => None,
    }
}

/// A French VAT number. Those of other countries are not checked here.
pub(crate) fn vat_number(text: &str) -> Option<Failed> {
    match VatNumber::parse(text) {
        _ if !text.starts_with("FR") => None,
        Ok(_) => None,
        Err(IdentifierError::CheckDigits) => Some(Failed { rule: "READ-VAT-KEY", expected: french_key(text) }),
        Err(_) => Failed::of("READ-VAT-FORM"),
    }
}

/// An account that is, or looks like, an IBAN.
pub(crate) fn account(text: &str, declared_iban: bool) -> Option<Failed> {
    let looks_like = |bytes: &[u8]| {
        bytes.len() > 4 && bytes[..2].iter().all(u8::is_ascii_uppercase) && bytes[2..4].iter().all(u8::is_ascii_digit)
    };
    if !declared_iban && !looks_like(text.as_bytes()) {
        return None;
    }
    match Iban::parse(text) {
        Ok(_) => None,
        Err(IdentifierError::CheckDigits) => Failed::of("READ-IBAN"),
        Err(_) => Failed::of("READ-IBAN-FORM"),
    }
}

fn siret(text: &str) -> Option<Failed> {
    match Siret::parse(text) {
        Ok(_) => None,
        Err(IdentifierError::CheckDigits) => Failed::of("READ-SIRET-LUHN"),
        Err(_) => Failed::of("READ-SIRET-FORM"),
    }
}

fn siren(text: &str) -> Option<Failed> {
    match Siren::parse(text) {
        Ok(_) => None,
        Err(IdentifierError::CheckDigits) => Failed::of("READ-SIREN-LUHN"),
        Err(_) => Failed::of("READ-SIREN-FORM"),
    }
}

/// The French VAT number with the key that fits its SIREN.
fn french_key(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let siren = digits.get(2..)?;
    let number: u32 = siren.parse().ok()?;
    Some(format!("FR{:02}{siren}", (12 + 3 * (number % 97)) % 97))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(failed: Option<Failed>) -> Option<&'static str> {
        failed.map(|failed| failed.rule)
    }

    #[test]
    fn the_scheme_decides_what_is_checked() {
        assert_eq!(rule(identifier(&Identifier::of("0009", "99980123600013"))), Some("READ-SIRET-LUHN"));
        assert_eq!(rule(identifier(&Identifier::of("1", "9998012360001"))), Some("READ-SIRET-FORM"));
        assert_eq!(rule(identifier(&Identifier::of("0002", "999801237"))), Some("READ-SIREN-LUHN"));
        assert_eq!(rule(identifier(&Identifier::of("0002", "99980123600012"))), None);
        assert_eq!(rule(identifier(&Identifier::of("0088", "1"))), None);
        assert_eq!(rule(identifier(&Identifier::new("1"))), None);
    }

    #[test]
    fn a_wrong_vat_key_comes_with_the_right_one() {
        let failed = vat_number("FR82999801236").map(|failed| (failed.rule, failed.expected));
        assert_eq!(failed, Some(("READ-VAT-KEY", Some("FR81999801236".to_owned()))));
        assert_eq!(rule(vat_number("FR8199980123")), Some("READ-VAT-FORM"));
        assert_eq!(rule(vat_number("DE1")), None);
    }

    #[test]
    fn national_account_numbers_are_left_alone() {
        assert_eq!(rule(account("30006000011234567890189", false)), None);
        assert_eq!(rule(account("30006000011234567890189", true)), Some("READ-IBAN-FORM"));
        assert_eq!(rule(account("FR9399999000010012345678901", false)), Some("READ-IBAN"));
        assert_eq!(rule(account("FR92 9999 9000 0100 1234 5678 901", false)), None);
    }
}
