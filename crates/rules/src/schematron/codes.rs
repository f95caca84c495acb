//! Code lists kept in documents beside the rules.

use std::cell::RefCell;
use std::collections::HashMap;

use facteur_xml::{Document, Limits};
use rust_decimal::Decimal;

use crate::hash::Members;

type Lists = HashMap<Decimal, Members>;

/// The code lists of an artefact, read when first named.
pub(crate) struct Codes<'r> {
    resolve: &'r dyn Fn(&str) -> Option<Vec<u8>>,
    files: RefCell<HashMap<String, Lists>>,
}

impl<'r> Codes<'r> {
    pub(crate) fn new(resolve: &'r dyn Fn(&str) -> Option<Vec<u8>>) -> Self {
        Self { resolve, files: RefCell::default() }
    }

    /// The members of a list.
    pub(crate) fn list(&self, file: &str, number: &Decimal) -> Option<Members> {
        if !self.files.borrow().contains_key(file) {
            let lists = read(&(self.resolve)(file)?)?;
            self.files.borrow_mut().insert(file.to_owned(), lists);
        }
        self.files.borrow().get(file)?.get(number).cloned()
    }
}

fn read(bytes: &[u8]) -> Option<Lists> {
    let limits = Limits { max_nodes: 8_000_000, ..Limits::default() };
    let document = Document::parse(bytes, &limits).ok()?;
    let root = document.root();
    let mut lists: HashMap<Decimal, Vec<Box<str>>> = HashMap::new();
    for list in root.children_named("cl").filter(|_| root.is("", "codedb")) {
        let number = list.attribute("id")?.trim().parse().ok()?;
        let values = list.children_named("enumeration").filter_map(|entry| entry.attribute("value"));
        lists.entry(number).or_default().extend(values.map(Box::from));
    }
    Some(lists.into_iter().map(|(number, members)| (number, members.into_iter().collect())).collect())
}
