//! The invoice, readable: who to whom, what, how much, how to pay; each value with the findings about it.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Address, Invoice, Line, Party, VatBreakdown};
use facteur_texts::{Language, amount, knows, say};

use super::findings::Findings;
use super::markup::Markup;
use super::place::Area;
use crate::wording::day;

/// Lines that are shown in full; of the rest, those that something was found about.
const LINES_SHOWN: usize = 1000;

/// Writes the parts of an invoice.
pub(super) struct Writer<'a, 'f> {
    language: Language,
    page: &'a mut Markup,
    findings: &'a mut Findings<'f>,
    currency: String,
}

impl<'a, 'f> Writer<'a, 'f> {
    pub(super) fn new(
        language: Language,
        page: &'a mut Markup,
        findings: &'a mut Findings<'f>,
        invoice: &Invoice,
    ) -> Self {
        let currency = invoice.currency.clone().unwrap_or_default();
        Self { language, page, findings, currency }
    }

    pub(super) fn invoice(&mut self, invoice: &Invoice) {
        self.header(invoice);
        self.page.raw("<div class=\"parties\">");
        self.party(Area::Seller, "seller", &invoice.seller, SELLER);
        self.party(Area::Buyer, "buyer", &invoice.buyer, BUYER);
        if let Some(payee) = &invoice.payee {
            self.party(Area::Payee, "payee", payee, PAYEE);
        }
        self.page.raw("</div>");
        self.delivery(invoice);
        self.lines(&invoice.lines);
        self.vat(&invoice.vat_breakdown);
        self.totals(invoice);
        self.payment(invoice);
        self.documents(invoice);
    }

    fn header(&mut self, invoice: &Invoice) {
        self.open(if invoice.is_credit_note() { "credit_note" } else { "invoice" });
        let language = self.language;
        let date = |date: Option<Date>| date.map(|date| day(language, date));
        for (label, term, value) in [
            ("number", "BT-1", invoice.number.clone()),
            ("issued", "BT-2", date(invoice.issued)),
            ("type", "BT-3", self.with_word("type", invoice.type_code.as_deref())),
            ("currency", "BT-5", invoice.currency.clone()),
            ("framework", "BT-23", invoice.framework.clone()),
            ("profile", "BT-24", invoice.profile.clone()),
            ("contract", "BT-12", invoice.contract.clone()),
            ("commitment", "BT-13", invoice.purchase_order.clone()),
            ("buyer_reference", "BT-10", invoice.buyer_reference.clone()),
            ("project", "BT-11", invoice.project.clone()),
        ] {
            self.row(Area::Header, label, term, value);
        }
        for preceding in &invoice.preceding {
            self.row(Area::Header, "preceding", "BT-25", preceding.number.clone());
        }
        for note in &invoice.notes {
            let subject = note.subject.as_deref().map(|subject| format!("{subject} — ")).unwrap_or_default();
            self.row(Area::Header, "note", "BT-22", note.text.as_ref().map(|text| format!("{subject}{text}")));
        }
        self.close(Area::Header);
    }

    fn party(&mut self, area: Area, title: &'static str, party: &Party, terms: PartyTerms) {
        self.open(title);
        self.row(area, "name", terms.name, party.name.clone());
        self.row(area, "trading_name", terms.trading_name, party.trading_name.clone());
        for identifier in &party.identifiers {
            self.row(area, "identifier", terms.identifier, Some(self.with_scheme(identifier)));
        }
        self.row(
            area,
            "legal_identifier",
            terms.legal_identifier,
            party.legal_identifier.as_ref().map(|id| self.with_scheme(id)),
        );
        self.row(area, "vat_number", terms.vat_number, party.vat_number.clone());
        self.row(area, "endpoint", terms.endpoint, party.endpoint.as_ref().map(|id| self.with_scheme(id)));
        self.row(area, "address", terms.address, party.address.as_ref().map(lines_of));
        for contact in &party.contacts {
            let parts = [&contact.identifier, &contact.name, &contact.department, &contact.telephone, &contact.mail];
            let parts: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
            self.row(area, "contact", terms.contact, Some(parts.join(", ")));
        }
        self.close(area);
    }

    fn delivery(&mut self, invoice: &Invoice) {
        let Some(delivery) = &invoice.delivery else {
            let rest = self.findings.rest_of(Area::Delivery);
            self.page.add(&rest);
            return;
        };
        self.open("delivery");
        self.row(Area::Delivery, "name", "BT-70", delivery.name.clone());
        for place in &delivery.locations {
            self.row(Area::Delivery, "identifier", "BT-71", Some(self.with_scheme(place)));
        }
        self.row(Area::Delivery, "delivered", "BT-72", delivery.date.map(|date| day(self.language, date)));
        self.row(Area::Delivery, "address", "BG-15", delivery.address.as_ref().map(lines_of));
        self.close(Area::Delivery);
    }

