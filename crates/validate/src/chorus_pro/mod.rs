//! What Chorus Pro demands of a deposit on its historic channel, checked before anything is sent.
//!
//! Eight checks, one function each; each names its source. They see the invoice in the terms of EN 16931, so they are
//! the same for UBL, CII and Factur-X, but for the place of the service code.
//!
//! | check | module | rules |
//! |---|---|---|
//! | billing framework (A-code) | [`framework`] | `CPRO-HIST-FRAMEWORK…` |
//! | SIRET of both parties | [`parties`] | `CPRO-HIST-SIRET-…` |
//! | invoice number | [`number`] | `CPRO-HIST-NUMBER` |
//! | payment means | [`payment`] | `CPRO-HIST-PAYMENT…` |
//! | IBAN with a credit transfer | [`payment`] | `CPRO-HIST-IBAN` |
//! | service code or commitment number | [`references`] | `CPRO-HIST-SERVICE`, `…-COMMITMENT`, `…-REFERENCE` |
//! | sizes | [`files`] | `CPRO-HIST-SIZE`, `…-ATTACHMENT-SIZE`, `…-ATTACHMENT-EMPTY` |
//! | names | [`files`] | `CPRO-HIST-FILE-NAME`, `…-ATTACHMENT-NAME`, `…-ATTACHMENT-TYPE` |

use facteur_model::finding::Finding;
use facteur_model::invoice::Invoice;

use crate::Subject;

pub mod files;
pub mod framework;
pub mod number;
pub mod parties;
pub mod payment;
pub mod references;

/// What a recipient demands, as its directory entry or the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demands {
    /// The service code is mandatory.
    pub service_code: bool,
    /// The commitment number is mandatory.
    pub commitment_number: bool,
    /// One of the two is mandatory.
    pub either: bool,
}

/// Runs the eight checks.
#[must_use]
pub fn check(subject: &Subject<'_>, invoice: &Invoice, demands: &Demands) -> Vec<Finding> {
    let checks = [
        framework::check(invoice),
        parties::check(invoice),
        number::check(invoice),
        payment::check_means(invoice),
        payment::check_account(invoice),
        references::check(invoice, subject.kind, demands),
        files::check_sizes(subject.file_size, invoice),
        files::check_names(subject.file_name, invoice),
    ];
    let mut findings: Vec<Finding> = checks.into_iter().flatten().collect();
    for finding in &mut findings {
        locate(finding, subject);
    }
    findings
}

/// Adds path and line where the finding is about a term of the document.
fn locate(finding: &mut Finding, subject: &Subject<'_>) {
    let (None, Some(term), Some(places)) = (&finding.path, &finding.term, subject.places) else { return };
    if let Some((path, line)) = places.of(term) {
        finding.path = Some(path);
        finding.line = Some(line);
    }
}
