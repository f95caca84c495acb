//! The chain of layers over one document.

use std::time::Instant;

use facteur_model::finding::{Actor, Finding, Layer, LayerResult, LayerStatus, Severity};
use facteur_model::invoice::Invoice;
use facteur_model::kind::DocumentKind;
use facteur_xml::{Document, Limits};

use crate::chorus_pro::{self, Demands};
use crate::packs::{Installed, Manifest, Packs};
use crate::report::{Report, verdict};
use crate::xsd::Schemas;
use crate::{profile, syntax};

/// Checks documents against packs. Shared between threads; each schema is compiled once, when first needed.
pub struct Checker {
    packs: Packs,
    schemas: Schemas,
    rules: Vec<Box<dyn RuleLayer>>,
    limits: Limits,
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
}

/// A layer of rules, from an artefact.
pub trait RuleLayer: Send + Sync {
    /// The layer that it is.
    fn layer(&self) -> Layer;
    /// The artefact that it evaluates for that document (`family@version`); `None` where it does not apply.
    fn artefact(&self, subject: &Subject<'_>, document: &Document) -> Option<String>;
    /// Evaluates the rules.
    fn check(&self, subject: &Subject<'_>, document: &Document) -> RuleOutcome;
}

/// What a layer of rules came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleOutcome {
    /// What it found.
    pub findings: Vec<Finding>,
}

impl Plan {
    /// The whole chain for a channel, with what has to pass there.
    #[must_use]
    pub fn chain(context: Context) -> Self {
        let mut required = vec![Layer::Syntax, Layer::Xsd];
        if context == Context::CproHistoric {
            required.push(Layer::ChorusPro);
        }
        Self { layers: None, context, required, demands: Demands::default() }
    }

    /// Exactly those layers.
    #[must_use]
    pub fn only(layers: Vec<Layer>, context: Context) -> Self {
        Self { layers: Some(layers), ..Self::chain(context) }
    }

    fn asks_for(&self, layer: Layer) -> bool {
        layer == Layer::Syntax || self.layers.as_ref().is_none_or(|layers| layers.contains(&layer))
    }

    fn required(&self) -> &[Layer] {
        self.layers.as_deref().unwrap_or(&self.required)
    }
}

impl Checker {
    /// A checker over the artefacts of a pack directory.
    #[must_use]
    pub fn new(packs: Packs) -> Self {
        Self { schemas: Schemas::new(&packs), packs, rules: Vec::new(), limits: Limits::default() }
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

    /// The packs that it uses.
    #[must_use]
    pub const fn packs(&self) -> &Packs {
        &self.packs
    }

    /// Runs a plan over a document.
    #[must_use]
    pub fn check(&self, subject: &Subject<'_>, plan: &Plan) -> Report {
        let mut run = Run { checker: self, subject, plan, layers: Vec::new(), findings: Vec::new() };
        let own = match self.document(subject, &mut run) {
            Reading::Unreadable | Reading::NoXml => None,
            Reading::Given => subject.document,
            Reading::Own(ref document) => {
                return run.finish(Some(document));
            }
        };
        run.finish(own)
    }

    fn document(&self, subject: &Subject<'_>, run: &mut Run<'_>) -> Reading {
        let started = Instant::now();
        if subject.document.is_some() {
            run.layer(Layer::Syntax, None, LayerStatus::Passed, started);
            return Reading::Given;
        }
        if matches!(subject.kind, DocumentKind::Pdf | DocumentKind::FacturX) {
            run.layer(Layer::Syntax, None, LayerStatus::Skipped, started);
            return Reading::NoXml;
        }
        match Document::parse(subject.bytes, &self.limits) {
            Ok(document) => {
                run.layer(Layer::Syntax, None, LayerStatus::Passed, started);
                Reading::Own(document)
            }
            Err(error) => {
                run.findings.push(syntax::finding(&error));
                run.layer(Layer::Syntax, None, LayerStatus::Failed, started);
                Reading::Unreadable
            }
        }
    }
}

enum Reading {
    Given,
    Own(Document),
    NoXml,
    Unreadable,
}

/// One check under way.
struct Run<'r> {
    checker: &'r Checker,
    subject: &'r Subject<'r>,
    plan: &'r Plan,
    layers: Vec<LayerResult>,
    findings: Vec<Finding>,
}

impl Run<'_> {
    fn finish(mut self, document: Option<&Document>) -> Report {
        match document {
            Some(document) => self.all(document),
            None => self.nothing_to_read(),
        }
        let profile = document.and_then(|document| profile::claim(document).map(|claim| claim.value()));
        let verdict = verdict(&self.findings, &self.layers, self.plan.required());
        let profile = profile.filter(|value| !value.is_empty());
        Report { verdict, profile, layers: self.layers, findings: self.findings }
    }

