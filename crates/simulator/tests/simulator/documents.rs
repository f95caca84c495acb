//! Invoices of invented companies, written for these tests.

use std::io::Write;

use lopdf::{Dictionary, Object, Stream, dictionary};

pub const SUPPLIER: &str = "81234567600017";
pub const PLAIN_RECIPIENT: &str = "12345678200051";

/// What varies between the tests' invoices.
#[derive(Clone)]
pub struct Invoice {
    pub number: String,
    pub issued: String,
    pub supplier: String,
    pub recipient: String,
    pub framework: String,
    pub service: Option<String>,
    pub commitment: Option<String>,
    pub payment_means: Option<String>,
    pub payable: String,
}

impl Invoice {
    pub fn new(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            issued: "2026-10-05".to_owned(),
            supplier: SUPPLIER.to_owned(),
            recipient: PLAIN_RECIPIENT.to_owned(),
            framework: "A1".to_owned(),
            service: None,
            commitment: None,
            payment_means: Some("30".to_owned()),
            payable: "120.10".to_owned(),
        }
    }

    pub fn ubl(&self) -> Vec<u8> {
        let Self { number, issued, supplier, recipient, framework, payable, .. } = self;
        let contact = optional(&self.service, |code| format!("<cac:Contact><cbc:ID>{code}</cbc:ID></cac:Contact>"));
        let order =
            optional(&self.commitment, |id| format!("<cac:OrderReference><cbc:ID>{id}</cbc:ID></cac:OrderReference>"));
        let means = optional(&self.payment_means, |code| {
            format!(
                "<cac:PaymentMeans><cbc:PaymentMeansCode>{code}</cbc:PaymentMeansCode><cac:PayeeFinancialAccount>\
                 <cbc:ID>FR7630006000011234567890189</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
            )
        });
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ProfileID>{framework}</cbc:ProfileID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>{issued}</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  {order}
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyIdentification><cbc:ID schemeID="1">{supplier}</cbc:ID></cac:PartyIdentification>
    <cac:PartyName><cbc:Name>Menuiserie des Trois Ponts</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cac:PartyIdentification><cbc:ID schemeID="1">{recipient}</cbc:ID></cac:PartyIdentification>
    <cac:PartyName><cbc:Name>Commune de Saint-Exemple</cbc:Name></cac:PartyName>
    {contact}
  </cac:Party></cac:AccountingCustomerParty>
  {means}
  <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">20.02</cbc:TaxAmount></cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:TaxExclusiveAmount currencyID="EUR">100.08</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">120.10</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{payable}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
</Invoice>
"#
        )
        .into_bytes()
    }

    pub fn cii(&self) -> Vec<u8> {
        let Self { number, supplier, recipient, framework, payable, .. } = self;
        let issued = self.issued.replace('-', "");
        let service = optional(&self.service, |code| format!("<ram:BuyerReference>{code}</ram:BuyerReference>"));
        let order = optional(&self.commitment, |id| {
            format!(
                "<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{id}</ram:IssuerAssignedID>\
                 </ram:BuyerOrderReferencedDocument>"
            )
        });
        let means = optional(&self.payment_means, |code| {
            format!(
                "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>{code}</ram:TypeCode>\
                 <ram:PayeePartyCreditorFinancialAccount><ram:IBANID>FR7630006000011234567890189</ram:IBANID>\
                 </ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
            )
        });
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext><ram:BusinessProcessSpecifiedDocumentContextParameter>
    <ram:ID>{framework}</ram:ID>
  </ram:BusinessProcessSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>{number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">{issued}</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:ApplicableHeaderTradeAgreement>
      {service}
      <ram:SellerTradeParty><ram:Name>Menuiserie des Trois Ponts</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID>{supplier}</ram:ID></ram:SpecifiedLegalOrganization>
      </ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>Commune de Saint-Exemple</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID>{recipient}</ram:ID></ram:SpecifiedLegalOrganization>
      </ram:BuyerTradeParty>
      {order}
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      {means}
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:TaxBasisTotalAmount>100.08</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="EUR">20.02</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>120.10</ram:GrandTotalAmount>
        <ram:DuePayableAmount>{payable}</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"#
        )
        .into_bytes()
    }

    /// A PDF that carries the CII: as an associated file, or in the name tree only.
    pub fn factur_x(&self, associated: bool) -> Vec<u8> {
        let mut document = lopdf::Document::with_version("1.7");
        let pages = document.new_object_id();
        let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => pages });
        document.objects.insert(
            pages,
            Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
        );
        let mut stream = Stream::new(dictionary! { "Type" => "EmbeddedFile", "Subtype" => "text/xml" }, self.cii());
        stream.compress().unwrap();
        let file = document.add_object(stream);
        let specification = document.add_object(dictionary! {
            "Type" => "Filespec",
            "F" => Object::string_literal("factur-x.xml"),
            "UF" => Object::string_literal("factur-x.xml"),
            "EF" => dictionary! { "F" => file },
        });
        let mut catalog: Dictionary = dictionary! { "Type" => "Catalog", "Pages" => pages };
        if associated {
            catalog.set("AF", vec![Object::from(specification)]);
        } else {
            let leaf = document.add_object(
                dictionary! { "Names" => vec![Object::string_literal("factur-x.xml"), specification.into()] },
            );
            catalog.set("Names", dictionary! { "EmbeddedFiles" => dictionary! { "Kids" => vec![leaf.into()] } });
        }
        let catalog = document.add_object(catalog);
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }
}

/// A `.tar.gz` of UBL invoices.
pub fn lot(invoices: &[Invoice]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (rank, invoice) in invoices.iter().enumerate() {
        let content = invoice.ubl();
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, format!("facture_{rank}.xml"), content.as_slice()).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

fn optional(value: &Option<String>, spell: impl FnOnce(&str) -> String) -> String {
    value.as_deref().map(spell).unwrap_or_default()
}
