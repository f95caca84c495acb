//! Invoices of invented companies, the same for the same seed: valid, and different from one another.

use std::fmt::Write as _;

use crate::draw::Draw;

/// Lines that make a UBL invoice of about 10 kB.
pub const UBL_LINES_10_KB: usize = 11;
/// Lines that make a CII invoice of about 10 kB.
pub const CII_LINES_10_KB: usize = 5;
/// Lines that make a UBL invoice of about 5 MB.
pub const UBL_LINES_5_MB: usize = 8_100;

/// Suppliers whose invoices are made.
pub const SUPPLIERS: u64 = 40;
const GOODS: [&str; 8] = [
    "Porte en chêne massif",
    "Ramette de papier A4 recyclé",
    "Repas servi à la cantine",
    "Entretien de la chaudière, forfait annuel",
    "Manuel scolaire, cours moyen",
    "Heure de taille des haies",
    "Sel de déneigement, sac de 25 kg",
    "Panneau « École » & support",
];

/// Makes invoices, one after the other.
pub struct Generator {
    draw: Draw,
    made: u64,
    reform: bool,
}

/// What is drawn for one invoice; amounts in cents.
struct Draft {
    number: String,
    day: u64,
    supplier: Supplier,
    lines: Vec<Line>,
}

struct Supplier {
    siren: String,
    siret: String,
    vat: String,
    iban: String,
    name: String,
}

struct Line {
    goods: &'static str,
    quantity: u64,
    price: u64,
}

impl Generator {
    /// A generator whose invoices depend on the seed alone.
    pub const fn new(seed: u64) -> Self {
        Self::after(seed, 0)
    }

    /// A generator whose invoices have the numbers after this one.
    pub const fn after(seed: u64, made: u64) -> Self {
        Self { draw: Draw::new(seed), made, reform: false }
    }

    /// The same invoices as the reform's channel wants them (UBL only): profile, framework M1, notes, addresses.
    pub const fn for_the_reform(self) -> Self {
        Self { reform: true, ..self }
    }

    /// The next invoice, as UBL.
    pub fn ubl(&mut self, lines: usize) -> String {
        let draft = self.draft(lines);
        let mut text = ubl_header(&draft);
        if self.reform {
            text = for_the_reform(&text, &draft.supplier.siren);
        }
        for (n, line) in (1..).zip(&draft.lines) {
            ubl_line(&mut text, n, line);
        }
        text.push_str("</Invoice>\n");
        text
    }

    /// The next invoice, as CII.
    pub fn cii(&mut self, lines: usize) -> String {
        let draft = self.draft(lines);
        let mut text = cii_header(&draft);
        for (n, line) in (1..).zip(&draft.lines) {
            cii_line(&mut text, n, line);
        }
        cii_trailer(&mut text, &draft);
        text
    }

    fn draft(&mut self, lines: usize) -> Draft {
        self.made += 1;
        let number = format!("FA-2026-{:06}", self.made);
        let supplier = supplier(self.draw(SUPPLIERS));
        let day = 1 + self.draw(28);
        let mut line = || Line {
            goods: GOODS[self.draw(GOODS.len() as u64) as usize],
            quantity: 1 + self.draw(200),
            price: 50 + self.draw(100_000),
        };
        let lines = (0..lines).map(|_| line()).collect();
        Draft { number, day, supplier, lines }
    }

    fn draw(&mut self, bound: u64) -> u64 {
        self.draw.below(bound)
    }
}

impl Draft {
    fn net(&self) -> u64 {
        self.lines.iter().map(|line| line.quantity * line.price).sum()
    }

    /// VAT at 20 %, to the cent.
    fn tax(&self) -> u64 {
        (self.net() + 2) / 5
    }
}

/// SIREN of a supplier.
pub fn supplier_siren(n: u64) -> String {
    with_luhn(&format!("9998{n:04}"))
}

fn supplier(n: u64) -> Supplier {
    let siren = supplier_siren(n);
    let siret = with_luhn(&format!("{siren}0001"));
    let value: u64 = siren.parse().unwrap_or_default();
    let vat = format!("FR{:02}{siren}", (12 + 3 * (value % 97)) % 97);
    Supplier { vat, iban: iban(n), name: format!("Atelier inventé n° {n}"), siren, siret }
}

