//! SIREN and SIRET, the numbers of the French register of companies and public bodies (INSEE, ISO 7812 check digit).

use serde::{Deserialize, Serialize};

use super::{IdentifierError, checked_text, exact_digits};

/// SIREN of La Poste, whose establishments have their own check (INSEE).
const LA_POSTE: &str = "356000000";

/// A legal person: nine digits, the last one by Luhn's formula.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siren(String);

/// An establishment of a legal person (a *structure* of Chorus Pro): its SIREN and five digits more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

checked_text!(Siren);
checked_text!(Siret);

impl Siren {
    /// A SIREN of nine digits whose check digit agrees.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let digits = exact_digits(text, 9, "9")?;
        if luhn(digits) { Ok(Self(digits.to_owned())) } else { Err(IdentifierError::CheckDigits) }
    }
}

impl Siret {
    /// A SIRET of fourteen digits whose check digits agree, that of its SIREN included. For the establishments
    /// of La Poste the sum of the digits has to be a multiple of five instead.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let digits = exact_digits(text, 14, "14")?;
        let post = digits.starts_with(LA_POSTE) && digit_sum(digits).is_multiple_of(5);
        if post || (luhn(digits) && luhn(&digits[..9])) {
            Ok(Self(digits.to_owned()))
        } else {
            Err(IdentifierError::CheckDigits)
        }
    }

    /// The legal person that it belongs to: its first nine digits.
    #[must_use]
    pub fn siren(&self) -> Siren {
        Siren(self.0[..9].to_owned())
    }
}

/// Luhn's formula over ASCII digits: every second digit from the right counts double, less nine above nine.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| {
            let digit = u32::from(byte - b'0');
            match (position % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn digit_sum(digits: &str) -> u32 {
    digits.bytes().map(|byte| u32::from(byte - b'0')).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn with_check_digit(prefix: &str) -> String {
        (0..10).map(|digit| format!("{prefix}{digit}")).find(|candidate| luhn(candidate)).unwrap()
    }

    #[test]
    fn known_numbers_pass() {
        // INSEE itself, and La Poste: head office by Luhn, an establishment by the sum of its digits.
        assert!(Siret::parse("12002701600563").is_ok());
        assert_eq!(Siret::parse("35600000000048").unwrap().siren().as_str(), "356000000");
        assert!(!luhn("35600000049837"));
        assert!(Siret::parse("35600000049837").is_ok());
    }

    #[test]
    fn wrong_numbers_say_why() {
        assert_eq!(Siren::parse("12345678"), Err(IdentifierError::Length { expected: "9", found: 8 }));
        assert_eq!(Siren::parse("12345678A"), Err(IdentifierError::Character('A')));
        assert_eq!(Siren::parse("123456789"), Err(IdentifierError::CheckDigits));
        assert_eq!(Siret::parse("12002701600564"), Err(IdentifierError::CheckDigits));
        assert_eq!(Siret::parse("35600000049838"), Err(IdentifierError::CheckDigits));
    }

    proptest! {
        #[test]
        fn a_number_with_its_check_digit_passes(eight in "[0-9]{8}", four in "[0-9]{4}") {
            let siren = with_check_digit(&eight);
            let siret = with_check_digit(&format!("{siren}{four}"));
            prop_assert!(Siren::parse(&siren).is_ok());
            let parsed = Siret::parse(&siret).unwrap();
            prop_assert_eq!(String::from(parsed.siren()), siren);
        }

        #[test]
        fn one_wrong_digit_is_always_seen(eight in "[0-9]{8}", position in 0_usize..9, by in 1_u8..10) {
            let mut digits = with_check_digit(&eight).into_bytes();
            digits[position] = b'0' + (digits[position] - b'0' + by) % 10;
            prop_assert!(Siren::parse(std::str::from_utf8(&digits).unwrap()).is_err());
        }

        #[test]
        fn any_text_is_refused_without_panic(text in "\\PC{0,20}") {
            let _ = (Siren::parse(&text), Siret::parse(&text));
        }
    }
}
