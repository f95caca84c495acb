//! The layer `xsd`: does a document follow the XML Schema of its root, or of its profile?

use std::collections::HashMap;
use std::sync::OnceLock;

use facteur_model::finding::{Finding, Layer};
use facteur_xml::Document;

use crate::packs::{Installed, Packs};

mod closure;
mod libxml2;
mod message;

pub(crate) use libxml2::init;

/// Findings that one validation reports at most; the rest is counted.
pub const FINDINGS_MAX: usize = 50;

/// A compiled schema, whichever engine is behind it.
pub trait XsdValidator: Send + Sync {
    /// Validates a document that our own reader has accepted (so: no DOCTYPE, within the limits).
    fn validate(&self, document: &Document, layer: Layer) -> XsdOutcome;
}

/// What a validation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XsdOutcome {
    /// At most [`FINDINGS_MAX`] findings, and one more where there were others.
    pub findings: Vec<Finding>,
    /// False where the engine could not finish: then a finding says why, and the document is not valid.
    pub finished: bool,
}

impl XsdOutcome {
    /// Whether the document follows the schema.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.finished && self.findings.is_empty()
    }
}

/// The schemas of the packs, each compiled once, when it is first asked for.
pub(crate) struct Schemas {
    compiled: HashMap<String, Slot>,
}

type Slot = OnceLock<Result<Box<dyn XsdValidator>, String>>;

impl Schemas {
    pub(crate) fn new(packs: &Packs) -> Self {
        let compiled = packs.list().iter().map(|installed| (installed.artefact.label(), Slot::new())).collect();
        Self { compiled }
    }

    /// The compiled schema of an artefact of the packs.
    ///
    /// # Errors
    /// Its files are not what they were, refer to something outside, or are not a schema.
    pub(crate) fn of(&self, installed: &Installed) -> Result<&dyn XsdValidator, &str> {
        let Some(slot) = self.compiled.get(&installed.artefact.label()) else {
            return Err("not among the packs");
        };
        match slot.get_or_init(|| compile(installed)) {
            Ok(schema) => Ok(schema.as_ref()),
            Err(reason) => Err(reason),
        }
    }
}

fn compile(installed: &Installed) -> Result<Box<dyn XsdValidator>, String> {
    let contents = installed.contents().map_err(|error| error.to_string())?;
    closure::check(&contents)?;
    Ok(Box::new(libxml2::Schema::compile(&installed.entry())?))
}
