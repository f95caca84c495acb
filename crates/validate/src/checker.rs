//! What is checked, against what, and what has to pass.

use std::sync::Arc;

use facteur_model::directory::Directory;
use facteur_model::finding::{Finding, Layer};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_xml::{Document, Limits};

use crate::chain::Run;
use crate::chorus_pro::Demands;
use crate::packs::Packs;
use crate::report::Report;
use crate::rules;
use crate::xsd::Schemas;

/// Checks documents against packs. Shared between threads; each schema is compiled once, when first needed.
pub struct Checker {
    pub(crate) packs: Packs,
    pub(crate) schemas: Schemas,
    pub(crate) rules: Vec<Box<dyn RuleLayer>>,
    pub(crate) limits: Limits,
    pub(crate) directory: Option<Arc<dyn Directory>>,
}

/// What is checked.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The bytes as they came: XML, or a PDF whose XML stands in `document`.
    pub bytes: &'a [u8],
    /// The document, where it has been read already; for a PDF, the XML in it.
    pub document: Option<&'a Document>,
    /// What it is.
    pub kind: DocumentKind,
    /// What the reader made of it; without it the checks of a gateway cannot run.
    pub invoice: Option<&'a Invoice>,
    /// What the reader noticed.
    pub reading: &'a [Finding],
    /// Where terms stand in the document, for findings on the invoice.
    pub places: Option<&'a dyn Places>,
    /// Name under which the file is to be deposited.
    pub file_name: &'a str,
    /// Size of the file that is to be deposited.
    pub file_size: u64,
}

/// Where a business term stands in a document.
pub trait Places {
    /// Path and line of the first element that holds the term (`BT-1`).
    fn of(&self, term: &str) -> Option<(String, u32)>;

    /// Path and line of the first element that holds the term with a value that begins so; else of the first that
    /// holds the term.
    fn of_value(&self, term: &str, start: &str) -> Option<(String, u32)> {
        let _ = start;
        self.of(term)
    }

    /// The term that the element at a path holds, or the nearest one around it.
    fn term_at(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }

    /// What the first element with the term holds that is at a path or inside.
    fn value_at(&self, path: &str, term: &str) -> Option<String> {
        let _ = (path, term);
        None
    }
}

/// The channel that an invoice is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Context {
    /// Chorus Pro as before the reform: A-codes, SIRET.
    CproHistoric,
    /// The channel of the approved platforms.
    Afnor,
    /// No channel: the document for itself.
    #[default]
    Plain,
}

/// What to run, and what has to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Exactly these layers, each of which then has to pass; `None` for the whole chain.
    pub layers: Option<Vec<Layer>>,
    /// The channel.
    pub context: Context,
    /// What has to pass where the whole chain runs.
    pub required: Vec<Layer>,
    /// What the recipient demands, by configuration.
    pub demands: Demands,
    /// Whether the document was received: a platform has accepted it, so what breaks a rule is shown and never
    /// refused, and what lets the recipient act comes first.
    pub received: bool,
}

/// A layer of rules, from an artefact.
pub trait RuleLayer: Send + Sync {
    /// The layer that it is.
    fn layer(&self) -> Layer;
    /// The artefact that it evaluates for that document (`family@version`); `None` where it does not apply.
    fn artefact(&self, subject: &Subject<'_>, document: &Document, occasion: Occasion) -> Option<String>;
    /// Its rule sets that are not compiled yet.
    fn loadable(&self) -> Vec<&dyn Loadable> {
        Vec::new()
    }
    /// Evaluates the rules.
    fn check(&self, subject: &Subject<'_>, document: &Document, occasion: Occasion) -> RuleOutcome;
}

/// A rule set that is compiled when it is first needed, or at once.
pub trait Loadable: Sync {
    /// Compiles it.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn load(&self) -> Result<(), String>;
}

/// On what occasion rules are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occasion {
    /// Whether the layer was asked for by name: then it runs whatever the document claims to be.
    pub explicit: bool,
    /// The channel.
    pub context: Context,
}

/// What a layer of rules came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleOutcome {
    /// What it found.
    pub findings: Vec<Finding>,
    /// Whether the rules could not be run at all: then the layer was not evaluated, and the document is not valid.
    pub unusable: bool,
}

impl Plan {
    /// The whole chain for a channel, with what has to pass there. Rules that are installed and apply have to pass
    /// besides, wherever they run.
    #[must_use]
    pub fn chain(context: Context) -> Self {
        let mut required = vec![Layer::Syntax, Layer::Xsd];
        if context != Context::Plain {
            required.push(Layer::ChorusPro);
        }
        Self { layers: None, context, required, demands: Demands::default(), received: false }
    }

    /// Exactly those layers.
    #[must_use]
    pub fn only(layers: Vec<Layer>, context: Context) -> Self {
        Self { layers: Some(layers), ..Self::chain(context) }
    }

    pub(crate) fn asks_for(&self, layer: Layer) -> bool {
        layer == Layer::Syntax || self.layers.as_ref().is_none_or(|layers| layers.contains(&layer))
    }

    pub(crate) fn required(&self) -> &[Layer] {
        self.layers.as_deref().unwrap_or(&self.required)
    }
}

impl Checker {
    /// A checker over the schemas and rules of a pack directory.
    #[must_use]
    pub fn new(packs: Packs) -> Self {
        let (schemas, rules) = (Schemas::new(&packs), rules::layers(&packs));
        Self { schemas, packs, rules, limits: Limits::default(), directory: None }
    }

    /// With another layer of rules.
    #[must_use]
    pub fn with_rules(mut self, rules: Box<dyn RuleLayer>) -> Self {
        self.rules.push(rules);
        self
    }

    /// With other limits on what is read.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a copy of the directory of recipients.
    #[must_use]
    pub fn with_directory(mut self, directory: Arc<dyn Directory>) -> Self {
        self.directory = Some(directory);
        self
    }

    /// The packs that it uses.
    #[must_use]
    pub const fn packs(&self) -> &Packs {
        &self.packs
    }

    /// Compiles all rule sets of the packs now, on all cores, rather than each when it is first needed; says which
    /// cannot be used, and why.
    #[must_use]
    pub fn load_rules(&self) -> Vec<String> {
        rules::load_all(&self.rules)
    }

    /// Runs a plan over a document.
    #[must_use]
    pub fn check(&self, subject: &Subject<'_>, plan: &Plan) -> Report {
        Run::new(self, subject, plan).report()
    }
}
