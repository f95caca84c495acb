//! Validation: packs of official artefacts, the ordered layers, and the verdict.
//!
//! The layers run in the order of [`Layer`](facteur_model::finding::Layer): syntax, XML Schema, rules, gateway. What
//! is asked for and what is required is a [`Plan`]; what came out is a [`Report`]. A layer that should have run and
//! could not makes a document [`NotChecked`](facteur_model::finding::Verdict::NotChecked), never valid.
//!
//! The rules of EN 16931, Factur-X, EXTENDED-CTC-FR and BR-FR are those of the packs, compiled when first needed;
//! others come in through [`RuleLayer`]. Layers whose rules are not installed say that they were not evaluated.

mod chain;
mod checker;
pub mod chorus_pro;
pub mod keys;
pub mod packs;
pub mod profile;
mod received;
mod report;
mod rules;
pub mod syntax;
mod values;
pub mod xsd;

pub use checker::{Checker, Context, Loadable, Occasion, Places, Plan, RuleLayer, RuleOutcome, Subject};
pub use report::Report;

/// Prepares libxml2. Call it once in the main thread before any other thread starts, and before `sign::init`.
pub fn init() {
    xsd::init();
}
