//! Bytes to text: the encoding by byte order mark and declaration, and the way back to the original offsets.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_8859_15, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{Fault, XmlError, XmlErrorKind, excerpt};
use crate::prolog::{Declaration, declaration};

/// A document's text in UTF-8, without byte order mark.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) encoding: &'static str,
    pub(crate) origin: Origin,
    /// Where the XML declaration ends; 0 without one.
    pub(crate) body: usize,
}

/// From an offset of the decoded text back to the original bytes.
#[derive(Debug)]
pub(crate) struct Origin {
    mark: usize,
    unit: Unit,
    /// Units before each multiple of [`STEP`], empty for [`Unit::Same`].
    steps: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// The text is the bytes.
    Same,
    /// One byte a character.
    Byte,
    /// Two bytes a UTF-16 code unit.
    Pair,
}

const STEP: usize = 1024;

impl Origin {
    fn new(mark: usize, unit: Unit, text: &str) -> Self {
        let mut steps = Vec::new();
        if unit != Unit::Same {
            let mut units = 0;
            for (offset, c) in text.char_indices() {
                while steps.len() * STEP <= offset {
                    steps.push(units);
                }
                units += unit.of(c);
            }
        }
        Self { mark, unit, steps }
    }

    /// The offset in the original bytes of a character boundary of `text`.
    pub(crate) fn offset(&self, text: &str, offset: usize) -> usize {
        if self.unit == Unit::Same {
            return self.mark + offset;
        }
        let step = (offset / STEP).min(self.steps.len().saturating_sub(1));
        let mut from = step * STEP;
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let before = self.steps.get(step).copied().unwrap_or(0);
        let units = text.get(from..offset).unwrap_or("").chars().map(|c| self.unit.of(c)).sum::<u32>() + before;
        self.mark + units as usize * if self.unit == Unit::Pair { 2 } else { 1 }
    }
}

impl Unit {
    const fn of(self, c: char) -> u32 {
        match self {
            Self::Pair => c.len_utf16() as u32,
            Self::Same | Self::Byte => 1,
        }
    }
}

impl Decoded {
    /// Places a fault of the decoded text in the original.
    pub(crate) fn place(&self, fault: Fault) -> XmlError {
        let before = self.text.as_bytes().get(..fault.offset).unwrap_or(self.text.as_bytes());
        XmlError {
            kind: fault.kind,
            line: line_after(before),
            offset: self.origin.offset(&self.text, fault.offset.min(self.text.len())),
            detail: fault.detail,
        }
    }
}

/// Decodes a whole document, refusing every byte that its encoding does not allow.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, XmlError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => marked_utf8(rest),
        [0, 0, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0, b'<', ..] | [b'<', 0, 0, 0, ..] => {
            Err(refused(0, 1, "UTF-32 is not supported"))
        }
        [0xFE, 0xFF, rest @ ..] => utf16(rest, UTF_16BE, 2),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, UTF_16LE, 2),
        [0, b'<', 0, _, ..] => utf16(bytes, UTF_16BE, 0),
        [b'<', 0, _, 0, ..] => utf16(bytes, UTF_16LE, 0),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Err(refused(0, 1, "EBCDIC is not supported")),
        _ => by_declaration(bytes),
    }
}

fn marked_utf8(rest: &[u8]) -> Result<Decoded, XmlError> {
    let decoded = utf8(rest, "UTF-8", 3)?;
    finish(decoded, |label| label == Label::Utf8)
}

fn utf16(rest: &[u8], encoding: &'static Encoding, mark: usize) -> Result<Decoded, XmlError> {
    let label = if encoding == UTF_16LE { Label::Utf16Le } else { Label::Utf16Be };
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(rest) else {
        return Err(refused(0, 1, "the bytes are not well-formed UTF-16"));
    };
    let text = text.into_owned();
    let origin = Origin::new(mark, Unit::Pair, &text);
    let decoded = finish(Decoded { text, encoding: encoding.name(), origin, body: 0 }, |declared| {
        declared == Label::Utf16 || declared == label
    })?;
    if mark == 0 && decoded.body == 0 {
        return Err(refused(0, 1, "UTF-16 needs a byte order mark or a declaration"));
    }
    Ok(decoded)
}