    fn all(&mut self, document: &Document) {
        for layer in Layer::ALL.into_iter().filter(|&layer| self.plan.asks_for(layer)) {
            match layer {
                Layer::Syntax => {}
                Layer::Xsd => self.xsd(document),
                Layer::Reading => self.reading(document),
                Layer::FacturX => self.factur_x(document),
                Layer::En16931 | Layer::CtcFr | Layer::BrFr => self.rules(layer, document),
                Layer::ChorusPro => self.chorus_pro(),
            }
        }
    }

    /// Without XML: what the reader noticed still counts, every other layer is skipped.
    fn nothing_to_read(&mut self) {
        if self.plan.asks_for(Layer::Reading) {
            self.findings.extend_from_slice(self.subject.reading);
        }
        for layer in Layer::ALL.into_iter().filter(|&layer| self.plan.asks_for(layer)) {
            if !matches!(layer, Layer::Syntax | Layer::Reading) {
                self.layer(layer, None, LayerStatus::Skipped, Instant::now());
            }
        }
    }

    fn xsd(&mut self, document: &Document) {
        let started = Instant::now();
        let root = document.root();
        let name = format!("{{{}}}{}", root.namespace().unwrap_or(""), root.name());
        if let Some(schema) = self.checker.packs.schema_of_root(&name) {
            let status = self.schema(schema, document, Layer::Xsd);
            return self.layer(Layer::Xsd, Some(schema), status, started);
        }
        let known = Manifest::built_in().artefacts.iter().find(|artefact| artefact.serves(&name));
        let status = match known {
            Some(artefact) => {
                self.findings.push(not_installed(Layer::Xsd, &artefact.label()));
                LayerStatus::NotEvaluable
            }
            None => {
                let finding = Finding::fatal(Layer::Xsd, "ROOT-UNKNOWN").at(root.path(), root.line());
                self.findings.push(finding.found(root.name()).arg("namespace", root.namespace().unwrap_or("—")));
                LayerStatus::Failed
            }
        };
        self.layer(Layer::Xsd, None, status, started);
    }

    fn reading(&mut self, document: &Document) {
        self.findings.extend_from_slice(self.subject.reading);
        self.findings.extend(profile::finding(document));
    }

    /// The schema of the profile, then its rules.
    fn factur_x(&mut self, document: &Document) {
        let started = Instant::now();
        let root = document.root();
        let name = format!("{{{}}}{}", root.namespace().unwrap_or(""), root.name());
        let claim = profile::claim(document).map(|claim| claim.value()).unwrap_or_default();
        // EN 16931 is a profile of Factur-X too, but a plain CII that claims it need not be one.
        let plain = self.subject.kind == DocumentKind::Cii && !claim.contains("factur-x") && !claim.contains("zugferd");
        let served = |artefact: &crate::packs::Artefact| {
            artefact.layer == Layer::FacturX && artefact.serves(&name) && artefact.profiles.contains(&claim)
        };
        let known = Manifest::built_in().artefacts.iter().find(|artefact| served(artefact));
        let installed = self.checker.packs.schema_of_profile(&name, &claim);
        if (plain && self.plan.layers.is_none()) || (known.is_none() && installed.is_none()) {
            return self.layer(Layer::FacturX, None, LayerStatus::Skipped, started);
        }
        let Some(schema) = installed else {
            let label = known.map(crate::packs::Artefact::label).unwrap_or_default();
            self.findings.push(not_installed(Layer::FacturX, &label));
            return self.layer(Layer::FacturX, None, LayerStatus::NotEvaluable, started);
        };
        let mut status = self.schema(schema, document, Layer::FacturX);
        if status == LayerStatus::Passed {
            status = self.evaluate(Layer::FacturX, document).map_or(LayerStatus::NotEvaluable, |(_, status)| status);
        }
        self.layer(Layer::FacturX, Some(schema), status, started);
    }

