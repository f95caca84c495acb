//! The simulated gateway's memory: a pure function of the journal's records and of the present instant.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Millis;
use crate::directory::Directory;
use crate::flow::{self, Step};
use crate::journal::{DepositRecord, Record, StatusRecord};
use crate::reader::{self, Document, InvoiceKey, Member, Syntax, TechnicalError};
use crate::rules;

/// First invoice identifier; each deposit owns the next thousand.
const INVOICE_BASE: i64 = 3_000_000;
const INVOICES_PER_FLOW: i64 = 1_000;

/// Who sets the statuses that nobody sets by hand.
pub const GATEWAY: &str = "Chorus Pro";
const ROBOT: &str = "Robot destinataire";

/// What became of one invoice of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not decided yet.
    Pending,
    /// In Chorus Pro.
    Integrated,
    /// Not integrated; the messages say why (none when the whole flow had an incident).
    Rejected(Vec<String>),
}

/// One file of a flow and what became of it.
#[derive(Debug)]
pub struct FlowMember {
    /// File name.
    pub name: String,
    /// What it says.
    pub document: Result<Arc<Document>, TechnicalError>,
    /// `identifiantFactureCPP` that it has once integrated.
    pub invoice: i64,
    /// Flow of an earlier deposit with the same key that was pending or integrated at the time of this one.
    pub duplicate_of: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// An accepted deposit.
#[derive(Debug)]
pub struct Deposit {
    /// As it was recorded.
    pub record: DepositRecord,
    /// Size of the decoded bytes.
    pub size: usize,
    /// Its files.
    pub members: Vec<FlowMember>,
    /// The final state, once there is one.
    pub ending: Option<Step>,
}

impl Deposit {
    /// State and its beginning at an instant; nothing while the flow is unknown.
    pub fn state_at(&self, now: Millis) -> Option<&Step> {
        self.ending.as_ref().or_else(|| self.record.plan.state_at(now))
    }
}

/// A line of an invoice's status history.
#[derive(Debug, Clone)]
pub struct StatusLine {
    /// When.
    pub at: Millis,
    /// Which status.
    pub status: String,
    /// Reason or comment.
    pub comment: Option<String>,
    /// Who set it.
    pub by: String,
}

/// An action of a user (download, acknowledgement).
#[derive(Debug, Clone)]
pub struct ActionLine {
    /// When.
    pub at: Millis,
    /// Code of the Swagger's `histoActionCode`.
    pub code: String,
}

/// An integrated invoice.
#[derive(Debug)]
pub struct Invoice {
    /// `identifiantFactureCPP`, also called `idFacture`.
    pub id: i64,
    /// Index of its deposit.
    pub deposit: usize,
    /// What it says.
    pub document: Arc<Document>,
    /// Statuses, oldest first; never empty.
    pub history: Vec<StatusLine>,
    /// User actions, oldest first.
    pub actions: Vec<ActionLine>,
    /// `numeroDPMandat`.
    pub mandate: Option<String>,
    /// Whether the supplier acknowledged its rejection.
    pub acknowledged: bool,
    /// Whether the recipient downloaded it.
    pub downloaded: bool,
    /// Whether a person set a status: the robot then leaves it alone.
    touched: bool,
}

impl Invoice {
    /// The current status line.
    pub fn current(&self) -> Option<&StatusLine> {
        self.history.last()
    }

    /// The current status code.
    pub fn status(&self) -> &str {
        self.current().map_or("", |line| &line.status)
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End { deposit: usize },
    Status { invoice: i64, step: usize },
}

/// Everything the gateway knows.
#[derive(Debug)]
pub struct State {
    /// Structures.
    pub directory: Directory,
    deposits: Vec<Deposit>,
    by_flow: HashMap<String, usize>,
    invoices: BTreeMap<i64, Invoice>,
    keys: HashMap<InvoiceKey, Vec<(usize, usize)>>,
    events: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    scheduled: u64,
    attachments: i64,
}

impl State {
    /// An empty gateway with the qualification data set.
    pub fn new() -> Self {
        Self {
            directory: Directory::qualification(),
            deposits: Vec::new(),
            by_flow: HashMap::new(),
            invoices: BTreeMap::new(),
            keys: HashMap::new(),
            events: BinaryHeap::new(),
            scheduled: 0,
            attachments: 0,
        }
    }

    /// Accepted deposits, oldest first.
    pub fn deposits(&self) -> &[Deposit] {
        &self.deposits
    }

