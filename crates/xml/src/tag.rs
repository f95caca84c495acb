//! The inside of a start tag: name and attributes, in the strict grammar of XML 1.0.

use crate::Limits;
use crate::characters::{is_character, is_space};
use crate::error::{Fault, XmlErrorKind, excerpt};

/// One `name="value"` of a tag, as offsets of the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawAttribute {
    pub(crate) name: (usize, usize),
    pub(crate) value: (usize, usize),
    /// Whether the value holds references or white space other than blanks.
    pub(crate) raw: bool,
}

/// Splits what stands between the name of a start tag and its end, at `from..end` of the source.
pub(crate) fn split(
    source: &str,
    from: usize,
    end: usize,
    limits: &Limits,
    attributes: &mut Vec<RawAttribute>,
) -> Result<(), Fault> {
    let bytes = source.as_bytes();
    attributes.clear();
    let mut at = from;
    loop {
        let next = skip(bytes, at, end, is_space);
        if next == end {
            return Ok(());
        }
        if next == at {
            return Err(Fault::malformed(at, "blank missing between two attributes"));
        }
        if attributes.len() == limits.max_attributes {
            let detail = format!("more than {} attributes on one element", limits.max_attributes);
            return Err(Fault::new(XmlErrorKind::TooManyAttributes, next, detail));
        }
        let attribute = attribute(source, next, end)?;
        at = attribute.value.1 + 1;
        attributes.push(attribute);
    }
}

fn attribute(source: &str, start: usize, end: usize) -> Result<RawAttribute, Fault> {
    let bytes = source.as_bytes();
    let name_end = skip(bytes, start, end, |b| b != b'=' && !is_space(b));
    let equals = skip(bytes, name_end, end, is_space);
    if equals == end || bytes[equals] != b'=' {
        let detail = format!("attribute {:?} has no value", excerpt(&source[start..name_end]));
        return Err(Fault::malformed(start, detail));
    }
    let open = skip(bytes, equals + 1, end, is_space);
    if open == end || !matches!(bytes[open], b'"' | b'\'') {
        return Err(Fault::malformed(start, "an attribute value without quotation marks"));
    }
    let quote = bytes[open];
    let mut raw = false;
    let mut at = open + 1;
    while at < end && bytes[at] != quote {
        match bytes[at] {
            b'<' => return Err(Fault::malformed(at, "\"<\" inside an attribute value")),
            b'&' | b'\t' | b'\r' | b'\n' => raw = true,
            _ => {}
        }
        at += 1;
    }
    if at == end {
        return Err(Fault::malformed(open, "an attribute value is not closed"));
    }
    Ok(RawAttribute { name: (start, name_end), value: (open + 1, at), raw })
}

fn skip(bytes: &[u8], from: usize, end: usize, accept: impl Fn(u8) -> bool) -> usize {
    from + bytes[from..end].iter().take_while(|&&b| accept(b)).count()
}

/// Writes the normalised value of an attribute (section 3.3.3) that stands at `offset` of the source.
pub(crate) fn normalise(value: &str, offset: usize, into: &mut String) -> Result<(), Fault> {
    let mut rest = value;
    while let Some(at) = rest.find(['&', '\t', '\r', '\n']) {
        into.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(reference) = tail.strip_prefix('&') {
            let place = offset + (value.len() - tail.len());
            let end = reference.find(';').ok_or_else(|| Fault::malformed(place, "\"&\" without \";\""))?;
            into.push(resolve(&reference[..end], place)?);
            rest = &reference[end + 1..];
        } else {
            into.push(' ');
            rest = tail.strip_prefix("\r\n").unwrap_or(&tail[1..]);
        }
    }
    into.push_str(rest);
    Ok(())
}

/// The character of a reference (without `&` and `;`): one of the five predefined entities or a number.
pub(crate) fn resolve(reference: &str, offset: usize) -> Result<char, Fault> {
    match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = reference.strip_prefix('#') else {
        return Err(Fault::malformed(offset, format!("unknown entity {:?}", excerpt(reference))));
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hexadecimal| (hexadecimal, 16));
    // `from_str_radix` would accept a sign.
    let code =
        if digits.bytes().all(|b| b.is_ascii_alphanumeric()) { u32::from_str_radix(digits, radix).ok() } else { None };
    code.and_then(char::from_u32)
        .filter(|&c| is_character(c))
        .ok_or_else(|| Fault::malformed(offset, format!("{:?} is not the number of a character", excerpt(reference))))
}
