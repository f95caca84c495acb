//! The official rules of the packs as layers: which artefact applies to a document, and what its failures mean.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use facteur_model::finding::{Actor, Finding, Layer, Severity};
use facteur_rules::RuleSet;
use facteur_xml::Document;

use crate::checker::{Context, Loadable, Occasion, RuleLayer, RuleOutcome, Subject};
use crate::packs::{Artefact, ArtefactKind, Installed, Packs};
use crate::profile;

mod date;
mod findings;
mod severity;

/// Profiles of Factur-X that are less than an invoice of EN 16931: its rules are not for them.
const LESS_THAN_EN16931: [&str; 2] = ["minimum", "basicwl"];

/// The rules of one layer: every installed artefact, each compiled once, when it is first needed.
pub(crate) struct OfficialRules {
    layer: Layer,
    sets: Vec<Set>,
    /// Profiles (BT-24) of extensions whose own rules are installed, and which therefore take the place of EN 16931.
    extensions: Vec<String>,
}

struct Set {
    installed: Installed,
    rules: OnceLock<Result<RuleSet, String>>,
}

/// Compiles every set that is not yet compiled, on all cores; says which cannot be used, and why.
pub(crate) fn load_all(layers: &[Box<dyn RuleLayer>]) -> Vec<String> {
    let waiting: Vec<&dyn Loadable> = layers.iter().flat_map(|layer| layer.loadable()).collect();
    let next = AtomicUsize::new(0);
    let unusable = Mutex::new(Vec::new());
    let work = || {
        while let Some(set) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(reason) = set.load() {
                unusable.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
            }
        }
    };
    let others = thread::available_parallelism().map_or(1, usize::from).min(waiting.len()).saturating_sub(1);
    thread::scope(|scope| {
        (0..others).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    unusable.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One layer for each that has rules among the packs.
pub(crate) fn layers(packs: &Packs) -> Vec<Box<dyn RuleLayer>> {
    let all: Vec<&Installed> = packs.list().iter().filter(|i| i.artefact.kind == ArtefactKind::Schematron).collect();
    let profiles = all.iter().flat_map(|installed| installed.artefact.profiles.iter().cloned());
    let extensions: Vec<String> = profiles.filter(|profile| profile.contains("conformant")).collect();
    let of = |layer: Layer| {
        let installed = all.iter().filter(|installed| installed.artefact.layer == layer);
        let sets: Vec<Set> =
            installed.map(|&installed| Set { installed: installed.clone(), rules: OnceLock::new() }).collect();
        (!sets.is_empty()).then(|| {
            let rules = OfficialRules { layer, sets, extensions: extensions.clone() };
            Box::new(rules) as Box<dyn RuleLayer>
        })
    };
    [Layer::En16931, Layer::FacturX, Layer::CtcFr, Layer::BrFr].into_iter().filter_map(of).collect()
}

impl OfficialRules {
    /// The newest artefact for the document that was in force on its date; the oldest where none was.
    fn choose(&self, document: &Document, occasion: Occasion) -> Option<&Set> {
        let root = document.root();
        let root = format!("{{{}}}{}", root.namespace().unwrap_or(""), root.name());
        let claim = profile::claim(document).map(|claim| claim.value()).unwrap_or_default();
        if !self.wanted(&claim, occasion) {
            return None;
        }
        let of_profile = |artefact: &Artefact| self.layer != Layer::FacturX || artefact.profiles.contains(&claim);
        let serving = |set: &&Set| set.installed.artefact.serves(&root) && of_profile(&set.installed.artefact);
        let mut serving: Vec<&Set> = self.sets.iter().filter(serving).collect();
        serving.sort_by_key(|set| set.installed.age());
        let issued = date::of(document);
        let in_force = |set: &&&Set| match (&set.installed.artefact.valid_from, &issued) {
            (Some(from), Some(issued)) => from <= issued,
            _ => true,
        };
        serving.iter().rev().find(in_force).or(serving.first()).copied()
    }

    /// Whether the rules of the layer are for a document with that BT-24; what is asked for by name always is.
    fn wanted(&self, claim: &str, occasion: Occasion) -> bool {
        match self.layer {
            _ if occasion.explicit => true,
            Layer::En16931 => !is_less(claim) && !self.extensions.iter().any(|known| known == claim),
            Layer::CtcFr => claim.ends_with(":extended-ctc-fr"),
            Layer::BrFr => occasion.context == Context::Afnor,
            _ => true,
        }
    }
}

/// Whether a profile is one of Factur-X that holds less than EN 16931 asks for.
pub(crate) fn is_less(claim: &str) -> bool {
    let level = claim.rsplit(':').next().unwrap_or_default();
    (claim.contains("factur-x") || claim.contains("zugferd")) && LESS_THAN_EN16931.contains(&level)
}

impl Set {
    fn rules(&self) -> Result<&RuleSet, &str> {
        self.rules.get_or_init(|| load(&self.installed)).as_ref().map_err(String::as_str)
    }
}

impl Loadable for Set {
    fn load(&self) -> Result<(), String> {
        let label = || self.installed.artefact.label();
        self.rules().map(drop).map_err(|reason| format!("{}: {reason}", label()))
    }
}

fn load(installed: &Installed) -> Result<RuleSet, String> {
    let contents = installed.contents().map_err(|error| error.to_string())?;
    let file = |name: &str| contents.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.clone());
    let entry = &installed.artefact.entry;
    let bytes = file(entry).ok_or_else(|| format!("{entry} is not among its files"))?;
    RuleSet::load(entry, &bytes, &file).map_err(|error| error.to_string())
}

fn soften(findings: &mut [Finding]) {
    let contradicts =
        |finding: &&mut Finding| finding.evaluated && severity::contradicts_historic_channel(&finding.rule);
    findings.iter_mut().filter(contradicts).for_each(|finding| finding.severity = Severity::Warning);
}

impl RuleLayer for OfficialRules {
    fn layer(&self) -> Layer {
        self.layer
    }

    fn loadable(&self) -> Vec<&dyn Loadable> {
        // The longest first: the cores then end together.
        let mut sets: Vec<&Set> = self.sets.iter().filter(|set| set.rules.get().is_none()).collect();
        sets.sort_by_key(|set| {
            std::cmp::Reverse(std::fs::metadata(set.installed.entry()).map_or(0, |file| file.len()))
        });
        sets.into_iter().map(|set| set as &dyn Loadable).collect()
    }

    fn artefact(&self, _: &Subject<'_>, document: &Document, occasion: Occasion) -> Option<String> {
        self.choose(document, occasion).map(|set| set.installed.artefact.label())
    }

    fn check(&self, _: &Subject<'_>, document: &Document, occasion: Occasion) -> RuleOutcome {
        let Some(set) = self.choose(document, occasion) else { return RuleOutcome::default() };
        match set.rules() {
            Ok(rules) => {
                let mut found = findings::of(self.layer, document, rules.evaluate(document));
                if occasion.context == Context::CproHistoric && !occasion.explicit {
                    soften(&mut found);
                }
                RuleOutcome { findings: found, unusable: false }
            }
            Err(reason) => {
                let mut finding = Finding::warning(self.layer, "RULES-UNUSABLE").actor(Actor::Administrator);
                finding.evaluated = false;
                let finding = finding.found(set.installed.artefact.label()).official(reason);
                RuleOutcome { findings: vec![finding], unusable: true }
            }
        }
    }
}
