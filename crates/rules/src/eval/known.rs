//! What the names in a document decide by themselves, without a look at its nodes.

use super::Evaluator;
use crate::xpath::expr::{Expr, Function, Path, Relation};

impl<'d> Evaluator<'d> {
    /// Whether the document has no element, or no attribute, of a name that the path leads through.
    pub(super) fn leads_nowhere(&self, path: &Path) -> bool {
        path.needed.iter().any(|&id| self.index.lacks(id))
            || path.needed_attributes.iter().any(|&id| self.index.lacks_attribute(id))
            || path.keyed.as_ref().is_some_and(|keyed| self.has_none(keyed))
    }

    /// The truth of a condition at whatever node, where names decide it; never that of one that could end in an error.
    pub(crate) fn known(&self, expr: &'d Expr) -> Option<bool> {
        match expr {
            Expr::Path(path) if self.leads_nowhere(path) => Some(false),
            Expr::Memo(_, inner) | Expr::Near(_, inner) => self.known(inner),
            Expr::Call(function, arguments) => self.known_call(*function, arguments),
            Expr::Or(all) => self.known_chain(all, true),
            Expr::And(all) => self.known_chain(all, false),
            Expr::AnyOf(values, _) if self.is_nothing(values) => Some(false),
            Expr::General(relation, left, right) => self.known_comparison(*relation, left, right),
            Expr::Value(relation, left, right) => self.known_count(*relation, left, right),
            Expr::If(condition, yes, no) => match self.known(condition)? {
                true => self.known(yes),
                false => self.known(no),
            },
            Expr::Quantified(every, _, values, _) if self.is_nothing(values) => Some(*every),
            _ => None,
        }
    }

    fn known_call(&self, function: Function, arguments: &'d [Expr]) -> Option<bool> {
        let is_path = || matches!(arguments.first(), Some(Expr::Path(_)));
        match function {
            Function::True => Some(true),
            Function::False => Some(false),
            Function::Not => self.known(arguments.first()?).map(|truth| !truth),
            Function::Boolean => self.known(arguments.first()?),
            Function::Empty if is_path() => self.known(arguments.first()?).map(|truth| !truth),
            Function::Exists if is_path() => self.known(arguments.first()?),
            _ => None,
        }
    }

    /// A chain of conditions that `stop` decides, wherever it stands in it: what the others come to says nothing then.
    fn known_chain(&self, all: &'d [Expr], stop: bool) -> Option<bool> {
        let mut open = false;
        for part in all {
            match self.known(part) {
                Some(truth) if truth == stop => return Some(stop),
                known => open |= known.is_none(),
            }
        }
        (!open).then_some(!stop)
    }

    fn known_comparison(&self, relation: Relation, left: &'d Expr, right: &'d Expr) -> Option<bool> {
        let harmless = matches!(right, Expr::Literal(_) | Expr::Number(_));
        if self.is_nothing(right) || (harmless && self.is_nothing(left)) {
            return Some(false);
        }
        self.known_count(relation, left, right)
    }

    /// `count(path) le 1` where the path leads nowhere.
    fn known_count(&self, relation: Relation, left: &'d Expr, right: &'d Expr) -> Option<bool> {
        let (Expr::Call(Function::Count, arguments), Expr::Number(number)) = (left, right) else { return None };
        let nothing = arguments.first().is_some_and(|path| self.is_nothing(path));
        let order = rust_decimal::Decimal::ZERO.cmp(number);
        nothing.then(|| super::value::holds(Some(order), relation))
    }

    fn is_nothing(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => self.leads_nowhere(path),
            Expr::Memo(_, inner) => self.is_nothing(inner),
            _ => false,
        }
    }
}
