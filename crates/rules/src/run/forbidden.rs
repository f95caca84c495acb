//! What may not be there: the hundreds of checks of an artefact that say only that, as one look at the document.

use std::collections::BTreeSet;

use crate::eval::index::{Index, Place};
use crate::ruleset::CompiledCheck;
use crate::xpath::expr::{Axis, Expr, Function, Path, Start, Step, StepKind, Test};
use crate::xpath::names::NameId;

/// The paths that the checks of one rule forbid, by what they have in common.
#[derive(Debug, Default)]
pub(crate) struct Forbidden {
    /// The first stands for the node that the rule is about.
    stops: Vec<Stop>,
    /// Numbers of the other checks, which are evaluated one by one.
    pub(crate) others: Vec<u32>,
}

/// An element on the way.
#[derive(Debug, Default)]
struct Stop {
    /// Where names of elements lead, by name.
    elements: Vec<(NameId, u32)>,
    /// Checks that fail where there is an attribute of that name.
    attributes: Vec<(NameId, u32)>,
    /// Checks that fail where there is such an element.
    checks: Vec<u32>,
}

/// One step from an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Element(NameId),
    Attribute(NameId),
}

impl Forbidden {
    /// Sorts the checks of a rule.
    pub(crate) fn of(checks: &[CompiledCheck]) -> Self {
        let mut forbidden = Self { stops: vec![Stop::default()], others: Vec::new() };
        for (number, check) in (0..).zip(checks) {
            match denied(check).and_then(ways) {
                Some(ways) => ways.iter().for_each(|way| forbidden.add(way, number)),
                None => forbidden.others.push(number),
            }
        }
        for stop in &mut forbidden.stops {
            stop.elements.sort_unstable();
        }
        forbidden
    }

    fn add(&mut self, way: &[Way], check: u32) {
        let mut at = 0;
        for step in way {
            match *step {
                Way::Attribute(name) => return self.stops[at].attributes.push((name, check)),
                Way::Element(name) => at = self.next(at, name),
            }
        }
        self.stops[at].checks.push(check);
    }

    fn next(&mut self, at: usize, name: NameId) -> usize {
        if let Some((_, next)) = self.stops[at].elements.iter().find(|(known, _)| *known == name) {
            return *next as usize;
        }
        let next = self.stops.len();
        self.stops.push(Stop::default());
        self.stops[at].elements.push((name, u32::try_from(next).unwrap_or(u32::MAX)));
        next
    }

    /// The checks that fail at an element.
    pub(crate) fn found(&self, index: &Index<'_>, place: Place) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        if let Some(start) = self.stops.first() {
            self.look(start, index, place, &mut found);
        }
        found
    }

    fn look(&self, stop: &Stop, index: &Index<'_>, place: Place, found: &mut BTreeSet<u32>) {
        found.extend(&stop.checks);
        if !stop.attributes.is_empty()
            && let Some(at) = place.index()
        {
            for attribute in index.element_at(at).attributes() {
                let fails =
                    |(name, _): &&(NameId, u32)| index.attribute_passes(attribute.name_number(), Test::Name(*name));
                found.extend(stop.attributes.iter().filter(fails).map(|(_, check)| check));
            }
        }
        if stop.elements.is_empty() {
            return;
        }
        for child in index.children(place) {
            if let Ok(next) = stop.elements.binary_search_by_key(&index.id(child), |(name, _)| *name) {
                self.look(&self.stops[stop.elements[next].1 as usize], index, Place::of(child), found);
            }
        }
    }
}

/// The path of a check that fails where the path leads anywhere.
fn denied(check: &CompiledCheck) -> Option<&Path> {
    let inner = match &check.test {
        Expr::Call(Function::Not | Function::Empty, arguments) if !check.report => arguments.first()?,
        Expr::Call(Function::Exists, arguments) if check.report => arguments.first()?,
        path if check.report => path,
        _ => return None,
    };
    match inner {
        Expr::Path(path) if matches!(path.start, Start::Context) => Some(path),
        Expr::Call(Function::Exists, arguments) => match arguments.first()? {
            Expr::Path(path) if matches!(path.start, Start::Context) => Some(path),
            _ => None,
        },
        _ => None,
    }
}

/// The names along a path, for each of its alternatives; `None` where it asks for more than names.
fn ways(path: &Path) -> Option<Vec<Vec<Way>>> {
    const MOST: usize = 64;
    let mut all = vec![Vec::new()];
    for step in &path.steps {
        if all.iter().any(|way: &Vec<Way>| matches!(way.last(), Some(Way::Attribute(_)))) {
            return None;
        }
        let next = choices(step)?;
        all = all.iter().flat_map(|way| next.iter().map(|more| [&way[..], &more[..]].concat())).collect();
        if all.len() > MOST {
            return None;
        }
    }
    (!path.steps.is_empty()).then_some(all)
}

fn choices(step: &Step) -> Option<Vec<Vec<Way>>> {
    if !step.predicates.is_empty() {
        return None;
    }
    match &step.kind {
        StepKind::Axis(Axis::Child, Test::Name(name)) => Some(vec![vec![Way::Element(*name)]]),
        StepKind::Axis(Axis::Attribute, Test::Name(name)) => Some(vec![vec![Way::Attribute(*name)]]),
        StepKind::Nodes(expr) => match &**expr {
            Expr::Union(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    let Expr::Path(path @ Path { start: Start::Context, .. }) = part else { return None };
                    all.extend(ways(path)?);
                }
                Some(all)
            }
            _ => None,
        },
        StepKind::Axis(..) => None,
    }
}
