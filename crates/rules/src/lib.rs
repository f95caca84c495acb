//! The official rules themselves, compiled: Schematron over the tree of `facteur-xml`.
//!
//! This crate knows XPath and Schematron and nothing of invoices. [`RuleSet::load`] takes an artefact as it is
//! published (XSLT 2 written by the ISO skeleton or by SchXslt, or `.sch`) and compiles every rule of it, or says which construct
//! at which line it does not know: no rule is ever left out. [`RuleSet::evaluate`] then goes over a document once.
//!
//! Values are compared as an XSLT 2 processor without schema does it: what a document holds is untyped, compared with
//! numbers as `xs:double` and with texts as text; what a rule casts to `xs:decimal` is exact. A floating-point number
//! stands in this crate only where the specifications say `xs:double`. An error in a test (a word cast to a number,
//! two values where one may be) is the outcome of that test alone: [`Failure::evaluated`] is false, the rest goes on.
//!
//! ```
//! use facteur_rules::RuleSet;
//! use facteur_xml::{Document, Limits};
//!
//! let schema = br#"<schema xmlns="http://purl.oclc.org/dsdl/schematron"><pattern><rule context="order">
//!   <assert id="SUM" flag="fatal" test="sum(line/xs:decimal(.)) = xs:decimal(total)">The total is wrong.</assert>
//! </rule></pattern><ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/></schema>"#;
//! let rules = RuleSet::load("order.sch", schema, &|_| None)?;
//! let order = b"<order><line>0.1</line><line>0.2</line><total>0.30</total></order>";
//! assert!(rules.evaluate(&Document::parse(order, &Limits::default())?).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod eval;
mod hash;
mod ruleset;
mod run;
mod schematron;
mod xpath;

pub use error::LoadError;
pub use ruleset::{Failure, RuleSet};
