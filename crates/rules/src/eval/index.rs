//! A document as the rules see it: names by the numbers of the rule set, and elements by name.

use facteur_xml::{Document, Node, NodeId};

use crate::xpath::expr::Test;
use crate::xpath::names::{NameId, NameTable};

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

#[derive(Debug, Clone, Copy, Default)]
struct Names {
    known: bool,
    id: NameId,
    namespace: u16,
    local: u16,
}

/// The index of one document for one rule set.
pub(crate) struct Index<'d> {
    pub(crate) document: &'d Document,
    /// Number of the name in the document, or [`TEXT`].
    numbers: Vec<u32>,
    ids: Vec<NameId>,
    parents: Vec<u32>,
    ends: Vec<u32>,
    names: Vec<Names>,
    /// Elements by name of the rule set: where each name's begin in `listed`.
    starts: Vec<u32>,
    listed: Vec<u32>,
    /// For each name of the rule set, whether an attribute has it.
    attributes: Vec<bool>,
}

impl<'d> Index<'d> {
    pub(crate) fn new(document: &'d Document, table: &NameTable) -> Self {
        let count = document.len();
        let mut index = Self {
            document,
            numbers: vec![TEXT; count],
            ids: vec![0; count],
            parents: vec![0; count],
            ends: (1..=u32::try_from(count).unwrap_or(u32::MAX)).collect(),
            names: vec![Names::default(); document.name_count()],
            starts: vec![0; table.len() + 1],
            listed: Vec::new(),
            attributes: vec![false; table.len()],
        };
        let root = document.root();
        index.element(root, table);
        for node in root.descendants() {
            index.element(node, table);
        }
        index.list();
        index
    }

    fn element(&mut self, node: Node<'d>, table: &NameTable) {
        let at = node.id().0 as usize;
        let number = node.name_number();
        self.numbers[at] = number;
        self.parents[at] = node.parent().map_or(0, |parent| parent.id().0 + 1);
        self.ends[at] = node.subtree_end().0;
        let names = &mut self.names[number as usize];
        if !names.known {
            *names = of_name(table, node.namespace().unwrap_or(""), node.name());
        }
        self.ids[at] = names.id;
        self.starts[usize::from(names.id) + 1] += 1;
        for attribute in node.attributes() {
            let names = &mut self.names[attribute.name_number() as usize];
            if !names.known {
                *names = of_name(table, attribute.namespace().unwrap_or(""), attribute.name());
            }
            self.attributes[usize::from(names.id)] = true;
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
        for (at, &number) in self.numbers.iter().enumerate() {
            if number != TEXT {
                let slot = &mut next[usize::from(self.ids[at])];
                self.listed[*slot as usize] = u32::try_from(at).unwrap_or(u32::MAX);
                *slot += 1;
            }
        }
    }

    /// How many elements and texts there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_text(&self, index: u32) -> bool {
        self.numbers[index as usize] == TEXT
    }

    /// The name of an element in the rule set.
    pub(crate) fn id(&self, index: u32) -> NameId {
        self.ids[index as usize]
    }

    /// After the last node inside it.
    pub(crate) fn end(&self, index: u32) -> u32 {
        self.ends[index as usize]
    }

    /// Whether the document has no element of that name.
    pub(crate) fn lacks(&self, id: NameId) -> bool {
        self.starts[usize::from(id)] == self.starts[usize::from(id) + 1]
    }

    /// Whether the document has no attribute of that name.
    pub(crate) fn lacks_attribute(&self, id: NameId) -> bool {
        !self.attributes[usize::from(id)]
    }

    /// Every element of that name, where there are only a few: then going through them is cheaper than through the
    /// children of a node.
    pub(crate) fn few(&self, id: NameId) -> Option<&[u32]> {
        const FEW: usize = 6;
        let all = &self.listed[self.starts[usize::from(id)] as usize..self.starts[usize::from(id) + 1] as usize];
        (all.len() <= FEW).then_some(all)
    }

    /// Whether the element stands right below the place.
    pub(crate) fn is_child(&self, index: u32, place: Place) -> bool {
        self.parents[index as usize] == place.node
    }

    /// Every element of that name inside `from..to`, in document order.
    pub(crate) fn named(&self, id: NameId, from: u32, to: u32) -> &[u32] {
        let all = &self.listed[self.starts[usize::from(id)] as usize..self.starts[usize::from(id) + 1] as usize];
        let first = all.partition_point(|&index| index < from);
        let last = all.partition_point(|&index| index < to);
        &all[first..last]
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
        Some(Place { node: self.parents[index as usize], attribute: 0 })
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
        let number = self.numbers[index as usize];
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

fn of_name(table: &NameTable, namespace: &str, local: &str) -> Names {
    Names {
        known: true,
        id: table.find(namespace, local),
        namespace: table.find_part(namespace),
        local: table.find_part(local),
    }
}
