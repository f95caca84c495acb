//! A document as the rules see it: names by the numbers of the rule set, and elements by name.

use std::slice;

use facteur_xml::{Document, Node, NodeId};

use crate::xpath::expr::Test;
use crate::xpath::names::{NameId, NameTable, OfNamespace};

/// A place in a document, in document order: the document itself, an element or text, an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    /// 0 is the document; otherwise the number of the node plus 1.
    pub(crate) node: u32,
    /// 0 is the node itself; otherwise the number of its attribute plus 1.
    pub(crate) attribute: u32,
}

impl Place {
    pub(crate) const DOCUMENT: Self = Self { node: 0, attribute: 0 };

    pub(crate) const fn of(index: u32) -> Self {
        Self { node: index + 1, attribute: 0 }
    }

    /// The number of its node in the tree, where it is not the document.
    pub(crate) const fn index(self) -> Option<u32> {
        self.node.checked_sub(1)
    }
}

/// What a text has for a name.
const TEXT: u32 = u32::MAX;
/// No element.
const NONE: u32 = u32::MAX;

/// One element or text.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Number of the name in the document, or [`TEXT`].
    name: u32,
    /// After the last node inside it.
    end: u32,
    /// The place around it, as in [`Place::node`].
    parent: u32,
    /// The first element right below it.
    first: u32,
    /// The next element beside it.
    next: u32,
}

/// A name of the document.
#[derive(Debug, Clone, Copy)]
struct Names {
    known: bool,
    id: NameId,
    namespace: u16,
    local: u16,
    /// The first element that has it.
    example: u32,
}

/// The index of one document for one rule set.
pub(crate) struct Index<'d> {
    pub(crate) document: &'d Document,
    entries: Vec<Entry>,
    ids: Vec<NameId>,
    names: Vec<Names>,
    /// Elements by name of the rule set: where each name's begin in `listed`.
    starts: Vec<u32>,
    listed: Vec<u32>,
    /// For each name of the rule set, whether an attribute has it.
    attributes: Vec<bool>,
    /// The elements that have attributes.
    with_attributes: Vec<u32>,
}

impl<'d> Index<'d> {
    pub(crate) fn new(document: &'d Document, table: &NameTable) -> Self {
        let count = document.len();
        let text = |at| Entry { name: TEXT, end: at + 1, parent: 0, first: NONE, next: NONE };
        let unknown = Names { known: false, id: 0, namespace: 0, local: 0, example: NONE };
        let mut index = Self {
            document,
            entries: (0..u32::try_from(count).unwrap_or(u32::MAX)).map(text).collect(),
            ids: vec![0; count],
            names: vec![unknown; document.name_count()],
            starts: vec![0; table.len() + 1],
            listed: Vec::new(),
            attributes: vec![false; table.len()],
            with_attributes: Vec::new(),
        };
        let root = document.root();
        let mut names = Lookup::new(table);
        index.element(root, &mut names, &mut Vec::new());
        let mut open = vec![(0, NONE)];
        for node in root.descendants() {
            index.element(node, &mut names, &mut open);
        }
        index.list();
        index
    }

    /// Takes an element in. `open` holds the elements around it, each with the last of those right below it so far.
    fn element(&mut self, node: Node<'d>, lookup: &mut Lookup<'_, 'd>, open: &mut Vec<(u32, u32)>) {
        let at = node.id().0;
        while open.last().is_some_and(|&(around, _)| self.entries[around as usize].end <= at) {
            open.pop();
        }
        let mut parent = 0;
        if let Some((around, last)) = open.last_mut() {
            parent = *around + 1;
            match *last {
                NONE => self.entries[*around as usize].first = at,
                last => self.entries[last as usize].next = at,
            }
            *last = at;
        }
        let number = node.name_number();
        let end = node.subtree_end().0;
        self.entries[at as usize] = Entry { name: number, end, parent, first: NONE, next: NONE };
        if end > at + 1 {
            open.push((at, NONE));
        }
        let names = &mut self.names[number as usize];
        if !names.known {
            *names = lookup.names(node.namespace(), node.name());
        }
        if names.example == NONE {
            names.example = at;
        }
        self.ids[at as usize] = names.id;
        self.starts[usize::from(names.id) + 1] += 1;
        for attribute in node.attributes() {
            let names = &mut self.names[attribute.name_number() as usize];
            if !names.known {
                *names = lookup.names(attribute.namespace(), attribute.name());
            }
            self.attributes[usize::from(names.id)] = true;
        }
        if node.attributes().next().is_some() {
            self.with_attributes.push(at);
        }
    }

