//! Tokens of XPath.

use std::borrow::Cow;

use crate::error::Syntax;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'s> {
    /// A name, with its prefix: `cbc:ID`, `ID`, `*:ID` (prefix `*`), `ram:*` (local `*`).
    Name(Option<&'s str>, &'s str),
    /// `$name`, with its prefix.
    Variable(&'s str),
    /// A number as written.
    Number(&'s str),
    /// A literal, without quotes.
    Literal(Cow<'s, str>),
    /// An operator or bracket.
    Symbol(&'static str),
    /// The end.
    End,
}

const SYMBOLS: [&str; 25] = [
    "<<", ">>", "!=", "<=", ">=", "::", "//", "..", "(", ")", "[", "]", "/", "|", "=", "<", ">", "+", "-", "*", ",",
    "@", ".", "?", "$",
];

/// Splits an expression into tokens.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token<'_>>, Syntax> {
    let mut lexer = Lexer { source, at: 0 };
    let mut found = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token == Token::End;
        found.push(token);
        if end {
            return Ok(found);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn next(&mut self) -> Result<Token<'s>, Syntax> {
        self.skip_blanks()?;
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        if first == '"' || first == '\'' {
            return self.literal(first);
        }
        if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            return self.number();
        }
        if first == '$' {
            self.at += 1;
            let name = self.name()?;
            return Ok(Token::Variable(name));
        }
        if is_name_start(first) || rest.starts_with("*:") {
            return self.qualified();
        }
        let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
        let symbol = symbol.ok_or_else(|| Syntax::new(format!("unexpected character {first:?}")))?;
        self.at += symbol.len();
        Ok(Token::Symbol(symbol))
    }

    fn skip_blanks(&mut self) -> Result<(), Syntax> {
        loop {
            let rest = &self.source[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("(:") {
                return Ok(());
            }
            let end = trimmed.find(":)").ok_or_else(|| Syntax::new("a comment is not closed"))?;
            self.at += end + 2;
        }
    }

    fn literal(&mut self, quote: char) -> Result<Token<'s>, Syntax> {
        let unclosed = || Syntax::new("a literal is not closed");
        let all = &self.source[self.at + 1..];
        let mut end = all.find(quote).ok_or_else(unclosed)?;
        let mut doubled = false;
        while all[end + 1..].starts_with(quote) {
            doubled = true;
            end += 2 + all[end + 2..].find(quote).ok_or_else(unclosed)?;
        }
        self.at += end + 2;
        let value = &all[..end];
        let twice: String = [quote, quote].iter().collect();
        Ok(Token::Literal(if doubled { value.replace(&twice, &quote.to_string()).into() } else { value.into() }))
    }

    fn number(&mut self) -> Result<Token<'s>, Syntax> {
        let rest = &self.source[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if rest[end..].starts_with(['e', 'E']) {
            return Err(Syntax::new("a number with an exponent"));
        }
        self.at += end;
        Ok(Token::Number(&rest[..end]))
    }

    /// A name with its prefix, as one string.
    fn name(&mut self) -> Result<&'s str, Syntax> {
        let start = self.at;
        self.qualified()?;
        Ok(&self.source[start..self.at])
    }

    fn qualified(&mut self) -> Result<Token<'s>, Syntax> {
        let first = self.part()?;
        let rest = &self.source[self.at..];
        let qualifies = rest.starts_with(':')
            && !rest.starts_with("::")
            && rest[1..].starts_with(|c: char| is_name_start(c) || c == '*');
        if !qualifies {
            return Ok(Token::Name(None, first));
        }
        self.at += 1;
        let local = self.part()?;
        Ok(Token::Name(Some(first), local))
    }

    fn part(&mut self) -> Result<&'s str, Syntax> {
        let rest = &self.source[self.at..];
        if rest.starts_with('*') {
            self.at += 1;
            return Ok("*");
        }
        let end = rest.find(|c: char| !is_name_character(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(Syntax::new("a name was expected"));
        }
        self.at += end;
        Ok(&rest[..end])
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
