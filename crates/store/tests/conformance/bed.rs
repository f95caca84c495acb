//! Where a story is told: a new store on one of the two back ends.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Identity, Intent, KeyGuard, ProbableDouble, Process, Reason, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::location::Location;
use facteur_store::{Store, Structure, new_id};

use crate::cluster;

pub const SIREN: &str = "404833048";
pub const SIRET: &str = "40483304800022";
pub const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// A new store on one of the two back ends.
pub struct Bed {
    /// Where it is.
    pub location: Location,
    /// A folder for whatever a story leaves.
    pub folder: tempfile::TempDir,
    /// The database, on PostgreSQL.
    pub database: Option<String>,
}

impl Bed {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { location: Location::Sqlite(folder.path().join("store.db")), folder, database: None }
    }

    pub fn postgres() -> Self {
        let database = cluster::shared().new_database();
        let location = Location::parse(&cluster::shared().url(&database)).unwrap();
        Self { location, folder: tempfile::tempdir().unwrap(), database: Some(database) }
    }

    /// Another one, empty, on the same back end.
    pub fn another(&self) -> Self {
        if self.database.is_some() { Self::postgres() } else { Self::sqlite() }
    }

    /// Opens it, as another process would.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.location).await.unwrap();
        let structure = Structure {
            siren: SIREN.into(),
            siret: SIRET.into(),
            name: "Régie municipale".into(),
            role: "filing_agent".into(),
            gateway: None,
        };
        store.register(&structure, NOW).await.unwrap();
        store
    }

    /// Runs statements behind the store's back; what the database answers.
    pub async fn sql(&self, statements: &str) -> Result<(), sqlx::Error> {
        use sqlx::ConnectOptions as _;
        match &self.location {
            Location::Sqlite(path) => {
                let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.map(drop)
            }
            other => {
                let options: sqlx::postgres::PgConnectOptions = other.to_string().parse()?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut options.connect().await?).await.map(drop)
            }
        }
    }
}

pub fn received(bytes: &[u8]) -> Receive {
    Receive {
        arrival: new_id(),
        invoice: new_id(),
        siren: SIREN.into(),
        siret: SIRET.into(),
        path: "/inbox/a.xml".into(),
        member: None,
        container: None,
        file: "a.xml".into(),
        document: Packed::new(Role::Original, "application/xml", bytes),
        at: NOW,
        actor: "test".into(),
    }
}

pub fn processed(id: &str, number: &str, events: &[Event]) -> Process {
    Process {
        id: id.into(),
        events: events.to_vec(),
        identity: Identity {
            kind: "ubl-invoice".into(),
            number: Some(number.into()),
            issued: Some("2026-10-05".into()),
            supplier_siren: Some("732829320".into()),
            total: Some("120.00".into()),
            ..Identity::default()
        },
        documents: vec![],
        embedded: None,
        transmitted: None,
        seal: None,
        verdict: "valid".into(),
        layers: "[]".into(),
        packs: String::new(),
        findings: vec!["{}".into()],
        reason: None,
        draft: None,
        key_guard: Some(KeyGuard { events: vec![Event::Read, Event::Hold], reason: Reason::new("KEY-TAKEN") }),
        probable: Some(ProbableDouble {
            from: "2026-08-06".into(),
            until: "2026-12-04".into(),
            finding: r#"{"other":"%OTHER%"}"#.into(),
        }),
        retention_end: Some("2036-12-31".into()),
        at: NOW,
        actor: "test".into(),
    }
}

pub const TO_QUEUE: [Event; 4] = [Event::Read, Event::Passed, Event::Seal, Event::Queue];

pub async fn queued(store: &Store, number: &str) -> String {
    let new = received(number.as_bytes());
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    store.process(processed(&id, number, &TO_QUEUE)).await.unwrap();
    id
}

pub fn intent(id: &str, expect: State, event: Event) -> Intent {
    Intent {
        id: id.into(),
        expect,
        event,
        flow: new_id(),
        gateway: "chorus-pro".into(),
        file_name: "a.xml".into(),
        sha256: "00".into(),
        syntax: "IN_DP_E1_UBL_INVOICE".into(),
        signed: false,
        holder: "host:1:2".into(),
        lease_until: NOW.plus_millis(60_000),
        at: NOW,
        actor: "test".into(),
    }
}