    /// Turns counts into beginnings, then lists the elements of each name in document order.
    fn list(&mut self) {
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        self.listed = vec![0; total as usize];
        let mut next: Vec<u32> = self.starts.clone();
        for (at, entry) in (0..).zip(&self.entries) {
            if entry.name != TEXT {
                let slot = &mut next[usize::from(self.ids[at as usize])];
                self.listed[*slot as usize] = at;
                *slot += 1;
            }
        }
    }

    /// How many elements and texts there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_text(&self, index: u32) -> bool {
        self.entries[index as usize].name == TEXT
    }

    /// The name of an element in the rule set.
    pub(crate) fn id(&self, index: u32) -> NameId {
        self.ids[index as usize]
    }

    /// The number of the name of an element in the document.
    pub(crate) fn name(&self, index: u32) -> usize {
        self.entries[index as usize].name as usize
    }

    /// For each name of the document, its number in the rule set and the first element that has it, if any.
    pub(crate) fn names(&self) -> impl Iterator<Item = (NameId, Option<u32>)> + '_ {
        self.names.iter().map(|names| (names.id, (names.example != NONE).then_some(names.example)))
    }

    /// After the last node inside it.
    pub(crate) fn end(&self, index: u32) -> u32 {
        self.entries[index as usize].end
    }

    /// Whether the document has no element of that name.
    pub(crate) fn lacks(&self, id: NameId) -> bool {
        self.starts[usize::from(id)] == self.starts[usize::from(id) + 1]
    }

    /// Whether the document has no attribute of that name.
    pub(crate) fn lacks_attribute(&self, id: NameId) -> bool {
        !self.attributes[usize::from(id)]
    }

    /// The elements that have attributes, in document order.
    pub(crate) fn with_attributes(&self) -> &[u32] {
        &self.with_attributes
    }

    /// The attribute of that name of an element.
    pub(crate) fn attribute_named(&self, place: Place, id: NameId) -> Option<Place> {
        let index = place.index().filter(|&index| place.attribute == 0 && !self.is_text(index))?;
        let mut attributes = (1..).zip(self.element_at(index).attributes());
        let found = attributes.find(|(_, attribute)| self.names[attribute.name_number() as usize].id == id);
        found.map(|(number, _)| Place { node: place.node, attribute: number })
    }

    /// Every element of that name, in document order.
    pub(crate) fn all(&self, id: NameId) -> &[u32] {
        &self.listed[self.starts[usize::from(id)] as usize..self.starts[usize::from(id) + 1] as usize]
    }

    /// The elements right below a place.
    pub(crate) fn children(&self, place: Place) -> Beside<'_> {
        let first = match place.index() {
            None => 0,
            Some(_) if place.attribute != 0 => NONE,
            Some(index) => self.entries[index as usize].first,
        };
        Beside { entries: &self.entries, next: first }
    }

    /// The elements of that name right below a place.
    pub(crate) fn children_named(&self, place: Place, id: NameId) -> ChildrenNamed<'_> {
        // Where there are only a few of that name, going through them is cheaper than through all children.
        const FEW: usize = 4;
        let all = self.all(id);
        let few = if all.len() <= FEW && place.attribute == 0 { all } else { &[] };
        let mut beside = self.children(place);
        if all.len() <= FEW {
            beside.next = NONE;
        }
        ChildrenNamed { index: self, id, parent: place.node, few: few.iter(), beside }
    }

    /// Every element of that name inside `from..to`, in document order.
    pub(crate) fn named(&self, id: NameId, from: u32, to: u32) -> &[u32] {
        let all = self.all(id);
        let first = all.partition_point(|&index| index < from);
        let last = all.partition_point(|&index| index < to);
        &all[first..last]
    }

    /// The element around another.
    pub(crate) fn parent_element(&self, index: u32) -> Option<u32> {
        self.entries[index as usize].parent.checked_sub(1)
    }

    /// The place around another; an attribute's is its element.
    pub(crate) fn parent(&self, place: Place) -> Option<Place> {
        if place.attribute != 0 {
            return Some(Place { node: place.node, attribute: 0 });
        }
        let index = place.index()?;
        if self.is_text(index) {
            return Some(self.text_parent(index));
        }
        Some(Place { node: self.entries[index as usize].parent, attribute: 0 })
    }

    /// The nearest element before a text that has not ended there.
    fn text_parent(&self, index: u32) -> Place {
        let around = (0..index).rev().find(|&before| !self.is_text(before) && self.end(before) > index);
        around.map_or(Place::DOCUMENT, Place::of)
    }

    pub(crate) fn element_at(&self, index: u32) -> Node<'d> {
        self.document.node(NodeId(index))
    }

    /// Whether an element or text passes.
    pub(crate) fn passes(&self, index: u32, test: Test) -> bool {
        let number = self.entries[index as usize].name;
        match test {
            Test::Node => true,
            Test::Text => number == TEXT,
            _ if number == TEXT => false,
            Test::Any => true,
            Test::Name(id) => self.ids[index as usize] == id,
            Test::Namespace(namespace) => self.names[number as usize].namespace == namespace,
            Test::Local(local) => self.names[number as usize].local == local,
        }
    }

    /// Whether an attribute passes.
    pub(crate) fn attribute_passes(&self, number: u32, test: Test) -> bool {
        let names = self.names[number as usize];
        match test {
            Test::Node | Test::Any => true,
            Test::Text => false,
            Test::Name(id) => names.id == id,
            Test::Namespace(namespace) => names.namespace == namespace,
            Test::Local(local) => names.local == local,
        }
    }
}

