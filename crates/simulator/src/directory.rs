//! The structures that the simulator knows: the qualification data set, what an administrator declared, and any
//! other 14-digit SIRET.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A service of a public structure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Code service exécutant.
    pub code: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Whether invoices may be addressed to it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether this service wants a commitment number.
    #[serde(default)]
    pub commitment_required: bool,
}

/// A structure, as `POST /simulator/structure` declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// SIRET, 14 digits (no Luhn check: the qualification data set has SIRETs that fail it).
    pub siret: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// False: Chorus Pro does not know this structure.
    #[serde(default = "yes")]
    pub known: bool,
    /// False: known but inactive.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it belongs to the public sphere.
    #[serde(default)]
    pub public: bool,
    /// Whether an invoice addressed to it must name a service.
    #[serde(default)]
    pub service_required: bool,
    /// Whether an invoice addressed to it must carry a commitment number.
    #[serde(default)]
    pub commitment_required: bool,
    /// Whether one of both is enough.
    #[serde(default)]
    pub service_or_commitment: bool,
    /// Whether MISE_EN_PAIEMENT never comes back.
    #[serde(default)]
    pub payment_not_reported: bool,
    /// Whether the technical account may search this supplier's invoices.
    #[serde(default = "yes")]
    pub searchable: bool,
    /// Its services.
    #[serde(default)]
    pub services: Vec<Service>,
}

impl Structure {
    /// A structure without any requirement.
    pub fn plain(siret: &str, name: &str) -> Self {
        Self {
            siret: siret.to_owned(),
            name: name.to_owned(),
            known: true,
            active: true,
            public: false,
            service_required: false,
            commitment_required: false,
            service_or_commitment: false,
            payment_not_reported: false,
            searchable: true,
            services: Vec::new(),
        }
    }

    /// `idStructureCPP`: a number of its own, so that no client can take the SIRET for it.
    pub fn id(&self) -> i64 {
        id_of(&self.siret)
    }
}

/// `idStructureCPP` of a SIRET.
pub fn id_of(siret: &str) -> i64 {
    ID_MIRROR - siret.parse::<i64>().unwrap_or(0)
}

const ID_MIRROR: i64 = 100_000_000_000_000;

/// What is declared, and the rule for the rest.
#[derive(Debug)]
pub struct Directory {
    declared: BTreeMap<String, Structure>,
}

impl Directory {
    /// The qualification data set ("matelas").
    pub fn qualification() -> Self {
        let recipient = |siret, name: &str| Structure { public: true, ..Structure::plain(siret, name) };
        let service = |code: &str| Service {
            code: code.to_owned(),
            name: format!("Service {code}"),
            active: true,
            commitment_required: false,
        };
        let structures = [
            Structure::plain("33254021516357", "Fournisseur de qualification"),
            recipient("12345678200051", "Destinataire sans parametre"),
            Structure {
                commitment_required: true,
                ..recipient("12345678200036", "Destinataire engagement obligatoire")
            },
            Structure {
                service_required: true,
                services: vec![service("SERVICE_DEST_SERV_OBL")],
                ..recipient("12345678200028", "Destinataire service obligatoire")
            },
            Structure {
                service_required: true,
                commitment_required: true,
                services: vec![service("SERVICE_DEST_SERV_EJ_OBL")],
                ..recipient("12345678200044", "Destinataire service et engagement obligatoires")
            },
            Structure { services: vec![service("SFACETAT")], ..recipient("11000201100044", "Destinataire Etat") },
        ];
        Self { declared: structures.into_iter().map(|one| (one.siret.clone(), one)).collect() }
    }

    /// Adds or replaces a structure.
    pub fn declare(&mut self, structure: Structure) {
        self.declared.insert(structure.siret.clone(), structure);
    }

    /// The structure behind a SIRET, unless it is declared unknown or is not 14 digits.
    pub fn find(&self, siret: &str) -> Option<Structure> {
        if let Some(structure) = self.declared.get(siret) {
            return structure.known.then(|| structure.clone());
        }
        let well_formed = siret.len() == 14 && siret.bytes().all(|byte| byte.is_ascii_digit());
        well_formed.then(|| Structure::plain(siret, &format!("Structure {siret}")))
    }

    /// The structure behind an `idStructureCPP`.
    pub fn find_by_id(&self, id: i64) -> Option<Structure> {
        let siret = ID_MIRROR.checked_sub(id).filter(|number| (0..ID_MIRROR).contains(number))?;
        self.find(&format!("{siret:014}"))
    }

    /// Every declared structure that is known.
    pub fn known(&self) -> impl Iterator<Item = &Structure> {
        self.declared.values().filter(|structure| structure.known)
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_identifier_leads_back_to_its_structure() {
        let directory = Directory::qualification();
        for siret in ["12345678200028", "00000000000727", "99999999999999"] {
            let structure = directory.find(siret).unwrap();
            assert_eq!(directory.find_by_id(structure.id()).unwrap().siret, siret);
            assert_ne!(structure.id().to_string(), siret);
        }
        assert!(directory.find_by_id(-5).is_none());
        assert!(directory.find("123").is_none());
    }
}
