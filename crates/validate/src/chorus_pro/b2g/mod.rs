//! The B2G rules BR-FR-CPRO-01 to 44 of the reform (XP Z12-012, annex A, sheet "BR-France-CTC-CPRO").
//!
//! No Schematron of them is published: each rule is one function here, after what is publicly known of it. They see the
//! invoice in the terms of EN 16931, so they are the same for UBL, CII and Factur-X.
//!
//! | rules | module |
//! |---|---|
//! | 01, 24: contract type, billing framework; what the channel refuses whole | [`framework`] |
//! | 03 to 09, 17, 18, 21: identifiers of seller, payee and seller's agent | [`identifiers`] |
//! | 10 to 13, 23: the recipient, its services and what it demands | [`recipient`] |
//! | 19, 20, 25 to 28: how many of a thing there may be | [`counts`] |
//! | 02, 14, 15, 29 to 44: lengths | [`lengths`] |
//!
//! Not here: 16 and 22, which their publisher calls not verifiable; 45 to 50, of which nothing is public.

use facteur_model::directory::Directory;
use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::invoice::Invoice;
use facteur_xml::Document;

use super::Demands;
use crate::Subject;

pub mod counts;
pub mod framework;
pub mod identifiers;
pub mod lengths;
pub mod recipient;

/// Findings of one rule that are written out: enough to see what is wrong, whatever the length of the invoice.
const FINDINGS_MAX: usize = 100;

/// On which channels a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// That of the approved platforms only.
    Reform,
    /// The historic one too: its formats have the same limits.
    Both,
}

/// One rule.
pub struct Rule {
    /// Its published id.
    pub id: &'static str,
    /// The term that it is about, of several the first.
    pub term: &'static str,
    /// Where it holds.
    pub channels: Channels,
    /// The rule itself: nothing, or what is wrong.
    pub check: fn(&View<'_>) -> Vec<Finding>,
}

/// What a rule sees.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The invoice.
    pub invoice: &'a Invoice,
    /// Its document, where one counts what the model holds once.
    pub document: Option<&'a Document>,
    /// What the recipient demands, by configuration.
    pub demands: &'a Demands,
    /// A copy of the directory, where there is one.
    pub directory: Option<&'a dyn Directory>,
    /// The rule's id.
    rule: &'static str,
}

/// Every rule, in the order of the numbers.
pub const RULES: [Rule; 45] = [
    Rule::reform("BR-FR-CPRO-01", "EXT-FR-FE-01", framework::br_fr_cpro_01),
    Rule::reform("BR-FR-CPRO-02", "BT-1", lengths::br_fr_cpro_02),
    Rule::reform("BR-FR-CPRO-03", "BT-29", identifiers::br_fr_cpro_03),
    Rule::reform("BR-FR-CPRO-04", "BT-29", identifiers::br_fr_cpro_04),
    Rule::reform("BR-FR-CPRO-05", "BT-29", identifiers::br_fr_cpro_05),
    Rule::reform("BR-FR-CPRO-06", "BT-29", identifiers::br_fr_cpro_06),
    Rule::reform("BR-FR-CPRO-07", "BT-29", identifiers::br_fr_cpro_07),
    Rule::reform("BR-FR-CPRO-08", "BT-29", identifiers::br_fr_cpro_08),
    Rule::reform("BR-FR-CPRO-09", "BT-29", identifiers::br_fr_cpro_09),
    Rule::reform("BR-FR-CPRO-10", "BT-46", recipient::br_fr_cpro_10),
    Rule::reform("BR-FR-CPRO-11", "BT-46", recipient::br_fr_cpro_11),
    Rule::reform("BR-FR-CPRO-12", "BT-13", recipient::br_fr_cpro_12),
    Rule::reform("BR-FR-CPRO-13", "BT-13", recipient::br_fr_cpro_13),
    Rule::both("BR-FR-CPRO-14", "BT-12", lengths::br_fr_cpro_14),
    Rule::both("BR-FR-CPRO-15", "BT-13", lengths::br_fr_cpro_15),
    Rule::reform("BR-FR-CPRO-17", "BT-60", identifiers::br_fr_cpro_17),
    Rule::reform("BR-FR-CPRO-18", "EXT-FR-FE-69", identifiers::br_fr_cpro_18),
    Rule::reform("BR-FR-CPRO-19", "BG-25", counts::br_fr_cpro_19),
    Rule::reform("BR-FR-CPRO-20", "BG-3", counts::br_fr_cpro_20),
    Rule::reform("BR-FR-CPRO-21", "EXT-FR-FE-BG-03", identifiers::br_fr_cpro_21),
    Rule::reform("BR-FR-CPRO-23", "BT-46", recipient::br_fr_cpro_23),
    Rule::reform("BR-FR-CPRO-24", "BT-23", framework::br_fr_cpro_24),
    Rule::reform("BR-FR-CPRO-25", "BT-20", counts::br_fr_cpro_25),
    Rule::reform("BR-FR-CPRO-26", "BG-6", counts::br_fr_cpro_26),
    Rule::reform("BR-FR-CPRO-27", "BG-9", counts::br_fr_cpro_27),
    Rule::reform("BR-FR-CPRO-28", "EXT-FR-FE-BG-03", counts::br_fr_cpro_28),
    Rule::both("BR-FR-CPRO-29", "BT-120", lengths::br_fr_cpro_29),
    Rule::both("BR-FR-CPRO-30", "BT-122", lengths::br_fr_cpro_30),
    Rule::both("BR-FR-CPRO-31", "BT-154", lengths::br_fr_cpro_31),
    Rule::both("BR-FR-CPRO-32", "BT-35", lengths::br_fr_cpro_32),
    Rule::both("BR-FR-CPRO-33", "BT-37", lengths::br_fr_cpro_33),
    Rule::both("BR-FR-CPRO-34", "BT-45", lengths::br_fr_cpro_34),
    Rule::both("BR-FR-CPRO-35", "BT-20", lengths::br_fr_cpro_35),
    Rule::both("BR-FR-CPRO-36", "BT-28", lengths::br_fr_cpro_36),
    Rule::both("BR-FR-CPRO-37", "BT-59", lengths::br_fr_cpro_37),
    Rule::both("BR-FR-CPRO-38", "BT-71", lengths::br_fr_cpro_38),
    Rule::both("BR-FR-CPRO-39", "BT-84", lengths::br_fr_cpro_39),
    Rule::both("BR-FR-CPRO-40", "EXT-FR-FE-146", lengths::br_fr_cpro_40),
    Rule::reform("BR-FR-CPRO-41", "BT-125", lengths::br_fr_cpro_41),
    Rule::both("BR-FR-CPRO-42", "BT-22", lengths::br_fr_cpro_42),
    Rule::both("BR-FR-CPRO-43", "BT-27", lengths::br_fr_cpro_43),
    Rule::both("BR-FR-CPRO-44", "BT-44", lengths::br_fr_cpro_44),
    Rule::reform("CPRO-AFNOR-SELF-BILLING", "BT-3", framework::self_billing),
    Rule::reform("CPRO-AFNOR-MULTI-VENDOR", "BT-23", framework::multi_vendor),
    Rule::reform("CPRO-AFNOR-SUB-LINES", "EXT-FR-FE-163", framework::sub_lines),
];

