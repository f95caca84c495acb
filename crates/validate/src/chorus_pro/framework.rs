//! The billing framework (*cadre de facturation*, BT-23) of the historic channel: A1 to A25.
//!
//! Source: rule G1.02 of the external specifications (an M1, B1 or S1 there is rejected), enumeration of the official
//! Swagger; `soumettre` accepts A1, A2, A9 and A12 only.

use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::invoice::Invoice;

/// Frameworks that are deposited and checked whole.
const DEPOSITED: [&str; 2] = ["A1", "A2"];
/// Frameworks that are deposited, but for which the gateway has steps that are not checked here.
const DEPOSITED_IN_PART: [&str; 2] = ["A9", "A12"];
/// Highest A-code.
const LAST: u8 = 25;

/// Check 1: the framework is an A-code, and one that this program deposits.
#[must_use]
pub fn check(invoice: &Invoice) -> Vec<Finding> {
    let Some(code) = invoice.framework().map(str::trim).filter(|code| !code.is_empty()) else {
        return vec![finding("CPRO-HIST-FRAMEWORK")];
    };
    if DEPOSITED.contains(&code) {
        return Vec::new();
    }
    let found = if DEPOSITED_IN_PART.contains(&code) {
        Finding::warning(Layer::ChorusPro, "CPRO-HIST-FRAMEWORK-PARTIAL").term("BT-23").actor(Actor::Service)
    } else if is_historic(code) {
        finding("CPRO-HIST-FRAMEWORK-UNSUPPORTED").actor(Actor::Service)
    } else if is_reform(code) {
        finding("CPRO-HIST-FRAMEWORK-REFORM")
    } else {
        finding("CPRO-HIST-FRAMEWORK")
    };
    vec![found.found(code)]
}

fn finding(rule: &str) -> Finding {
    Finding::fatal(Layer::ChorusPro, rule).term("BT-23").expected("A1, A2")
}

fn is_historic(code: &str) -> bool {
    let number = code.strip_prefix('A').filter(|digits| !digits.starts_with(['0', '+']));
    number.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|number| (1..=LAST).contains(&number))
}

/// The codes of the reform: a letter for what is sold, a digit for how.
fn is_reform(code: &str) -> bool {
    matches!(code.as_bytes(), [b'B' | b'S' | b'M', b'1'..=b'8'])
}
