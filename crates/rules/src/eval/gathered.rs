//! Values gathered once for a document; see [`crate::xpath::keys`].

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::Evaluator;
use super::variables::Frame;
use super::{Focus, Outcome};
use crate::xpath::expr::Keyed;

/// The most different values that are kept: codes have few, and what has more is not looked for here.
const MOST: usize = 64;

/// What is known of the values that paths ask for.
#[derive(Debug, Clone)]
pub(super) enum Gathered {
    Unknown,
    /// They are being gathered, could not be, or are too many: every path is walked.
    Walk,
    Known(Rc<[String]>),
}

impl<'d> Evaluator<'d> {
    /// Whether no node has a value that a path asks for.
    pub(super) fn has_none(&self, keyed: &Keyed) -> bool {
        let known = match &self.gathered.borrow()[keyed.values] {
            Gathered::Unknown => None,
            Gathered::Walk => return false,
            Gathered::Known(values) => Some(Rc::clone(values)),
        };
        let values = match known {
            Some(values) => values,
            None => {
                self.gathered.borrow_mut()[keyed.values] = Gathered::Walk;
                let Ok(Some(values)) = self.gather(keyed.values) else { return false };
                self.gathered.borrow_mut()[keyed.values] = Gathered::Known(Rc::clone(&values));
                values
            }
        };
        !values.iter().any(|value| keyed.wanted.contains(value))
    }

    fn gather(&self, number: usize) -> Outcome<Option<Rc<[String]>>> {
        let wanted = &self.values[number];
        let frame = Frame::new(0, &[], 0, None);
        let focus = Focus { place: None, frame: &frame };
        let found: RefCell<Vec<String>> = RefCell::default();
        let take = |text: &str| {
            let mut found = found.borrow_mut();
            if !found.iter().any(|known| known == text) && found.len() <= MOST {
                found.push(text.to_owned());
            }
            false
        };
        let _ = self.walk(&wanted.path, focus, &mut |place| {
            self.any_of(&wanted.value, Focus { place: Some(place), ..focus }, take)?;
            let enough = found.borrow().len() > MOST;
            Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let found = found.into_inner();
        Ok((found.len() <= MOST).then(|| found.into()))
    }
}
