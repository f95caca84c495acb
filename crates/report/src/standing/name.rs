//! The names of the reports, in both languages.

/// A standing report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// What came in, what moved, what waits: today, or the period given.
    Daily,
    /// What waits for a person, for whom, and which command.
    Waiting,
    /// What was refused or rejected, by whom and why.
    Rejected,
    /// Payment periods that run.
    Deadlines,
    /// Interest for late payment, the statement.
    Interest,
    /// By month.
    Activity,
    /// Everything that happened to one invoice.
    Audit,
    /// Whether everything that came in is somewhere.
    Reconciliation,
    /// Certified before the end of the year, and no payment order yet.
    YearEnd,
    /// Already paid, to be regularised.
    AlreadyPaid,
    /// One page.
    Mayor,
    /// Every invoice, or groups of them.
    Invoices,
}

/// Each report: its name in data, its names on the command line.
const NAMES: [(Name, &str, &[&str]); 12] = [
    (Name::Daily, "daily", &["jour", "quotidien"]),
    (Name::Waiting, "waiting", &["attente"]),
    (Name::Rejected, "rejected", &["rejets"]),
    (Name::Deadlines, "deadlines", &["delais", "délais"]),
    (Name::Interest, "interest", &["interets", "intérêts"]),
    (Name::Activity, "activity", &["activite", "activité"]),
    (Name::Audit, "audit", &["piste"]),
    (Name::Reconciliation, "reconciliation", &["rapprochement"]),
    (Name::YearEnd, "year-end", &["fin-annee", "fin-année"]),
    (Name::AlreadyPaid, "already-paid", &["deja-payees", "déjà-payées"]),
    (Name::Mayor, "mayor", &["maire"]),
    (Name::Invoices, "invoices", &["factures"]),
];

impl Name {
    /// Its name in data, on the command line and in texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(name, _, _)| *name == self).map_or("", |(_, text, _)| text)
    }

    /// The report of that name, in English or French.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name, others)| *name == text || others.contains(&text)).map(|(name, _, _)| *name)
    }

    /// Every name in data.
    pub fn all() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, text, _)| *text)
    }
}
