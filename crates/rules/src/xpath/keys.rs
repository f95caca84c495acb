//! Paths that ask for a value: `//x[y = 'A']` leads nowhere where no `y` of any `//x` is `A`.
//!
//! Rules ask that of one path with a dozen codes, one after the other. Its values are gathered once for a document; what
//! is not among them need not be looked for.

use super::deps::needs;
use super::expr::{Expr, Keyed, Path, Predicate, Start, Step};
use super::paths;
use crate::hash::{Members, Table, fingerprint};

/// The values of an expression at every node of a path from the root.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) path: Path,
    pub(crate) value: Expr,
}

/// The values that paths of a rule set ask for: equal ones have one number.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    numbers: Table<(u64, u64), usize>,
    all: Vec<Values>,
}

impl Keys {
    pub(crate) fn finish(self) -> Vec<Values> {
        self.all
    }

    /// Notes of a path what it asks for. Whatever comes before that on the way stays as it is, so that an error there
    /// is one here.
    pub(crate) fn keyed(&mut self, expr: Expr) -> Expr {
        let Expr::Path(mut path) = expr else { return expr };
        if !matches!(path.start, Start::Root) {
            return Expr::Path(path);
        }
        for (at, step) in path.steps.iter().enumerate() {
            if step.positional || step.predicates.iter().any(|predicate| needs(&predicate.expr).locals != 0) {
                break;
            }
            if let Some((number, value, wanted)) = asked(step) {
                let last = Step::new(step.kind.clone(), step.predicates[..number].to_vec());
                let steps = path.steps[..at].iter().cloned().chain([last]).collect();
                path.keyed = Some(Keyed { values: self.number(steps, value), wanted });
                break;
            }
        }
        Expr::Path(path)
    }

    fn number(&mut self, steps: Vec<Step>, value: Expr) -> usize {
        let next = self.all.len();
        let Expr::Path(path) = paths::path(Start::Root, steps) else { return next };
        let number = *self.numbers.entry(fingerprint(&(&path, &value))).or_insert(next);
        if number == next {
            self.all.push(Values { path, value });
        }
        number
    }
}

/// The first condition of a step that asks for a value: its number among the conditions, of what, and which values.
fn asked(step: &Step) -> Option<(usize, Expr, Members)> {
    let asks = |predicate: &Predicate| match &predicate.expr {
        Expr::Near(_, inner) => match &**inner {
            Expr::AnyOf(value, wanted) => Some(((**value).clone(), wanted.clone())),
            _ => None,
        },
        Expr::AnyOf(value, wanted) => Some(((**value).clone(), wanted.clone())),
        _ => None,
    };
    let found = step.predicates.iter().enumerate().find_map(|(number, one)| asks(one).map(|asked| (number, asked)));
    found.filter(|(_, (value, _))| needs(value).focus).map(|(number, (value, wanted))| (number, value, wanted))
}
