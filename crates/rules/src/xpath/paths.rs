//! What can be known of a path before it is walked.

use super::expr::{Axis, Expr, Path, Predicate, Start, Step, StepKind, Test};
use super::names::NameId;

/// A path, with `//x` as one step where that is the same, and with what its walk guarantees.
pub(crate) fn path(start: Start, steps: Vec<Step>) -> Expr {
    let (start, steps) = from_context(start, merged(steps));
    let (distinct, ordered) = guarantees(&start, &steps);
    let (needed, needed_attributes) = needed(&start, &steps);
    Expr::Path(Path { start, steps, distinct, ordered, needed, needed_attributes, keyed: None })
}

/// `(a|b)/c` begins at the context as `./(a|b)/c` does.
fn from_context(start: Start, mut steps: Vec<Step>) -> (Start, Vec<Step>) {
    match start {
        Start::Expr(expr) if is_plain_union(&expr) => {
            steps.insert(0, Step::new(StepKind::Nodes(expr), Vec::new()));
            (Start::Context, steps)
        }
        other => (other, steps),
    }
}

/// Whether an expression is a union of paths from the context that ask for nothing but names: it is never in error.
fn is_plain_union(expr: &Expr) -> bool {
    let plain_step = |step: &Step| matches!(step.kind, StepKind::Axis(..)) && step.predicates.is_empty();
    let plain = |part: &Expr| match part {
        Expr::Path(Path { start: Start::Context, steps, .. }) => steps.iter().all(plain_step),
        _ => false,
    };
    matches!(expr, Expr::Union(parts) if parts.iter().all(plain))
}

fn needed(start: &Start, steps: &[Step]) -> (Vec<NameId>, Vec<NameId>) {
    let (mut names, mut attributes) = (Vec::new(), Vec::new());
    if matches!(start, Start::Expr(_)) {
        return (names, attributes);
    }
    for step in steps {
        match step.kind {
            StepKind::Axis(Axis::Attribute, Test::Name(id)) => attributes.push(id),
            StepKind::Axis(_, Test::Name(id)) => names.push(id),
            StepKind::Axis(..) => {}
            StepKind::Nodes(ref expr) if is_plain_union(expr) => {}
            StepKind::Nodes(_) => break,
        }
        if !step.predicates.is_empty() {
            break;
        }
    }
    (names, attributes)
}

/// `descendant-or-self::node()/child::x` is `descendant::x`, unless positions count.
fn merged(steps: Vec<Step>) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::with_capacity(steps.len());
    for mut step in steps {
        let positional = step.positional;
        let after_any = all.last().is_some_and(|before| {
            matches!(before.kind, StepKind::Axis(Axis::DescendantOrSelf, Test::Node)) && before.predicates.is_empty()
        });
        if let StepKind::Axis(axis @ Axis::Child, _) = &mut step.kind
            && after_any
            && !positional
        {
            *axis = Axis::Descendant;
            all.pop();
        }
        if after_any && !positional && below_any(&mut step) {
            all.pop();
        }
        all.push(step);
    }
    all
}

/// `descendant-or-self::node()/(a|b)` is `(descendant::a|descendant::b)`. False where the step is something else.
fn below_any(step: &mut Step) -> bool {
    let StepKind::Nodes(expr) = &mut step.kind else { return false };
    let Expr::Union(parts) = &mut **expr else { return false };
    let child = |part: &Expr| match part {
        Expr::Path(Path { start: Start::Context, steps, .. }) => {
            matches!(&steps[..], [Step { kind: StepKind::Axis(Axis::Child, _), positional: false, .. }])
        }
        _ => false,
    };
    if !parts.iter().all(child) {
        return false;
    }
    for part in parts {
        if let Expr::Path(Path { steps, .. }) = part
            && let StepKind::Axis(axis, _) = &mut steps[0].kind
        {
            *axis = Axis::Descendant;
        }
    }
    true
}

/// Whether a walk gives every node once, and in document order.
fn guarantees(start: &Start, steps: &[Step]) -> (bool, bool) {
    if steps.is_empty() {
        return (true, true);
    }
    // Any number of nodes may come out of an expression; the context and the root are one.
    let (mut distinct, mut ordered, mut apart, mut single) = match start {
        Start::Context | Start::Root => (true, true, true, true),
        Start::Expr(_) => (true, true, false, false),
    };
    for step in steps {
        let StepKind::Axis(axis, _) = step.kind else {
            (distinct, ordered, apart) = (single, single, false);
            single = false;
            continue;
        };
        match axis {
            Axis::Child => ordered = ordered && apart,
            Axis::Attribute | Axis::SelfNode => {}
            Axis::Descendant | Axis::DescendantOrSelf => {
                (distinct, ordered) = (distinct && apart, ordered && apart);
                apart = false;
            }
            Axis::Parent => (distinct, ordered, apart) = (single, single, single),
            _ => (distinct, ordered, apart) = (single, single && reverse_is_sorted(axis), false),
        }
        single = single && matches!(axis, Axis::Parent | Axis::SelfNode);
    }
    (distinct, ordered)
}

const fn reverse_is_sorted(axis: Axis) -> bool {
    matches!(axis, Axis::Following | Axis::FollowingSibling)
}

/// Whether an expression gives nodes and nothing else.
pub(crate) fn gives_nodes(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Union(_) | Expr::Context => true,
        Expr::Filter(base, _) | Expr::Memo(_, base) => gives_nodes(base),
        _ => false,
    }
}

/// Whether a predicate with that expression may select by position.
pub(crate) fn may_be_number(expr: &Expr) -> bool {
    match expr {
        Expr::Or(_)
        | Expr::And(_)
        | Expr::General(..)
        | Expr::Value(..)
        | Expr::AnyOf(..)
        | Expr::Quantified(..)
        | Expr::Literal(_)
        | Expr::InList(..)
        | Expr::OneWord(..)
        | Expr::InCodes(..)
        | Expr::Matching(..)
        | Expr::Context => false,
        Expr::Call(function, _) => !function.never_number(),
        Expr::Memo(_, inner) | Expr::Kept(_, inner) => may_be_number(inner),
        Expr::Map(_, each) | Expr::For(_, _, each) => may_be_number(each),
        Expr::If(_, yes, no) => may_be_number(yes) || may_be_number(no),
        Expr::Near(..) => false,
        other => !gives_nodes(other),
    }
}

/// Whether any of them selects by position.
pub(crate) fn positional(predicates: &[Predicate]) -> bool {
    predicates.iter().any(|predicate| predicate.positional)
}
