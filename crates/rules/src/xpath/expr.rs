//! The expression tree.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex::Regex;
use rust_decimal::Decimal;

use super::names::NameId;
use crate::hash::Members;

/// An expression, compiled.
#[derive(Debug, Clone, Hash)]
pub(crate) enum Expr {
    Literal(Arc<str>),
    Number(Decimal),
    Sequence(Vec<Expr>),
    Or(Vec<Expr>),
    And(Vec<Expr>),
    /// General comparison: true if any pair of items compares so.
    General(Relation, Box<Expr>, Box<Expr>),
    /// Value comparison: of two single items.
    Value(Relation, Box<Expr>, Box<Expr>),
    /// `path = ('A', 'B')`: strings only.
    AnyOf(Box<Expr>, Members),
    Arithmetic(Operation, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Union(Vec<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    For(Slot, Box<Expr>, Box<Expr>),
    /// `every` if true, else `some`.
    Quantified(bool, Slot, Box<Expr>, Box<Expr>),
    Local(Slot),
    Global(usize),
    Context,
    Path(Path),
    /// A primary expression with predicates.
    Filter(Box<Expr>, Vec<Predicate>),
    /// An expression evaluated for every node of a path, giving values.
    Map(Path, Box<Expr>),
    Call(Function, Vec<Expr>),
    Matching(Matching, Box<Expr>, Pattern, Arc<str>),
    User(usize, Vec<Expr>),
    Cast(AtomicType, bool, Box<Expr>),
    /// `contains(' A B ', concat(' ', x, ' '))`: the list as written, its members, x.
    InList(Arc<str>, Members, Box<Expr>),
    /// `not(contains(x, ' ')) and contains(' A B ', concat(' ', x, ' '))`: the same of one word.
    OneWord(Arc<str>, Members, Box<Expr>),
    /// Whether any value is in a code list; stands only where a condition stands.
    InCodes(Members, Box<Expr>),
    /// Depends on nothing but the document: evaluated once.
    Memo(usize, Box<Expr>),
    /// A condition that depends on nothing but the node it is asked of: evaluated once for each.
    Near(usize, Box<Expr>),
    /// A value that depends on nothing but the node it is asked of: kept until it is asked of another.
    Kept(usize, Box<Expr>),
}

/// A regular expression, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(pub(crate) Regex);

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

/// Number of a variable in its frame.
pub(crate) type Slot = usize;

/// A path from somewhere.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Path {
    pub(crate) start: Start,
    pub(crate) steps: Vec<Step>,
    /// Whether walking it gives every node once.
    pub(crate) distinct: bool,
    /// Whether walking it gives nodes in document order.
    pub(crate) ordered: bool,
    /// Names of elements without which the path leads nowhere, as far as nothing before them could be in error.
    pub(crate) needed: Vec<NameId>,
    /// The same of attributes.
    pub(crate) needed_attributes: Vec<NameId>,
    /// What some node on its way must have for a value.
    pub(crate) keyed: Option<Keyed>,
}

/// `//x[y = 'A']`: the values of `y` at every `//x`, of which one must be `A` for the path to lead anywhere.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Keyed {
    /// Number of the values in the rule set.
    pub(crate) values: usize,
    /// Any of these will do.
    pub(crate) wanted: Members,
}

/// Where a path starts.
#[derive(Debug, Clone, Hash)]
pub(crate) enum Start {
    Context,
    Root,
    Expr(Box<Expr>),
}

/// One step.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    pub(crate) predicates: Vec<Predicate>,
    /// Whether any of its predicates selects by position.
    pub(crate) positional: bool,
}

impl Step {
    pub(crate) fn new(kind: StepKind, predicates: Vec<Predicate>) -> Self {
        let positional = predicates.iter().any(|predicate| predicate.positional);
        Self { kind, predicates, positional }
    }
}

