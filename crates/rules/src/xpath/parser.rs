//! Tokens to expression tree.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::expr::{
    AtomicType, Axis, Expr, Function, Matching, Operation, Predicate, Relation, Slot, Start, Step, StepKind, Test,
};
use super::lexer::{Token, tokens};
use super::names::NameTable;
use super::{paths, regexes};
use crate::error::Syntax;

const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const FUNCTIONS: &str = "http://www.w3.org/2005/xpath-functions";

/// Members of code list documents, by file and list.
type CodeLists<'s> = dyn Fn(&str, &Decimal) -> Option<Arc<HashSet<String>>> + 's;

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
    /// Variables in force: name and slot.
    pub(crate) locals: Vec<(String, Slot)>,
    /// Slots used so far in the frame.
    pub(crate) slots: usize,
}

/// The longest chain of operators or steps: each is walked by a function that calls itself.
const LONGEST: usize = 200;

/// Compiles one expression.
pub(crate) fn parse(source: &str, scope: &mut Scope<'_>) -> Result<Expr, Syntax> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, scope, depth: 0 };
    let expr = parser.sequence()?;
    match parser.peek() {
        Token::End => Ok(expr),
        other => Err(Syntax::new(format!("{other:?} after the end of the expression"))),
    }
}

struct Parser<'p, 's> {
    tokens: Vec<Token>,
    at: usize,
    scope: &'p mut Scope<'s>,
    depth: usize,
}

/// Operators.
impl Parser<'_, '_> {
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
            self.scope.locals.push((name, slot));
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
            all.push(self.comparison()?);
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
        for _ in 0..LONGEST {
            let operation = match self.peek() {
                Token::Symbol("+") => Operation::Add,
                Token::Symbol("-") => Operation::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.multiplicative()?;
            left = Expr::Arithmetic(operation, Box::new(left), Box::new(right));
        }
        Err(Syntax::new("too long a chain of operators"))
    }