    fn lines(&mut self, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        self.table("lines", &["line", "item"], &["quantity", "price", "vat", "net"]);
        let mut left_out = 0usize;
        for (index, line) in lines.iter().enumerate() {
            let found = self.findings.of_line(index);
            if index >= LINES_SHOWN && found.is_empty() {
                left_out += 1;
                continue;
            }
            self.line(line);
            self.found_row(&found);
        }
        self.page.raw("</tbody></table>");
        if left_out > 0 {
            let note = say(self.language, "html.lines_left_out", &[("count", &left_out.to_string())]);
            self.page.raw("<p class=\"place\">").text(&note).raw("</p>");
        }
        self.page.raw("</section>");
    }

    fn line(&mut self, line: &Line) {
        let quantity = line.quantity.as_ref().map(|quantity| {
            let value = quantity.value.map(|value| self.plain(value)).unwrap_or_default();
            format!("{value} {}", self.word("unit", quantity.unit.as_deref().unwrap_or_default()))
        });
        let vat = [line.vat_category.clone(), line.vat_rate.map(|rate| format!("{} %", self.plain(rate)))];
        let vat: Vec<String> = vat.into_iter().flatten().collect();
        self.page.raw("<tr><td>").text(line.id.as_deref().unwrap_or("—")).raw("</td><td>");
        self.page.text(line.item.name.as_deref().unwrap_or("—"));
        if let Some(description) = &line.item.description {
            self.page.raw("<br><span class=\"small\">").text(description).raw("</span>");
        }
        for note in line.notes.iter().filter_map(|note| note.text.as_deref()) {
            self.page.raw("<br><span class=\"small\">").text(note).raw("</span>");
        }
        let price = line.price.net.map(|price| self.number(price));
        let net = line.net_amount.map(|net| self.number(net));
        for value in [quantity, price, Some(vat.join(" ")), net] {
            self.page.raw("</td><td class=\"number\">").text(value.as_deref().unwrap_or("—"));
        }
        self.page.raw("</td></tr>");
    }

    fn vat(&mut self, parts: &[VatBreakdown]) {
        if parts.is_empty() {
            return;
        }
        self.table("vat_breakdown", &["category", "exemption"], &["rate", "taxable", "tax"]);
        for (index, part) in parts.iter().enumerate() {
            let exemption = part.exemption.as_deref().or(part.exemption_code.as_deref()).unwrap_or_default();
            self.page.raw("<tr><td>").text(part.category.as_deref().unwrap_or("—")).raw("</td><td>");
            self.page.text(exemption).raw("</td>");
            let rate = part.rate.map(|rate| format!("{} %", self.plain(rate)));
            let [taxable, tax] = [part.taxable, part.tax].map(|value| value.map(|value| self.number(value)));
            for value in [rate, taxable, tax] {
                self.page.raw("<td class=\"number\">").text(value.as_deref().unwrap_or("—")).raw("</td>");
            }
            self.page.raw("</tr>");
            let found = self.findings.rest_of(Area::Vat(index));
            self.found_row(&found);
        }
        self.page.raw("</tbody></table></section>");
    }

    fn totals(&mut self, invoice: &Invoice) {
        self.open("totals");
        let totals = &invoice.totals;
        for (label, term, value) in [
            ("sum_of_lines", "BT-106", totals.lines),
            ("allowances", "BT-107", totals.allowances),
            ("charges", "BT-108", totals.charges),
            ("without_vat", "BT-109", totals.without_vat),
            ("vat_total", "BT-110", totals.vat),
            ("with_vat", "BT-112", totals.with_vat),
            ("paid", "BT-113", totals.paid),
            ("rounding", "BT-114", totals.rounding),
            ("due_amount", "BT-115", totals.due),
        ] {
            let value = value.map(|value| format!("{} {}", self.number(value), self.currency));
            self.row(Area::Totals, label, term, value);
        }
        self.close(Area::Totals);
    }

    fn payment(&mut self, invoice: &Invoice) {
        self.open("payment");
        self.row(Area::Payment, "due", "BT-9", invoice.due.map(|date| day(self.language, date)));
        for means in &invoice.payment.means {
            let parts: Vec<&str> = [&means.code, &means.text].into_iter().filter_map(|part| part.as_deref()).collect();
            self.row(Area::Payment, "means", "BT-81", Some(parts.join(" — ")));
            let account = means.credit_transfer.as_ref();
            self.row(Area::Payment, "account", "BT-84", account.and_then(|transfer| transfer.account.clone()));
            self.row(Area::Payment, "bank", "BT-86", account.and_then(|transfer| transfer.provider.clone()));
        }
        self.row(Area::Payment, "terms", "BT-20", invoice.payment.terms.clone());
        self.row(Area::Payment, "remittance", "BT-83", invoice.payment.remittance.clone());
        self.close(Area::Payment);
    }