/// An element and those after it, side by side.
pub(crate) struct Beside<'i> {
    entries: &'i [Entry],
    next: u32,
}

impl Iterator for Beside<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let at = self.next;
        self.next = self.entries.get(at as usize)?.next;
        Some(at)
    }
}

/// The elements of one name right below a place.
pub(crate) struct ChildrenNamed<'i> {
    index: &'i Index<'i>,
    id: NameId,
    parent: u32,
    few: slice::Iter<'i, u32>,
    beside: Beside<'i>,
}

impl Iterator for ChildrenNamed<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (index, parent, id) = (self.index, self.parent, self.id);
        if let Some(&found) = self.few.find(|&&at| index.entries[at as usize].parent == parent) {
            return Some(found);
        }
        self.beside.find(|&at| index.ids[at as usize] == id)
    }
}

/// Looks names up. A document writes hundreds of names of few namespaces, whose addresses are long: what is known of
/// the last ones is found by where their text stands.
struct Lookup<'t, 'd> {
    table: &'t NameTable,
    recent: Vec<(&'d str, OfNamespace<'t>)>,
}

impl<'t, 'd> Lookup<'t, 'd> {
    /// Namespaces that are remembered.
    const RECENT: usize = 8;

    const fn new(table: &'t NameTable) -> Self {
        Self { table, recent: Vec::new() }
    }

    fn names(&mut self, namespace: Option<&'d str>, local: &str) -> Names {
        let namespace = namespace.unwrap_or("");
        let known = self.recent.iter().find(|(known, _)| std::ptr::eq(*known, namespace)).map(|(_, known)| *known);
        let of = known.unwrap_or_else(|| {
            let of = self.table.of_namespace(namespace);
            if self.recent.len() < Self::RECENT {
                self.recent.push((namespace, of));
            }
            of
        });
        let example = NONE;
        Names { known: true, id: of.find(local), namespace: of.part, local: self.table.find_part(local), example }
    }
}
