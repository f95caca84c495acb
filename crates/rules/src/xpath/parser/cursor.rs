//! The tokens that come next.

use super::Parser;
use crate::error::Syntax;
use crate::xpath::lexer::Token;

impl<'t> Parser<'_, '_, 't> {
    pub(super) fn peek(&self) -> &Token<'t> {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    pub(super) fn keyword(&self) -> Option<&'static str> {
        const WORDS: [&str; 28] = [
            "if",
            "for",
            "some",
            "every",
            "then",
            "else",
            "in",
            "return",
            "satisfies",
            "or",
            "and",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "is",
            "to",
            "div",
            "mod",
            "idiv",
            "union",
            "intersect",
            "except",
            "cast",
            "castable",
            "instance",
        ];
        let Token::Name(None, name) = self.peek() else { return None };
        WORDS.into_iter().find(|word| *word == *name)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(None, name) if *name == word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Syntax> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(Syntax::new(format!("{symbol:?} was expected, not {:?}", self.peek())))
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Syntax> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(Syntax::new(format!("{word:?} was expected, not {:?}", self.peek())))
    }
}
