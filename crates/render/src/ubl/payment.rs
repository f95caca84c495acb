//! Payment instructions of a UBL document.

use facteur_model::invoice::{Invoice, PaymentMeans};

use super::parties::{Naming, party};
use crate::out::Out;

/// What UBL demands for the network of a card; EN 16931 has no term for it.
const NETWORK: &str = "NA";

pub(super) fn payment<'a>(out: &mut Out<'a>, invoice: &'a Invoice, credit_note: bool) {
    let bearer = bearer_of_the_mandate(invoice);
    for (index, each) in invoice.payment.means.iter().enumerate() {
        out.within("cac:PaymentMeans", |out| means(out, invoice, each, index == bearer, credit_note));
    }
    out.within("cac:PaymentTerms", |out| out.any("cbc:Note", &invoice.payment.terms));
}

/// Which of the means takes mandate and payer: the first with an account to be debited, else the first.
fn bearer_of_the_mandate(invoice: &Invoice) -> usize {
    invoice.payment.means.iter().position(|means| means.debited_account.is_some()).unwrap_or(0)
}

fn means<'a>(out: &mut Out<'a>, invoice: &'a Invoice, means: &'a PaymentMeans, bearer: bool, credit_note: bool) {
    match (&means.code, &means.text) {
        (Some(code), Some(text)) => {
            out.one("cbc:PaymentMeansCode", code, &[("name", text)]);
            out.carry(text);
        }
        (code, _) => out.required("cbc:PaymentMeansCode", code, ""),
    }
    // A credit note has no due date of its own.
    if credit_note {
        out.any("cbc:PaymentDueDate", &invoice.due);
    }
    out.any("cbc:PaymentID", &invoice.payment.remittance);
    if let Some(card) = &means.card {
        out.within("cac:CardAccount", |out| {
            out.required("cbc:PrimaryAccountNumberID", &card.number, "");
            out.fixed("cbc:NetworkID", NETWORK);
            out.any("cbc:HolderName", &card.holder);
        });
    }
    if let Some(transfer) = &means.credit_transfer {
        out.within("cac:PayeeFinancialAccount", |out| {
            out.any("cbc:ID", &transfer.account);
            out.any("cbc:Name", &transfer.name);
            out.within("cac:FinancialInstitutionBranch", |out| out.any("cbc:ID", &transfer.provider));
        });
    }
    out.within("cac:PaymentMandate", |out| {
        if bearer {
            out.any("cbc:ID", &invoice.payment.mandate);
            if let Some(payer) = &invoice.other_parties.payer {
                out.within("cac:PayerParty", |out| party(out, payer, Naming::Registered, None, (None, None)));
            }
        }
        out.within("cac:PayerFinancialAccount", |out| out.any("cbc:ID", &means.debited_account));
    });
}
