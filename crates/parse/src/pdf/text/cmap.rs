//! `/ToUnicode` maps (ISO 32000-1, 9.10.3), read tolerantly: what is between the known words counts, however the rest
//! of the program is spelt.

use std::collections::HashMap;

/// Most codes of one map.
const CODES_MAX: usize = 1 << 17;
/// Most codes of one range.
const RANGE_MAX: u32 = 1 << 16;

/// What each code stands for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CMap {
    pub(super) texts: HashMap<u32, String>,
    /// Bytes of a code, as the code space says, if it is the same for all.
    pub(super) code_length: Option<usize>,
}

enum Token<'b> {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(&'b [u8]),
}

/// Reads a map; what cannot be read of it is left out.
pub(super) fn read(bytes: &[u8]) -> CMap {
    let mut map = CMap::default();
    let mut tokens = Tokens { rest: bytes };
    while let Some(token) = tokens.next() {
        let Token::Word(word) = token else { continue };
        match word {
            b"begincodespacerange" => code_space(&mut tokens, &mut map),
            b"beginbfchar" => characters(&mut tokens, &mut map),
            b"beginbfrange" => ranges(&mut tokens, &mut map),
            _ => {}
        }
    }
    map
}

fn code_space(tokens: &mut Tokens, map: &mut CMap) {
    while let Some(Token::Hex(code)) = tokens.next() {
        match map.code_length {
            Some(known) if known != code.len() => map.code_length = Some(known.max(code.len())),
            _ => map.code_length = Some(code.len()),
        }
    }
}

fn characters(tokens: &mut Tokens, map: &mut CMap) {
    while let Some(Token::Hex(code)) = tokens.next() {
        let Some(Token::Hex(text)) = tokens.next() else { return };
        insert(map, number(&code), utf16(&text));
    }
}

fn ranges(tokens: &mut Tokens, map: &mut CMap) {
    while let Some(Token::Hex(first)) = tokens.next() {
        let Some(Token::Hex(last)) = tokens.next() else { return };
        let (first, last) = (number(&first), number(&last));
        let last = last.min(first.saturating_add(RANGE_MAX));
        match tokens.next() {
            Some(Token::Hex(text)) => {
                for code in first..=last {
                    insert(map, code, advanced(&text, code - first));
                }
            }
            Some(Token::Open) => {
                let mut code = first;
                while let Some(Token::Hex(text)) = tokens.next() {
                    insert(map, code, utf16(&text));
                    code = code.saturating_add(1);
                }
            }
            _ => return,
        }
    }
}

fn insert(map: &mut CMap, code: u32, text: String) {
    if map.texts.len() < CODES_MAX {
        map.texts.entry(code).or_insert(text);
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    // One byte alone is met where two belong.
    if let [single] = bytes {
        return char::from(*single).to_string();
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// The text whose last unit is so many further.
fn advanced(text: &[u8], by: u32) -> String {
    let mut text = text.to_vec();
    let mut carry = by;
    for byte in text.iter_mut().rev().take(2) {
        carry += u32::from(*byte);
        *byte = (carry & 0xFF) as u8;
        carry >>= 8;
    }
    utf16(&text)
}

struct Tokens<'b> {
    rest: &'b [u8],
}

impl<'b> Iterator for Tokens<'b> {
    type Item = Token<'b>;

    fn next(&mut self) -> Option<Token<'b>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest {
                [] => return None,
                [b'<', b'<', ..] | [b'>', b'>', ..] => self.rest = &self.rest[2..],
                [b'<', inside @ ..] => return Some(Token::Hex(self.hex(inside))),
                [b'[', after @ ..] => {
                    self.rest = after;
                    return Some(Token::Open);
                }
                [b']', after @ ..] => {
                    self.rest = after;
                    return Some(Token::Close);
                }
                [b'%', ..] => self.skip(|byte| !matches!(byte, b'\n' | b'\r')),
                [b'(' | b')' | b'>' | b'/', after @ ..] => self.rest = after,
                _ => return Some(Token::Word(self.word())),
            }
        }
    }
}

impl<'b> Tokens<'b> {
    fn skip(&mut self, through: impl Fn(u8) -> bool) {
        let end = self.rest.iter().position(|byte| !through(*byte)).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn word(&mut self) -> &'b [u8] {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>[]()/%".contains(byte);
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len()).max(1);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn hex(&mut self, inside: &'b [u8]) -> Vec<u8> {
        let end = inside.iter().position(|byte| *byte == b'>').unwrap_or(inside.len());
        self.rest = inside.get(end + 1..).unwrap_or_default();
        let digits: Vec<u8> =
            inside[..end].iter().filter_map(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_ranges_and_lists_are_read_whatever_stands_around_them() {
        let map = read(
            b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <00> <FF> endcodespacerange \
              2 beginbfchar <01> <0032> <02><00660069> endbfchar 2 beginbfrange <10> <12> <0041> \
              <20> <21> [<0058> <0059>] endbfrange endcmap CMapName currentdict /CMap define resource pop",
        );
        let text = |code: u32| map.texts.get(&code).map(String::as_str);
        assert_eq!((text(1), text(2), text(0x12), text(0x21)), (Some("2"), Some("fi"), Some("C"), Some("Y")));
        assert_eq!((text(3), map.code_length), (None, Some(1)));
    }

    #[test]
    fn a_range_carries_into_the_upper_byte() {
        assert_eq!(advanced(&[0x00, 0xFF], 1), "\u{100}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(words in "(begin(bfchar|bfrange|codespacerange)|<[0-9A-F]{0,9}>|[\\[\\] ]|<<|%\n){0,40}") {
            prop_assert!(read(words.as_bytes()).texts.len() <= CODES_MAX);
        }
    }
}
