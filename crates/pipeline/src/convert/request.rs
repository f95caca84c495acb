//! What a conversion is asked for.

use facteur_model::invoice::Invoice;
use facteur_render::factur_x::Level;
use facteur_render::profile::{Channel, Missing, Syntax, adapt};
use facteur_render::{Written, cii, ubl};
use facteur_texts::Language;
use facteur_validate::Context;

use crate::config::ContextName;

const EN16931: &str = "urn:cen.eu:en16931:2017";
const EXTENDED_CTC_FR: &str = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr";

/// The syntax to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// UBL 2.1.
    Ubl,
    /// CII D22B.
    Cii,
    /// Factur-X: a page in this language that carries the XML.
    FacturX(Language),
}

/// What the new document is to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What the source says (BT-24), whole.
    Keep,
    /// EN 16931.
    En16931,
    /// The French extension EXTENDED-CTC-FR.
    ExtendedCtcFr,
    /// The XML of a Factur-X profile: CII only, and only what it has room for.
    FacturX(cii::Profile),
    /// One of the two French channels.
    Channel(Channel),
}

/// A syntax with a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    target: Target,
    profile: Profile,
}

impl Profile {
    /// Every name, for people.
    pub const NAMES: [&str; 10] = [
        "keep",
        "en16931",
        "extended-ctc-fr",
        "cpro-historic",
        "afnor",
        "factur-x-minimum",
        "factur-x-basic-wl",
        "factur-x-basic",
        "factur-x-en16931",
        "factur-x-extended",
    ];

    /// The profile that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "keep" => Self::Keep,
            "en16931" => Self::En16931,
            "extended-ctc-fr" => Self::ExtendedCtcFr,
            "cpro-historic" => Self::Channel(Channel::CproHistoric),
            "afnor" => Self::Channel(Channel::Afnor),
            "factur-x-minimum" => Self::FacturX(cii::Profile::Minimum),
            "factur-x-basic-wl" => Self::FacturX(cii::Profile::BasicWl),
            "factur-x-basic" => Self::FacturX(cii::Profile::Basic),
            "factur-x-en16931" => Self::FacturX(cii::Profile::En16931),
            "factur-x-extended" => Self::FacturX(cii::Profile::Extended),
            _ => return None,
        })
    }

    /// The profile of the channel that an installation deposits by.
    #[must_use]
    pub const fn of_channel(context: ContextName) -> Self {
        match context {
            ContextName::CproHistoric => Self::Channel(Channel::CproHistoric),
            ContextName::Afnor => Self::Channel(Channel::Afnor),
            ContextName::Plain => Self::Keep,
        }
    }

    /// How much of an invoice a CII of that profile has room for: EN 16931 and the historic formats know no extension.
    const fn room(self) -> cii::Profile {
        match self {
            Self::FacturX(profile) => profile,
            Self::En16931 | Self::Channel(Channel::CproHistoric) => cii::Profile::En16931,
            Self::Keep | Self::ExtendedCtcFr | Self::Channel(Channel::Afnor) => cii::Profile::Cii,
        }
    }

    /// The channel whose demands the new document is checked against.
    #[must_use]
    pub const fn context(self) -> Context {
        match self {
            Self::Channel(Channel::CproHistoric) => Context::CproHistoric,
            Self::Channel(Channel::Afnor) => Context::Afnor,
            _ => Context::Plain,
        }
    }
}

impl Request {
    /// A request; nothing where the syntax does not have the profile.
    #[must_use]
    pub const fn new(target: Target, profile: Profile) -> Option<Self> {
        match (target, profile) {
            (Target::Ubl, Profile::FacturX(_)) => None,
            // A page with data says which profile of Factur-X the data follow; what it came from is none.
            (Target::FacturX(_), Profile::Keep) => {
                Some(Self { target, profile: Profile::FacturX(cii::Profile::En16931) })
            }
            _ => Some(Self { target, profile }),
        }
    }

    /// The invoice as the profile wants it, and what it lacks.
    pub(crate) fn apply(self, invoice: &Invoice) -> (Invoice, Vec<Missing>) {
        let claiming = |profile: &str| Invoice { profile: Some(profile.to_owned()), ..invoice.clone() };
        match self.profile {
            Profile::Keep => (invoice.clone(), Vec::new()),
            Profile::En16931 => (claiming(EN16931), Vec::new()),
            Profile::ExtendedCtcFr => (claiming(EXTENDED_CTC_FR), Vec::new()),
            Profile::FacturX(profile) => (profile.identifier().map_or_else(|| invoice.clone(), claiming), Vec::new()),
            Profile::Channel(channel) => {
                let syntax = match self.target {
                    Target::Ubl => Syntax::Ubl,
                    Target::Cii | Target::FacturX(_) => Syntax::Cii,
                };
                let adapted = adapt(invoice, channel, syntax);
                (adapted.invoice, adapted.missing)
            }
        }
    }

    pub(crate) fn write(self, invoice: &Invoice, credit_note: bool) -> Written {
        match (self.target, self.profile) {
            (Target::Ubl, _) => ubl::write(invoice, credit_note),
            (Target::Cii | Target::FacturX(_), profile) => cii::write(invoice, profile.room(), credit_note),
        }
    }

    /// The language of the page and the level that its metadata name, where a page is wanted.
    pub(crate) const fn page(self) -> Option<(Language, Level)> {
        let Target::FacturX(language) = self.target else { return None };
        let level = match self.profile {
            Profile::FacturX(cii::Profile::Minimum) => Level::Minimum,
            Profile::FacturX(cii::Profile::BasicWl) => Level::BasicWl,
            Profile::FacturX(cii::Profile::Basic) => Level::Basic,
            Profile::FacturX(cii::Profile::Extended | cii::Profile::Cii)
            | Profile::ExtendedCtcFr
            | Profile::Channel(Channel::Afnor) => Level::Extended,
            _ => Level::En16931,
        };
        Some((language, level))
    }
}