    /// A deposit by flow number.
    pub fn flow(&self, number: &str) -> Option<&Deposit> {
        self.by_flow.get(number).map(|index| &self.deposits[*index])
    }

    /// The deposit of an invoice.
    pub fn deposit_of(&self, invoice: &Invoice) -> &Deposit {
        &self.deposits[invoice.deposit]
    }

    /// Integrated invoices by identifier.
    pub fn invoices(&self) -> impl DoubleEndedIterator<Item = &Invoice> {
        self.invoices.values()
    }

    /// An integrated invoice.
    pub fn invoice(&self, id: i64) -> Option<&Invoice> {
        self.invoices.get(&id)
    }

    /// How many attachments the account holds; also the identifier of the last one.
    pub fn attachments(&self) -> i64 {
        self.attachments
    }

    /// An already integrated deposit of the same bytes.
    pub fn integrated_copy(&self, sha256: &str) -> Option<&Deposit> {
        let integrated = |deposit: &&Deposit| {
            deposit.record.sha256 == sha256
                && deposit.members.iter().any(|member| member.outcome == Outcome::Integrated)
        };
        self.deposits.iter().find(integrated)
    }

    /// Lets everything happen that is due until an instant.
    pub fn settle(&mut self, now: Millis) {
        while self.events.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((at, _, event))) = self.events.pop() else { return };
            match event {
                Event::End { deposit } => self.end_flow(deposit, at),
                Event::Status { invoice, step } => self.walk(invoice, step, at),
            }
        }
    }

    /// Applies a record of the journal; the members of a deposit may have been read already.
    pub fn apply(&mut self, record: Record, members: Option<Vec<Member>>) {
        match record {
            Record::Deposit(deposit) => self.add_deposit(*deposit, members),
            Record::Status(status) => self.set_status(status),
            Record::Acknowledged { at, invoice, action } => {
                if let Some(invoice) = self.invoices.get_mut(&invoice) {
                    invoice.acknowledged = true;
                    invoice.actions.push(ActionLine { at, code: action });
                }
            }
            Record::Downloaded { at, invoices } => {
                for id in invoices {
                    if let Some(invoice) = self.invoices.get_mut(&id) {
                        invoice.downloaded = true;
                        invoice.actions.push(ActionLine { at, code: "TELECHARGEMENT_FACTURE".to_owned() });
                    }
                }
            }
            Record::Attachment { .. } => self.attachments += 1,
            Record::Structure { structure, .. } => self.directory.declare(structure),
            Record::Clock { .. } => {}
        }
    }

    fn add_deposit(&mut self, record: DepositRecord, members: Option<Vec<Member>>) {
        let index = self.deposits.len();
        let bytes = STANDARD.decode(&record.payload).unwrap_or_default();
        let members = members.unwrap_or_else(|| match Syntax::from_code(&record.syntax) {
            Some(syntax) => reader::read(syntax, &record.file_name, &bytes),
            None => Vec::new(),
        });
        let first = INVOICE_BASE + INVOICES_PER_FLOW * i64::try_from(index).unwrap_or(0);
        let mut flow_members = Vec::new();
        for (rank, (member, invoice)) in members.into_iter().zip(first..).enumerate() {
            let document = member.document.map(Arc::new);
            let duplicate_of =
                document.as_ref().ok().and_then(|document| self.note_key(document, &record, (index, rank)));
            flow_members.push(FlowMember {
                name: member.name,
                document,
                invoice,
                duplicate_of,
                outcome: Outcome::Pending,
            });
        }
        self.schedule(record.plan.ends_at, Event::End { deposit: index });
        self.by_flow.insert(record.flow.clone(), index);
        self.deposits.push(Deposit { record, size: bytes.len(), members: flow_members, ending: None });
    }

    /// Remembers the key of a deposited invoice and tells which earlier flow it doubles. Where Chorus Pro has no
    /// duplicate control, only the same bytes count as a double.
    fn note_key(&mut self, document: &Document, record: &DepositRecord, place: (usize, usize)) -> Option<String> {
        let key = document.key()?;
        let exempt = document.is_exempt_from_duplicate_control();
        let doubled = self.rival(&key, place).and_then(|rival| match self.deposits.get(rival) {
            Some(deposit) => (!exempt || deposit.record.sha256 == record.sha256).then(|| deposit.record.flow.clone()),
            None => Some(record.flow.clone()),
        });
        self.keys.entry(key).or_default().push(place);
        doubled
    }

