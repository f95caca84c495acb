//! Contexts of rules: paths matched from their end.

use super::expr::{Axis, Expr, Path, Predicate, Start, Step, StepKind, Test};
use super::paths::positional;
use crate::error::Syntax;

/// One alternative of a context: what the node, and going up from it its ancestors, must be.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    /// Whether it begins at the document itself.
    pub(crate) rooted: bool,
    /// From the outermost to the node itself.
    pub(crate) links: Vec<Link>,
}

/// One step of a context.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) test: Test,
    pub(crate) attribute: bool,
    /// Whether any ancestor may stand between this and the one before.
    pub(crate) loose: bool,
    pub(crate) predicates: Vec<Predicate>,
}

/// The alternatives of a context.
pub(crate) fn alternatives(expr: Expr) -> Result<Vec<Alternative>, Syntax> {
    match expr {
        Expr::Union(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(alternatives(part)?);
            }
            Ok(all)
        }
        Expr::Path(path) => of_path(path),
        Expr::Filter(base, predicates) => with_predicates(alternatives(*base)?, &predicates),
        other => Err(Syntax::new(format!("{other:?} as the context of a rule"))),
    }
}

fn of_path(path: Path) -> Result<Vec<Alternative>, Syntax> {
    let mut all = match path.start {
        Start::Context => vec![Alternative { rooted: false, links: Vec::new() }],
        Start::Root => vec![Alternative { rooted: true, links: Vec::new() }],
        Start::Expr(expr) => alternatives(*expr)?,
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
                alternative.links.push(Link { test, attribute, loose, predicates: Vec::new() });
            }
            with_predicates(all, &step.predicates)
        }
        StepKind::Nodes(expr) => {
            let inner = alternatives(*expr)?;
            if inner.iter().any(|alternative| alternative.rooted) {
                return Err(Syntax::new("an absolute path within the context of a rule"));
            }
            let combined = all
                .iter()
                .flat_map(|outer| {
                    inner.iter().map(move |inner| Alternative {
                        rooted: outer.rooted,
                        links: outer.links.iter().chain(&inner.links).cloned().collect(),
                    })
                })
                .collect();
            with_predicates(combined, &step.predicates)
        }
    }
}

fn with_predicates(mut all: Vec<Alternative>, predicates: &[Predicate]) -> Result<Vec<Alternative>, Syntax> {
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
