//! What may stand before the root: the declaration, comments, processing instructions; and never a DOCTYPE.

use crate::characters::{is_blank, is_ncname, is_space};
use crate::error::{Fault, XmlErrorKind, excerpt};
use crate::scan::{comment_end, instruction_end, starts_doctype};

/// The XML declaration, as far as it concerns us.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) encoding: Option<String>,
    /// Offset after its `?>`.
    pub(crate) end: usize,
}

/// Reads the XML declaration at the very start of `text` (production 23), if there is one.
pub(crate) fn declaration(text: &str) -> Result<Option<Declaration>, Fault> {
    let Some(rest) = text.strip_prefix("<?xml") else { return Ok(None) };
    if !rest.bytes().next().is_some_and(is_space) {
        // `<?xml-stylesheet …?>` is an ordinary instruction; `<?xml?>` is refused with the other instructions.
        return Ok(None);
    }
    let Some(length) = rest.find("?>") else {
        return Err(Fault::malformed(0, "the XML declaration is not closed"));
    };
    let mut pairs = rest.get(..length).unwrap_or("");
    let version = pseudo_attribute(&mut pairs, "version")?;
    match version {
        Some("1.0") => {}
        Some("1.1") => return Err(Fault::malformed(0, "XML 1.1 is not supported, invoices are written in XML 1.0")),
        Some(other) => return Err(Fault::malformed(0, format!("unknown XML version {:?}", excerpt(other)))),
        None => return Err(Fault::malformed(0, "the XML declaration has no version")),
    }
    let encoding = pseudo_attribute(&mut pairs, "encoding")?;
    if let Some(name) = encoding.filter(|name| !is_encoding_name(name)) {
        return Err(Fault::malformed(0, format!("{:?} is not the name of an encoding", excerpt(name))));
    }
    if let Some(other) = pseudo_attribute(&mut pairs, "standalone")?.filter(|v| !matches!(*v, "yes" | "no")) {
        return Err(Fault::malformed(0, format!("standalone is yes or no, not {:?}", excerpt(other))));
    }
    if !pairs.bytes().all(is_space) {
        return Err(Fault::malformed(0, "the XML declaration holds something unknown"));
    }
    Ok(Some(Declaration { encoding: encoding.map(str::to_owned), end: "<?xml".len() + length + "?>".len() }))
}

/// Offset of the root's `<`, after checking everything from `from` up to it.
pub(crate) fn find_root(text: &str, from: usize) -> Result<usize, Fault> {
    let mut at = from;
    loop {
        at += text[at..].bytes().take_while(|&b| is_space(b)).count();
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            let end = comment_end(text, at)?;
            check_comment(&text[at..end], at)?;
            at = end;
        } else if rest.starts_with("<?") {
            let end = instruction_end(text, at)?;
            check_instruction(&text[at..end], at)?;
            at = end;
        } else if starts_doctype(rest.as_bytes()) {
            return Err(doctype(at));
        } else if rest.starts_with('<') {
            return Ok(at);
        } else {
            return Err(no_root(text, at, from));
        }
    }
}

/// The refusal of a DOCTYPE: it could define entities, and no invoice needs one.
pub(crate) fn doctype(at: usize) -> Fault {
    Fault::new(XmlErrorKind::Doctype, at, "a DOCTYPE is not accepted")
}

/// Checks a whole comment (production 15) that begins at `offset`.
pub(crate) fn check_comment(comment: &str, offset: usize) -> Result<(), Fault> {
    let content = comment.strip_prefix("<!--").and_then(|c| c.strip_suffix("-->"));
    match content {
        Some(content) if !content.contains("--") && !content.ends_with('-') => Ok(()),
        _ => Err(Fault::malformed(offset, "\"--\" inside a comment")),
    }
}

/// Checks a whole processing instruction (production 16).
pub(crate) fn check_instruction(instruction: &str, offset: usize) -> Result<(), Fault> {
    let content = instruction.strip_prefix("<?").and_then(|c| c.strip_suffix("?>")).unwrap_or("");
    let target = content.split(|c: char| c.is_ascii() && is_space(c as u8)).next().unwrap_or("");
    if target.eq_ignore_ascii_case("xml") {
        return Err(Fault::malformed(offset, "an XML declaration stands only at the very start, in lower case"));
    }
    if !is_ncname(target) {
        return Err(Fault::malformed(offset, "a processing instruction without a proper name"));
    }
    Ok(())
}

fn no_root(text: &str, at: usize, from: usize) -> Fault {
    let nothing_before = from == 0 && is_blank(&text[..at]);
    match (at == text.len(), nothing_before) {
        (true, true) => Fault::new(XmlErrorKind::Empty, 0, "the file is empty"),
        (true, false) => Fault::malformed(at, "there is no element"),
        (false, true) => Fault::new(XmlErrorKind::NotXml, at, "the file does not begin as XML does"),
        (false, false) => Fault::malformed(at, "text before the root element"),
    }
}

/// `S name Eq quoted` at the start of `pairs`, if that is its name; `pairs` moves past it.
fn pseudo_attribute<'a>(pairs: &mut &'a str, name: &str) -> Result<Option<&'a str>, Fault> {
    let trimmed = pairs.trim_start_matches([' ', '\t', '\r', '\n']);
    let Some(rest) = trimmed.strip_prefix(name).filter(|_| trimmed.len() < pairs.len()) else { return Ok(None) };
    let broken = || Fault::malformed(0, format!("the XML declaration's {name} is not written as it should be"));
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']).strip_prefix('=').ok_or_else(broken)?;
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(broken)?;
    let (value, after) = rest[1..].split_once(quote).ok_or_else(broken)?;
    *pairs = after;
    Ok(Some(value))
}

fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