/// The digits with the check digit of SIREN and SIRET.
pub fn with_luhn(digits: &str) -> String {
    let total: u32 = (0..)
        .zip(digits.bytes().rev())
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    format!("{digits}{}", (10 - total % 10) % 10)
}

/// A French account number of an invented bank (99999, branch 00001) with both its keys.
fn iban(account: u64) -> String {
    let key = 97 - (89 * 99_999 + 15 + 3 * account) % 97;
    let national = format!("9999900001{account:011}{key:02}");
    let number: u128 = format!("{national}152700").parse().unwrap_or_default();
    format!("FR{:02}{national}", 98 - number % 97)
}

fn cents(amount: u64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn ubl_header(draft: &Draft) -> String {
    let Draft { number, day, supplier, .. } = draft;
    let (net, tax, gross) = (cents(draft.net()), cents(draft.tax()), cents(draft.net() + draft.tax()));
    let Supplier { siren, siret, vat, iban, name } = supplier;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
         xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
         xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
  <cbc:ProfileID>A1</cbc:ProfileID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-10-{day:02}</cbc:IssueDate>
  <cbc:DueDate>2026-11-{day:02}</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:Note>#PMT#Indemnité forfaitaire pour frais de recouvrement : 40 euros.</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:OrderReference>
    <cbc:ID>ENG2026-00042</cbc:ID>
  </cac:OrderReference>
  <cac:AccountingSupplierParty>
    <cac:Party>
      <cac:PartyIdentification>
        <cbc:ID schemeID="0009">{siret}</cbc:ID>
      </cac:PartyIdentification>
      <cac:PostalAddress>
        <cbc:StreetName>4 quai des Scieries</cbc:StreetName>
        <cbc:CityName>Valbrune</cbc:CityName>
        <cbc:PostalZone>39999</cbc:PostalZone>
        <cac:Country>
          <cbc:IdentificationCode>FR</cbc:IdentificationCode>
        </cac:Country>
      </cac:PostalAddress>
      <cac:PartyTaxScheme>
        <cbc:CompanyID>{vat}</cbc:CompanyID>
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>
      </cac:PartyTaxScheme>
      <cac:PartyLegalEntity>
        <cbc:RegistrationName>{name}</cbc:RegistrationName>
        <cbc:CompanyID schemeID="0002">{siren}</cbc:CompanyID>
      </cac:PartyLegalEntity>
    </cac:Party>
  </cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>
    <cac:Party>
      <cac:PartyIdentification>
        <cbc:ID schemeID="0009">99970001600010</cbc:ID>
      </cac:PartyIdentification>
      <cac:PostalAddress>
        <cbc:StreetName>1 place de la Mairie</cbc:StreetName>
        <cbc:CityName>Valbrune</cbc:CityName>
        <cbc:PostalZone>39999</cbc:PostalZone>
        <cac:Country>
          <cbc:IdentificationCode>FR</cbc:IdentificationCode>
        </cac:Country>
      </cac:PostalAddress>
      <cac:PartyLegalEntity>
        <cbc:RegistrationName>Commune de Valbrune</cbc:RegistrationName>
        <cbc:CompanyID schemeID="0002">999700016</cbc:CompanyID>
      </cac:PartyLegalEntity>
      <cac:Contact>
        <cbc:ID>TECHNIQUE</cbc:ID>
      </cac:Contact>
    </cac:Party>
  </cac:AccountingCustomerParty>
  <cac:PaymentMeans>
    <cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
    <cbc:PaymentID>{number}</cbc:PaymentID>
    <cac:PayeeFinancialAccount>
      <cbc:ID>{iban}</cbc:ID>
    </cac:PayeeFinancialAccount>
  </cac:PaymentMeans>
  <cac:PaymentTerms>
    <cbc:Note>Paiement à 30 jours.</cbc:Note>
  </cac:PaymentTerms>
  <cac:TaxTotal>
    <cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>
      <cac:TaxCategory>
        <cbc:ID>S</cbc:ID>
        <cbc:Percent>20</cbc:Percent>
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>
      </cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
"#
    )
}