fn by_declaration(bytes: &[u8]) -> Result<Decoded, XmlError> {
    // Only the declaration is looked at here, and it is ASCII in every encoding that comes this way.
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or(bytes));
    let declared = declaration(&head).map_err(|fault| plain(&head, fault))?;
    let Some(name) = declared.as_ref().and_then(|d| d.encoding.as_deref()) else {
        return utf8(bytes, "UTF-8", 0).and_then(|decoded| finish(decoded, |_| true));
    };
    let decoded = match Label::of(name) {
        Some(Label::Utf8) => utf8(bytes, "UTF-8", 0)?,
        Some(Label::Ascii) => ascii(bytes)?,
        Some(Label::Latin1) => single(Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()), "ISO-8859-1"),
        Some(Label::Latin9) => single(strict(ISO_8859_15, bytes)?, "ISO-8859-15"),
        Some(Label::Windows1252) => single(strict(WINDOWS_1252, bytes)?, "windows-1252"),
        Some(Label::Utf16 | Label::Utf16Le | Label::Utf16Be) => {
            return Err(refused(0, 1, "declared as UTF-16, but the bytes are not"));
        }
        None => return Err(refused(0, 1, format!("encoding {:?} is not supported", excerpt(name)))),
    };
    finish(decoded, |_| true)
}

/// Reads the declaration of the decoded text and compares its encoding with the one that was used.
fn finish(mut decoded: Decoded, agrees: impl Fn(Label) -> bool) -> Result<Decoded, XmlError> {
    let declared = declaration(&decoded.text).map_err(|fault| decoded.place(fault))?;
    let Some(Declaration { encoding, end }) = declared else { return Ok(decoded) };
    decoded.body = end;
    match encoding {
        Some(name) if !Label::of(&name).is_some_and(&agrees) => {
            let detail = format!("declared as {:?}, but the bytes are {}", excerpt(&name), decoded.encoding);
            Err(refused(decoded.origin.mark, 1, detail))
        }
        _ => Ok(decoded),
    }
}

fn utf8(bytes: &[u8], encoding: &'static str, mark: usize) -> Result<Decoded, XmlError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: text.to_owned(), encoding, origin: Origin::new(mark, Unit::Same, ""), body: 0 }),
        Err(error) => {
            let at = error.valid_up_to();
            let line = line_after(bytes.get(..at).unwrap_or(&[]));
            Err(refused(mark + at, line, "the bytes are not well-formed UTF-8"))
        }
    }
}

fn ascii(bytes: &[u8]) -> Result<Decoded, XmlError> {
    match bytes.iter().position(|b| !b.is_ascii()) {
        None => utf8(bytes, "US-ASCII", 0),
        Some(at) => {
            let line = line_after(bytes.get(..at).unwrap_or(&[]));
            Err(refused(at, line, "declared as US-ASCII, but a byte is above 127"))
        }
    }
}

fn strict<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, XmlError> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| refused(0, 1, format!("the bytes are not {}", encoding.name())))
}

fn single(text: Cow<'_, str>, encoding: &'static str) -> Decoded {
    let text = text.into_owned();
    let origin = Origin::new(0, Unit::Byte, &text);
    Decoded { text, encoding, origin, body: 0 }
}

/// Line of whatever follows `before`.
fn line_after(before: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX - 1) + 1
}

fn refused(offset: usize, line: u32, detail: impl Into<String>) -> XmlError {
    XmlError { kind: XmlErrorKind::Encoding, line, offset, detail: detail.into() }
}

fn plain(head: &str, fault: Fault) -> XmlError {
    let line = line_after(head.as_bytes().get(..fault.offset).unwrap_or(&[]));
    XmlError { kind: fault.kind, line, offset: fault.offset, detail: fault.detail }
}

/// The encodings that we read, by the names that declarations give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Utf8,
    Utf16,
    Utf16Le,
    Utf16Be,
    Latin1,
    Latin9,
    Windows1252,
    Ascii,
}

impl Label {
    fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "utf-16" | "utf16" => Self::Utf16,
            "utf-16le" => Self::Utf16Le,
            "utf-16be" => Self::Utf16Be,
            "iso-8859-1" | "iso_8859-1" | "iso8859-1" | "latin1" | "latin-1" | "l1" => Self::Latin1,
            "iso-8859-15" | "iso_8859-15" | "iso8859-15" | "latin9" | "latin-9" => Self::Latin9,
            "windows-1252" | "cp1252" | "cp-1252" => Self::Windows1252,
            "us-ascii" | "ascii" => Self::Ascii,
            _ => return None,
        })
    }
}
