//! Header settlement of a CII document: payment, VAT, allowances, totals, preceding invoices.

use facteur_model::amount::Amount;
use facteur_model::invoice::{Invoice, PaymentMeans, PrecedingInvoice};

use super::parties::{Role, some_party};
use super::{DATE_TIME, FORMATTED, Profile, date, delivery, tax};
use crate::out::Out;

pub(super) fn settlement<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    out.always("ram:ApplicableHeaderTradeSettlement", |out| {
        if profile == Profile::Minimum {
            out.any("ram:InvoiceCurrencyCode", &invoice.currency);
            return totals(out, invoice, profile);
        }
        out.any("ram:CreditorReferenceID", &invoice.payment.creditor);
        out.any("ram:PaymentReference", &invoice.payment.remittance);
        // One that is the currency of the invoice says nothing, and is refused (BR-53).
        if invoice.vat_currency != invoice.currency {
            out.any("ram:TaxCurrencyCode", &invoice.vat_currency);
        }
        out.any("ram:InvoiceCurrencyCode", &invoice.currency);
        parties(out, invoice, profile);
        if profile >= Profile::Extended {
            tax::exchange(out, invoice);
        }
        invoice.payment.means.iter().for_each(|each| means(out, each, profile));
        (0..invoice.vat_breakdown.len()).for_each(|index| tax::breakdown(out, invoice, index, profile));
        delivery::period(out, invoice.period.as_ref(), profile);
        invoice.allowances.iter().for_each(|each| tax::document_level(out, each, false, profile));
        invoice.charges.iter().for_each(|each| tax::document_level(out, each, true, profile));
        out.within("ram:SpecifiedTradePaymentTerms", |out| {
            out.any("ram:Description", &invoice.payment.terms);
            date(out, "ram:DueDateDateTime", DATE_TIME, &invoice.due);
            out.any("ram:DirectDebitMandateID", &invoice.payment.mandate);
        });
        totals(out, invoice, profile);
        invoice.preceding.iter().for_each(|each| preceding(out, each, profile));
        out.within("ram:ReceivableSpecifiedTradeAccountingAccount", |out| {
            out.any("ram:ID", &invoice.accounting_reference);
        });
    });
}

fn parties<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    let others = &invoice.other_parties;
    let extended = profile >= Profile::Extended;
    some_party(out, "ram:InvoicerTradeParty", others.invoicer.as_ref().filter(|_| extended), Role::Other, profile);
    some_party(out, "ram:InvoiceeTradeParty", others.invoicee.as_ref().filter(|_| extended), Role::Other, profile);
    some_party(out, "ram:PayeeTradeParty", invoice.payee.as_ref(), Role::Payee, profile);
    some_party(out, "ram:PayerTradeParty", others.payer.as_ref().filter(|_| extended), Role::Other, profile);
}

/// BG-16.
fn means<'a>(out: &mut Out<'a>, means: &'a PaymentMeans, profile: Profile) {
    let standard = profile >= Profile::En16931;
    out.within("ram:SpecifiedTradeSettlementPaymentMeans", |out| {
        out.any("ram:TypeCode", &means.code);
        if standard {
            out.any("ram:Information", &means.text);
        }
        if let Some(card) = means.card.as_ref().filter(|_| standard) {
            out.within("ram:ApplicableTradeSettlementFinancialCard", |out| {
                out.any("ram:ID", &card.number);
                out.any("ram:CardholderName", &card.holder);
            });
        }
        out.within("ram:PayerPartyDebtorFinancialAccount", |out| out.any("ram:IBANID", &means.debited_account));
        let Some(transfer) = &means.credit_transfer else { return };
        out.within("ram:PayeePartyCreditorFinancialAccount", |out| {
            let account = transfer.account.as_ref();
            let iban = account.filter(|account| is_iban(account));
            if let Some(iban) = iban {
                out.one("ram:IBANID", iban, &[]);
            }
            if standard {
                out.any("ram:AccountName", &transfer.name);
            }
            if let Some(national) = account.filter(|_| iban.is_none()) {
                out.one("ram:ProprietaryID", national, &[]);
            }
        });
        if standard {
            out.within("ram:PayeeSpecifiedCreditorFinancialInstitution", |out| {
                out.any("ram:BICID", &transfer.provider);
            });
        }
    });
}

/// Whether an account is written as an IBAN: a country, two digits, more.
fn is_iban(account: &str) -> bool {
    let bytes = account.trim().as_bytes();
    bytes.len() > 4 && bytes[..2].iter().all(u8::is_ascii_uppercase) && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// BG-22.
fn totals<'a>(out: &mut Out<'a>, invoice: &'a Invoice, profile: Profile) {
    let totals = &invoice.totals;
    let beyond_minimum = profile >= Profile::BasicWl;
    out.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |out| {
        if beyond_minimum {
            out.any("ram:LineTotalAmount", &totals.lines);
            out.any("ram:ChargeTotalAmount", &totals.charges);
            out.any("ram:AllowanceTotalAmount", &totals.allowances);
        }
        out.any("ram:TaxBasisTotalAmount", &totals.without_vat);
        match totals.vat {
            None if profile == Profile::Extended => derived_vat(out, invoice),
            _ => out.money("ram:TaxTotalAmount", &totals.vat, &invoice.currency),
        }
        if beyond_minimum {
            out.accounting("ram:TaxTotalAmount", &totals.vat_in_accounting_currency);
        }
        if profile >= Profile::En16931 {
            out.any("ram:RoundingAmount", &totals.rounding);
        }
        out.any("ram:GrandTotalAmount", &totals.with_vat);
        if beyond_minimum {
            out.any("ram:TotalPrepaidAmount", &totals.paid);
        }
        out.any("ram:DuePayableAmount", &totals.due);
    });
}

/// BT-110 is the sum of BT-117 (BR-CO-14); EXTENDED cannot tell one that is not there from one that is wrong
/// (BR-FXEXT-CO-15).
fn derived_vat(out: &mut Out<'_>, invoice: &Invoice) {
    let parts = invoice.vat_breakdown.iter().map(|part| part.tax).collect::<Option<Vec<_>>>();
    let sum = parts.filter(|parts| !parts.is_empty()).and_then(Amount::checked_sum);
    if let (Some(sum), Some(currency)) = (sum, &invoice.currency) {
        out.derive("BT-110", &sum);
        out.fixed_with("ram:TaxTotalAmount", &sum.to_string(), &[("currencyID", currency)]);
    }
}

/// A preceding invoice, of the document or of a line.
pub(super) fn preceding<'a>(out: &mut Out<'a>, preceding: &'a PrecedingInvoice, profile: Profile) {
    out.within("ram:InvoiceReferencedDocument", |out| {
        out.any("ram:IssuerAssignedID", &preceding.number);
        if profile >= Profile::Extended {
            out.any("ram:LineID", &preceding.line);
            out.any("ram:TypeCode", &preceding.type_code);
        }
        date(out, "ram:FormattedIssueDateTime", FORMATTED, &preceding.issued);
    });
}
