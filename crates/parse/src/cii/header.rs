//! Context and header of a CII document.

use facteur_model::invoice::{Invoice, Note};
use facteur_xml::Node;

use crate::reader::Reader;

/// BG-2.
pub(super) fn context<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    reader.group(element, "BG-2");
    for child in reader.elements(element) {
        let id = reader.child(child, "ID");
        match (child.name(), id) {
            ("BusinessProcessSpecifiedDocumentContextParameter", Some(id)) => {
                reader.text(id, "BT-23", &mut invoice.framework);
            }
            ("GuidelineSpecifiedDocumentContextParameter", Some(id)) => {
                reader.text(id, "BT-24", &mut invoice.profile);
            }
            _ => {}
        }
    }
}

pub(super) fn document<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.text(child, "BT-1", &mut invoice.number),
            "TypeCode" => reader.code(child, "BT-3", &mut invoice.type_code),
            "IssueDateTime" => reader.formatted_date(child, "BT-2", &mut invoice.issued),
            "IncludedNote" => invoice.notes.extend(note(reader, child, ["BG-1", "BT-21", "BT-22"])),
            _ => {}
        }
    }
}

/// A note, of the document or of a line; its terms are those of group, subject and text.
pub(super) fn note<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [group, subject, text]: [&'static str; 3],
) -> Option<Note> {
    let mut note = Note::default();
    reader.group(element, group);
    for child in reader.elements(element) {
        match child.name() {
            "SubjectCode" => reader.code(child, subject, &mut note.subject),
            "Content" => reader.text(child, text, &mut note.text),
            _ => {}
        }
    }
    (note != Note::default()).then_some(note)
}
