//! Exact decimal numbers: amounts, prices, quantities, rates. Never a binary fraction.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most digits that an [`Amount`] holds, leading zeros left out: what fits into its 96 bits whatever the digits.
pub const AMOUNT_DIGITS_MAX: usize = 28;

/// An exact decimal, as it stands in the document: `12.50` keeps its two decimals when printed again.
///
/// Equality and order are those of the value: `12.5` equals `12.50`.
///
/// ```
/// use facteur_model::amount::Amount;
/// let price: Amount = "12.50".parse()?;
/// assert_eq!(price.to_string(), "12.50");
/// assert_eq!(price, "12.5".parse()?);
/// # Ok::<(), facteur_model::amount::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(Decimal);

/// Why a text is not an [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing there.
    #[error("no number")]
    Empty,
    /// A character that no `xs:decimal` has: a comma, a blank, a letter, an exponent, a second sign.
    #[error("unexpected character {0:?}, expected digits with at most one point")]
    Character(char),
    /// More digits than can be held exactly.
    #[error("more than {AMOUNT_DIGITS_MAX} digits")]
    TooLong,
}

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Reads the lexical space of `xs:decimal` (XML Schema part 2, 3.2.3): optional sign, digits, at most one point
    /// that may stand first or last, no exponent. White space around it is ignored.
    ///
    /// # Errors
    /// [`AmountError`] where the text is no such number, or has too many digits to be held exactly.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let (negative, digits) = match text.as_bytes().first() {
            None => return Err(AmountError::Empty),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
        };
        let (mantissa, scale) = mantissa_and_scale(digits)?;
        let signed = if negative { -mantissa } else { mantissa };
        Decimal::try_from_i128_with_scale(signed, scale).map(Self).map_err(|_| AmountError::TooLong)
    }

    /// The number itself.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// How many decimals it was written with.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.0.scale()
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or nothing where it cannot be held exactly.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        // `Decimal` leaves out the decimals of a zero.
        match (self.is_zero(), other.is_zero()) {
            (true, _) => Some(other),
            (_, true) => Some(self),
            _ => exact(self.0.checked_add(other.0)?, self.scale().max(other.scale())),
        }
    }

    /// The difference, or nothing where it cannot be held exactly.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        match (self.is_zero(), other.is_zero()) {
            (_, true) => Some(self),
            (true, _) => Some(Self(-other.0)),
            _ => exact(self.0.checked_sub(other.0)?, self.scale().max(other.scale())),
        }
    }

    /// The product, or nothing where it cannot be held exactly.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        if self.is_zero() || other.is_zero() {
            return Some(Self::ZERO);
        }
        exact(self.0.checked_mul(other.0)?, self.scale() + other.scale())
    }

    /// The sum of them all (zero for none), or nothing where it cannot be held exactly.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Rounded to `decimals`, halves away from zero, as commercial rounding does.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> Self {
        Self(self.0.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
    }
}

/// `Decimal` drops digits silently where a result does not fit; a result of another scale is not the exact one.
fn exact(result: Decimal, scale: u32) -> Option<Amount> {
    (result.scale() == scale || result.is_zero()).then_some(Amount(result))
}

fn mantissa_and_scale(digits: &str) -> Result<(i128, u32), AmountError> {
    let (mut mantissa, mut significant, mut scale) = (0_i128, 0_usize, None);
    let mut any = false;
    for character in digits.chars() {
        match character {
            '0'..='9' => {
                any = true;
                scale = scale.map(|decimals: u32| decimals + 1);
                significant += usize::from(significant > 0 || character != '0');
                if significant > AMOUNT_DIGITS_MAX || scale > Some(Decimal::MAX_SCALE) {
                    return Err(AmountError::TooLong);
                }
                mantissa = mantissa * 10 + i128::from(u32::from(character) - u32::from('0'));
            }
            '.' if scale.is_none() => scale = Some(0),
            other => return Err(AmountError::Character(other)),
        }
    }
    if any { Ok((mantissa, scale.unwrap_or(0))) } else { Err(AmountError::Empty) }
}

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    #[test]
    fn the_lexical_space_of_xs_decimal_is_read() {
        for (text, printed) in
            [("1", "1"), ("+1.50", "1.50"), ("-.5", "-0.5"), ("100.", "100"), ("007.10", "7.10"), (" 3\n", "3")]
        {
            assert_eq!(amount(text).to_string(), printed, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", ".", "-", "+.", "1,5", "1 000", "1e3", "1.2.3", "--1", "NaN", "INF", "١"] {
            assert!(Amount::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn too_many_digits_are_an_error_and_not_a_rounding() {
        assert_eq!(Amount::parse(&"9".repeat(29)), Err(AmountError::TooLong));
        assert_eq!(Amount::parse(&format!("0.{}", "0".repeat(29))), Err(AmountError::TooLong));
        assert_eq!(amount(&"9".repeat(28)).to_string(), "9".repeat(28));
        assert_eq!(amount(&format!("{}1.5", "0".repeat(500))).to_string(), "1.5");
    }

    #[test]
    fn a_result_that_does_not_fit_is_none() {
        let large = amount(&"9".repeat(28));
        assert_eq!(large.checked_mul(large), None);
        assert_eq!(large.checked_add(amount("0.0000000001")), None);
    }

    #[test]
    fn a_zero_with_more_decimals_changes_nothing() {
        let zero = amount("0.0000");
        assert_eq!(amount("-0.01").checked_sub(zero), Some(amount("-0.01")));
        assert_eq!(zero.checked_sub(amount("1.5")), Some(amount("-1.5")));
        assert_eq!(Amount::checked_sum([zero, amount("1.5"), zero]), Some(amount("1.5")));
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(amount("2.345").rounded(2), amount("2.35"));
        assert_eq!(amount("-2.345").rounded(2), amount("-2.35"));
    }

    proptest! {
        #[test]
        fn printing_and_reading_again_gives_the_same_digits(units in 0..10_i64.pow(15), decimals in 0_usize..8) {
            let text = format!("{units}{}", if decimals == 0 { String::new() } else { format!(".{:0decimals$}", units % 10_i64.pow(decimals as u32)) });
            prop_assert_eq!(amount(&text).to_string(), text);
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,60}") {
            let _ = Amount::parse(&text);
        }

        #[test]
        fn any_digits_are_read_or_too_long(text in "[-+]?[0-9]{0,40}\\.?[0-9]{0,40}") {
            let result = Amount::parse(&text);
            prop_assert!(!matches!(result, Err(AmountError::Character(_))));
        }

        #[test]
        fn sums_are_exact(a in any::<i64>(), b in any::<i64>(), scale in 0_u32..9) {
            let of = |units: i64| Amount::from(Decimal::from_i128_with_scale(i128::from(units), scale));
            let sum = Decimal::from_i128_with_scale(i128::from(a) + i128::from(b), scale);
            prop_assert_eq!(of(a).checked_add(of(b)), Some(Amount::from(sum)));
        }

        #[test]
        fn serde_keeps_the_text(units in any::<i64>(), scale in 0_u32..9) {
            let value = Amount::from(Decimal::from_i128_with_scale(i128::from(units), scale));
            let deserializer = serde::de::value::StringDeserializer::<serde::de::value::Error>::new(value.to_string());
            prop_assert_eq!(Amount::deserialize(deserializer).unwrap().to_string(), value.to_string());
        }
    }
}
