//! Amounts as people print them: `1 234,56 €`, `1.234,56`, `1,234.56`, `-10,00`, `(10,00)`.

use facteur_model::amount::Amount;

use super::view::{Token, View};
use crate::pdf::text::Place;

/// An amount on a page.
#[derive(Debug, Clone)]
pub(super) struct Printed {
    pub(super) value: Amount,
    /// Whether it has the two decimals of money.
    pub(super) cents: bool,
    pub(super) percent: bool,
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) page: usize,
    pub(super) line: usize,
    pub(super) place: Place,
}

/// Every number of the pages, in reading order.
pub(super) fn all(view: &View) -> Vec<Printed> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < view.tokens.len() {
        let rest = view.rest(next);
        let Some((value, cents, used)) = read(rest) else {
            next += 1;
            continue;
        };
        let (first, last) = (&view.tokens[next], &view.tokens[next + used - 1]);
        let percent = last.text.contains('%') || rest.get(used).is_some_and(|token| token.text.starts_with('%'));
        found.push(Printed {
            value,
            cents,
            percent,
            first: next,
            after: next + used,
            page: first.page,
            line: first.line,
            place: first.place.with(last.place),
        });
        next += used;
    }
    found
}

/// An amount with cents at the beginning of these tokens, for labels.
pub(super) fn money(tokens: &[Token]) -> Option<(Amount, usize)> {
    let (value, cents, used) = read(tokens)?;
    let percent = tokens[used - 1].text.contains('%') || tokens.get(used).is_some_and(|token| token.text == "%");
    let sign = tokens[used - 1].text.contains('€') || tokens.get(used).is_some_and(|token| is_currency(&token.text));
    ((cents || sign) && !percent).then_some((value, used))
}

/// A number at the beginning of these tokens: its value, whether it has two decimals, and how many tokens it takes.
pub(super) fn read(tokens: &[Token]) -> Option<(Amount, bool, usize)> {
    let first = tokens.first()?;
    let mut text = strip(&first.text)?;
    let mut used = 1;
    // Groups of thousands that a blank parts.
    if !text.contains(['.', ',']) && digits(&text).is_some_and(|count| (1..=3).contains(&count)) {
        while let Some(next) = tokens.get(used) {
            let gap = next.place.left - tokens[used - 1].place.right;
            let Some(group) = strip(&next.text).filter(|group| is_group(group)) else { break };
            if gap > next.place.height() * 45 / 100 {
                break;
            }
            text.push_str(&group);
            used += 1;
            if group.len() > 3 {
                break;
            }
        }
    }
    let (value, cents) = number(&text)?;
    // `1 406,272`: a sum whose thousands a blank parts has a comma before its decimals.
    let many = used > 1 && text.rsplit_once(',').is_some_and(|(_, decimals)| decimals.len() > 2);
    Some((value, cents || many, used))
}

/// The digits, sign and separators of a word that is a number, with or without a currency or percent sign.
fn strip(word: &str) -> Option<String> {
    let word = word.trim_end_matches(['*', ';', ':']);
    let bare = word.trim_matches(|c: char| matches!(c, '€' | '$' | '£' | '%' | '\u{A0}'));
    let bare = bare.strip_prefix("EUR").or_else(|| bare.strip_suffix("EUR")).unwrap_or(bare);
    let bare = bare.trim_matches(|c: char| matches!(c, '€' | '$' | '£' | '%'));
    let negative = bare.starts_with(['-', '−', '–'])
        || bare.ends_with(['-', '−'])
        || (bare.starts_with('(') && bare.ends_with(')'));
    let body = bare.trim_matches(|c: char| matches!(c, '-' | '−' | '–' | '+' | '(' | ')'));
    let plain = !body.is_empty()
        && body.starts_with(|c: char| c.is_ascii_digit())
        && body.ends_with(|c: char| c.is_ascii_digit())
        && body.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’'));
    plain.then(|| format!("{}{body}", if negative { "-" } else { "" }))
}

fn digits(text: &str) -> Option<usize> {
    let text = text.trim_start_matches('-');
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text.len())
}

/// `234`, or `234,56` at the end.
fn is_group(text: &str) -> bool {
    let (whole, decimals) = text.split_once([',', '.']).unwrap_or((text, ""));
    whole.len() == 3
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value and whether it has two decimals. The last separator parts the decimals unless it parts three digits and
/// stands more than once, or another one stands after groups of three.
fn number(text: &str) -> Option<(Amount, bool)> {
    let text = text.replace(['\'', '’'], "");
    let last = text.rfind(['.', ',']);
    let (whole, decimals) = match last {
        None => (text.as_str(), ""),
        Some(at) => (&text[..at], &text[at + 1..]),
    };
    let separator = last.map(|at| text.as_bytes()[at]);
    let same_before = separator.is_some_and(|separator| whole.bytes().any(|byte| byte == separator));
    let groups_only = decimals.len() == 3
        && (same_before
            || (whole.len() <= 4
                && !whole.contains(['.', ','])
                && separator == Some(b'.')
                && whole.trim_start_matches('-').len() <= 3
                && !whole.trim_start_matches('-').starts_with('0')));
    if same_before && decimals.len() != 3 {
        return None;
    }
    let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',')).collect();
    let spelt = match (groups_only, decimals) {
        (true, decimals) => format!("{whole}{decimals}"),
        (false, "") => whole,
        (false, decimals) => format!("{whole}.{decimals}"),
    };
    let value = Amount::parse(&spelt).ok()?;
    Some((value, decimals.len() == 2 && !groups_only))
}

pub(super) fn is_currency(word: &str) -> bool {
    matches!(
        word.trim_matches([':', '.', '(', ')']),
        "€" | "EUR" | "EUROS" | "euros" | "Euro" | "euro" | "$" | "USD" | "GBP" | "£" | "CHF"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn amounts_are_read_in_every_spelling() {
        for (text, expected) in [
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("-10,00", "-10.00"),
            ("10,00-", "-10.00"),
            ("(10,00)", "-10.00"),
            ("1'234.50", "1234.50"),
            ("12,5", "12.5"),
            ("1.234.567", "1234567"),
            ("473,00€", "473.00"),
        ] {
            let (value, _) = number(&strip(text).unwrap()).unwrap();
            assert_eq!(value.to_string(), expected, "{text}");
        }
        assert!(strip("F2022-12").is_none() && strip("31/01/2022").is_none() && number("1.2.3").is_none());
    }
}
