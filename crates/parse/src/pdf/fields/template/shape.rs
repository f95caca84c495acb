//! The shape of a value: what stays from one invoice to the next.

/// Digits that may be a year.
const YEAR_DIGITS: usize = 4;

/// A pattern for values like this one: letters stay as many as they are, a year keeps its four digits, other digits may
/// become more or fewer, and signs stay themselves.
pub(super) fn pattern(value: &str) -> String {
    let mut pattern = String::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| class(c) == class(first) && class(first) != Class::Sign;
        let run: String = rest.chars().take_while(|c| same(*c)).collect();
        let (piece, used) = match class(first) {
            Class::Digit if is_year(&run) => (format!(r"\d{{{YEAR_DIGITS}}}"), run.len()),
            Class::Digit => (r"\d+".to_owned(), run.len()),
            Class::Upper => (counted("[A-Z]", run.len()), run.len()),
            Class::Lower => (counted("[a-z]", run.len()), run.len()),
            Class::Blank => (r"\s".to_owned(), run.len()),
            Class::Sign => (regex::escape(&first.to_string()), first.len_utf8()),
        };
        pattern.push_str(&piece);
        rest = &rest[used..];
    }
    pattern
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Upper,
    Lower,
    Blank,
    Sign,
}

const fn class(c: char) -> Class {
    match c {
        '0'..='9' => Class::Digit,
        'A'..='Z' => Class::Upper,
        'a'..='z' => Class::Lower,
        ' ' => Class::Blank,
        _ => Class::Sign,
    }
}

fn is_year(digits: &str) -> bool {
    digits.len() == YEAR_DIGITS && (digits.starts_with("19") || digits.starts_with("20"))
}

fn counted(what: &str, count: usize) -> String {
    if count == 1 { what.to_owned() } else { format!("{what}{{{count}}}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_shape_fits_its_value_and_the_next_one() {
        for (value, next, other) in [
            ("TX-2026-0902", "TX-2027-10000", "2026-0902"),
            ("FA 12/7", "FB 13/8", "FA 12"),
            ("20260131", "20260201", "F20260131"),
            ("№7.a", "№8.b", "№7.1"),
        ] {
            let shape = regex::Regex::new(&format!("^{}$", pattern(value))).unwrap();
            assert!(shape.is_match(value) && shape.is_match(next) && !shape.is_match(other), "{shape}");
        }
    }
}
