//! Contexts of rules: whether a node is one that they speak of.

use super::index::Place;
use super::{Evaluator, Focus, Outcome};
use crate::xpath::pattern::{Alternative, Link};

impl<'d> Evaluator<'d> {
    /// Whether the document lacks a name that a context mentions.
    pub(crate) fn lacks_any(&self, alternative: &Alternative) -> bool {
        alternative.needed.iter().any(|&id| self.index.lacks(id))
    }

    /// Whether a context can fit an element of that name: what it asks of the name alone.
    pub(crate) fn may_have_that_name(
        &self,
        alternative: &'d Alternative,
        example: Place,
        focus: Focus<'_, 'd>,
    ) -> Outcome<bool> {
        alternative.links.last().map_or(Ok(true), |last| self.keeps(&last.named, example, focus))
    }

    /// Whether a node is what a context asks for. An error in a predicate means that it is not.
    ///
    /// What it asks of the name of an element has been asked by [`Self::may_have_that_name`].
    pub(crate) fn matches(&self, alternative: &'d Alternative, place: Place, focus: Focus<'_, 'd>) -> bool {
        if alternative.direct {
            return place.attribute == 0 && place.index().is_some_and(|index| self.fits(alternative, index, focus));
        }
        match alternative.links.split_last() {
            None => alternative.rooted && place == Place::DOCUMENT,
            Some((last, before)) => {
                self.link(last, place, focus) && self.reaches(alternative, before, last.loose, place, focus)
            }
        }
    }

    /// The same for a context that says what each element going up must be: names first, they cost nothing.
    fn fits(&self, alternative: &'d Alternative, index: u32, focus: Focus<'_, 'd>) -> bool {
        let mut next = Some(index);
        for link in alternative.links.iter().rev() {
            let Some(at) = next.filter(|&at| self.index.passes(at, link.test)) else { return false };
            next = self.index.parent_element(at);
        }
        let loose = alternative.links.first().is_none_or(|first| first.loose);
        if alternative.rooted && !loose && next.is_some() {
            return false;
        }
        let mut next = Some(index);
        for link in alternative.links.iter().rev() {
            let Some(at) = next else { return false };
            if !link.predicates.is_empty() && !self.keeps_or_not(&link.predicates, Place::of(at), focus) {
                return false;
            }
            next = self.index.parent_element(at);
        }
        true
    }

    fn keeps_or_not(
        &self,
        predicates: &'d [crate::xpath::expr::Predicate],
        place: Place,
        focus: Focus<'_, 'd>,
    ) -> bool {
        self.keeps(predicates, place, focus).unwrap_or(false)
    }

    fn link(&self, link: &'d Link, place: Place, focus: Focus<'_, 'd>) -> bool {
        let Some(index) = place.index() else { return false };
        let passes = if link.attribute {
            let number = (place.attribute as usize).checked_sub(1);
            let attribute = number.and_then(|number| self.index.element_at(index).attributes().nth(number));
            attribute.is_some_and(|attribute| self.index.attribute_passes(attribute.name_number(), link.test))
        } else {
            place.attribute == 0 && self.index.passes(index, link.test)
        };
        passes && self.keeps_or_not(&link.predicates, place, focus)
    }

    /// Whether what is around the node is what the links before ask for.
    fn reaches(
        &self,
        alternative: &Alternative,
        before: &'d [Link],
        loose: bool,
        place: Place,
        focus: Focus<'_, 'd>,
    ) -> bool {
        let Some((link, further)) = before.split_last() else {
            return !alternative.rooted || loose || self.index.parent(place) == Some(Place::DOCUMENT);
        };
        let mut next = self.index.parent(place);
        while let Some(around) = next {
            if self.link(link, around, focus) && self.reaches(alternative, further, link.loose, around, focus) {
                return true;
            }
            next = if loose { self.index.parent(around) } else { None };
        }
        false
    }
}
