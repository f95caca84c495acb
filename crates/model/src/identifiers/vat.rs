//! VAT identification numbers.

use serde::{Deserialize, Serialize};

use super::{IdentifierError, Siren, checked_text};

/// A VAT identification number: a country and up to thirteen characters; for France the key is checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VatNumber(String);

checked_text!(VatNumber);

impl VatNumber {
    /// A VAT number, blanks left out. A French one is `FR`, a key of two, nine digits; a key of two digits has to
    /// be `(12 + 3 × (SIREN mod 97)) mod 97`, a key with letters is taken as it is.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let found = compact.chars().count();
        if !(4..=15).contains(&found) {
            return Err(IdentifierError::Length { expected: "4 to 15", found });
        }
        if let Some(other) = compact.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '*' | '.')) {
            return Err(IdentifierError::Character(other));
        }
        if !compact.bytes().take(2).all(|byte| byte.is_ascii_uppercase()) {
            return Err(IdentifierError::Country);
        }
        if let Some(rest) = compact.strip_prefix("FR") {
            check_french(rest)?;
        }
        Ok(Self(compact))
    }

    /// Its country, two letters (`EL` for Greece, `XI` for Northern Ireland).
    #[must_use]
    pub fn country(&self) -> &str {
        &self.0[..2]
    }

    /// The SIREN inside a French number; none abroad, nor in the numbers of Monaco, which hold no SIREN.
    #[must_use]
    pub fn siren(&self) -> Option<Siren> {
        self.0.strip_prefix("FR").and_then(|rest| Siren::parse(&rest[2..]).ok())
    }
}

fn check_french(rest: &str) -> Result<(), IdentifierError> {
    if rest.len() != 11 {
        return Err(IdentifierError::Length { expected: "13", found: rest.len() + 2 });
    }
    let (key, digits) = rest.split_at(2);
    if let Some(other) = digits.chars().find(|character| !character.is_ascii_digit()) {
        return Err(IdentifierError::Character(other));
    }
    match (key.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(key), Ok(siren)) if key != (12 + 3 * (siren % 97)) % 97 => Err(IdentifierError::CheckDigits),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_french_key_is_checked() {
        assert_eq!(VatNumber::parse("FR 83 404 833 048").unwrap().siren().unwrap().as_str(), "404833048");
        assert_eq!(VatNumber::parse("FR84404833048"), Err(IdentifierError::CheckDigits));
        assert_eq!(VatNumber::parse("FR8340483304"), Err(IdentifierError::Length { expected: "13", found: 12 }));
        assert_eq!(VatNumber::parse("404833048"), Err(IdentifierError::Country));
        assert_eq!(VatNumber::parse("FR83-04833048"), Err(IdentifierError::Character('-')));
    }

    #[test]
    fn foreign_numbers_are_taken_as_they_are() {
        assert_eq!(VatNumber::parse("DE123456789").unwrap().country(), "DE");
        assert_eq!(VatNumber::parse("DE123456789").unwrap().siren(), None);
    }

    proptest! {
        #[test]
        fn only_one_numeric_key_fits(siren in 0_u32..1_000_000_000, key in 0_u32..97) {
            let right = (12 + 3 * (siren % 97)) % 97;
            prop_assert_eq!(VatNumber::parse(&format!("FR{key:02}{siren:09}")).is_ok(), key == right);
        }

        #[test]
        fn any_text_is_refused_without_panic(text in "\\PC{0,20}", tail in "FR\\PC{0,12}") {
            let _ = (VatNumber::parse(&text), VatNumber::parse(&tail));
        }
    }
}
