//! Context and header of a CII document.

use facteur_model::invoice::{Invoice, Note};

use super::{DATE_TIME, Profile, date};
use crate::out::Out;

/// Type code of a credit note, for a UBL one that has no code of its own.
const CREDIT_NOTE: &str = "381";

/// BG-2.
pub(super) fn context<'a>(out: &mut Out<'a>, invoice: &'a Invoice) {
    out.always("rsm:ExchangedDocumentContext", |out| {
        out.within("ram:BusinessProcessSpecifiedDocumentContextParameter", |out| {
            out.any("ram:ID", &invoice.framework);
        });
        out.within("ram:GuidelineSpecifiedDocumentContextParameter", |out| out.any("ram:ID", &invoice.profile));
    });
}

pub(super) fn document<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile, credit_note: bool) {
    out.always("rsm:ExchangedDocument", |out| {
        out.any("ram:ID", &invoice.number);
        if invoice.type_code.is_none() && credit_note {
            out.derive("BT-3", &CREDIT_NOTE);
            out.fixed("ram:TypeCode", CREDIT_NOTE);
        }
        out.any("ram:TypeCode", &invoice.type_code);
        date(out, "ram:IssueDateTime", DATE_TIME, &invoice.issued);
        if profile >= Profile::BasicWl {
            invoice.notes.iter().for_each(|each| note(out, each, profile));
        }
    });
}

/// The profiles of Factur-X have no subject without a text.
fn note<'a>(out: &mut Out<'a>, note: &'a Note, profile: Profile) {
    if profile != Profile::Cii && note.text.as_deref().is_none_or(|text| text.trim().is_empty()) {
        return;
    }
    out.within("ram:IncludedNote", |out| {
        out.any("ram:Content", &note.text);
        out.any("ram:SubjectCode", &note.subject);
    });
}
