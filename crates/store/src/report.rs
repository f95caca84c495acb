//! What reports read: invoices in pages, so that memory does not grow with their number, and counts made by the
//! database. Sums are made there of whole cents only; an amount that is none is added up exactly by the reader.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use crate::Store;
use crate::backend::ask;
use crate::change::Reason;
use crate::error::StoreError;
use crate::record::GatewayEvent;

/// Most names of suppliers that a part of a name may find to be looked up one by one.
pub(crate) const MOST_NAMES: i64 = 200;

/// Which invoices a report is about; every condition that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// The supplier's whole name.
    pub exact_supplier: Option<String>,
    /// Part of the recipient's name, or its SIRET.
    pub recipient: Option<String>,
    /// The exact service code.
    pub service: Option<String>,
    /// Received at or after this instant.
    pub from: Option<Timestamp>,
    /// Received before this instant.
    pub until: Option<Timestamp>,
    /// Came to its state within the period, and in outside of it: from, until.
    pub moved: Option<(Timestamp, Timestamp)>,
}

impl Selection {
    /// Whether it takes all invoices of its states: these are counted already.
    fn is_of_whole_states(&self) -> bool {
        *self == Self { states: self.states.clone(), ..Self::default() }
    }
}

/// Where the next page begins: after the last invoice of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// When that one was received.
    pub received_at: Timestamp,
    /// Its identity.
    pub id: String,
}

impl After {
    /// Before everything.
    #[must_use]
    pub const fn beginning() -> Self {
        Self { received_at: Timestamp(i64::MIN), id: String::new() }
    }
}

/// An invoice as reports need it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Entry {
    pub id: String,
    pub file: String,
    pub kind: String,
    pub type_code: Option<String>,
    pub framework: Option<String>,
    pub number: Option<String>,
    pub issued: Option<String>,
    pub supplier: Option<String>,
    pub supplier_siren: Option<String>,
    pub buyer: Option<String>,
    pub buyer_siret: Option<String>,
    pub service: Option<String>,
    pub commitment: Option<String>,
    /// The number of the invoice that it corrects, credits or replaces (BT-25).
    pub preceding: Option<String>,
    pub total: Option<String>,
    pub currency: Option<String>,
    pub state: State,
    pub since: Timestamp,
    pub received_at: Timestamp,
    pub flow_state: Option<String>,
    pub invoice_state: Option<String>,
    pub reason: Option<Reason>,
    pub ancestor: Option<String>,
    /// The number of the refused invoice that it replaces.
    pub ancestor_number: Option<String>,
}

impl Entry {
    /// Where the page after this invoice begins.
    #[must_use]
    pub fn after(&self) -> After {
        After { received_at: self.received_at, id: self.id.clone() }
    }
}

/// How many invoices of a state and a currency, and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tallied {
    /// Their state.
    pub state: State,
    /// Their currency (BT-5).
    pub currency: Option<String>,
    /// How many.
    pub count: i64,
    /// Their sum in cents, exact, credit notes negative; none where they have no amount in cents.
    pub cents: Option<i64>,
}

/// How two invoices belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The refused invoice that this one replaces, and what that one replaced.
    Ancestor,
    /// The invoice that replaces this one after its refusal.
    Successor,
    /// The invoice that this one names as preceding (BT-25).
    Original,
    /// An invoice or credit note that names this one as preceding.
    CreditNote,
}

impl Link {
    /// The name in texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ancestor => "ancestor",
            Self::Successor => "successor",
            Self::Original => "original",
            Self::CreditNote => "credit_note",
        }
    }
}

/// How many invoices stand so: our state, the flow's and the invoice's at the gateway, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Our state.
    pub state: State,
    /// The flow's state at the gateway, in its own word.
    pub flow_state: Option<String>,
    /// The invoice's state at the gateway, in its own word.
    pub invoice_state: Option<String>,
    /// How many.
    pub count: i64,
}

