//! A template out of its YAML. Every key is known or refused, every pattern compiled, every value looked at once, here:
//! what is kept can be applied.

use regex::{Regex, RegexBuilder};

use super::problem::{Problem, TemplateError};
use super::rule::{FieldRule, Find, Occurrence, PageChoice, Position};
use super::value::DateFormat;
use super::yaml::{self, Key, Node, Value};
use super::{Supplier, TEMPLATE_BYTES_MAX, TEMPLATE_FORMAT, Template, may_be_constant};
use crate::pdf::fields::{FieldName, view};

/// Longest text of a template.
const TEXT_MAX: usize = 500;
/// Most keywords.
const KEYWORDS_MAX: usize = 20;
/// Letters and digits of a keyword, at least: fewer stand on any page.
const KEYWORD_MIN: usize = 4;
/// Largest compiled pattern, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 20;
/// Deepest nesting of a pattern.
const PATTERN_DEPTH_MAX: u32 = 24;
/// An edge beyond this, in points, is on no page (ISO 32000-1, annex C: 14,400).
const EDGE_MAX: i32 = 14_400;

type Read<T> = Result<T, TemplateError>;

impl Template {
    /// Reads a template; `name` is what it is called from then on.
    ///
    /// # Errors
    /// It is no template: the line and what is wrong there.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, TemplateError> {
        if bytes.len() > TEMPLATE_BYTES_MAX {
            return fail(1, Problem::TooLarge { limit: TEMPLATE_BYTES_MAX });
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return fail(first_bad_line(bytes), Problem::NotText) };
        let root = yaml::parse(text)?;
        let mut template = Self { name: name.to_owned(), ..Self::default() };
        let mut format = None;
        for (key, node) in table("template", root)? {
            match key.name.as_str() {
                "format" => format = Some(known_format(&key, node)?),
                "supplier" => template.supplier = supplier(node)?,
                "keywords" => template.keywords = keywords(node)?,
                "date_format" => template.date_format = Some(date_format(&key, node)?),
                "decimal" => template.decimal = Some(decimal(&key, node)?),
                "fields" => template.fields = fields(node)?,
                "constants" => template.constants = constants(node)?,
                _ => return unknown(&key, "format, supplier, keywords, date_format, decimal, fields, constants"),
            }
        }
        let missing = [("format", format.is_none()), ("keywords", template.keywords.is_empty())];
        match missing.into_iter().find(|(_, missing)| *missing) {
            Some((key, _)) => fail(1, Problem::MissingKey { key: key.to_owned() }),
            None => Ok(template),
        }
    }
}

/// A pattern, compiled within limits; matching takes time in proportion to the text, whatever the pattern.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(PATTERN_SIZE_MAX)
        .dfa_size_limit(PATTERN_SIZE_MAX)
        .nest_limit(PATTERN_DEPTH_MAX)
        .build()
}

fn fail<T>(line: u32, problem: Problem) -> Read<T> {
    Err(TemplateError { line, problem })
}

fn unknown<T>(key: &Key, known: &str) -> Read<T> {
    fail(key.line, Problem::UnknownKey { key: key.name.clone(), known: known.to_owned() })
}