/// What the reform's channel asks for beside what Chorus Pro does.
fn for_the_reform(header: &str, supplier: &str) -> String {
    let profile = ">urn:cen.eu:en16931:2017<";
    let extended = ">urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr<";
    let currency = "  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\n";
    let notes = "  <cbc:Note>#PMD#Pénalités : taux directeur de la BCE majoré de huit points.</cbc:Note>\n  \
                 <cbc:Note>#AAB#Pas d'escompte pour paiement anticipé.</cbc:Note>\n  <cbc:Note>#ADN#B2G</cbc:Note>\n";
    let mut text = header
        .replacen(profile, extended, 1)
        .replacen("<cbc:ProfileID>A1<", "<cbc:ProfileID>M1<", 1)
        .replacen(currency, &format!("{notes}{currency}  <cbc:BuyerReference>TECHNIQUE</cbc:BuyerReference>\n"), 1);
    for (party, siren) in [("Supplier", supplier), ("Customer", "999700016")] {
        let opening = format!("<cac:Accounting{party}Party>\n    <cac:Party>\n");
        let address = format!("{opening}      <cbc:EndpointID schemeID=\"0225\">{siren}</cbc:EndpointID>\n");
        text = text.replacen(&opening, &address, 1);
    }
    text
}

fn ubl_line(text: &mut String, n: usize, line: &Line) {
    let (quantity, price, net) = (line.quantity, cents(line.price), cents(line.quantity * line.price));
    let goods = line.goods.replace('&', "&amp;");
    let _ = write!(
        text,
        r#"  <cac:InvoiceLine>
    <cbc:ID>{n}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">{quantity}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Name>{goods}</cbc:Name>
      <cac:ClassifiedTaxCategory>
        <cbc:ID>S</cbc:ID>
        <cbc:Percent>20</cbc:Percent>
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>
      </cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price>
      <cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount>
    </cac:Price>
  </cac:InvoiceLine>
"#
    );
}

fn cii_header(draft: &Draft) -> String {
    let Draft { number, day, .. } = draft;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
    xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
    xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext>
    <ram:BusinessProcessSpecifiedDocumentContextParameter>
      <ram:ID>A1</ram:ID>
    </ram:BusinessProcessSpecifiedDocumentContextParameter>
    <ram:GuidelineSpecifiedDocumentContextParameter>
      <ram:ID>urn:cen.eu:en16931:2017</ram:ID>
    </ram:GuidelineSpecifiedDocumentContextParameter>
  </rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>{number}</ram:ID>
    <ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime>
      <udt:DateTimeString format="102">202610{day:02}</udt:DateTimeString>
    </ram:IssueDateTime>
    <ram:IncludedNote>
      <ram:Content>Indemnité forfaitaire pour frais de recouvrement : 40 euros.</ram:Content>
      <ram:SubjectCode>PMT</ram:SubjectCode>
    </ram:IncludedNote>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
"#
    )
}

fn cii_line(text: &mut String, n: usize, line: &Line) {
    let (quantity, price, net) = (line.quantity, cents(line.price), cents(line.quantity * line.price));
    let goods = line.goods.replace('&', "&amp;");
    let _ = write!(
        text,
        r#"    <ram:IncludedSupplyChainTradeLineItem>
      <ram:AssociatedDocumentLineDocument>
        <ram:LineID>{n}</ram:LineID>
      </ram:AssociatedDocumentLineDocument>
      <ram:SpecifiedTradeProduct>
        <ram:Name>{goods}</ram:Name>
      </ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeAgreement>
        <ram:NetPriceProductTradePrice>
          <ram:ChargeAmount>{price}</ram:ChargeAmount>
        </ram:NetPriceProductTradePrice>
      </ram:SpecifiedLineTradeAgreement>
      <ram:SpecifiedLineTradeDelivery>
        <ram:BilledQuantity unitCode="C62">{quantity}</ram:BilledQuantity>
      </ram:SpecifiedLineTradeDelivery>
      <ram:SpecifiedLineTradeSettlement>
        <ram:ApplicableTradeTax>
          <ram:TypeCode>VAT</ram:TypeCode>
          <ram:CategoryCode>S</ram:CategoryCode>
          <ram:RateApplicablePercent>20</ram:RateApplicablePercent>
        </ram:ApplicableTradeTax>
        <ram:SpecifiedTradeSettlementLineMonetarySummation>
          <ram:LineTotalAmount>{net}</ram:LineTotalAmount>
        </ram:SpecifiedTradeSettlementLineMonetarySummation>
      </ram:SpecifiedLineTradeSettlement>
    </ram:IncludedSupplyChainTradeLineItem>
"#
    );
}

