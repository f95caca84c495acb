//! Who invoices whom in an invented year: suppliers, some of them with hostile names, and public bodies with services.

use crate::draw::Draw;
use crate::generate::with_luhn;

const TRADES: [&str; 16] = [
    "Menuiserie",
    "Papeterie",
    "Traiteur",
    "Garage",
    "Plomberie",
    "Électricité",
    "Imprimerie",
    "Pépinière",
    "Boulangerie",
    "Transports",
    "Nettoyage",
    "Informatique",
    "Couverture",
    "Serrurerie",
    "Librairie",
    "Géomètre",
];
const PLACES: [&str; 24] = [
    "du Clain",
    "Vauban",
    "des Halles",
    "Lemoine",
    "de l'Anglin",
    "Sainte-Radegonde",
    "des Trois-Pigeons",
    "du Vieux-Pont",
    "Berthelot",
    "de la Gâtine",
    "Ménard & fils",
    "du Moulin",
    "Poitevine",
    "de l'Ouest",
    "Dupré",
    "des Ormeaux",
    "Fontaine",
    "du Marais",
    "Charpentier",
    "de la Vonne",
    "Rivière",
    "du Plateau",
    "Girard",
    "des Tilleuls",
];
/// What a supplier must never be able to do by its name.
const HOSTILE: [&str; 6] = [
    "=HYPERLINK(\"http://exemple.invalid\";\"Payer\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert('facture')</script> & Cie",
    "Ets \u{1b}[31mRouge\u{1b}[2J",
    "\u{202e}lrutan eriarbiL",
    "Dupont \"et\"; fils,\tLyon\r\n+33",
];
const BODIES: [&str; 8] = [
    "Commune de",
    "CCAS de",
    "Syndicat des eaux de",
    "Communauté de communes de",
    "Collège de",
    "Centre hospitalier de",
    "Caisse des écoles de",
    "Office de tourisme de",
];
const TOWNS: [&str; 6] = [
    "Saint-Brice-sur-Vonne",
    "Villeneuve-l'Inventée",
    "Montfaux",
    "Les Essarts-Fictifs",
    "Port-Imaginé",
    "Bourg-Exemple",
];
const SERVICES: [&str; 9] =
    ["ECOLES", "VOIRIE", "EAU", "ASSAINISSEMENT", "ESPACES_VERTS", "CULTURE", "SPORTS", "DSI", "CANTINE"];
/// So many suppliers in a thousand have a hostile name.
const HOSTILE_SHARE: u64 = 15;

#[derive(Debug, Clone)]
pub struct Supplier {
    pub siren: String,
    pub siret: String,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct Recipient {
    pub siret: String,
    pub name: String,
    pub services: Vec<&'static str>,
}

pub fn suppliers(draw: &mut Draw, count: usize) -> Vec<Supplier> {
    let supplier = |n: usize| {
        let siren = with_luhn(&format!("98{n:06}"));
        let name = if draw.happens(HOSTILE_SHARE) {
            (*draw.one(&HOSTILE)).to_owned()
        } else {
            format!("{} {} {}", draw.one(&TRADES), draw.one(&PLACES), n + 1)
        };
        Supplier { siret: with_luhn(&format!("{siren}0001")), siren, name }
    };
    (0..count).map(supplier).collect()
}

pub fn recipients(draw: &mut Draw) -> Vec<Recipient> {
    let mut all = Vec::new();
    for (town_number, town) in TOWNS.iter().enumerate() {
        for (body_number, body) in BODIES.iter().enumerate() {
            let siren = with_luhn(&format!("21{town_number:02}{body_number:04}"));
            let services = SERVICES.iter().filter(|_| draw.happens(450)).copied().collect();
            let siret = with_luhn(&format!("{siren}0001"));
            all.push(Recipient { siret, name: format!("{body} {town}"), services });
        }
    }
    all
}