fn first_bad_line(bytes: &[u8]) -> u32 {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    u32::try_from(bytes[..valid].iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

fn table(key: &str, node: Node) -> Read<Vec<(Key, Node)>> {
    match node.value {
        Value::Table(rows) => Ok(rows),
        _ => fail(node.line, Problem::WrongShape { key: key.to_owned(), expected: "table".to_owned() }),
    }
}

fn list(key: &str, node: Node) -> Read<Vec<Node>> {
    match node.value {
        Value::List(items) => Ok(items),
        _ => fail(node.line, Problem::WrongShape { key: key.to_owned(), expected: "list".to_owned() }),
    }
}

fn text(key: &str, node: Node) -> Read<(u32, String)> {
    let Value::Text(text) = node.value else {
        return fail(node.line, Problem::WrongShape { key: key.to_owned(), expected: "text".to_owned() });
    };
    let text = text.trim().to_owned();
    if text.is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        let expected = format!("1–{TEXT_MAX}");
        let found = text.chars().take(40).collect();
        return fail(node.line, Problem::Value { key: key.to_owned(), found, expected });
    }
    Ok((node.line, text))
}

fn impossible<T>(line: u32, key: &str, found: &str, expected: &str) -> Read<T> {
    fail(line, Problem::Value { key: key.to_owned(), found: found.to_owned(), expected: expected.to_owned() })
}

fn known_format(key: &Key, node: Node) -> Read<()> {
    let (line, found) = text(&key.name, node)?;
    if found == TEMPLATE_FORMAT { Ok(()) } else { fail(line, Problem::Format { found }) }
}

fn supplier(node: Node) -> Read<Supplier> {
    let mut supplier = Supplier::default();
    for (key, node) in table("supplier", node)? {
        let (field, place) = match key.name.as_str() {
            "name" => (FieldName::Supplier, &mut supplier.name),
            "siret" => (FieldName::SupplierSiret, &mut supplier.siret),
            "vat" => (FieldName::SupplierVat, &mut supplier.vat),
            _ => return unknown(&key, "name, siret, vat"),
        };
        *place = Some(constant(field, &key, node)?);
    }
    Ok(supplier)
}

fn keywords(node: Node) -> Read<Vec<String>> {
    let (line, items) = (node.line, list("keywords", node)?);
    if items.is_empty() || items.len() > KEYWORDS_MAX {
        return impossible(line, "keywords", &items.len().to_string(), &format!("1–{KEYWORDS_MAX}"));
    }
    items
        .into_iter()
        .map(|item| {
            let (line, keyword) = text("keywords", item)?;
            let short = view::compact(&keyword).chars().count() < KEYWORD_MIN;
            if short { fail(line, Problem::KeywordShort { found: keyword }) } else { Ok(keyword) }
        })
        .collect()
}

fn date_format(key: &Key, node: Node) -> Read<DateFormat> {
    let (line, found) = text(&key.name, node)?;
    DateFormat::parse(&found).map_or_else(|| impossible(line, &key.name, &found, "jj/mm/aaaa"), Ok)
}

fn decimal(key: &Key, node: Node) -> Read<char> {
    let (line, found) = text(&key.name, node)?;
    match found.as_str() {
        "," => Ok(','),
        "." => Ok('.'),
        _ => impossible(line, &key.name, &found, "\",\" \".\""),
    }
}

fn names() -> String {
    FieldName::ALL.map(FieldName::as_str).join(", ")
}

fn field_name(key: &Key) -> Read<FieldName> {
    FieldName::from_name(&key.name).map_or_else(|| unknown(key, &names()), Ok)
}

fn constants(node: Node) -> Read<std::collections::BTreeMap<FieldName, String>> {
    let rows = table("constants", node)?.into_iter().map(|(key, node)| {
        let field = field_name(&key)?;
        if !may_be_constant(field) {
            return fail(key.line, Problem::NotConstant { key: key.name });
        }
        Ok((field, constant(field, &key, node)?))
    });
    rows.collect()
}

/// A value in the spelling of the model.
fn constant(field: FieldName, key: &Key, node: Node) -> Read<String> {
    let (line, found) = text(&key.name, node)?;
    match super::value::constant(field, &found) {
        Ok(value) => Ok(value),
        Err(expected) => impossible(line, &key.name, &found, expected),
    }
}

fn fields(node: Node) -> Read<std::collections::BTreeMap<FieldName, FieldRule>> {
    let rows = table("fields", node)?.into_iter().map(|(key, node)| Ok((field_name(&key)?, rule(&key, node)?)));
    rows.collect()
}

/// The keys of one field as they stand.
#[derive(Default)]
struct Raw {
    regex: Option<String>,
    label: Option<String>,
    position: Option<Position>,
    place: Option<[i32; 4]>,
}

fn rule(field: &Key, node: Node) -> Read<FieldRule> {
    let line = node.line;
    let mut raw = Raw::default();
    let mut rule = FieldRule::new(Find::Regex(String::new()));
    for (key, node) in table(&field.name, node)? {
        match key.name.as_str() {
            "regex" => raw.regex = Some(pattern(&key, node, true)?),
            "label" => raw.label = Some(label(&key, node)?),
            "position" => raw.position = Some(position(&key, node)?),
            "box" => raw.place = Some(corners(&key, node)?),
            "pattern" => rule.pattern = Some(pattern(&key, node, false)?),
            "page" => rule.page = Some(page(&key, node)?),
            "occurrence" => rule.occurrence = occurrence(&key, node)?,
            "date_format" => rule.date_format = Some(date_format(&key, node)?),
            _ => return unknown(&key, "regex, label, position, box, pattern, page, occurrence, date_format"),
        }
    }
    rule.find = match (raw.regex, raw.label, raw.place) {
        (Some(regex), None, None) if raw.position.is_none() => Find::Regex(regex),
        (None, Some(words), None) => Find::Label { words, position: raw.position.unwrap_or(Position::Right) },
        (None, None, Some(place)) if raw.position.is_none() => Find::Box(place),
        _ => return fail(line, Problem::Ways { key: field.name.clone() }),
    };
    Ok(rule)
}

/// With `value`, the one group is the value; without, the whole match is.
fn pattern(key: &Key, node: Node, value: bool) -> Read<String> {
    let (line, found) = text(&key.name, node)?;
    let compiled = match compile(&found) {
        Ok(compiled) => compiled,
        Err(error) => {
            let last = error.to_string();
            let last = last.lines().last().unwrap_or_default();
            let detail = last.strip_prefix("error: ").unwrap_or(last).chars().take(160).collect();
            return fail(line, Problem::Pattern { found, detail });
        }
    };
    let groups = compiled.captures_len() - 1;
    if value && groups != 1 { fail(line, Problem::Groups { found, groups }) } else { Ok(found) }
}

fn label(key: &Key, node: Node) -> Read<String> {
    let (line, found) = text(&key.name, node)?;
    let words = view::words(&found);
    if words.is_empty() { impossible(line, &key.name, &found, "abc") } else { Ok(found) }
}

fn position(key: &Key, node: Node) -> Read<Position> {
    let (line, found) = text(&key.name, node)?;
    match found.as_str() {
        "right" => Ok(Position::Right),
        "below" => Ok(Position::Below),
        _ => impossible(line, &key.name, &found, "right, below"),
    }
}

fn occurrence(key: &Key, node: Node) -> Read<Occurrence> {
    let (line, found) = text(&key.name, node)?;
    match found.as_str() {
        "first" => Ok(Occurrence::First),
        "last" => Ok(Occurrence::Last),
        _ => impossible(line, &key.name, &found, "first, last"),
    }
}

fn page(key: &Key, node: Node) -> Read<PageChoice> {
    let (line, found) = text(&key.name, node)?;
    if found == "last" {
        return Ok(PageChoice::Last);
    }
    match found.parse::<usize>() {
        Ok(number @ 1..=10_000) => Ok(PageChoice::Number(number)),
        _ => impossible(line, &key.name, &found, "1, 2, …, last"),
    }
}

/// Left, top, right and bottom in points.
fn corners(key: &Key, node: Node) -> Read<[i32; 4]> {
    const EXPECTED: &str = "[x0, y0, x1, y1]";
    let line = node.line;
    let items = list(&key.name, node)?;
    let mut edges = Vec::new();
    for item in items {
        let (line, found) = text(&key.name, item)?;
        match hundredths(&found) {
            Some(edge) => edges.push(edge),
            None => return impossible(line, &key.name, &found, "0–14400"),
        }
    }
    match <[i32; 4]>::try_from(edges) {
        Ok(edges) if edges[0] < edges[2] && edges[1] < edges[3] => Ok(edges),
        _ => impossible(line, &key.name, &key.name, EXPECTED),
    }
}

/// `595.28` as 59528.
fn hundredths(text: &str) -> Option<i32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let whole: i32 = whole.parse().ok().filter(|points| *points <= EDGE_MAX)?;
    let decimals: i32 = format!("{decimals:0<2}").parse().ok()?;
    Some(whole * 100 + decimals)
}
