//! Tokens to expression tree: the operators, from the loosest to the tightest.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::expr::{AtomicType, Expr, Function, Operation, Relation, Slot};
use super::lexer::{Token, tokens};
use super::names::NameTable;
use crate::error::Syntax;
use crate::hash::{Members, fingerprint};

mod cursor;
mod paths;
mod primary;

const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const FUNCTIONS: &str = "http://www.w3.org/2005/xpath-functions";

/// Members of code list documents, by file and list.
type CodeLists<'s> = dyn Fn(&str, &Decimal) -> Option<Members> + 's;

/// What expressions of a rule set may refer to.
pub(crate) struct Scope<'s> {
    pub(crate) names: &'s mut NameTable,
    /// Prefixes to namespaces.
    pub(crate) prefixes: &'s HashMap<String, String>,
    pub(crate) globals: &'s [String],
    /// The user's functions, as written, with their number of parameters.
    pub(crate) functions: &'s [(String, usize)],
    /// Members of code list documents, by file and list.
    pub(crate) codes: &'s CodeLists<'s>,
    /// Variables in force.
    pub(crate) locals: Vec<(String, Local)>,
    /// Slots used so far in the frame.
    pub(crate) slots: usize,
}

/// What a variable in force stands for.
#[derive(Debug, Clone)]
pub(crate) enum Local {
    /// The value in a slot of the frame.
    Slot(Slot),
    /// A literal, or a sequence of them, which is put in its place.
    Constant(Expr),
}

/// The most operators in chains of one expression, and the longest path: each is walked by a function that calls itself.
const LONGEST: usize = 200;

/// Compiles one expression.
pub(crate) fn parse(source: &str, scope: &mut Scope<'_>) -> Result<Expr, Syntax> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, scope, depth: 0, chained: 0 };
    let expr = parser.sequence()?;
    match parser.peek() {
        Token::End => Ok(expr),
        other => Err(Syntax::new(format!("{other:?} after the end of the expression"))),
    }
}

struct Parser<'p, 's, 't> {
    tokens: Vec<Token<'t>>,
    at: usize,
    scope: &'p mut Scope<'s>,
    depth: usize,
    /// Operators of chains so far: each makes the tree one storey deeper.
    chained: usize,
}

