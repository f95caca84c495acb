//! Header agreement of a CII document: parties, references, supporting documents.

use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{DeliveryTerms, Invoice, SupportingDocument};

use super::parties::{Role, party, some_party};
use super::{FORMATTED, Profile, date};
use crate::out::Out;

/// Name that the schema demands of a project; EN 16931 has no term for it.
const PROJECT_NAME: &str = "Project reference";

pub(super) fn agreement<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    let others = &invoice.other_parties;
    let extended = profile >= Profile::Extended;
    out.always("ram:ApplicableHeaderTradeAgreement", |out| {
        out.any("ram:BuyerReference", &invoice.buyer_reference);
        out.always("ram:SellerTradeParty", |out| party(out, &invoice.seller, Role::Seller, profile));
        out.always("ram:BuyerTradeParty", |out| party(out, &invoice.buyer, Role::Buyer, profile));
        let agent = others.seller_agent.as_ref().filter(|_| extended);
        some_party(out, "ram:SalesAgentTradeParty", agent, Role::Other, profile);
        let representative = invoice.tax_representative.as_ref().filter(|_| profile >= Profile::BasicWl);
        some_party(out, "ram:SellerTaxRepresentativeTradeParty", representative, Role::Representative, profile);
        if let Some(terms) = invoice.delivery_terms.as_ref().filter(|_| extended) {
            out.within("ram:ApplicableTradeDeliveryTerms", |out| delivery_terms(out, terms));
        }
        references(out, invoice, profile);
        let agent = others.buyer_agent.as_ref().filter(|_| extended);
        some_party(out, "ram:BuyerAgentTradeParty", agent, Role::Other, profile);
        if let Some(project) = invoice.project.as_ref().filter(|_| profile >= Profile::En16931) {
            out.within("ram:SpecifiedProcuringProject", |out| {
                out.one("ram:ID", project, &[]);
                out.fixed("ram:Name", PROJECT_NAME);
            });
        }
    });
}

fn delivery_terms<'a>(out: &mut Out<'a>, terms: &'a DeliveryTerms) {
    out.any("ram:DeliveryTypeCode", &terms.code);
    out.within("ram:RelevantTradeLocation", |out| {
        out.any("ram:CountryID", &terms.country);
        out.any("ram:Name", &terms.location);
    });
}

fn references<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    let (standard, extended) = (profile >= Profile::En16931, profile >= Profile::Extended);
    if standard {
        reference(out, "ram:SellerOrderReferencedDocument", &invoice.sales_order, &None);
    }
    let order_date = if extended { &invoice.purchase_order_date } else { &None };
    reference(out, "ram:BuyerOrderReferencedDocument", &invoice.purchase_order, order_date);
    if profile >= Profile::BasicWl {
        out.within("ram:ContractReferencedDocument", |out| {
            out.any("ram:IssuerAssignedID", &invoice.contract);
            if extended {
                out.any("ram:ReferenceTypeCode", &invoice.contract_type);
                date(out, "ram:FormattedIssueDateTime", FORMATTED, &invoice.contract_date);
            }
        });
    }
    if standard {
        additional_documents(out, invoice, profile);
    }
}

/// A document by its number, and where the profile has it by its date.
pub(super) fn reference<'a>(
    out: &mut Out<'a>,
    name: &'static str,
    number: &'a Option<String>,
    issued: &'a Option<Date>,
) {
    out.within(name, |out| {
        out.any("ram:IssuerAssignedID", number);
        date(out, "ram:FormattedIssueDateTime", FORMATTED, issued);
    });
}

/// BG-24, BT-17 (type 50), BT-18 (type 130).
fn additional_documents<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    invoice.supporting_documents.iter().for_each(|document| supporting_document(out, document, profile));
    if let Some(tender) = &invoice.tender {
        out.within("ram:AdditionalReferencedDocument", |out| {
            out.one("ram:IssuerAssignedID", tender, &[]);
            out.fixed("ram:TypeCode", "50");
        });
    }
    invoice.invoiced_objects.iter().for_each(|each| object(out, each));
}

/// BT-18 or BT-128: the scheme stands in an element of its own.
pub(super) fn object<'a>(out: &mut Out<'a>, object: &'a Identifier) {
    out.within("ram:AdditionalReferencedDocument", |out| {
        out.one("ram:IssuerAssignedID", &object.value, &[]);
        out.fixed("ram:TypeCode", "130");
        out.any("ram:ReferenceTypeCode", &object.scheme);
    });
}

fn supporting_document<'a>(out: &mut Out<'a>, document: &'a SupportingDocument, profile: Profile) {
    out.within("ram:AdditionalReferencedDocument", |out| {
        out.any("ram:IssuerAssignedID", &document.reference);
        out.any("ram:URIID", &document.location);
        out.fixed("ram:TypeCode", "916");
        out.any("ram:Name", &document.description);
        if let Some(attachment) = &document.attachment {
            out.attachment("ram:AttachmentBinaryObject", attachment);
        }
        // No profile of Factur-X has the kind of a supporting document, and EN 16931 not its date.
        if profile == Profile::Cii {
            out.any("ram:ReferenceTypeCode", &document.reference_type);
        }
        if profile >= Profile::Extended {
            date(out, "ram:FormattedIssueDateTime", FORMATTED, &document.issued);
        }
    });
}
