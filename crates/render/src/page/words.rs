//! Values as people write them.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Party, Quantity};
use facteur_texts::{Language, amount, knows, say};

/// The language of a page, and the currency of its sums.
pub(super) struct Words {
    pub(super) language: Language,
    currency: String,
}

impl Words {
    pub(super) fn of(language: Language, invoice: &Invoice) -> Self {
        let currency = match invoice.currency.as_deref() {
            Some("EUR") | None => "€".to_owned(),
            Some(other) => other.to_owned(),
        };
        Self { language, currency }
    }

    pub(super) fn say(&self, key: &str) -> String {
        say(self.language, &format!("page.{key}"), &[])
    }

    pub(super) fn with(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.language, &format!("page.{key}"), args)
    }

    /// A sum in the invoice's currency.
    pub(super) fn money(&self, value: Amount) -> String {
        format!("{}\u{A0}{}", self.number(value), self.currency)
    }

    pub(super) fn number(&self, value: Amount) -> String {
        amount(self.language, &value.to_string())
    }

    /// A number without decimals that say nothing: `1`, `0,5`.
    pub(super) fn plain(&self, value: Amount) -> String {
        let text = value.to_string();
        let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        match self.language {
            Language::French => short.replace('.', ","),
            Language::English => short.to_owned(),
        }
    }

    pub(super) fn percent(&self, value: Amount) -> String {
        format!("{}\u{A0}%", self.plain(value))
    }

    pub(super) fn day(&self, date: Date) -> String {
        let text = date.to_string();
        match (self.language, text.split('-').collect::<Vec<_>>().as_slice()) {
            (Language::French, [year, month, day]) => format!("{day}/{month}/{year}"),
            _ => text,
        }
    }

    pub(super) fn quantity(&self, quantity: &Quantity) -> String {
        quantity.value.map(|value| self.plain(value)).unwrap_or_default()
    }

    /// A unit by its name where it is a usual one, else by its code.
    pub(super) fn unit(&self, code: &str) -> String {
        let key = format!("page.unit_{code}");
        if knows(self.language, &key) { say(self.language, &key, &[]) } else { code.to_owned() }
    }

    pub(super) fn means(&self, code: &str) -> String {
        let key = format!("page.means_{code}");
        if knows(self.language, &key) {
            say(self.language, &key, &[])
        } else {
            self.with("means_other", &[("code", code)])
        }
    }

    /// `SIRET 123 456 782 00011`.
    pub(super) fn identifier(&self, identifier: &Identifier) -> String {
        let digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
        match (identifier.scheme.as_deref(), identifier.value.len()) {
            (Some("0009" | "1" | "0002") | None, 14) if digits(&identifier.value) => {
                format!("SIRET {}", grouped(&identifier.value, &[3, 3, 3, 5]))
            }
            (Some("0002") | None, 9) if digits(&identifier.value) => {
                format!("SIREN {}", grouped(&identifier.value, &[3, 3, 3]))
            }
            (Some("0088"), _) => format!("GLN {}", identifier.value),
            (Some("0160"), _) => format!("GTIN {}", identifier.value),
            (Some(scheme), _) => format!("{} ({scheme})", identifier.value),
            (None, _) => identifier.value.clone(),
        }
    }

    /// Name, address and numbers of a party, line by line.
    pub(super) fn party(&self, party: &Party) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(party.trading_name.clone().filter(|name| party.name.as_ref() != Some(name)));
        if let Some(address) = &party.address {
            lines.extend([&address.line_1, &address.line_2, &address.line_3].into_iter().flatten().cloned());
            let city = [address.post_code.as_deref(), address.city.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ");
            let country = address.country.clone().filter(|country| country != "FR");
            lines.extend(Some(city).filter(|city| !city.is_empty()));
            lines.extend(address.subdivision.clone());
            lines.extend(country);
        }
        let mut known: Vec<String> = Vec::new();
        for identifier in party.legal_identifier.iter().chain(&party.identifiers) {
            let said = self.identifier(identifier);
            if !known.contains(&said) {
                known.push(said);
            }
        }
        lines.extend(known);
        lines.extend(party.vat_number.as_ref().map(|number| self.with("vat_number", &[("number", number)])));
        lines
    }
}

/// Digits in groups.
pub(super) fn grouped(text: &str, groups: &[usize]) -> String {
    let mut rest = text;
    let mut parts = Vec::new();
    for length in groups {
        let (part, after) = rest.split_at((*length).min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts.join("\u{A0}")
}

/// An IBAN in groups of four.
pub(super) fn account(account: &str) -> String {
    let compact: String = account.chars().filter(|c| !c.is_whitespace()).collect();
    let iban =
        compact.len() >= 15 && compact.is_ascii() && compact.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    if iban { grouped(&compact, &[4; 9]) } else { account.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_numbers_are_grouped() {
        assert_eq!(
            account("FR7630006000011234567890189"),
            "FR76\u{A0}3000\u{A0}6000\u{A0}0112\u{A0}3456\u{A0}7890\u{A0}189"
        );
        assert_eq!(grouped("12345678200051", &[3, 3, 3, 5]), "123\u{A0}456\u{A0}782\u{A0}00051");
        assert_eq!(account("compte 12"), "compte 12");
    }
}
