//! Fonts as far as text needs them: codes to characters, and how wide each code is.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object};

use super::cmap::{self, CMap};

/// Most bytes of a `/ToUnicode` map, once unpacked.
const MAP_MAX: usize = 4 << 20;
/// Fonts that are kept for other pages.
const FONTS_MAX: usize = 2_000;
/// Most codes whose widths a composite font gives.
const WIDTHS_MAX: usize = 70_000;
/// Width of a character in thousandths where a font does not say: that of a digit in the usual sans serif.
const WIDTH_UNKNOWN: f32 = 556.0;
const WIDTH_COURIER: f32 = 600.0;

/// The fonts met so far, by the address of their dictionary, which lives as long as the document.
#[derive(Default)]
pub(super) struct Fonts {
    known: HashMap<usize, Rc<Font>>,
}

impl Fonts {
    pub(super) fn get(&mut self, document: &Document, dictionary: &Dictionary) -> Rc<Font> {
        let address = std::ptr::from_ref(dictionary).addr();
        if let Some(font) = self.known.get(&address) {
            return Rc::clone(font);
        }
        if self.known.len() >= FONTS_MAX {
            self.known.clear();
        }
        let font = Rc::new(Font::read(document, dictionary));
        self.known.insert(address, Rc::clone(&font));
        font
    }
}

/// One code of a string: its characters, its width in thousandths of the size, and whether it is the space byte.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Code {
    pub(super) text: Option<String>,
    pub(super) width: f32,
    pub(super) single_space: bool,
}

pub(super) struct Font {
    /// Bytes of a code: one in a simple font, two in nearly every composite one.
    code_length: usize,
    to_unicode: HashMap<u32, String>,
    /// Of a simple font.
    encoding: Vec<Option<String>>,
    widths: HashMap<u32, f32>,
    width: f32,
    /// Thousandths to the units of the text: 0.001, or a Type 3 font's own.
    pub(super) scale: f32,
}

impl Font {
    fn read(document: &Document, font: &Dictionary) -> Self {
        let name = |key: &[u8]| entry(document, font, key).and_then(|object| object.as_name().ok());
        let composite = name(b"Subtype") == Some(b"Type0");
        let CMap { texts: to_unicode, code_length } = to_unicode(document, font);
        let scale = match name(b"Subtype") {
            Some(b"Type3") => type3_scale(document, font),
            _ => 0.001,
        };
        let (widths, width) =
            if composite { composite_widths(document, font) } else { simple_widths(document, font, scale) };
        let encoding = if composite { Vec::new() } else { simple_encoding(document, font) };
        let code_length = if composite { code_length.unwrap_or(2).clamp(1, 4) } else { 1 };
        Self { code_length, to_unicode, encoding, widths, width, scale }
    }

    /// The codes of a string, in order.
    pub(super) fn codes<'s>(&'s self, bytes: &'s [u8]) -> impl Iterator<Item = Code> + 's {
        bytes.chunks(self.code_length).map(|chunk| {
            let code = chunk.iter().fold(0_u32, |code, byte| code << 8 | u32::from(*byte));
            let text = self.to_unicode.get(&code).cloned().or_else(|| self.encoded(code));
            let width = self.widths.get(&code).copied().unwrap_or(self.width);
            Code { text, width, single_space: chunk == [b' '] }
        })
    }

    fn encoded(&self, code: u32) -> Option<String> {
        self.encoding.get(code as usize).cloned().flatten()
    }
}

fn entry<'d>(document: &'d Document, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    document.dereference(dictionary.get(key).ok()?).ok().map(|(_, object)| object)
}

/// The `/ToUnicode` map.
fn to_unicode(document: &Document, font: &Dictionary) -> CMap {
    let Some(Object::Stream(stream)) = entry(document, font, b"ToUnicode") else { return CMap::default() };
    let mut map = stream.get_plain_content_with_limit(MAP_MAX).map(|bytes| cmap::read(&bytes)).unwrap_or_default();
    map.texts = map.texts.into_iter().map(|(code, text)| (code, clean(&text))).collect();
    map.texts.retain(|_, text| !text.is_empty());
    map
}

/// Ligatures as letters, exotic spaces as spaces; private and control characters say nothing.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{FB00}' => cleaned.push_str("ff"),
            '\u{FB01}' => cleaned.push_str("fi"),
            '\u{FB02}' => cleaned.push_str("fl"),
            '\u{FB03}' => cleaned.push_str("ffi"),
            '\u{FB04}' => cleaned.push_str("ffl"),
            '\u{AD}' | '\u{2010}' | '\u{2011}' => cleaned.push('-'),
            character if character.is_whitespace() => cleaned.push(' '),
            '\u{FFFD}'
            | '\u{E000}'..='\u{F8FF}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' => {}
            character if character.is_control() => {}
            character => cleaned.push(character),
        }
    }
    cleaned
}

/// What each of the 256 codes of a simple font stands for.
fn simple_encoding(document: &Document, font: &Dictionary) -> Vec<Option<String>> {
    let mut plain = Dictionary::new();
    plain.set("Type", Object::Name(b"Font".to_vec()));
    let named = entry(document, font, b"Encoding");
    if let Some(encoding) = named {
        plain.set("Encoding", encoding.clone());
    } else if !is_symbolic(document, font) {
        plain.set("Encoding", Object::Name(b"WinAnsiEncoding".to_vec()));
    }
    let encoding = plain.get_font_encoding_with_limit(document, MAP_MAX);
    let mut table: Vec<Option<String>> = (0..=255_u8)
        .map(|code| {
            let text = encoding.as_ref().ok()?.bytes_to_string(&[code]).ok()?;
            let text = clean(&text);
            (!text.is_empty()).then_some(text)
        })
        .collect();
    if let Some(Object::Dictionary(dictionary)) = named {
        named_by_code_point(document, dictionary, &mut table);
    }
    table
}