fn cii_trailer(text: &mut String, draft: &Draft) {
    let Draft { number, day, supplier, .. } = draft;
    let (net, tax, gross) = (cents(draft.net()), cents(draft.tax()), cents(draft.net() + draft.tax()));
    let Supplier { siren, siret, vat, iban, name } = supplier;
    let _ = write!(
        text,
        r#"    <ram:ApplicableHeaderTradeAgreement>
      <ram:BuyerReference>ECOLES</ram:BuyerReference>
      <ram:SellerTradeParty>
        <ram:GlobalID schemeID="0009">{siret}</ram:GlobalID>
        <ram:Name>{name}</ram:Name>
        <ram:SpecifiedLegalOrganization>
          <ram:ID schemeID="0002">{siren}</ram:ID>
        </ram:SpecifiedLegalOrganization>
        <ram:PostalTradeAddress>
          <ram:PostcodeCode>39998</ram:PostcodeCode>
          <ram:LineOne>12 rue du Port</ram:LineOne>
          <ram:CityName>Lac-Vert</ram:CityName>
          <ram:CountryID>FR</ram:CountryID>
        </ram:PostalTradeAddress>
        <ram:SpecifiedTaxRegistration>
          <ram:ID schemeID="VA">{vat}</ram:ID>
        </ram:SpecifiedTaxRegistration>
      </ram:SellerTradeParty>
      <ram:BuyerTradeParty>
        <ram:GlobalID schemeID="0009">99970001600010</ram:GlobalID>
        <ram:Name>Commune de Valbrune</ram:Name>
        <ram:SpecifiedLegalOrganization>
          <ram:ID schemeID="0002">999700016</ram:ID>
        </ram:SpecifiedLegalOrganization>
        <ram:PostalTradeAddress>
          <ram:PostcodeCode>39999</ram:PostcodeCode>
          <ram:LineOne>1 place de la Mairie</ram:LineOne>
          <ram:CityName>Valbrune</ram:CityName>
          <ram:CountryID>FR</ram:CountryID>
        </ram:PostalTradeAddress>
      </ram:BuyerTradeParty>
      <ram:BuyerOrderReferencedDocument>
        <ram:IssuerAssignedID>ENG2026-00051</ram:IssuerAssignedID>
      </ram:BuyerOrderReferencedDocument>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:PaymentReference>{number}</ram:PaymentReference>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementPaymentMeans>
        <ram:TypeCode>30</ram:TypeCode>
        <ram:PayeePartyCreditorFinancialAccount>
          <ram:IBANID>{iban}</ram:IBANID>
        </ram:PayeePartyCreditorFinancialAccount>
      </ram:SpecifiedTradeSettlementPaymentMeans>
      <ram:ApplicableTradeTax>
        <ram:CalculatedAmount>{tax}</ram:CalculatedAmount>
        <ram:TypeCode>VAT</ram:TypeCode>
        <ram:BasisAmount>{net}</ram:BasisAmount>
        <ram:CategoryCode>S</ram:CategoryCode>
        <ram:RateApplicablePercent>20</ram:RateApplicablePercent>
      </ram:ApplicableTradeTax>
      <ram:SpecifiedTradePaymentTerms>
        <ram:Description>Paiement à 30 jours.</ram:Description>
        <ram:DueDateDateTime>
          <udt:DateTimeString format="102">202611{day:02}</udt:DateTimeString>
        </ram:DueDateDateTime>
      </ram:SpecifiedTradePaymentTerms>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:LineTotalAmount>{net}</ram:LineTotalAmount>
        <ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="EUR">{tax}</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount>
        <ram:DuePayableAmount>{gross}</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"#
    );
}