    fn rules(&mut self, layer: Layer, document: &Document) {
        let started = Instant::now();
        let (artefact, status) = match self.evaluate(layer, document) {
            Some((artefact, status)) => (Some(artefact), status),
            None if self.applies(layer, document) => (None, LayerStatus::NotEvaluable),
            None => (None, LayerStatus::Skipped),
        };
        self.push(layer, artefact, status, started);
    }

    fn chorus_pro(&mut self) {
        let started = Instant::now();
        let status = match (self.plan.context, self.subject.invoice) {
            (Context::CproHistoric, Some(invoice)) => {
                let found = chorus_pro::check(self.subject, invoice, &self.plan.demands);
                let failed = found.iter().any(|finding| finding.severity == Severity::Fatal);
                self.findings.extend(found);
                if failed { LayerStatus::Failed } else { LayerStatus::Passed }
            }
            (Context::CproHistoric, None) | (Context::Afnor, _) => LayerStatus::NotEvaluable,
            (Context::Plain, _) if self.plan.layers.is_some() => LayerStatus::NotEvaluable,
            (Context::Plain, _) => LayerStatus::Skipped,
        };
        self.layer(Layer::ChorusPro, None, status, started);
    }

    /// Validates against one schema and keeps the findings.
    fn schema(&mut self, installed: &Installed, document: &Document, layer: Layer) -> LayerStatus {
        match self.checker.schemas.of(installed) {
            Ok(schema) => {
                let outcome = schema.validate(document, layer);
                let status = match (outcome.finished, outcome.is_valid()) {
                    (false, _) => LayerStatus::NotEvaluable,
                    (true, true) => LayerStatus::Passed,
                    (true, false) => LayerStatus::Failed,
                };
                self.findings.extend(outcome.findings);
                status
            }
            Err(reason) => {
                let mut finding = Finding::warning(layer, "XSD-SCHEMA-UNUSABLE").actor(Actor::Administrator);
                finding.evaluated = false;
                self.findings.push(finding.found(installed.artefact.label()).official(reason));
                LayerStatus::NotEvaluable
            }
        }
    }

    /// Runs every plugged layer of rules that applies.
    fn evaluate(&mut self, layer: Layer, document: &Document) -> Option<(String, LayerStatus)> {
        let mut artefacts = Vec::new();
        let mut failed = false;
        for rules in self.checker.rules.iter().filter(|rules| rules.layer() == layer) {
            if let Some(artefact) = rules.artefact(self.subject, document) {
                let outcome = rules.check(self.subject, document);
                failed |= outcome.findings.iter().any(|finding| finding.severity == Severity::Fatal);
                self.findings.extend(outcome.findings);
                artefacts.push(artefact);
            }
        }
        let status = if failed { LayerStatus::Failed } else { LayerStatus::Passed };
        (!artefacts.is_empty()).then(|| (artefacts.join(" + "), status))
    }

    /// Whether rules of that layer are owed to the document, plugged in or not.
    fn applies(&self, layer: Layer, document: &Document) -> bool {
        let asked = self.plan.layers.is_some();
        let claim = || profile::claim(document).map(|claim| claim.value()).unwrap_or_default();
        match layer {
            Layer::En16931 => document.root().name() != "CrossIndustryDocument",
            Layer::CtcFr => asked || claim().ends_with(":extended-ctc-fr"),
            _ => asked || self.plan.context == Context::Afnor,
        }
    }

    fn layer(&mut self, layer: Layer, artefact: Option<&Installed>, status: LayerStatus, started: Instant) {
        self.push(layer, artefact.map(|installed| installed.artefact.label()), status, started);
    }

    fn push(&mut self, layer: Layer, artefact: Option<String>, status: LayerStatus, started: Instant) {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.layers.push(LayerResult { layer, artefact, status, micros });
    }
}

/// A schema that exists but is not installed here: nobody's fault but the installation's.
fn not_installed(layer: Layer, label: &str) -> Finding {
    let mut finding = Finding::warning(layer, "XSD-NOT-INSTALLED").actor(Actor::Administrator);
    finding.evaluated = false;
    finding.found(label)
}
