//! Names of members: decoded, then either plain relative names or refused.

use crate::{Limits, Refusal};

/// The folder part may be this many times longer than a file name.
const PATH_FACTOR: usize = 4;
/// Longest name that an error shows, in characters.
const SHOWN_NAME: usize = 120;

/// The name as it may go on: relative, `/` between its parts, none of them empty, `.` or `..`.
pub(crate) fn sanitise(name: &str, limits: &Limits) -> Result<String, Refusal> {
    let name = name.replace('\\', "/");
    if name.starts_with('/') || name.chars().any(is_unsafe_character) {
        return Err(Refusal::UnsafeName);
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(Refusal::UnsafeName);
    }
    let Some(file_name) = parts.last() else {
        return Err(Refusal::UnsafeName);
    };
    if file_name.len() > limits.max_name {
        return Err(Refusal::NameTooLong { found: file_name.len(), limit: limits.max_name });
    }
    let path = parts.join("/");
    if has_drive(&path) {
        return Err(Refusal::UnsafeName);
    }
    let limit = limits.max_name.saturating_mul(PATH_FACTOR);
    if path.len() > limit {
        return Err(Refusal::NameTooLong { found: path.len(), limit });
    }
    Ok(path)
}

/// A name for showing only: control characters escaped, cut to a readable length.
pub(crate) fn printable(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(SHOWN_NAME)
        .flat_map(|c| if is_unsafe_character(c) { c.escape_default().collect() } else { vec![c] })
        .collect();
    if name.chars().nth(SHOWN_NAME).is_some() {
        shown.push('…');
    }
    shown
}

/// Control characters, and the marks that turn the direction of writing round (`exe.pdf` shown as `fdp.exe`).
fn is_unsafe_character(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn has_drive(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_go_through_and_are_normalised() {
        let limits = Limits::default();
        assert_eq!(sanitise("./lot/facture é.xml", &limits).unwrap(), "lot/facture é.xml");
        assert_eq!(sanitise("lot\\a.xml", &limits).unwrap(), "lot/a.xml");
        assert_eq!(sanitise("a//b/./c.pdf", &limits).unwrap(), "a/b/c.pdf");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let names = [
            "../x",
            "a/../../x",
            "/etc/passwd",
            "C:\\x",
            "c:x",
            "\\\\server\\x",
            "a\0b",
            "a\nb",
            "",
            ".",
            "..",
            "a\u{202e}b",
        ];
        for name in names {
            assert_eq!(sanitise(name, &Limits::default()), Err(Refusal::UnsafeName), "{name:?}");
        }
    }

    #[test]
    fn long_names_are_refused() {
        let limits = Limits::default();
        assert!(sanitise(&"a".repeat(255), &limits).is_ok());
        assert!(matches!(sanitise(&"a".repeat(256), &limits), Err(Refusal::NameTooLong { found: 256, limit: 255 })));
        let deep = "abcdefghi/".repeat(200) + "x";
        assert!(matches!(sanitise(&deep, &limits), Err(Refusal::NameTooLong { limit: 1020, .. })));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_inside(name in "\\PC{0,40}|[./\\\\a:\\x00-\\x1f]{0,20}") {
            if let Ok(safe) = sanitise(&name, &Limits::default()) {
                prop_assert!(!safe.is_empty() && !safe.starts_with('/') && !safe.contains('\\'));
                prop_assert!(safe.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
                prop_assert!(!safe.chars().any(char::is_control));
                let again = sanitise(&safe, &Limits::default());
                prop_assert_eq!(again.as_ref(), Ok(&safe));
            }
        }

        #[test]
        fn what_is_shown_has_no_control_characters(name in any::<String>()) {
            prop_assert!(!printable(&name).chars().any(char::is_control));
        }
    }
}
