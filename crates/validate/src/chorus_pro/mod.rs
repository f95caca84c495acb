//! What Chorus Pro demands of an invoice, checked before anything is sent.
//!
//! On the channel of the reform these are the rules of [`b2g`]. On the historic channel they are eight checks, one
//! function each, that name their source, and of the rules of [`b2g`] those that hold there too (the lengths). All see
//! the invoice in the terms of EN 16931, so they are the same for UBL, CII and Factur-X, but for the place of the
//! service code.
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

use facteur_model::directory::Directory;
use facteur_model::finding::Finding;
use facteur_model::invoice::Invoice;

use crate::{Places, Subject};

pub mod b2g;
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

/// The historic channel: the eight checks, and the limits that both channels have.
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
        b2g::check_shared(b2g::View::new(subject, invoice, demands, None)),
    ];
    located(checks.into_iter().flatten().collect(), subject.places)
}

/// The channel of the approved platforms: the rules BR-FR-CPRO, with a copy of the directory where there is one.
#[must_use]
pub fn check_b2g(
    subject: &Subject<'_>,
    invoice: &Invoice,
    demands: &Demands,
    directory: Option<&dyn Directory>,
) -> Vec<Finding> {
    located(b2g::check(b2g::View::new(subject, invoice, demands, directory)), subject.places)
}

/// Adds path and line where a finding is about a term of the document.
fn located(mut findings: Vec<Finding>, places: Option<&dyn Places>) -> Vec<Finding> {
    for finding in &mut findings {
        let (None, Some(term), Some(places)) = (&finding.path, &finding.term, places) else { continue };
        let found = finding.found.as_deref().map(|found| found.trim_end_matches('…')).filter(|found| !found.is_empty());
        if let Some((path, line)) = found.map_or_else(|| places.of(term), |found| places.of_value(term, found)) {
            finding.path = Some(path);
            finding.line = Some(line);
        }
    }
    findings
}