/// What a step does.
#[derive(Debug, Clone, Hash)]
pub(crate) enum StepKind {
    Axis(Axis, Test),
    /// Nodes computed for each node before.
    Nodes(Box<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Axis {
    Child,
    Attribute,
    SelfNode,
    Parent,
    Descendant,
    DescendantOrSelf,
    Ancestor,
    AncestorOrSelf,
    Preceding,
    PrecedingSibling,
    Following,
    FollowingSibling,
}

/// What a node must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    /// `node()`.
    Node,
    /// `text()`.
    Text,
    /// `*`.
    Any,
    /// `cbc:ID`.
    Name(NameId),
    /// `ram:*`.
    Namespace(u16),
    /// `*:ID`.
    Local(u16),
}

/// A predicate.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Predicate {
    pub(crate) expr: Expr,
    /// Whether its value may be a number, which is then a position.
    pub(crate) positional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Relation {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Mod,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AtomicType {
    Boolean,
    Date,
    Decimal,
    Double,
    Integer,
    String,
}

/// `matches`, `replace` and `tokenize` with a pattern known at load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Matching {
    Matches,
    Replace,
    Tokenize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Abs,
    Concat,
    Contains,
    Count,
    DistinctValues,
    Empty,
    EndsWith,
    Exists,
    False,
    LocalName,
    Name,
    NamespaceUri,
    NormalizeSpace,
    Not,
    Number,
    Round,
    StartsWith,
    String,
    StringJoin,
    StringLength,
    Substring,
    SubstringAfter,
    SubstringBefore,
    Sum,
    Translate,
    True,
    UpperCase,
    LowerCase,
    Boolean,
    Floor,
    Ceiling,
    Document,
}

impl Function {
    /// The function of that name and how few and many arguments it takes.
    pub(crate) fn find(name: &str) -> Option<(Self, usize, usize)> {
        Some(match name {
            "abs" => (Self::Abs, 1, 1),
            "concat" => (Self::Concat, 2, usize::MAX),
            "contains" => (Self::Contains, 2, 2),
            "count" => (Self::Count, 1, 1),
            "distinct-values" => (Self::DistinctValues, 1, 1),
            "empty" => (Self::Empty, 1, 1),
            "ends-with" => (Self::EndsWith, 2, 2),
            "exists" => (Self::Exists, 1, 1),
            "false" => (Self::False, 0, 0),
            "local-name" => (Self::LocalName, 0, 1),
            "name" => (Self::Name, 0, 1),
            "namespace-uri" => (Self::NamespaceUri, 0, 1),
            "normalize-space" => (Self::NormalizeSpace, 0, 1),
            "not" => (Self::Not, 1, 1),
            "number" => (Self::Number, 0, 1),
            "round" => (Self::Round, 1, 1),
            "starts-with" => (Self::StartsWith, 2, 2),
            "string" => (Self::String, 0, 1),
            "string-join" => (Self::StringJoin, 1, 2),
            "string-length" => (Self::StringLength, 0, 1),
            "substring" => (Self::Substring, 2, 3),
            "substring-after" => (Self::SubstringAfter, 2, 2),
            "substring-before" => (Self::SubstringBefore, 2, 2),
            "sum" => (Self::Sum, 1, 1),
            "translate" => (Self::Translate, 3, 3),
            "true" => (Self::True, 0, 0),
            "upper-case" => (Self::UpperCase, 1, 1),
            "lower-case" => (Self::LowerCase, 1, 1),
            "boolean" => (Self::Boolean, 1, 1),
            "floor" => (Self::Floor, 1, 1),
            "ceiling" => (Self::Ceiling, 1, 1),
            "document" => (Self::Document, 1, 1),
            _ => return None,
        })
    }

    /// Whether it takes the context item where its argument is left out.
    pub(crate) const fn takes_context(self) -> bool {
        matches!(
            self,
            Self::LocalName
                | Self::Name
                | Self::NamespaceUri
                | Self::NormalizeSpace
                | Self::Number
                | Self::String
                | Self::StringLength
        )
    }

    /// Whether its value is never a number.
    pub(crate) const fn never_number(self) -> bool {
        !matches!(
            self,
            Self::Abs
                | Self::Count
                | Self::DistinctValues
                | Self::Number
                | Self::Round
                | Self::StringLength
                | Self::Sum
                | Self::Floor
                | Self::Ceiling
        )
    }
}

impl AtomicType {
    pub(crate) fn find(local: &str) -> Option<Self> {
        Some(match local {
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "decimal" => Self::Decimal,
            "double" => Self::Double,
            "integer" => Self::Integer,
            "string" => Self::String,
            _ => return None,
        })
    }
}
