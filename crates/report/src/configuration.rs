//! What can be configured about reports: `[report]` of `facteur.toml`.

use std::path::PathBuf;

use facteur_model::amount::Amount;
use serde::{Deserialize, Serialize};

use crate::payment_period::{Payer, Zone};

/// How reports are made here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// Where the structure is: its legal days begin at midnight there (`Europe/Paris`, `Indian/Reunion`, …).
    pub time_zone: Zone,
    /// Who pays, for the length of the payment period.
    pub payer: Payer,
    /// Rates of the European Central Bank that the built-in table does not have, in the same form; relative to the home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<PathBuf>,
    /// Sheets of paper that an invoice would have taken, for the estimate of savings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheets_per_invoice: Option<Amount>,
    /// Postage that an invoice would have cost, in euros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postage: Option<Amount>,
    /// Which recipient or service belongs to which budget: no invoice says it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budget: Vec<Budget>,
}

/// A budget (main or annex) and whose invoices it pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Its name, as reports show it.
    pub name: String,
    /// SIRET of the recipient; an annex budget often has its own.
    pub siret: String,
    /// Its service codes; all that no other budget of the same SIRET names, where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// The budget that pays what this recipient and this service receive.
#[must_use]
pub fn budget_of<'a>(budgets: &'a [Budget], siret: Option<&str>, service: Option<&str>) -> Option<&'a Budget> {
    let own = || budgets.iter().filter(|budget| Some(budget.siret.as_str()) == siret);
    let named = own().find(|budget| service.is_some_and(|code| budget.services.iter().any(|one| one == code)));
    named.or_else(|| own().find(|budget| budget.services.is_empty()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_service_belongs_to_its_own_budget_before_the_main_one() {
        let text = "time_zone = 'Indian/Reunion'\npostage = '1.20'\n\
            [[budget]]\nname = 'Principal'\nsiret = '12345678200051'\n\
            [[budget]]\nname = 'Eau'\nsiret = '12345678200051'\nservices = ['EAU', 'ASSAINISSEMENT']\n";
        let configuration: Configuration = toml::from_str(text).unwrap();
        let of = |siret, service| budget_of(&configuration.budget, Some(siret), service).map(|one| one.name.as_str());
        assert_eq!(of("12345678200051", Some("EAU")), Some("Eau"));
        assert_eq!(of("12345678200051", Some("ECOLES")), Some("Principal"));
        assert_eq!(of("12345678200051", None), Some("Principal"));
        assert_eq!(of("99999999900001", Some("EAU")), None);
        assert_eq!(configuration.time_zone, Zone::Reunion);
        assert!(toml::from_str::<Configuration>("time_zone = 'Mars/Base'").is_err());
    }
}