/// Glyphs whose name is a code point (`uni20AC`, `u20AC`), which no list of names holds.
fn named_by_code_point(document: &Document, encoding: &Dictionary, table: &mut [Option<String>]) {
    let Some(Object::Array(differences)) = entry(document, encoding, b"Differences") else { return };
    let mut code = 0_usize;
    for object in differences {
        match object {
            Object::Integer(first) => code = usize::try_from(*first).unwrap_or(usize::MAX),
            Object::Name(name) => {
                if let Some(text) = code_point(name)
                    && let Some(slot) = table.get_mut(code)
                {
                    *slot = Some(text);
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
}

fn code_point(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
    if !(4..=6).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let text = clean(&char::from_u32(u32::from_str_radix(digits, 16).ok()?)?.to_string());
    (!text.is_empty()).then_some(text)
}

fn is_symbolic(document: &Document, font: &Dictionary) -> bool {
    const SYMBOLIC: i64 = 4;
    let descriptor = entry(document, font, b"FontDescriptor").and_then(|object| object.as_dict().ok());
    let flags = descriptor.and_then(|descriptor| entry(document, descriptor, b"Flags")?.as_i64().ok());
    flags.is_some_and(|flags| flags & SYMBOLIC != 0)
}

fn type3_scale(document: &Document, font: &Dictionary) -> f32 {
    let matrix = entry(document, font, b"FontMatrix").and_then(|object| object.as_array().ok());
    let scale = matrix.and_then(|matrix| number(document, matrix.first()?)).map_or(0.001, f32::abs);
    if scale > 0.0 && scale.is_finite() { scale } else { 0.001 }
}

fn number(document: &Document, object: &Object) -> Option<f32> {
    document.dereference(object).ok()?.1.as_float().ok()
}

/// Widths of a simple font (ISO 32000-1, 9.6.2), and that of every other code.
fn simple_widths(document: &Document, font: &Dictionary, scale: f32) -> (HashMap<u32, f32>, f32) {
    let first = entry(document, font, b"FirstChar").and_then(|object| object.as_i64().ok()).unwrap_or(0);
    let first = u32::try_from(first).unwrap_or(0);
    let widths: HashMap<u32, f32> = entry(document, font, b"Widths")
        .and_then(|object| object.as_array().ok())
        .map(|array| {
            let listed = array.iter().take(256).zip(first..);
            listed.filter_map(|(width, code)| Some((code, number(document, width)?))).collect()
        })
        .unwrap_or_default();
    let courier = entry(document, font, b"BaseFont")
        .and_then(|object| object.as_name().ok())
        .is_some_and(|name| name.windows(7).any(|part| part == b"Courier"));
    let usual = if courier { WIDTH_COURIER } else { WIDTH_UNKNOWN };
    // A Type 3 font's widths are in its own units.
    let usual = usual * 0.001 / scale;
    let descriptor = entry(document, font, b"FontDescriptor").and_then(|object| object.as_dict().ok());
    let missing = descriptor.and_then(|descriptor| number(document, descriptor.get(b"MissingWidth").ok()?));
    let width = missing.filter(|width| *width > 0.0 && !widths.is_empty()).unwrap_or(usual);
    (widths, width)
}

/// Widths of a composite font: `/W` and `/DW` of its descendant (9.7.4.3). Codes are taken for character identities,
/// as `Identity-H` says, which nearly every invoice uses.
fn composite_widths(document: &Document, font: &Dictionary) -> (HashMap<u32, f32>, f32) {
    let mut widths = HashMap::new();
    let descendant = entry(document, font, b"DescendantFonts")
        .and_then(|object| object.as_array().ok())
        .and_then(|array| document.dereference(array.first()?).ok())
        .and_then(|(_, object)| object.as_dict().ok());
    let Some(descendant) = descendant else { return (widths, 1000.0) };
    let usual = descendant.get(b"DW").ok().and_then(|object| number(document, object)).unwrap_or(1000.0);
    let listed = entry(document, descendant, b"W").and_then(|object| object.as_array().ok());
    let mut items = listed.map(Vec::as_slice).unwrap_or_default();
    while let [first, second, rest @ ..] = items {
        let Some(first) = number(document, first).and_then(whole) else { break };
        match document.dereference(second) {
            Ok((_, Object::Array(array))) => {
                for (width, code) in array.iter().zip(first..).take(WIDTHS_MAX) {
                    if let Some(width) = number(document, width) {
                        widths.insert(code, width);
                    }
                }
                items = rest;
            }
            Ok((_, last)) => {
                let (Some(last), Some(width)) =
                    (last.as_float().ok().and_then(whole), rest.first().and_then(|width| number(document, width)))
                else {
                    break;
                };
                for code in (first..=last).take(WIDTHS_MAX) {
                    widths.insert(code, width);
                }
                items = &rest[1..];
            }
            Err(_) => break,
        }
        if widths.len() > WIDTHS_MAX {
            break;
        }
    }
    (widths, usual)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f32) -> Option<u32> {
    (0.0..=65_535.0).contains(&number).then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_code_points_are_read() {
        assert_eq!(code_point(b"uni20AC").as_deref(), Some("€"));
        assert_eq!(code_point(b"u00E9").as_deref(), Some("é"));
        assert_eq!(code_point(b"underscore"), None);
        assert_eq!(code_point(b"uniD800"), None);
    }

    #[test]
    fn ligatures_become_letters_and_invisible_characters_nothing() {
        assert_eq!(clean("e\u{FB03}cace\u{A0}\u{202E}1\u{0}"), "efficace 1");
    }
}