impl Rule {
    const fn reform(id: &'static str, term: &'static str, check: fn(&View<'_>) -> Vec<Finding>) -> Self {
        Self { id, term, channels: Channels::Reform, check }
    }

    const fn both(id: &'static str, term: &'static str, check: fn(&View<'_>) -> Vec<Finding>) -> Self {
        Self { id, term, channels: Channels::Both, check }
    }

    fn run<'a>(&self, view: View<'a>) -> Vec<Finding> {
        let view = View { rule: self.id, ..view };
        let findings = view.bounded((self.check)(&view));
        findings
            .into_iter()
            .map(|finding| if finding.term.is_none() { finding.term(self.term) } else { finding })
            .collect()
    }
}

impl<'a> View<'a> {
    /// What the rules see of an invoice.
    pub(super) fn new(
        subject: &Subject<'a>,
        invoice: &'a Invoice,
        demands: &'a Demands,
        directory: Option<&'a dyn Directory>,
    ) -> Self {
        Self { invoice, document: subject.document, demands, directory, rule: "" }
    }

    /// The first findings of a rule; how many more there are is said in one.
    fn bounded(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        let more = findings.len().saturating_sub(FINDINGS_MAX);
        if more > 0 {
            findings.truncate(FINDINGS_MAX);
            let mut rest = self.fatal().found(more.to_string());
            "CPRO-MORE".clone_into(&mut rest.key);
            findings.push(rest);
        }
        findings
    }

    /// A fatal finding of the rule that is running.
    pub(super) fn fatal(&self) -> Finding {
        Finding::fatal(Layer::ChorusPro, self.rule)
    }

    /// The rule cannot be judged: a warning that says so, under the key of the reason.
    pub(super) fn not_checkable(&self, key: &str) -> Finding {
        let mut finding = Finding::warning(Layer::ChorusPro, self.rule);
        key.clone_into(&mut finding.key);
        finding.evaluated = false;
        finding.actor(Actor::Service)
    }
}

/// Every rule of the channel of the approved platforms.
pub(super) fn check(view: View<'_>) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule.run(view)).collect()
}

/// Those that hold on the historic channel too.
pub(super) fn check_shared(view: View<'_>) -> Vec<Finding> {
    let shared = RULES.iter().filter(|rule| rule.channels == Channels::Both);
    let mut findings: Vec<Finding> = shared.flat_map(|rule| rule.run(view)).collect();
    // The number of the invoice itself has its own check there; that of the preceding ones has not.
    let view = View { rule: "BR-FR-CPRO-02", ..view };
    findings.extend(view.bounded(lengths::preceding_numbers(&view)));
    findings
}
