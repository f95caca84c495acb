//! Where the pieces of a document end: tags, comments, CDATA, instructions, references.

use memchr::{memchr, memchr3, memmem};

use crate::characters::is_space;
use crate::error::Fault;

/// Where the name of a tag ends that begins at `from`: at a space, at `>` or at `/>`.
pub(crate) fn name_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        let ends = is_space(byte) || byte == b'>' || (byte == b'/' && bytes.get(at + 1) == Some(&b'>'));
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// The end of a start tag, and whether it is `/>`. A `>` in quotation marks does not end it.
pub(crate) fn tag_end(source: &str, start: usize, name_end: usize) -> Result<(usize, bool), Fault> {
    let bytes = source.as_bytes();
    match bytes.get(name_end) {
        Some(b'>') => return Ok((name_end + 1, false)),
        Some(b'/') => return Ok((name_end + 2, true)),
        _ => {}
    }
    let mut at = name_end;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr3(b'>', b'"', b'\'', rest) else {
            return Err(Fault::malformed(start, "the tag is not closed"));
        };
        at += found + 1;
        if rest[found] == b'>' {
            return Ok((at, found > 0 && rest[found - 1] == b'/'));
        }
        let Some(length) = memchr(rest[found], &bytes[at..]) else {
            return Err(Fault::malformed(start, "an attribute value is not closed"));
        };
        at += length + 1;
    }
}

/// The end of the comment that begins at `start`.
pub(crate) fn comment_end(source: &str, start: usize) -> Result<usize, Fault> {
    closed(source, start, "<!--".len(), "-->").ok_or_else(|| Fault::malformed(start, "the comment is not closed"))
}

/// The end of the CDATA section that begins at `start`.
pub(crate) fn cdata_end(source: &str, start: usize) -> Result<usize, Fault> {
    const OPEN: &str = "<![CDATA[";
    if !source[start..].starts_with(OPEN) {
        return Err(Fault::malformed(start, "neither a comment nor CDATA"));
    }
    closed(source, start, OPEN.len(), "]]>").ok_or_else(|| Fault::malformed(start, "CDATA that is not closed"))
}

/// The end of the processing instruction that begins at `start`.
pub(crate) fn instruction_end(source: &str, start: usize) -> Result<usize, Fault> {
    let end = closed(source, start, "<?".len(), "?>");
    end.ok_or_else(|| Fault::malformed(start, "the processing instruction is not closed"))
}

/// The end of the reference that begins at `start` with `&`.
pub(crate) fn reference_end(source: &str, start: usize) -> Result<usize, Fault> {
    let rest = &source.as_bytes()[start + 1..];
    match memchr3(b';', b'<', b'&', rest) {
        Some(length) if rest[length] == b';' => Ok(start + 1 + length + 1),
        _ => Err(Fault::malformed(start, "\"&\" without \";\": the reference is not closed")),
    }
}

/// Whether that is a DOCTYPE, in capitals or not.
pub(crate) fn starts_doctype(rest: &[u8]) -> bool {
    rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"<!DOCTYPE"))
}

fn closed(source: &str, start: usize, opening: usize, closing: &str) -> Option<usize> {
    let from = start + opening;
    let length = memmem::find(source.as_bytes().get(from..)?, closing.as_bytes())?;
    Some(from + length + closing.len())
}
