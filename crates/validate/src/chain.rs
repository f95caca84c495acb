//! The chain of layers over one document.

use std::time::Instant;

use facteur_model::finding::{Actor, Finding, Layer, LayerResult, LayerStatus, Severity};
use facteur_model::kind::DocumentKind;
use facteur_xml::Document;

use crate::checker::{Checker, Context, Occasion, Plan, Subject};
use crate::packs::{Artefact, Installed, Manifest};
use crate::report::{Report, verdict};
use crate::{chorus_pro, keys, profile, received, syntax, values};

/// One check under way.
pub(crate) struct Run<'r> {
    checker: &'r Checker,
    subject: &'r Subject<'r>,
    plan: &'r Plan,
    layers: Vec<LayerResult>,
    findings: Vec<Finding>,
    /// Layers whose rules apply and could not be run.
    unusable: Vec<Layer>,
}

impl<'r> Run<'r> {
    pub(crate) const fn new(checker: &'r Checker, subject: &'r Subject<'r>, plan: &'r Plan) -> Self {
        Self { checker, subject, plan, layers: Vec::new(), findings: Vec::new(), unusable: Vec::new() }
    }

    /// Runs what the plan asks for.
    pub(crate) fn report(mut self) -> Report {
        if self.subject.document.is_some() {
            self.layer(Layer::Syntax, None, LayerStatus::Passed, Instant::now());
            let given = self.subject.document;
            return self.finish(given);
        }
        let own = self.read();
        self.finish(own.as_ref())
    }

    /// Reads the bytes themselves; those of a PDF are not XML, and nobody's fault.
    fn read(&mut self) -> Option<Document> {
        let started = Instant::now();
        if matches!(self.subject.kind, DocumentKind::Pdf | DocumentKind::FacturX) {
            self.layer(Layer::Syntax, None, LayerStatus::Skipped, started);
            return None;
        }
        let outcome = Document::parse(self.subject.bytes, &self.checker.limits);
        let status = if outcome.is_ok() { LayerStatus::Passed } else { LayerStatus::Failed };
        self.layer(Layer::Syntax, None, status, started);
        outcome.map_err(|error| self.findings.push(syntax::finding(&error))).ok()
    }

    fn finish(mut self, document: Option<&Document>) -> Report {
        match document {
            Some(document) => self.all(document),
            None => self.nothing_to_read(),
        }
        self.complete();
        let profile = document.and_then(|document| profile::claim(document).map(|claim| claim.value()));
        let mut required: Vec<Layer> = self.plan.required().iter().chain(&self.unusable).copied().collect();
        if self.plan.received {
            received::soften(&mut self.findings, &mut self.layers);
            received::put_first(&mut self.findings);
            required.retain(received::still_required);
        }
        self.leave_open();
        let verdict = verdict(&self.findings, &self.layers, &required);
        let profile = profile.filter(|value| !value.is_empty());
        Report { verdict, profile, layers: self.layers, findings: self.findings }
    }

    /// A layer that could not check all that it should did not pass.
    fn leave_open(&mut self) {
        for result in self.layers.iter_mut().filter(|result| result.status == LayerStatus::Passed) {
            if self.findings.iter().any(|finding| finding.layer == result.layer && !finding.evaluated) {
                result.status = LayerStatus::NotEvaluable;
            }
        }
    }

    /// Where neither the finding nor its rule names a term, it is that of the place; both sides of a comparison.
    fn complete(&mut self) {
        let Some(places) = self.subject.places else { return };
        for finding in &mut self.findings {
            if finding.term.is_none() {
                finding.term = finding.path.as_deref().and_then(|path| places.term_at(path));
            }
            if let Some(invoice) = self.subject.invoice {
                values::fill(finding, invoice, places);
            }
        }
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
        let served = |artefact: &Artefact| {
            artefact.layer == Layer::FacturX && artefact.serves(&name) && artefact.profiles.contains(&claim)
        };
        let known = Manifest::built_in().artefacts.iter().find(|artefact| served(artefact));
        let installed = self.checker.packs.schema_of_profile(&name, &claim);
        if (plain && self.plan.layers.is_none()) || (known.is_none() && installed.is_none()) {
            return self.layer(Layer::FacturX, None, LayerStatus::Skipped, started);
        }
        let Some(schema) = installed else {
            let label = known.map(Artefact::label).unwrap_or_default();
            self.findings.push(not_installed(Layer::FacturX, &label));
            return self.layer(Layer::FacturX, None, LayerStatus::NotEvaluable, started);
        };
        let label = schema.artefact.label();
        let structure = self.schema(schema, document, Layer::FacturX);
        // Rules on a structure that is not the profile's own say nothing new, unless they were asked for.
        if structure != LayerStatus::Passed && self.plan.layers.is_none() {
            return self.push(Layer::FacturX, Some(label), structure, started);
        }
        let (label, rules) = match self.evaluate(Layer::FacturX, document) {
            Some((rules, status)) => (format!("{label} + {rules}"), status),
            None => (label, LayerStatus::NotEvaluable),
        };
        let status = if structure == LayerStatus::Passed { rules } else { structure };
        self.push(Layer::FacturX, Some(label), status, started);
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
        let demands = &self.plan.demands;
        let found = match (self.plan.context, self.subject.invoice) {
            (Context::CproHistoric, Some(invoice)) => Some(chorus_pro::check(self.subject, invoice, demands)),
            (Context::Afnor, Some(invoice)) => {
                Some(chorus_pro::check_b2g(self.subject, invoice, demands, self.checker.directory.as_deref()))
            }
            _ => None,
        };
        let status = match found {
            Some(found) => {
                let failed = found.iter().any(|finding| finding.severity == Severity::Fatal);
                self.findings.extend(found);
                if failed { LayerStatus::Failed } else { LayerStatus::Passed }
            }
            None if self.plan.context == Context::Plain && self.plan.layers.is_none() => LayerStatus::Skipped,
            None => LayerStatus::NotEvaluable,
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
        let (mut failed, mut unusable) = (false, false);
        let occasion = Occasion { explicit: self.plan.layers.is_some(), context: self.plan.context };
        for rules in self.checker.rules.iter().filter(|rules| rules.layer() == layer) {
            if let Some(artefact) = rules.artefact(self.subject, document, occasion) {
                let outcome = rules.check(self.subject, document, occasion);
                failed |= outcome.findings.iter().any(|finding| finding.severity == Severity::Fatal);
                unusable |= outcome.unusable;
                self.findings.extend(outcome.findings.into_iter().map(keys::named));
                artefacts.push(artefact);
            }
        }
        if unusable {
            self.unusable.push(layer);
        }
        let status = match (failed, unusable) {
            (true, _) => LayerStatus::Failed,
            (false, true) => LayerStatus::NotEvaluable,
            (false, false) => LayerStatus::Passed,
        };
        (!artefacts.is_empty()).then(|| (artefacts.join(" + "), status))
    }

    /// Whether rules of that layer are owed to the document, plugged in or not.
    fn applies(&self, layer: Layer, document: &Document) -> bool {
        let asked = self.plan.layers.is_some();
        let claim = || profile::claim(document).map(|claim| claim.value()).unwrap_or_default();
        match layer {
            Layer::En16931 => {
                let plugged = self.checker.rules.iter().any(|rules| rules.layer() == layer);
                // Where its rules are installed they have said themselves that they are not for this document.
                asked || (!plugged && document.root().name() != "CrossIndustryDocument")
            }
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
