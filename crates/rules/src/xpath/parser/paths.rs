//! Paths: steps, tests and predicates.

use super::{LONGEST, Parser};
use crate::error::Syntax;
use crate::xpath::expr::{Axis, Expr, Function, Predicate, Relation, Start, Step, StepKind, Test};
use crate::xpath::lexer::Token;
use crate::xpath::paths;

impl Parser<'_, '_, '_> {
    pub(super) fn path(&mut self) -> Result<Expr, Syntax> {
        if self.take("//") {
            let steps = vec![descendant_or_self()];
            return self.steps(Start::Root, steps);
        }
        if self.take("/") {
            if !self.starts_step() {
                return Ok(paths::path(Start::Root, Vec::new()));
            }
            return self.steps(Start::Root, Vec::new());
        }
        if let Some(step) = self.axis_step()? {
            return self.more(Start::Context, vec![step]);
        }
        let primary = self.primary()?;
        let predicates = self.predicates()?;
        let base = if predicates.is_empty() { primary } else { Expr::Filter(Box::new(primary), predicates) };
        if self.is_symbol("/") || self.is_symbol("//") {
            let start = if matches!(base, Expr::Context) { Start::Context } else { Start::Expr(Box::new(base)) };
            return self.more(start, Vec::new());
        }
        Ok(base)
    }

    fn steps(&mut self, start: Start, mut steps: Vec<Step>) -> Result<Expr, Syntax> {
        if let Some(step) = self.axis_step()? {
            steps.push(step);
            return self.more(start, steps);
        }
        let expr = self.primary()?;
        let predicates = self.predicates()?;
        if paths::gives_nodes(&expr) {
            steps.push(Step::new(StepKind::Nodes(Box::new(expr)), predicates));
            return self.more(start, steps);
        }
        if self.is_symbol("/") || self.is_symbol("//") {
            return Err(Syntax::new("a step after values"));
        }
        let expr = if predicates.is_empty() { expr } else { Expr::Filter(Box::new(expr), predicates) };
        let Expr::Path(path) = paths::path(start, steps) else { return Err(Syntax::new("values without a path")) };
        Ok(Expr::Map(path, Box::new(expr)))
    }

    fn more(&mut self, start: Start, mut steps: Vec<Step>) -> Result<Expr, Syntax> {
        if steps.len() > LONGEST {
            return Err(Syntax::new("too long a path"));
        }
        if self.take("//") {
            steps.push(descendant_or_self());
            return self.steps(start, steps);
        }
        if self.take("/") {
            return self.steps(start, steps);
        }
        self.code_list(&start, &steps).map(|found| found.unwrap_or_else(|| paths::path(start, steps)))
    }

    fn starts_step(&self) -> bool {
        matches!(self.peek(), Token::Name(..) | Token::Variable(_) | Token::Symbol("*" | "@" | "." | ".." | "("))
    }

    fn axis_step(&mut self) -> Result<Option<Step>, Syntax> {
        if self.take("..") {
            return self.step(Axis::Parent, Test::Node).map(Some);
        }
        if self.take("@") {
            let test = self.test(Axis::Attribute)?;
            return self.step(Axis::Attribute, test).map(Some);
        }
        if self.is_symbol("*") {
            let test = self.test(Axis::Child)?;
            return self.step(Axis::Child, test).map(Some);
        }
        let &Token::Name(prefix, local) = self.peek() else { return Ok(None) };
        match self.tokens.get(self.at + 1) {
            Some(Token::Symbol("::")) => {
                let axis = axis(local).filter(|_| prefix.is_none());
                let axis = axis.ok_or_else(|| Syntax::new(format!("axis {local}")))?;
                self.at += 2;
                let test = self.test(axis)?;
                self.step(axis, test).map(Some)
            }
            Some(Token::Symbol("(")) if prefix.is_some() || !matches!(local, "node" | "text") => Ok(None),
            _ => {
                let test = self.test(Axis::Child)?;
                self.step(Axis::Child, test).map(Some)
            }
        }
    }

    fn step(&mut self, axis: Axis, test: Test) -> Result<Step, Syntax> {
        Ok(Step::new(StepKind::Axis(axis, test), self.predicates()?))
    }

    fn test(&mut self, axis: Axis) -> Result<Test, Syntax> {
        match self.next() {
            Token::Symbol("*") => Ok(Test::Any),
            Token::Name(None, kind) if self.is_symbol("(") => {
                self.expect("(")?;
                self.expect(")")?;
                match kind {
                    "text" => Ok(Test::Text),
                    "node" => Ok(Test::Node),
                    _ => Err(Syntax::new(format!("node test {kind}()"))),
                }
            }
            Token::Name(None, local) => self.name_test("", local),
            Token::Name(Some("*"), local) => Ok(Test::Local(self.scope.names.intern_part(local).ok_or_else(too_many)?)),
            Token::Name(Some(prefix), local) => {
                let namespace = self.namespace(prefix)?.to_owned();
                if local == "*" {
                    return Ok(Test::Namespace(self.scope.names.intern_part(&namespace).ok_or_else(too_many)?));
                }
                self.name_test(&namespace, local)
            }
            other => Err(Syntax::new(format!("{other:?} after {axis:?}"))),
        }
    }

    fn name_test(&mut self, namespace: &str, local: &str) -> Result<Test, Syntax> {
        self.scope.names.intern(namespace, local).map(Test::Name).ok_or_else(too_many)
    }

    pub(super) fn namespace(&self, prefix: &str) -> Result<&str, Syntax> {
        let known = self.scope.prefixes.get(prefix).map(String::as_str);
        known.ok_or_else(|| Syntax::new(format!("prefix {prefix} is not declared")))
    }

    fn predicates(&mut self) -> Result<Vec<Predicate>, Syntax> {
        let mut all = Vec::new();
        while self.take("[") {
            let expr = self.sequence()?;
            self.expect("]")?;
            let positional = paths::may_be_number(&expr);
            all.push(Predicate { expr, positional });
        }
        Ok(all)
    }

    /// `document('list.xml')/codedb/cl[@id=4]/enumeration[@value=$x]` in a condition.
    fn code_list(&self, start: &Start, steps: &[Step]) -> Result<Option<Expr>, Syntax> {
        let Start::Expr(base) = start else { return Ok(None) };
        let Expr::Call(Function::Document, arguments) = &**base else { return Ok(None) };
        let unknown = || Syntax::new("document() in a form other than a code list");
        let [Expr::Literal(file)] = &arguments[..] else { return Err(unknown()) };
        let [_, list, value] = steps else { return Err(unknown()) };
        let ([list], [value]) = (&list.predicates[..], &value.predicates[..]) else { return Err(unknown()) };
        let Expr::General(Relation::Eq, _, number) = &list.expr else { return Err(unknown()) };
        let Expr::Number(number) = &**number else { return Err(unknown()) };
        let Expr::General(Relation::Eq, _, value) = &value.expr else { return Err(unknown()) };
        let (Expr::Local(_) | Expr::Global(_)) = **value else { return Err(unknown()) };
        let members = (self.scope.codes)(file, number);
        let members = members.ok_or_else(|| Syntax::new(format!("no code list {number} in {file}")))?;
        Ok(Some(Expr::InCodes(members, value.clone())))
    }
}

fn too_many() -> Syntax {
    Syntax::new("too many names")
}

fn axis(name: &str) -> Option<Axis> {
    Some(match name {
        "child" => Axis::Child,
        "attribute" => Axis::Attribute,
        "self" => Axis::SelfNode,
        "parent" => Axis::Parent,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        _ => return None,
    })
}

fn descendant_or_self() -> Step {
    Step::new(StepKind::Axis(Axis::DescendantOrSelf, Test::Node), Vec::new())
}
