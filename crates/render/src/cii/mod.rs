//! UN/CEFACT Cross Industry Invoice D22B from the model (EN 16931-3-3, and the French extensions), in the order of the
//! schemas; whole, or only what a profile of Factur-X has room for.

mod agreement;
mod delivery;
mod header;
mod lines;
mod parties;
mod settlement;
mod tax;

use facteur_model::date::Date;
use facteur_model::invoice::Invoice;

use crate::out::{Attributes, Out, compact};
use crate::written::Written;

const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns:rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
    ("xmlns:ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"),
    ("xmlns:qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"),
    ("xmlns:udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"),
];

/// How much of an invoice the document has room for: each has what the one before it has. The first five are the
/// profiles of Factur-X 1.09, told by their schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Factur-X MINIMUM: who, how much.
    Minimum,
    /// Factur-X BASIC WL: no lines.
    BasicWl,
    /// Factur-X BASIC: lines with what tax law demands.
    Basic,
    /// Factur-X EN 16931: its whole model.
    En16931,
    /// Factur-X EXTENDED: with the extensions.
    Extended,
    /// CII D22B without a Factur-X profile.
    Cii,
}

impl Profile {
    /// BT-24 of a Factur-X profile (Factur-X 1.09, chapter 6); plain CII says itself what it follows.
    #[must_use]
    pub const fn identifier(self) -> Option<&'static str> {
        match self {
            Self::Minimum => Some("urn:factur-x.eu:1p0:minimum"),
            Self::BasicWl => Some("urn:factur-x.eu:1p0:basicwl"),
            Self::Basic => Some("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"),
            Self::En16931 => Some("urn:cen.eu:en16931:2017"),
            Self::Extended => Some("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"),
            Self::Cii => None,
        }
    }
}

/// What carries the scheme of an identifier: Factur-X leaves out the version.
const fn scheme(profile: Profile) -> Attributes {
    ("schemeID", if matches!(profile, Profile::Cii) { Some("schemeVersionID") } else { None })
}

/// Writes an invoice or a credit note (`381`, where the type code is missing and `credit_note` says so).
#[must_use]
pub fn write(invoice: &Invoice, profile: Profile, credit_note: bool) -> Written {
    let mut out = Out::new(invoice, "rsm:CrossIndustryInvoice", &NAMESPACES);
    header::context(&mut out, invoice);
    header::document(&mut out, invoice, profile, credit_note);
    out.within("rsm:SupplyChainTradeTransaction", |out| {
        if profile >= Profile::Basic {
            for (index, line) in invoice.lines.iter().enumerate() {
                out.at_line(Some(index));
                lines::line(out, invoice, line, profile);
            }
            out.at_line(None);
        }
        agreement::agreement(out, invoice, profile);
        delivery::header(out, invoice, profile);
        settlement::settlement(out, invoice, profile);
    });
    out.finish()
}

/// A day inside the element under way.
fn date<'a>(out: &mut Out<'a>, element: &'static str, kind: &'static str, field: &'a Option<Date>) {
    if let Some(date) = field {
        out.within(element, |out| {
            out.fixed_with(kind, &compact(*date), &[("format", "102")]);
            out.carry(date);
        });
    }
}

const DATE_TIME: &str = "udt:DateTimeString";
/// What references have instead.
const FORMATTED: &str = "qdt:DateTimeString";
/// What the tax point has instead.
const DATE_ONLY: &str = "udt:DateString";
