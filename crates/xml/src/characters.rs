//! Which characters XML 1.0 (fifth edition) allows, and where.

use crate::error::Fault;

/// The white space of XML (production 3).
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether the whole text is white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// Char (production 2).
pub(crate) const fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// NCName: a Name (production 5) without colon.
pub(crate) fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

/// Refuses the first character that XML does not allow anywhere, comments and CDATA included.
pub(crate) fn check_characters(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    let suspect = bytes.iter().fold(false, |found, &b| found | (b < 0x20 && !is_space(b)));
    if !suspect && !has_noncharacter(bytes) {
        return Ok(());
    }
    if let Some((offset, c)) = text.char_indices().find(|&(_, c)| !is_character(c)) {
        return Err(Fault::malformed(offset, format!("character U+{:04X} is not allowed in XML", u32::from(c))));
    }
    Ok(())
}

/// U+FFFE and U+FFFF, the only encoded scalars from U+0020 up that XML excludes.
fn has_noncharacter(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xEF, bytes)
        .any(|at| bytes.get(at + 1) == Some(&0xBF) && matches!(bytes.get(at + 2), Some(0xBE | 0xBF)))
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_character(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_fifth_edition() {
        for good in ["a", "_", "cbc-ID.2", "é", "a\u{B7}"] {
            assert!(is_ncname(good), "{good}");
        }
        for bad in ["", "1a", "-a", "a b", "a:b", "a\"", "\u{D7}", "\u{2003}"] {
            assert!(!is_ncname(bad), "{bad}");
        }
    }

    #[test]
    fn control_characters_and_noncharacters_are_found_anywhere() {
        assert!(check_characters("a\tb\r\n\u{7F}\u{85}\u{FFFD}\u{1F600}").is_ok());
        for bad in ["a\u{0}", "\u{B}", "é\u{1F}", "x\u{FFFE}", "\u{FFFF}"] {
            assert!(check_characters(bad).is_err(), "{bad:?}");
        }
    }
}
