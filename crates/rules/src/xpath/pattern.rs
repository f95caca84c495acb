//! Contexts of rules: paths matched from their end.

use super::expr::{Axis, Expr, Function, Path, Predicate, Start, Step, StepKind, Test};
use super::names::NameId;
use super::paths::positional;
use crate::error::Syntax;

/// The most alternatives of one context: `(a|b)/(a|b)/…` has twice as many with each step.
const MOST: usize = 1_000;

/// One alternative of a context: what the node, and going up from it its ancestors, must be.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    /// Whether it begins at the document itself.
    pub(crate) rooted: bool,
    /// From the outermost to the node itself.
    pub(crate) links: Vec<Link>,
    /// Whether it says of an element and of each around it, one after the other, what they must be.
    pub(crate) direct: bool,
    /// Names of elements that it mentions.
    pub(crate) needed: Vec<NameId>,
}

/// One step of a context.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) test: Test,
    pub(crate) attribute: bool,
    /// Whether any ancestor may stand between this and the one before.
    pub(crate) loose: bool,
    pub(crate) predicates: Vec<Predicate>,
    /// Those that ask for nothing but the name of the node; of the last link only.
    pub(crate) named: Vec<Predicate>,
}

impl Alternative {
    const fn of(rooted: bool, links: Vec<Link>) -> Self {
        Self { rooted, links, direct: false, needed: Vec::new() }
    }

    /// Notes what can be known of it beforehand.
    fn prepare(mut self) -> Self {
        let loose_inside = self.links.iter().skip(1).any(|link| link.loose);
        self.direct = !self.links.is_empty() && !loose_inside && !self.links.iter().any(|link| link.attribute);
        let name = |link: &Link| match link.test {
            Test::Name(id) if !link.attribute => Some(id),
            _ => None,
        };
        self.needed = self.links.iter().filter_map(name).collect();
        if let Some(last) = self.links.last_mut().filter(|last| !last.attribute) {
            let parts = std::mem::take(&mut last.predicates).into_iter().flat_map(conjuncts);
            (last.named, last.predicates) = parts.partition(|predicate| asks_the_name(&predicate.expr));
        }
        self
    }
}

/// The conditions of which all have to hold.
fn conjuncts(predicate: Predicate) -> Vec<Predicate> {
    match predicate.expr {
        Expr::And(all) => all.into_iter().map(|expr| Predicate { expr, positional: false }).collect(),
        expr => vec![Predicate { expr, ..predicate }],
    }
}

/// Whether a condition depends on the name of the context node alone.
fn asks_the_name(expr: &Expr) -> bool {
    let is_name = |expr: &Expr| match expr {
        Expr::Call(Function::Name | Function::LocalName | Function::NamespaceUri, of) => {
            matches!(of[..], [Expr::Context])
        }
        _ => false,
    };
    match expr {
        Expr::And(all) | Expr::Or(all) => all.iter().all(asks_the_name),
        Expr::Call(Function::Not, all) => all.iter().all(asks_the_name),
        Expr::Call(Function::StartsWith | Function::EndsWith | Function::Contains, all) => {
            matches!(&all[..], [name, Expr::Literal(_)] if is_name(name))
        }
        Expr::AnyOf(name, _) => is_name(name),
        _ => false,
    }
}

/// The alternatives of a context, with what can be known of them beforehand.
pub(crate) fn alternatives(expr: Expr) -> Result<Vec<Alternative>, Syntax> {
    Ok(read(expr)?.into_iter().map(Alternative::prepare).collect())
}

fn read(expr: Expr) -> Result<Vec<Alternative>, Syntax> {
    match expr {
        Expr::Union(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(read(part)?);
            }
            Ok(all)
        }
        Expr::Path(path) => of_path(path),
        Expr::Filter(base, predicates) => with_predicates(read(*base)?, &predicates),
        other => Err(Syntax::new(format!("{other:?} as the context of a rule"))),
    }
}

fn of_path(path: Path) -> Result<Vec<Alternative>, Syntax> {
    let mut all = match path.start {
        Start::Context => vec![Alternative::of(false, Vec::new())],
        Start::Root => vec![Alternative::of(true, Vec::new())],
        Start::Expr(expr) => read(*expr)?,
    };
    for step in path.steps {
        all = with_step(all, step)?;
    }
    Ok(all)
}

fn with_step(mut all: Vec<Alternative>, step: Step) -> Result<Vec<Alternative>, Syntax> {
    match step.kind {
        StepKind::Axis(axis, test) => {
            let (attribute, loose) = match axis {
                Axis::Child => (false, false),
                Axis::Descendant => (false, true),
                Axis::Attribute => (true, false),
                other => return Err(Syntax::new(format!("axis {other:?} in the context of a rule"))),
            };
            for alternative in &mut all {
                alternative.links.push(Link { test, attribute, loose, predicates: Vec::new(), named: Vec::new() });
            }
            with_predicates(all, &step.predicates)
        }
        StepKind::Nodes(expr) => {
            let inner = read(*expr)?;
            if inner.iter().any(|alternative| alternative.rooted) {
                return Err(Syntax::new("an absolute path within the context of a rule"));
            }
            let combined = all
                .iter()
                .flat_map(|outer| {
                    inner.iter().map(move |inner| {
                        Alternative::of(outer.rooted, outer.links.iter().chain(&inner.links).cloned().collect())
                    })
                })
                .take(MOST + 1)
                .collect();
            with_predicates(combined, &step.predicates)
        }
    }
}

fn with_predicates(mut all: Vec<Alternative>, predicates: &[Predicate]) -> Result<Vec<Alternative>, Syntax> {
    if all.len() > MOST {
        return Err(Syntax::new("too many alternatives in the context of a rule"));
    }
    if positional(predicates) {
        return Err(Syntax::new("a position in the context of a rule"));
    }
    for alternative in &mut all {
        if let Some(last) = alternative.links.last_mut() {
            last.predicates.extend_from_slice(predicates);
        }
    }
    Ok(all)
}
