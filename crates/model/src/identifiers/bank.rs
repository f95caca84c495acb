//! Bank account numbers.

use serde::{Deserialize, Serialize};

use super::{IdentifierError, checked_text};

/// An international bank account number (ISO 13616): country, two check digits, account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

checked_text!(Iban);

impl Iban {
    /// An IBAN, blanks left out, whose check digits agree (ISO 7064, mod 97-10). French and Monegasque ones have
    /// 27 characters.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        if let Some(other) = compact.chars().find(|c| !c.is_ascii_digit() && !c.is_ascii_uppercase()) {
            return Err(IdentifierError::Character(other));
        }
        if !(15..=34).contains(&compact.len()) {
            return Err(IdentifierError::Length { expected: "15 to 34", found: compact.len() });
        }
        if !compact.bytes().take(2).all(|byte| byte.is_ascii_uppercase()) {
            return Err(IdentifierError::Country);
        }
        if matches!(&compact[..2], "FR" | "MC") && compact.len() != 27 {
            return Err(IdentifierError::Length { expected: "27", found: compact.len() });
        }
        if remainder_97(&compact) == 1 { Ok(Self(compact)) } else { Err(IdentifierError::CheckDigits) }
    }
}

/// The number modulo 97, its first four characters moved to the end, letters counting 10 to 35.
fn remainder_97(iban: &str) -> u32 {
    let (head, tail) = iban.split_at(4);
    tail.bytes().chain(head.bytes()).fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_digits_are_checked() {
        assert_eq!(Iban::parse("FR76 3000 6000 0112 3456 7890 189").unwrap().as_str(), "FR7630006000011234567890189");
        assert_eq!(Iban::parse("FR7630006000011234567890188"), Err(IdentifierError::CheckDigits));
        assert_eq!(Iban::parse("FR763000600001123456789"), Err(IdentifierError::Length { expected: "27", found: 23 }));
        assert_eq!(Iban::parse("fr7630006000011234567890189"), Err(IdentifierError::Character('f')));
        assert_eq!(Iban::parse("7630006000011234567890189"), Err(IdentifierError::Country));
    }

    proptest! {
        #[test]
        fn exactly_one_pair_of_check_digits_fits(account in "[0-9A-Z]{23}") {
            let fitting = (2..=98).filter(|check| Iban::parse(&format!("FR{check:02}{account}")).is_ok()).count();
            prop_assert_eq!(fitting, 1);
        }

        #[test]
        fn any_text_is_refused_without_panic(text in "\\PC{0,40}") {
            let _ = Iban::parse(&text);
        }
    }
}
