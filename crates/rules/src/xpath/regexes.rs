//! Regular expressions of XPath in the dialect of the `regex` crate.

use regex::Regex;

use super::expr::Pattern;
use crate::error::Syntax;

/// Compiles a pattern; whatever the two dialects read differently is refused.
pub(crate) fn compile(pattern: &str) -> Result<Pattern, Syntax> {
    let translated = translate(pattern)?;
    Regex::new(&translated)
        .map(Pattern)
        .map_err(|error| Syntax::new(format!("regular expression {pattern:?}: {error}")))
}

fn translate(pattern: &str) -> Result<String, Syntax> {
    let mut translated = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match (c, in_class) {
            ('\\', _) => escape(characters.next(), in_class, pattern, &mut translated)?,
            ('[', false) => {
                in_class = true;
                translated.push('[');
            }
            ('[', true) => return Err(Syntax::new(format!("class subtraction in {pattern:?}"))),
            (']', true) => {
                in_class = false;
                translated.push(']');
            }
            ('.', false) => translated.push_str("[^\\n\\r]"),
            ('&' | '~', true) => translated.extend(['\\', c]),
            _ => translated.push(c),
        }
    }
    Ok(translated)
}

fn escape(c: Option<char>, in_class: bool, pattern: &str, into: &mut String) -> Result<(), Syntax> {
    match c {
        Some('s') => into.push_str(if in_class { " \\t\\n\\r" } else { "[ \\t\\n\\r]" }),
        Some('S') if !in_class => into.push_str("[^ \\t\\n\\r]"),
        Some('d') => into.push_str("\\d"),
        Some('D') => into.push_str("\\D"),
        Some(c @ ('n' | 'r' | 't')) => into.extend(['\\', c]),
        Some(c) if c.is_ascii_punctuation() => into.push_str(&regex::escape(&c.to_string())),
        other => return Err(Syntax::new(format!("escape {other:?} in the regular expression {pattern:?}"))),
    }
    Ok(())
}