    fn documents(&mut self, invoice: &Invoice) {
        if invoice.supporting_documents.is_empty() {
            return;
        }
        self.open("documents");
        for document in &invoice.supporting_documents {
            let name = document.attachment.as_ref().and_then(|attachment| attachment.file_name.as_deref());
            let parts = [document.reference.as_deref(), document.description.as_deref(), name];
            let parts: Vec<&str> = parts.into_iter().flatten().collect();
            self.row(Area::Documents, "document", "BT-122", Some(parts.join(" — ")));
        }
        self.close(Area::Documents);
    }

    fn open(&mut self, title: &'static str) {
        let title = self.label(title);
        self.page.raw("<section><h2>").text(&title).raw("</h2><dl>");
    }

    /// The head of a table: columns of texts, then columns of numbers.
    fn table(&mut self, title: &'static str, texts: &[&'static str], numbers: &[&'static str]) {
        let title = self.label(title);
        self.page.raw("<section><h2>").text(&title).raw("</h2><table><thead><tr>");
        for head in texts {
            let head = self.label(head);
            self.page.raw("<th>").text(&head).raw("</th>");
        }
        for head in numbers {
            let head = self.label(head);
            self.page.raw("<th class=\"number\">").text(&head).raw("</th>");
        }
        self.page.raw("</tr></thead><tbody>");
    }

    /// The end of a part, with the findings of it that no row has shown.
    fn close(&mut self, area: Area) {
        let rest = self.findings.rest_of(area);
        self.page.raw("</dl>").add(&rest).raw("</section>");
    }

    /// A value with its term, and the findings about it; a term without value only where something was found.
    fn row(&mut self, area: Area, label: &'static str, term: &'static str, value: Option<String>) {
        let value = value.filter(|value| !value.trim().is_empty());
        let found = self.findings.about(area, term);
        if value.is_none() && found.is_empty() {
            return;
        }
        let label = self.label(label);
        self.page.raw("<dt>").text(&label).raw(" <code>").text(term).raw("</code></dt><dd>");
        self.page.text(value.as_deref().unwrap_or("—")).raw("</dd>");
        if !found.is_empty() {
            self.page.raw("<dd class=\"found\">").add(&found).raw("</dd>");
        }
    }

    fn found_row(&mut self, found: &Markup) {
        if !found.is_empty() {
            self.page.raw("<tr><td colspan=\"6\">").add(found).raw("</td></tr>");
        }
    }

    fn label(&self, key: &str) -> String {
        say(self.language, &format!("html.{key}"), &[])
    }

    /// A code in words, where it is one that people meet every day; else the code.
    fn word(&self, kind: &str, code: &str) -> String {
        let key = format!("html.{kind}_{code}");
        if knows(self.language, &key) { say(self.language, &key, &[]) } else { code.to_owned() }
    }

    /// A code, and what it means.
    fn with_word(&self, kind: &str, code: Option<&str>) -> Option<String> {
        let code = code?;
        let word = self.word(kind, code);
        Some(if word == code { word } else { format!("{word} ({code})") })
    }

    /// An identifier, and what it is.
    fn with_scheme(&self, identifier: &Identifier) -> String {
        match &identifier.scheme {
            Some(scheme) => format!("{} ({})", identifier.value, self.word("scheme", scheme)),
            None => identifier.value.clone(),
        }
    }

    /// A quantity or a rate: its decimals as they stand.
    fn plain(&self, value: Amount) -> String {
        let comma = if self.language == Language::French { "," } else { "." };
        value.to_string().replace('.', comma)
    }

    fn number(&self, value: Amount) -> String {
        amount(self.language, &value.to_string())
    }
}

/// The terms of a party in its role.
#[derive(Clone, Copy)]
struct PartyTerms {
    name: &'static str,
    trading_name: &'static str,
    identifier: &'static str,
    legal_identifier: &'static str,
    vat_number: &'static str,
    endpoint: &'static str,
    address: &'static str,
    contact: &'static str,
}

const SELLER: PartyTerms = PartyTerms {
    name: "BT-27",
    trading_name: "BT-28",
    identifier: "BT-29",
    legal_identifier: "BT-30",
    vat_number: "BT-31",
    endpoint: "BT-34",
    address: "BG-5",
    contact: "BG-6",
};
const BUYER: PartyTerms = PartyTerms {
    name: "BT-44",
    trading_name: "BT-45",
    identifier: "BT-46",
    legal_identifier: "BT-47",
    vat_number: "BT-48",
    endpoint: "BT-49",
    address: "BG-8",
    contact: "BG-9",
};
const PAYEE: PartyTerms = PartyTerms {
    name: "BT-59",
    trading_name: "BG-10",
    identifier: "BT-60",
    legal_identifier: "BT-61",
    vat_number: "BG-10",
    endpoint: "EXT-FR-FE-29",
    address: "BG-10",
    contact: "BG-10",
};

fn lines_of(address: &Address) -> String {
    let city = [&address.post_code, &address.city].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let lines = [&address.line_1, &address.line_2, &address.line_3].into_iter().flatten().cloned();
    let rest = [Some(city), address.subdivision.clone(), address.country.clone()];
    let lines: Vec<String> = lines.chain(rest.into_iter().flatten()).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}
