//! Other invoices that look like this one: those of the store, and those written in the same order before it.

use std::collections::HashMap;

use facteur_model::lifecycle::State;

use crate::change::Process;

/// Another invoice.
#[derive(Debug, Clone)]
pub(super) struct Other {
    pub(super) id: String,
    pub(super) number: Option<String>,
    pub(super) received_at: i64,
}

impl Other {
    pub(super) fn number_or_id(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.id)
    }

    /// The one that came in first.
    fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)))
    }
}

type Key<'a> = (&'a str, &'a str, &'a str, i64);
type Total<'a> = (&'a str, &'a str, &'a str);

/// What was processed before in the same order, by duplicate key and by total.
#[derive(Default)]
pub(super) struct Doubles<'a> {
    keys: HashMap<Key<'a>, Other>,
    totals: HashMap<Total<'a>, Vec<(&'a str, Other)>>,
}

fn key<'a>(siren: &'a str, new: &'a Process) -> Option<Key<'a>> {
    let identity = &new.identity;
    Some((siren, identity.supplier_siren.as_deref()?, identity.number.as_deref()?, identity.issue_year()?))
}

fn total<'a>(siren: &'a str, new: &'a Process) -> Option<Total<'a>> {
    Some((siren, new.identity.supplier_siren.as_deref()?, new.identity.total.as_deref()?))
}

impl<'a> Doubles<'a> {
    /// The first invoice with the same duplicate key; `stored` is that of the store.
    pub(super) fn same_key(&self, siren: &str, new: &Process, stored: Option<Other>) -> Option<Other> {
        Other::first(stored, key(siren, new).and_then(|key| self.keys.get(&key).cloned()))
    }

    /// The first invoice of the same supplier with the same total, issued within the window.
    pub(super) fn same_total(&self, siren: &str, new: &Process, stored: Option<Other>) -> Option<Other> {
        let window = new.probable.as_ref()?;
        let within = window.from.as_str()..=window.until.as_str();
        let alike = total(siren, new).and_then(|total| self.totals.get(&total));
        let alike = alike.into_iter().flatten().filter(|(issued, _)| within.contains(issued));
        alike.fold(stored, |first, (_, other)| Other::first(first, Some(other.clone())))
    }

    /// An invoice has been processed; those after it may be its doubles.
    pub(super) fn remember(&mut self, siren: &'a str, new: &'a Process, state: State, received_at: i64) {
        if matches!(state, State::Abandoned | State::Duplicate) {
            return;
        }
        let other = Other { id: new.id.clone(), number: new.identity.number.clone(), received_at };
        if let (Some(total), Some(issued)) = (total(siren, new), new.identity.issued.as_deref()) {
            self.totals.entry(total).or_default().push((issued, other.clone()));
        }
        if let Some(key) = key(siren, new).filter(|_| !new.identity.key_exempt) {
            let first = Other::first(self.keys.remove(&key), Some(other));
            self.keys.extend(first.map(|first| (key, first)));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::change::{Identity, ProbableDouble};

    use super::*;

    const OWN: &str = "404833048";

    fn invoice(id: &str, number: &str, key_exempt: bool) -> Process {
        Process {
            draft: None,
            id: id.into(),
            events: vec![],
            identity: Identity {
                number: Some(number.into()),
                issued: Some("2026-03-05".into()),
                supplier_siren: Some("732829320".into()),
                total: Some("12.50".into()),
                key_exempt,
                ..Identity::default()
            },
            documents: vec![],
            embedded: None,
            transmitted: None,
            seal: None,
            verdict: String::new(),
            layers: String::new(),
            packs: String::new(),
            findings: vec![],
            reason: None,
            key_guard: None,
            probable: Some(ProbableDouble {
                from: "2026-03-01".into(),
                until: "2026-03-05".into(),
                finding: String::new(),
            }),
            retention_end: None,
            at: facteur_model::clock::Timestamp(0),
            actor: String::new(),
        }
    }

    #[test]
    fn the_first_that_came_in_is_the_one_that_counts() {
        let (late, early, exempt) = (invoice("b", "1", false), invoice("a", "1", false), invoice("0", "1", true));
        let mut doubles = Doubles::default();
        doubles.remember(OWN, &late, State::Queued, 20);
        doubles.remember(OWN, &early, State::Held, 10);
        doubles.remember(OWN, &exempt, State::Queued, 5);
        let new = invoice("c", "1", false);
        assert_eq!(doubles.same_key(OWN, &new, None).unwrap().id, "a");
        assert_eq!(
            doubles.same_total(OWN, &new, None).unwrap().id,
            "0",
            "an exempt one may still be a probable double"
        );
        let stored = Other { id: "s".into(), number: None, received_at: 1 };
        assert_eq!(doubles.same_key(OWN, &new, Some(stored.clone())).unwrap().id, "s");
        assert_eq!(doubles.same_total(OWN, &new, Some(stored)).unwrap().id, "s");
        assert!(doubles.same_key("another", &new, None).is_none());
    }

    #[test]
    fn what_is_out_of_the_window_or_given_up_is_no_double() {
        let mut doubles = Doubles::default();
        let mut other = invoice("a", "1", false);
        other.identity.issued = Some("2026-03-06".into());
        doubles.remember(OWN, &other, State::Queued, 10);
        let new = invoice("b", "2", false);
        assert!(doubles.same_total(OWN, &new, None).is_none(), "issued a day too late");
        let given_up = invoice("c", "2", false);
        doubles.remember(OWN, &given_up, State::Abandoned, 1);
        assert!(doubles.same_key(OWN, &new, None).is_none());
        assert!(doubles.same_total(OWN, &new, None).is_none());
    }
}
