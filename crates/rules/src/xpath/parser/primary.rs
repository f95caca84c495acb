//! Literals, variables, brackets and calls.

use super::{FUNCTIONS, Local, Parser, SCHEMA};
use crate::error::Syntax;
use crate::xpath::expr::{AtomicType, Expr, Function, Matching};
use crate::xpath::lexer::Token;
use crate::xpath::regexes;

impl Parser<'_, '_, '_> {
    pub(super) fn primary(&mut self) -> Result<Expr, Syntax> {
        match self.next() {
            Token::Literal(value) => Ok(Expr::Literal(value.as_ref().into())),
            Token::Number(digits) => {
                let value = digits.trim_end_matches('.');
                let value =
                    if let Some(rest) = value.strip_prefix('.') { format!("0.{rest}") } else { value.to_owned() };
                value.parse().map(Expr::Number).map_err(|_| Syntax::new(format!("number {digits}")))
            }
            Token::Variable(name) => self.variable(name),
            Token::Symbol(".") => Ok(Expr::Context),
            Token::Symbol("(") => {
                if self.take(")") {
                    return Ok(Expr::Sequence(Vec::new()));
                }
                let inside = self.sequence()?;
                self.expect(")")?;
                Ok(inside)
            }
            Token::Name(prefix, local) if self.is_symbol("(") => self.call(prefix, local),
            other => Err(Syntax::new(format!("{other:?} where a value was expected"))),
        }
    }

    fn variable(&self, name: &str) -> Result<Expr, Syntax> {
        if let Some((_, local)) = self.scope.locals.iter().rev().find(|(known, _)| known == name) {
            return Ok(match local {
                Local::Slot(slot) => Expr::Local(*slot),
                Local::Constant(value) => value.clone(),
            });
        }
        let global = self.scope.globals.iter().position(|known| known == name);
        global.map(Expr::Global).ok_or_else(|| Syntax::new(format!("variable ${name} is not declared")))
    }

    fn call(&mut self, prefix: Option<&str>, local: &str) -> Result<Expr, Syntax> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.single()?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        let namespace = prefix.map(|prefix| self.namespace(prefix)).transpose()?;
        match namespace {
            None | Some(FUNCTIONS) => self.built_in(local, arguments),
            Some(SCHEMA) => {
                let kind = AtomicType::find(local).ok_or_else(|| Syntax::new(format!("type xs:{local}")))?;
                let [argument] = <[Expr; 1]>::try_from(arguments).map_err(|_| Syntax::new("a cast takes one value"))?;
                Ok(Expr::Cast(kind, true, Box::new(argument)))
            }
            Some(_) => {
                let name = format!("{}:{local}", prefix.unwrap_or_default());
                let found =
                    self.scope.functions.iter().position(|(known, count)| *known == name && *count == arguments.len());
                let number = found.ok_or_else(|| Syntax::new(format!("function {name}#{}", arguments.len())))?;
                Ok(Expr::User(number, arguments))
            }
        }
    }

    fn built_in(&self, name: &str, mut arguments: Vec<Expr>) -> Result<Expr, Syntax> {
        let unknown = || Syntax::new(format!("function {name}#{}", arguments.len()));
        if let Some(matching) = matching(name, arguments.len()) {
            return regular(matching, arguments);
        }
        let (function, least, most) = Function::find(name).ok_or_else(unknown)?;
        if !(least..=most).contains(&arguments.len()) {
            return Err(unknown());
        }
        if arguments.is_empty() && function.takes_context() {
            arguments.push(Expr::Context);
        }
        if function == Function::Contains
            && let Some(list) = in_list(&arguments)
        {
            return Ok(list);
        }
        Ok(Expr::Call(function, arguments))
    }
}

fn matching(name: &str, arguments: usize) -> Option<Matching> {
    match (name, arguments) {
        ("matches", 2) => Some(Matching::Matches),
        ("replace", 3) => Some(Matching::Replace),
        ("tokenize", 2) => Some(Matching::Tokenize),
        _ => None,
    }
}

fn regular(matching: Matching, arguments: Vec<Expr>) -> Result<Expr, Syntax> {
    let mut arguments = arguments.into_iter();
    let (Some(subject), Some(Expr::Literal(pattern))) = (arguments.next(), arguments.next()) else {
        return Err(Syntax::new(format!("{matching:?} with a computed pattern")));
    };
    let regex = regexes::compile(&pattern)?;
    if matching != Matching::Matches && regex.0.is_match("") {
        return Err(Syntax::new(format!("the pattern {pattern:?} matches nothing at all")));
    }
    let replacement = match arguments.next() {
        Some(Expr::Literal(text)) if !text.contains(['$', '\\']) => text,
        None => "".into(),
        Some(_) => return Err(Syntax::new("replace() with a computed replacement")),
    };
    Ok(Expr::Matching(matching, Box::new(subject), regex, replacement))
}

/// `contains(' A B ', concat(' ', x, ' '))`.
fn in_list(arguments: &[Expr]) -> Option<Expr> {
    let [Expr::Literal(list), Expr::Call(Function::Concat, parts)] = arguments else { return None };
    let [Expr::Literal(before), value, Expr::Literal(after)] = &parts[..] else { return None };
    let spaced = &**before == " " && &**after == " " && list.starts_with(' ') && list.ends_with(' ');
    let members = || list.split(' ').filter(|part| !part.is_empty()).collect();
    spaced.then(|| Expr::InList(list.clone(), members(), Box::new(value.clone())))
}
