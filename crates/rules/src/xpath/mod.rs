//! The XPath 2 subset: text to expression tree.

pub(crate) mod deps;
pub(crate) mod expr;
pub(crate) mod hoist;
pub(crate) mod keys;
pub(crate) mod lexer;
pub(crate) mod names;
pub(crate) mod parser;
pub(crate) mod paths;
pub(crate) mod pattern;
pub(crate) mod regexes;
