//! The date of an invoice (BT-2), for the rules in force on it.

use facteur_xml::Document;

/// BT-2 as `YYYY-MM-DD`, where the document has one that is written as it must be.
pub(crate) fn of(document: &Document) -> Option<String> {
    let root = document.root();
    let digits = match root.name() {
        "Invoice" | "CreditNote" => root.child("IssueDate")?.text().replace('-', ""),
        _ => root.descend(&["ExchangedDocument", "IssueDateTime", "DateTimeString"])?.text().into_owned(),
    };
    let digits = digits.trim();
    let whole = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
}