/// Everything that reconciliation compares, counted at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Census {
    /// Invoices by their states.
    pub standings: Vec<Standing>,
    /// Lines of the journal that say that a document was received.
    pub journal_received: i64,
    /// Archives that came in; their members are counted as documents.
    pub archives: i64,
}

impl Store {
    /// The next invoices of a report, in the order in which they were received. With several states or suppliers
    /// [`Store::report_strands`] first takes the selection apart: each part is read from an index, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_page(
        &self,
        selection: &Selection,
        after: &After,
        limit: i64,
    ) -> Result<Vec<Entry>, StoreError> {
        ask!(self, report::page(selection, after, limit))
    }

    /// The selection in parts that are quick to read page by page: one a state and one a supplier's name. No invoice is
    /// in two of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_strands(&self, selection: &Selection) -> Result<Vec<Selection>, StoreError> {
        let states: Vec<Vec<State>> = match selection.states.as_slice() {
            [] => vec![vec![]],
            several => several.iter().map(|state| vec![*state]).collect(),
        };
        let of = |states: &Vec<State>| Selection { states: states.clone(), ..selection.clone() };
        let by_state: Vec<Selection> = states.iter().map(of).collect();
        let Some(part) = selection.supplier.as_deref().filter(|part| !is_number(part)) else { return Ok(by_state) };
        let names = ask!(self, read::supplier_names(part, MOST_NAMES + 1))?;
        if i64::try_from(names.len()).is_ok_and(|count| count > MOST_NAMES) {
            return Ok(by_state);
        }
        let named = |one: &Selection, name: &String| Selection {
            supplier: None,
            exact_supplier: Some(name.clone()),
            ..one.clone()
        };
        Ok(by_state.iter().flat_map(|one| names.iter().map(|name| named(one, name)).collect::<Vec<_>>()).collect())
    }

    /// Counts and sums by state and currency. What has a total that is not in cents is counted without a sum: see
    /// [`Store::report_odd`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_tally(&self, selection: &Selection) -> Result<Vec<Tallied>, StoreError> {
        if selection.is_of_whole_states() {
            return ask!(self, census::tally(&selection.states));
        }
        ask!(self, report::tally(selection))
    }

    /// The invoices of the selection whose total is not in cents: parts of a cent, or more than can be added up in the
    /// database.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_odd(&self, selection: &Selection) -> Result<Vec<Entry>, StoreError> {
        ask!(self, report::odd(selection))
    }

    /// The invoices that belong to this one: its ancestors and successors after refusals, the invoice that it names as
    /// preceding, and those that name it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_family(&self, id: &str) -> Result<Vec<(Link, Entry)>, StoreError> {
        let links = ask!(self, report::family(id))?;
        let ids: Vec<String> = links.iter().map(|(_, id)| id.clone()).collect();
        let entries = ask!(self, report::entries(&ids))?;
        let link = |entry: &Entry| links.iter().find(|(_, id)| *id == entry.id).map(|(link, _)| *link);
        Ok(entries.into_iter().filter_map(|entry| Some((link(&entry)?, entry))).collect())
    }

    /// The invoices of these identities.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_entries(&self, ids: &[String]) -> Result<Vec<Entry>, StoreError> {
        ask!(self, report::entries(ids))
    }

    /// The originals of invoices that name a preceding one: what has that number and is of the same supplier.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_originals(&self, numbers: &[String]) -> Result<Vec<Entry>, StoreError> {
        ask!(self, report::originals(numbers))
    }

    /// What the gateway said of these invoices: each with the invoice's identity, in the order in which we heard it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report_events(&self, ids: &[String]) -> Result<Vec<(String, GatewayEvent)>, StoreError> {
        ask!(self, report::events(ids))
    }

    /// The counts that reconciliation compares.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn census(&self) -> Result<Census, StoreError> {
        ask!(self, census::census())
    }
}

/// Whether a part of a supplier's name is a SIREN or a SIRET instead.
pub(crate) fn is_number(part: &str) -> bool {
    matches!(part.len(), 9 | 14) && part.bytes().all(|digit| digit.is_ascii_digit())
}
