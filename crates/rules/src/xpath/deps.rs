//! What an expression depends on beyond the document.

use super::expr::{Expr, Path, Predicate, Start, StepKind};

/// What an expression needs from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// The context item.
    pub(crate) focus: bool,
    /// Local variables, one bit a slot; the last bit stands for all further ones.
    pub(crate) locals: u128,
}

impl Needs {
    /// Nothing but the document.
    pub(crate) const fn nothing(self) -> bool {
        !self.focus && self.locals == 0
    }

    const fn and(self, other: Self) -> Self {
        Self { focus: self.focus || other.focus, locals: self.locals | other.locals }
    }

    const fn inside(self) -> Self {
        Self { focus: false, locals: self.locals }
    }

    const fn without(self, slot: usize) -> Self {
        Self { focus: self.focus, locals: if slot < 127 { self.locals & !(1 << slot) } else { self.locals } }
    }
}

/// What the expression needs.
pub(crate) fn needs(expr: &Expr) -> Needs {
    match expr {
        Expr::Literal(_) | Expr::Number(_) | Expr::Global(_) | Expr::Memo(..) => Needs::default(),
        Expr::Context => Needs { focus: true, locals: 0 },
        Expr::Local(slot) => Needs { focus: false, locals: 1 << (*slot).min(127) },
        Expr::Sequence(all)
        | Expr::Or(all)
        | Expr::And(all)
        | Expr::Union(all)
        | Expr::Call(_, all)
        | Expr::User(_, all) => all.iter().map(needs).fold(Needs::default(), Needs::and),
        Expr::General(_, a, b) | Expr::Value(_, a, b) | Expr::Arithmetic(_, a, b) => needs(a).and(needs(b)),
        Expr::AnyOf(inner, _)
        | Expr::Negate(inner)
        | Expr::Matching(_, inner, ..)
        | Expr::Cast(_, _, inner)
        | Expr::InList(_, _, inner)
        | Expr::OneWord(_, _, inner)
        | Expr::InCodes(_, inner)
        | Expr::Near(_, inner)
        | Expr::Kept(_, inner) => needs(inner),
        Expr::If(a, b, c) => needs(a).and(needs(b)).and(needs(c)),
        Expr::For(slot, values, body) | Expr::Quantified(_, slot, values, body) => {
            needs(values).and(needs(body).without(*slot))
        }
        Expr::Path(path) => of_path(path),
        Expr::Filter(base, predicates) => needs(base).and(of_predicates(predicates)),
        Expr::Map(path, body) => of_path(path).and(needs(body).inside()),
    }
}

/// What a path needs.
pub(crate) fn of_path(path: &Path) -> Needs {
    let start = match &path.start {
        Start::Context => Needs { focus: true, locals: 0 },
        Start::Root => Needs::default(),
        Start::Expr(expr) => needs(expr),
    };
    path.steps.iter().fold(start, |all, step| {
        let nodes = match &step.kind {
            StepKind::Axis(..) => Needs::default(),
            StepKind::Nodes(expr) => needs(expr).inside(),
        };
        all.and(nodes).and(of_predicates(&step.predicates))
    })
}

/// What predicates need beyond the nodes that they filter.
pub(crate) fn of_predicates(predicates: &[Predicate]) -> Needs {
    predicates.iter().map(|predicate| needs(&predicate.expr).inside()).fold(Needs::default(), Needs::and)
}
