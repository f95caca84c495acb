//! The names that a rule set asks for, as numbers.

use crate::hash::Table;

/// Number of an element or attribute name in a rule set; 0 is every name that no rule mentions.
pub(crate) type NameId = u16;

/// The expanded names of a rule set, each once.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    numbers: Table<String, Table<String, NameId>>,
    count: NameId,
    strings: Table<String, u16>,
}

/// What rules mention of one namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfNamespace<'t> {
    names: Option<&'t Table<String, NameId>>,
    /// Its number, 0 if no wildcard mentions it.
    pub(crate) part: u16,
}

impl OfNamespace<'_> {
    /// The number of a name of this namespace, 0 if no rule mentions it.
    pub(crate) fn find(&self, local: &str) -> NameId {
        self.names.and_then(|names| names.get(local)).copied().unwrap_or(0)
    }
}

impl NameTable {
    /// The number of an expanded name; `None` beyond what a rule set may mention.
    pub(crate) fn intern(&mut self, namespace: &str, local: &str) -> Option<NameId> {
        if let Some(id) = self.numbers.get(namespace).and_then(|names| names.get(local)) {
            return Some(*id);
        }
        self.count = self.count.checked_add(1).filter(|&id| id < NameId::MAX)?;
        self.numbers.entry(namespace.to_owned()).or_default().insert(local.to_owned(), self.count);
        Some(self.count)
    }

    /// The number of a namespace or local name in a wildcard test.
    pub(crate) fn intern_part(&mut self, part: &str) -> Option<u16> {
        let next = u16::try_from(self.strings.len() + 1).ok()?;
        Some(*self.strings.entry(part.to_owned()).or_insert(next))
    }

    /// What rules mention of a namespace.
    pub(crate) fn of_namespace(&self, namespace: &str) -> OfNamespace<'_> {
        OfNamespace { names: self.numbers.get(namespace), part: self.find_part(namespace) }
    }

    /// The number of a namespace or local name, 0 if no wildcard mentions it.
    pub(crate) fn find_part(&self, part: &str) -> u16 {
        if self.strings.is_empty() {
            return 0;
        }
        self.strings.get(part).copied().unwrap_or(0)
    }

    /// How many names there are, with 0.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.count) + 1
    }
}
