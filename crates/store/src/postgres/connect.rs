//! Connecting, migrating and closing.

use std::time::Duration;

use facteur_model::lifecycle::State;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Row as _};

use super::Pen;
use super::transaction::{LOCK_MIGRATION, begin, lock, roll_back};
use crate::error::StoreError;
use crate::location::{AddressProblem, Server};

/// The migrations, by number; the same numbers as those of the embedded store.
pub(crate) const MIGRATIONS: [(i64, &str); 7] = [
    (1, include_str!("../../migrations/postgres/0001_initial.sql")),
    (2, include_str!("../../migrations/postgres/0002_directory.sql")),
    (3, include_str!("../../migrations/postgres/0003_claim.sql")),
    (4, include_str!("../../migrations/postgres/0004_reports.sql")),
    (5, include_str!("../../migrations/postgres/0005_retention.sql")),
    (6, include_str!("../../migrations/postgres/0006_drafts.sql")),
    (7, include_str!("../../migrations/postgres/0007_census.sql")),
];
/// Readers at once.
const READERS: u32 = 4;
/// How long a server may take to answer a new connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a reader waits for a connection, also while the server is being restarted.
const ACQUIRE: Duration = Duration::from_secs(30);
/// A process that stops in the middle of a transaction must not hold the others up for longer.
const IDLE_IN_TRANSACTION: &str = "60s";
/// The oldest server that is known to do all that is asked of it.
const OLDEST_SERVER: i64 = 130_000;

/// The readers, and the pen that writes, with the schema up to date.
pub(crate) async fn open(server: &Server) -> Result<(PgPool, Pen), StoreError> {
    let options = options(server)?;
    close(ready(server).await?).await;
    let readers =
        PgPoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE).connect_lazy_with(options.clone());
    Ok((readers, Pen::new(by_the_row(options))))
}

/// Whoever writes looks rows up by their keys, however many there are: a plan that was made while the store was empty
/// must not read whole tables later, and none is worth compiling.
fn by_the_row(options: PgConnectOptions) -> PgConnectOptions {
    let off = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"];
    options.options(off.map(|setting| (setting, "off")))
}

/// A connection to a server that will do, with the schema up to date.
pub(super) async fn ready(server: &Server) -> Result<PgConnection, StoreError> {
    let mut connection = connection(&options(server)?).await?;
    let ready = match suitable(&mut connection).await {
        Ok(()) => migrate(&mut connection).await,
        Err(error) => Err(error),
    };
    match ready {
        Ok(()) => Ok(connection),
        Err(error) => {
            close(connection).await;
            Err(error)
        }
    }
}

/// How to connect: with a verified certificate wherever the server is not on this machine.
fn options(server: &Server) -> Result<PgConnectOptions, StoreError> {
    let wrong = |what| StoreError::Address { address: server.url.clone(), what };
    let mut options: PgConnectOptions = server.url.parse().map_err(|_| wrong(AddressProblem::Unreadable))?;
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    let weaker = server.url.contains("sslmode=") && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if !on_this_machine(&options) {
        if weaker {
            return Err(wrong(AddressProblem::Unverified));
        }
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    Ok(options
        .application_name("facteur")
        .options([("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION)])
        .disable_statement_logging())
}

fn on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

/// A new connection, or why there is none.
pub(super) async fn connection(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT, options.connect()).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(StoreError::Lost(format!("no answer within {} s", CONNECT.as_secs()))),
    }
}

pub(super) async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection did not close cleanly");
    }
}

/// What the store needs of a server; better said at once than met later as a strange error.
async fn suitable(connection: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'), \
         current_setting('synchronous_commit'), current_setting('fsync'), current_schema()",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (version, encoding, commit, sync): (i64, String, String, String) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    let unsuitable = |what: String| Err(StoreError::Unsuitable(what));
    if version < OLDEST_SERVER {
        return unsuitable(format!("PostgreSQL {}", version / 10_000));
    }
    if encoding != "UTF8" {
        return unsuitable(format!("server_encoding = {encoding}"));
    }
    if commit == "off" || sync == "off" {
        return unsuitable(format!("synchronous_commit = {commit}, fsync = {sync}"));
    }
    if row.get::<Option<String>, _>(4).is_none() {
        return unsuitable("search_path".to_owned());
    }
    Ok(())
}

/// Brings the schema up to date; several processes may try at the same time.
async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    if version(connection).await? == newest() && states_listed(connection).await? {
        return Ok(());
    }
    begin(connection).await?;
    let result = migrate_inside(connection).await;
    if result.is_err() {
        roll_back(connection).await;
        return result;
    }
    connection.execute("COMMIT").await?;
    Ok(())
}

async fn migrate_inside(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(connection, LOCK_MIGRATION).await?;
    let found = version(connection).await?;
    if found > newest() {
        return Err(StoreError::Newer { found, known: newest() });
    }
    if found == 0 {
        connection.execute("CREATE TABLE schema_version (number BIGINT NOT NULL)").await?;
        connection.execute("INSERT INTO schema_version (number) VALUES (0)").await?;
    }
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| *number > found) {
        // The migration's text is a constant of ours.
        sqlx::raw_sql(*sql).execute(&mut *connection).await?;
        sqlx::query("UPDATE schema_version SET number = $1").bind(number).execute(&mut *connection).await?;
    }
    for state in State::ALL {
        sqlx::query("INSERT INTO state (name) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(state.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, _)| *number)
}

/// The schema's number; 0 where there is none yet.
async fn version(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT to_regclass('schema_version') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !row.get::<bool, _>(0) {
        return Ok(0);
    }
    let number = sqlx::query("SELECT coalesce(max(number), 0) FROM schema_version").fetch_one(connection).await?.get(0);
    Ok(number)
}

async fn states_listed(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let listed: i64 = sqlx::query("SELECT count(*) FROM state").fetch_one(connection).await?.get(0);
    Ok(usize::try_from(listed).is_ok_and(|listed| listed == State::ALL.len()))
}