    /// The deposit that already holds a key: integrated, or pending and older.
    fn rival(&self, key: &InvoiceKey, place: (usize, usize)) -> Option<usize> {
        let holds = |other: &&(usize, usize)| {
            let outcome = self.deposits.get(other.0).map(|deposit| &deposit.members[other.1].outcome);
            **other != place
                && match outcome {
                    Some(Outcome::Integrated) => true,
                    Some(Outcome::Pending) | None => **other < place,
                    Some(Outcome::Rejected(_)) => false,
                }
        };
        self.keys.get(key)?.iter().find(holds).map(|(deposit, _)| *deposit)
    }

    fn end_flow(&mut self, index: usize, at: Millis) {
        let plan = self.deposits[index].record.plan.clone();
        let unreadable = self.deposits[index].members.iter().any(|member| member.document.is_err());
        let count = self.deposits[index].members.len();
        let mut integrated = 0;
        for rank in 0..count {
            let outcome = if plan.incident || unreadable {
                Outcome::Rejected(Vec::new())
            } else {
                self.judge(index, rank, plan.partial && rank % 2 == 1)
            };
            if outcome == Outcome::Integrated {
                integrated += 1;
                self.integrate(index, rank, &plan.statuses);
            }
            self.deposits[index].members[rank].outcome = outcome;
        }
        let code = match integrated {
            _ if plan.incident => flow::INCIDENT,
            0 => flow::REJECTED,
            _ if integrated < count => flow::PARTLY_INTEGRATED,
            _ => flow::INTEGRATED,
        };
        self.deposits[index].ending = Some(Step { at, code: code.to_owned() });
    }

    fn judge(&self, index: usize, rank: usize, arbitrary: bool) -> Outcome {
        let Ok(document) = &self.deposits[index].members[rank].document else {
            return Outcome::Rejected(Vec::new());
        };
        let mut messages = rules::check(document, &self.directory);
        if arbitrary {
            messages.push("SIM-PARTIEL Facture rejetee par le simulateur (rejet partiel demande)".to_owned());
        }
        if messages.is_empty() && !document.is_exempt_from_duplicate_control() {
            let rival = document.key().and_then(|key| self.rival(&key, (index, rank)));
            if let Some(flow) = rival.and_then(|rival| self.deposits.get(rival)).map(|rival| &rival.record.flow) {
                messages.push(format!(
                    "SIM-DOUBLON La facture {} de ce fournisseur existe deja pour cette annee (flux {flow})",
                    document.number
                ));
            }
        }
        if messages.is_empty() { Outcome::Integrated } else { Outcome::Rejected(messages) }
    }

    fn integrate(&mut self, index: usize, rank: usize, statuses: &[Step]) {
        let member = &self.deposits[index].members[rank];
        let Ok(document) = member.document.clone() else { return };
        let id = member.invoice;
        let recipient = document.recipient.siret().and_then(|siret| self.directory.find(siret));
        let payment_hidden = recipient.is_some_and(|recipient| recipient.payment_not_reported);
        for (step, status) in statuses.iter().enumerate() {
            if !(payment_hidden && status.code == "MISE_EN_PAIEMENT") {
                self.schedule(status.at, Event::Status { invoice: id, step });
            }
        }
        let invoice = Invoice {
            id,
            deposit: index,
            document,
            history: Vec::new(),
            actions: Vec::new(),
            mandate: None,
            acknowledged: false,
            downloaded: false,
            touched: false,
        };
        self.invoices.insert(id, invoice);
    }

    fn walk(&mut self, id: i64, step: usize, at: Millis) {
        let Some(invoice) = self.invoices.get_mut(&id) else { return };
        if invoice.touched {
            return;
        }
        let Some(status) = self.deposits[invoice.deposit].record.plan.statuses.get(step) else { return };
        let by = if step < 2 { GATEWAY } else { ROBOT };
        if status.code == "MANDATEE" {
            invoice.mandate = Some(format!("SIM{id}"));
        }
        invoice.history.push(StatusLine { at, status: status.code.clone(), comment: None, by: by.to_owned() });
    }

    fn set_status(&mut self, record: StatusRecord) {
        let Some(invoice) = self.invoices.get_mut(&record.invoice) else { return };
        invoice.touched = true;
        if record.mandate.is_some() {
            invoice.mandate = record.mandate;
        }
        let StatusRecord { at, status, comment, by, .. } = record;
        invoice.history.push(StatusLine { at, status, comment, by });
    }

    fn schedule(&mut self, at: Millis, event: Event) {
        self.scheduled += 1;
        self.events.push(Reverse((at, self.scheduled, event)));
    }
}
