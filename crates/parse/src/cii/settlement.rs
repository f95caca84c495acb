//! Header settlement of a CII document: payment, VAT, allowances, totals, preceding invoices.

use facteur_model::invoice::{CreditTransfer, Invoice, PaymentCard, PaymentMeans, PrecedingInvoice};
use facteur_xml::Node;

use super::agreement::one_party;
use super::delivery::period;
use super::{tax, totals};
use crate::reader::{Reader, values::period_or_none};
use crate::terms;

pub(super) fn settlement<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        let others = &mut invoice.other_parties;
        match child.name() {
            "CreditorReferenceID" => reader.code(child, "BT-90", &mut invoice.payment.creditor),
            "PaymentReference" => reader.text(child, "BT-83", &mut invoice.payment.remittance),
            "TaxCurrencyCode" => reader.code(child, "BT-6", &mut invoice.vat_currency),
            "InvoiceCurrencyCode" => reader.code(child, "BT-5", &mut invoice.currency),
            "PayeeTradeParty" => one_party(reader, child, &terms::PAYEE, &mut invoice.payee),
            "InvoicerTradeParty" => one_party(reader, child, &terms::INVOICER, &mut others.invoicer),
            "InvoiceeTradeParty" => one_party(reader, child, &terms::INVOICEE, &mut others.invoicee),
            "PayerTradeParty" => one_party(reader, child, &terms::PAYER, &mut others.payer),
            "SpecifiedTradeSettlementPaymentMeans" => {
                let read = means(reader, child);
                invoice.payment.means.push(read);
            }
            "TaxApplicableTradeCurrencyExchange" => invoice.vat_exchange = Some(tax::exchange(reader, child)),
            "SpecifiedTradePaymentTerms" => payment_terms(reader, child, invoice),
            "ApplicableTradeTax" => tax::breakdown(reader, child, invoice),
            "SpecifiedTradeAllowanceCharge" => tax::allowance_or_charge(reader, child, invoice),
            _ => references(reader, child, invoice),
        }
    }
}

fn references<'a>(reader: &mut Reader<'a>, child: Node<'a>, invoice: &mut Invoice) {
    match child.name() {
        "BillingSpecifiedPeriod" => {
            let read = period(reader, child, ["BG-14", "BT-73", "BT-74"]);
            if let Some(read) = period_or_none(read) {
                reader.one_group(child, "BG-14", &mut invoice.period, read);
            }
        }
        "SpecifiedTradeSettlementHeaderMonetarySummation" | "SpecifiedTradeSettlementMonetarySummation" => {
            totals::summation(reader, child, &mut invoice.totals);
        }
        "InvoiceReferencedDocument" => {
            let terms = ["BG-3", "BT-25", "BT-26", "EXT-FR-FE-02"];
            invoice.preceding.extend(preceding(reader, child, terms));
        }
        "ReceivableSpecifiedTradeAccountingAccount" => {
            if let Some(id) = reader.child(child, "ID") {
                reader.text(id, "BT-19", &mut invoice.accounting_reference);
            }
        }
        _ => {}
    }
}

/// A preceding invoice, of the document or of a line; its terms are those of group, number, date and type.
pub(super) fn preceding<'a>(
    reader: &mut Reader<'a>,
    element: Node<'a>,
    [group, number, issued, type_code]: [&'static str; 4],
) -> Option<PrecedingInvoice> {
    let mut preceding = PrecedingInvoice::default();
    reader.group(element, group);
    for child in reader.elements(element) {
        match child.name() {
            "IssuerAssignedID" | "ID" => reader.text(child, number, &mut preceding.number),
            "FormattedIssueDateTime" | "IssueDateTime" => {
                reader.formatted_date(child, issued, &mut preceding.issued);
            }
            "TypeCode" => reader.code(child, type_code, &mut preceding.type_code),
            "LineID" => reader.text(child, group, &mut preceding.line),
            _ => {}
        }
    }
    (preceding != PrecedingInvoice::default()).then_some(preceding)
}

/// BT-20, BT-9, BT-89.
fn payment_terms<'a>(reader: &mut Reader<'a>, element: Node<'a>, invoice: &mut Invoice) {
    for child in reader.elements(element) {
        match child.name() {
            "Description" => reader.text(child, "BT-20", &mut invoice.payment.terms),
            "DueDateDateTime" => reader.formatted_date(child, "BT-9", &mut invoice.due),
            "DirectDebitMandateID" => reader.text(child, "BT-89", &mut invoice.payment.mandate),
            _ => {}
        }
    }
}

/// BG-16.
fn means<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> PaymentMeans {
    let mut means = PaymentMeans::default();
    let mut transfer = CreditTransfer::default();
    reader.group(element, "BG-16");
    for child in reader.elements(element) {
        match child.name() {
            "TypeCode" => reader.code(child, "BT-81", &mut means.code),
            "Information" => reader.text(child, "BT-82", &mut means.text),
            "ApplicableTradeSettlementFinancialCard" => means.card = Some(card(reader, child)),
            "PayerPartyDebtorFinancialAccount" => {
                if let Some(iban) = reader.child(child, "IBANID") {
                    reader.account(iban, "BT-91", true, &mut means.debited_account);
                }
            }
            "PayeePartyCreditorFinancialAccount" => account(reader, child, &mut transfer),
            "PayeeSpecifiedCreditorFinancialInstitution" => {
                if let Some(bic) = reader.child(child, "BICID") {
                    reader.code(bic, "BT-86", &mut transfer.provider);
                }
            }
            _ => {}
        }
    }
    means.credit_transfer = (transfer != CreditTransfer::default()).then_some(transfer);
    means
}

fn account<'a>(reader: &mut Reader<'a>, element: Node<'a>, transfer: &mut CreditTransfer) {
    reader.group(element, "BG-17");
    for child in reader.elements(element) {
        match child.name() {
            "IBANID" => reader.account(child, "BT-84", true, &mut transfer.account),
            "ProprietaryID" => reader.account(child, "BT-84", false, &mut transfer.account),
            "AccountName" => reader.text(child, "BT-85", &mut transfer.name),
            _ => {}
        }
    }
}

fn card<'a>(reader: &mut Reader<'a>, element: Node<'a>) -> PaymentCard {
    let mut card = PaymentCard::default();
    reader.group(element, "BG-18");
    for child in reader.elements(element) {
        match child.name() {
            "ID" => reader.code(child, "BT-87", &mut card.number),
            "CardholderName" => reader.text(child, "BT-88", &mut card.holder),
            _ => {}
        }
    }
    card
}