    fn multiplicative(&mut self) -> Result<Expr, Syntax> {
        let mut left = self.union()?;
        for _ in 0..LONGEST {
            let operation = match (self.peek(), self.keyword()) {
                (Token::Symbol("*"), _) => Operation::Multiply,
                (_, Some("div")) => Operation::Divide,
                (_, Some("mod")) => Operation::Mod,
                (_, Some("idiv")) => return Err(Syntax::new("operator idiv")),
                _ => return Ok(left),
            };
            self.at += 1;
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
                let kind = self.atomic_type(&prefix, &local)?;
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

/// Paths.
impl Parser<'_, '_> {
    fn path(&mut self) -> Result<Expr, Syntax> {
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
            steps.push(Step { kind: StepKind::Nodes(Box::new(expr)), predicates });
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
        let Token::Name(prefix, local) = self.peek().clone() else { return Ok(None) };
        match self.tokens.get(self.at + 1) {
            Some(Token::Symbol("::")) => {
                let axis = axis(&local).filter(|_| prefix.is_none());
                let axis = axis.ok_or_else(|| Syntax::new(format!("axis {local}")))?;
                self.at += 2;
                let test = self.test(axis)?;
                self.step(axis, test).map(Some)
            }
            Some(Token::Symbol("(")) if prefix.is_some() || !matches!(local.as_str(), "node" | "text") => Ok(None),
            _ => {
                let test = self.test(Axis::Child)?;
                self.step(Axis::Child, test).map(Some)
            }
        }
    }

    fn step(&mut self, axis: Axis, test: Test) -> Result<Step, Syntax> {
        Ok(Step { kind: StepKind::Axis(axis, test), predicates: self.predicates()? })
    }

    fn test(&mut self, axis: Axis) -> Result<Test, Syntax> {
        match self.next() {
            Token::Symbol("*") => Ok(Test::Any),
            Token::Name(None, kind) if self.is_symbol("(") => {
                self.expect("(")?;
                self.expect(")")?;
                match kind.as_str() {
                    "text" => Ok(Test::Text),
                    "node" => Ok(Test::Node),
                    _ => Err(Syntax::new(format!("node test {kind}()"))),
                }
            }
            Token::Name(None, local) => self.name_test("", &local),
            Token::Name(Some(prefix), local) if prefix == "*" => {
                Ok(Test::Local(self.scope.names.intern_part(&local).ok_or_else(too_many)?))
            }
            Token::Name(Some(prefix), local) => {
                let namespace = self.namespace(&prefix)?.to_owned();
                if local == "*" {
                    return Ok(Test::Namespace(self.scope.names.intern_part(&namespace).ok_or_else(too_many)?));
                }
                self.name_test(&namespace, &local)
            }
            other => Err(Syntax::new(format!("{other:?} after {axis:?}"))),
        }
    }

    fn name_test(&mut self, namespace: &str, local: &str) -> Result<Test, Syntax> {
        self.scope.names.intern(namespace, local).map(Test::Name).ok_or_else(too_many)
    }

    fn namespace(&self, prefix: &str) -> Result<&str, Syntax> {
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

/// Primary expressions.
impl Parser<'_, '_> {
    fn primary(&mut self) -> Result<Expr, Syntax> {
        match self.next() {
            Token::Literal(value) => Ok(Expr::Literal(value.into())),
            Token::Number(digits) => {
                let value = digits.trim_end_matches('.');
                let value =
                    if let Some(rest) = value.strip_prefix('.') { format!("0.{rest}") } else { value.to_owned() };
                value.parse().map(Expr::Number).map_err(|_| Syntax::new(format!("number {digits}")))
            }
            Token::Variable(name) => self.variable(&name),
            Token::Symbol(".") => Ok(Expr::Context),
            Token::Symbol("(") => {
                if self.take(")") {
                    return Ok(Expr::Sequence(Vec::new()));
                }
                let inside = self.sequence()?;
                self.expect(")")?;
                Ok(inside)
            }
            Token::Name(prefix, local) if self.is_symbol("(") => self.call(prefix.as_deref(), &local),
            other => Err(Syntax::new(format!("{other:?} where a value was expected"))),
        }
    }

    fn variable(&self, name: &str) -> Result<Expr, Syntax> {
        if let Some((_, slot)) = self.scope.locals.iter().rev().find(|(known, _)| known == name) {
            return Ok(Expr::Local(*slot));
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

/// Tokens.
impl Parser<'_, '_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn keyword(&self) -> Option<&'static str> {
        const WORDS: [&str; 28] = [
            "if",
            "for",
            "some",
            "every",
            "then",
            "else",
            "in",
            "return",
            "satisfies",
            "or",
            "and",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "is",
            "to",
            "div",
            "mod",
            "idiv",
            "union",
            "intersect",
            "except",
            "cast",
            "castable",
            "instance",
        ];
        let Token::Name(None, name) = self.peek() else { return None };
        WORDS.into_iter().find(|word| word == name)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(None, name) if name == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Syntax> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(Syntax::new(format!("{symbol:?} was expected, not {:?}", self.peek())))
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Syntax> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(Syntax::new(format!("{word:?} was expected, not {:?}", self.peek())))
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
    Step { kind: StepKind::Axis(Axis::DescendantOrSelf, Test::Node), predicates: Vec::new() }
}

/// With `path = 'A'` and `path = ('A', 'B')` as what they are: a look at a set.
fn general_comparison(relation: Relation, left: Expr, right: Expr) -> Expr {
    let literals = match &right {
        Expr::Literal(value) => Some(HashSet::from([value.to_string()])),
        Expr::Sequence(all) if !all.is_empty() => all
            .iter()
            .map(|expr| if let Expr::Literal(value) = expr { Some(value.to_string()) } else { None })
            .collect::<Option<HashSet<_>>>(),
        _ => None,
    };
    match literals {
        Some(set) if relation == Relation::Eq && matches!(left, Expr::Path(_) | Expr::Context) => {
            Expr::AnyOf(Box::new(left), Arc::new(set))
        }
        _ => Expr::General(relation, Box::new(left), Box::new(right)),
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
    if matching != Matching::Matches && regex.is_match("") {
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
    let members: HashSet<String> = list.split(' ').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    spaced.then(|| Expr::InList(list.clone(), Arc::new(members), Box::new(value.clone())))
}