/// Operators.
impl Parser<'_, '_, '_> {
    fn sequence(&mut self) -> Result<Expr, Syntax> {
        let first = self.single()?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.take(",") {
            all.push(self.single()?);
        }
        Ok(Expr::Sequence(all))
    }

    fn single(&mut self) -> Result<Expr, Syntax> {
        const DEEPEST: usize = 48;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Syntax::new("expressions nested too deep"));
        }
        let after = self.tokens.get(self.at + 1).cloned().unwrap_or(Token::End);
        let expr = match (self.keyword(), after) {
            (Some("if"), Token::Symbol("(")) => self.conditional(),
            (Some("for"), Token::Variable(_)) => self.bindings(None),
            (Some("some"), Token::Variable(_)) => self.bindings(Some(false)),
            (Some("every"), Token::Variable(_)) => self.bindings(Some(true)),
            _ => self.or(),
        };
        self.depth -= 1;
        expr
    }

    fn conditional(&mut self) -> Result<Expr, Syntax> {
        self.at += 1;
        self.expect("(")?;
        let condition = self.sequence()?;
        self.expect(")")?;
        self.expect_word("then")?;
        let yes = self.single()?;
        self.expect_word("else")?;
        let no = self.single()?;
        Ok(Expr::If(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    /// `for`, `some` and `every`, with one or more variables.
    fn bindings(&mut self, quantifier: Option<bool>) -> Result<Expr, Syntax> {
        self.at += 1;
        let outside = self.scope.locals.len();
        let mut bound = Vec::new();
        loop {
            let Token::Variable(name) = self.next() else { return Err(Syntax::new("a variable was expected")) };
            self.expect_word("in")?;
            let values = self.single()?;
            let slot = self.scope.slots;
            self.scope.slots += 1;
            self.scope.locals.push((name.to_owned(), Local::Slot(slot)));
            bound.push((slot, values));
            if !self.take(",") {
                break;
            }
        }
        self.expect_word(if quantifier.is_some() { "satisfies" } else { "return" })?;
        let mut body = self.single()?;
        self.scope.locals.truncate(outside);
        for (slot, values) in bound.into_iter().rev() {
            body = match quantifier {
                Some(every) => Expr::Quantified(every, slot, Box::new(values), Box::new(body)),
                None => Expr::For(slot, Box::new(values), Box::new(body)),
            };
        }
        Ok(body)
    }

    fn or(&mut self) -> Result<Expr, Syntax> {
        let mut all = vec![self.and()?];
        while self.take_word("or") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Expr::Or(all) })
    }

    fn and(&mut self) -> Result<Expr, Syntax> {
        let mut all = vec![self.comparison()?];
        while self.take_word("and") {
            let next = self.comparison()?;
            match one_word(all.last(), &next) {
                Some(known) => *all.last_mut().unwrap_or(&mut Expr::Context) = known,
                None => all.push(next),
            }
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Expr::And(all) })
    }

    fn comparison(&mut self) -> Result<Expr, Syntax> {
        let left = self.additive()?;
        let general = match self.peek() {
            Token::Symbol("=") => Some(Relation::Eq),
            Token::Symbol("!=") => Some(Relation::Ne),
            Token::Symbol("<") => Some(Relation::Lt),
            Token::Symbol("<=") => Some(Relation::Le),
            Token::Symbol(">") => Some(Relation::Gt),
            Token::Symbol(">=") => Some(Relation::Ge),
            Token::Symbol(other @ ("<<" | ">>")) => return Err(Syntax::new(format!("operator {other}"))),
            _ => None,
        };
        if let Some(relation) = general {
            self.at += 1;
            let right = self.additive()?;
            return Ok(general_comparison(relation, left, right));
        }
        let value = match self.keyword() {
            Some("eq") => Relation::Eq,
            Some("ne") => Relation::Ne,
            Some("lt") => Relation::Lt,
            Some("le") => Relation::Le,
            Some("gt") => Relation::Gt,
            Some("ge") => Relation::Ge,
            Some(other @ ("is" | "to")) => return Err(Syntax::new(format!("operator {other}"))),
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.additive()?;
        Ok(Expr::Value(value, Box::new(left), Box::new(right)))
    }

    fn additive(&mut self) -> Result<Expr, Syntax> {
        let mut left = self.multiplicative()?;
        while self.chained < LONGEST {
            let operation = match self.peek() {
                Token::Symbol("+") => Operation::Add,
                Token::Symbol("-") => Operation::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            self.chained += 1;
            let right = self.multiplicative()?;
            left = Expr::Arithmetic(operation, Box::new(left), Box::new(right));
        }
        Err(Syntax::new("too long a chain of operators"))
    }

    fn multiplicative(&mut self) -> Result<Expr, Syntax> {
        let mut left = self.union()?;
        while self.chained < LONGEST {
            let operation = match (self.peek(), self.keyword()) {
                (Token::Symbol("*"), _) => Operation::Multiply,
                (_, Some("div")) => Operation::Divide,
                (_, Some("mod")) => Operation::Mod,
                (_, Some("idiv")) => return Err(Syntax::new("operator idiv")),
                _ => return Ok(left),
            };
            self.at += 1;
            self.chained += 1;
            let right = self.union()?;
            left = Expr::Arithmetic(operation, Box::new(left), Box::new(right));
        }
        Err(Syntax::new("too long a chain of operators"))
    }

    fn union(&mut self) -> Result<Expr, Syntax> {
        let first = self.cast()?;
        if !self.is_symbol("|") && self.keyword() != Some("union") {
            return match self.keyword() {
                Some(other @ ("intersect" | "except")) => Err(Syntax::new(format!("operator {other}"))),
                _ => Ok(first),
            };
        }
        let mut all = vec![first];
        while self.take("|") || self.take_word("union") {
            all.push(self.cast()?);
        }
        Ok(Expr::Union(all))
    }

    fn cast(&mut self) -> Result<Expr, Syntax> {
        let operand = self.unary()?;
        match self.keyword() {
            Some("cast") => {
                self.at += 1;
                self.expect_word("as")?;
                let Token::Name(Some(prefix), local) = self.next() else {
                    return Err(Syntax::new("a type was expected"));
                };
                let kind = self.atomic_type(prefix, local)?;
                let optional = self.take("?");
                Ok(Expr::Cast(kind, optional, Box::new(operand)))
            }
            Some(other @ ("castable" | "instance" | "treat")) => Err(Syntax::new(format!("operator {other}"))),
            _ => Ok(operand),
        }
    }

    fn atomic_type(&self, prefix: &str, local: &str) -> Result<AtomicType, Syntax> {
        let schema = self.namespace(prefix)? == SCHEMA;
        let kind = AtomicType::find(local).filter(|_| schema);
        kind.ok_or_else(|| Syntax::new(format!("type {prefix}:{local}")))
    }

    fn unary(&mut self) -> Result<Expr, Syntax> {
        let mut negative = None;
        loop {
            if self.take("-") {
                negative = Some(!negative.unwrap_or(false));
            } else if self.take("+") {
                negative = negative.or(Some(false));
            } else {
                break;
            }
        }
        let operand = self.path()?;
        Ok(match negative {
            Some(true) => Expr::Negate(Box::new(operand)),
            Some(false) => Expr::Negate(Box::new(Expr::Negate(Box::new(operand)))),
            None => operand,
        })
    }
}

/// `not(contains(x, ' '))` before `contains(' A B ', concat(' ', x, ' '))` as one look at the list.
fn one_word(before: Option<&Expr>, list: &Expr) -> Option<Expr> {
    let Some(Expr::Call(Function::Not, negated)) = before else { return None };
    let [Expr::Call(Function::Contains, parts)] = &negated[..] else { return None };
    let [same, Expr::Literal(blank)] = &parts[..] else { return None };
    let Expr::InList(written, members, value) = list else { return None };
    let fits = &**blank == " " && fingerprint(same) == fingerprint(&**value);
    fits.then(|| Expr::OneWord(written.clone(), members.clone(), value.clone()))
}

/// With `x = 'A'` and `x = ('A', 'B')` as what they are: a look at a set.
fn general_comparison(relation: Relation, left: Expr, right: Expr) -> Expr {
    let literal = |expr: &Expr| if let Expr::Literal(value) = expr { Some(Box::from(&**value)) } else { None };
    let literals: Option<Vec<Box<str>>> = match &right {
        Expr::Literal(value) => Some(vec![Box::from(&**value)]),
        Expr::Sequence(all) if !all.is_empty() => all.iter().map(literal).collect(),
        _ => None,
    };
    match literals {
        Some(literals) if relation == Relation::Eq => Expr::AnyOf(Box::new(left), literals.into_iter().collect()),
        _ => Expr::General(relation, Box::new(left), Box::new(right)),
    }
}
