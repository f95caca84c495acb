//! What only a server can do to us: go away, refuse an account, hand a row to two takers.

use std::sync::Arc;

use facteur_model::lifecycle::State;
use facteur_store::location::{AddressProblem, Location};
use facteur_store::{Store, StoreError};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

use crate::bed::{Bed, queued};
use crate::cluster::{self, Cluster};

/// The claim as one would write it for any database: look, then take. Without locks, eight takers get rows of each
/// other; the suite above fails on it, which is shown here.
#[tokio::test]
async fn the_naive_claim_hands_rows_out_twice() {
    let bed = Bed::postgres();
    let store = bed.store().await;
    for index in 0..200 {
        queued(&store, &format!("F-{index}")).await;
    }
    let options: sqlx::postgres::PgConnectOptions = bed.location.to_string().parse().unwrap();
    let start = Arc::new(tokio::sync::Barrier::new(8));
    let mut takers = tokio::task::JoinSet::new();
    for taker in 0..8 {
        let (options, start) = (options.clone(), start.clone());
        takers.spawn(async move {
            let mut connection = options.connect().await.unwrap();
            start.wait().await;
            let mut taken = 0;
            loop {
                let naive = sqlx::query(
                    "UPDATE invoice SET gateway_id = $1 WHERE id IN (SELECT id FROM invoice WHERE state = 'queued' \
                     AND gateway_id IS NULL ORDER BY next_at, id LIMIT 7) RETURNING id",
                );
                let rows = naive.bind(taker.to_string()).fetch_all(&mut connection).await.unwrap();
                if rows.is_empty() {
                    return taken;
                }
                taken += rows.len();
            }
        });
    }
    let taken: usize = takers.join_all().await.into_iter().sum();
    println!("the naive claim handed out {taken} rows, of 200 there are");
    assert!(taken > 200, "{taken}");
}

/// The server restarts in the middle of the work, once in order and once as if its power had failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_loses_nothing_and_doubles_nothing() {
    const WRITERS: usize = 4;
    const EACH: usize = 150;
    let cluster = Cluster::start();
    let location = Location::parse(&cluster.url(&cluster.new_database())).unwrap();
    let bed = Bed { location, folder: tempfile::tempdir().unwrap(), database: Some(String::new()) };
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = bed.store().await;
        writers.spawn(async move {
            for index in 0..EACH {
                queued(&store, &format!("F-{writer}-{index}")).await;
            }
        });
    }
    let restarts = tokio::task::spawn_blocking(move || {
        for order in ["restart", "crash", "crash"] {
            std::thread::sleep(std::time::Duration::from_millis(300));
            cluster.order(order);
        }
        cluster
    });
    let cluster = restarts.await.unwrap();
    writers.join_all().await;
    let store = bed.store().await;
    assert_eq!(store.summary().await.unwrap(), vec![(State::Queued, (WRITERS * EACH) as i64)]);
    let health = store.check().await.unwrap();
    assert_eq!((health.lines, health.problems), ((WRITERS * EACH * 2) as u64, vec![]));
    drop(cluster);
}

async fn refused(url: &str) -> StoreError {
    Store::open(Location::parse(url).unwrap()).await.expect_err(url)
}

#[tokio::test]
async fn each_trouble_with_a_server_has_its_name() {
    let cluster = cluster::shared();
    let database = cluster.new_database();
    cluster.psql(
        &database,
        "CREATE ROLE expired LOGIN PASSWORD 'x' VALID UNTIL '2001-01-01'; CREATE ROLE nobody NOLOGIN; CREATE ROLE guest LOGIN;",
    );
    assert!(matches!(refused(&cluster.url("absent")).await, StoreError::NoDatabase(_)));
    assert!(matches!(refused(&cluster.url_of("stranger", &database)).await, StoreError::Account(_)));
    assert!(matches!(refused(&cluster.url_of("nobody", &database)).await, StoreError::Account(_)));
    assert!(matches!(refused(&cluster.url_of("guest", &database)).await, StoreError::Rights(_)), "no right to create");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(matches!(refused(&format!("postgres://f@127.0.0.1:{free}/f")).await, StoreError::Lost(_)));
    let latin = "CREATE DATABASE latin1 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0";
    cluster.psql("postgres", latin);
    assert!(matches!(refused(&cluster.url("latin1")).await, StoreError::Unsuitable(_)));
    for url in ["postgres://f@192.0.2.1/f?sslmode=prefer", "postgres://f@db.invalid/f?sslmode=verify-ca"] {
        assert!(matches!(refused(url).await, StoreError::Address { what: AddressProblem::Unverified, .. }), "{url}");
    }
}

/// An account with a password that has expired, or that is wrong.
#[tokio::test]
async fn an_expired_account_is_refused_and_says_so() {
    let cluster = Cluster::start();
    let database = cluster.new_database();
    cluster.psql(&database, "CREATE ROLE late LOGIN PASSWORD 'right' VALID UNTIL '2001-01-01'; CREATE ROLE good LOGIN PASSWORD 'right'; GRANT ALL ON SCHEMA public TO good");
    let rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(cluster.data().join("pg_hba.conf"), rules).unwrap();
    cluster.order("reload");
    let open = async |account: &str, password: &str| {
        let location = Location::parse(&cluster.url_of(account, &database)).unwrap();
        Store::open(location.with_password(password.to_owned())).await
    };
    assert!(matches!(open("late", "right").await, Err(StoreError::Account(_))));
    assert!(matches!(open("good", "wrong").await, Err(StoreError::Account(_))));
    open("good", "right").await.unwrap().close().await;
}

/// What the database acknowledges must be durable.
#[tokio::test]
async fn a_server_that_may_forget_is_refused() {
    let bed = Bed::postgres();
    let name = bed.database.clone().unwrap();
    cluster::shared().psql("postgres", &format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    assert!(matches!(Store::open(&bed.location).await, Err(StoreError::Unsuitable(_))));
}

#[tokio::test]
async fn a_switched_off_trigger_is_found() {
    let bed = Bed::postgres();
    let store = bed.store().await;
    bed.sql("ALTER TABLE journal DISABLE TRIGGER journal_never_changes").await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems, ["database: the trigger journal_never_changes is switched off"]);
}

/// The claim of a million rows goes by the index: it looks at no more rows than it takes.
#[tokio::test]
async fn a_claim_reads_no_more_rows_than_it_takes() {
    let bed = Bed::postgres();
    let store = bed.store().await;
    for index in 0..300 {
        queued(&store, &format!("F-{index}")).await;
    }
    let options: sqlx::postgres::PgConnectOptions = bed.location.to_string().parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    connection.execute("ANALYZE invoice").await.unwrap();
    connection.execute("SET enable_seqscan = off").await.unwrap();
    let plan = sqlx::query(
        "EXPLAIN SELECT id FROM invoice WHERE state = 'queued' AND next_at <= 5 \
         AND coalesce((SELECT until FROM lease WHERE name = invoice.id), 0) <= 5 ORDER BY next_at, id LIMIT 10",
    );
    let plan: Vec<String> = plan.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("invoice_due") && !plan.contains("Sort"), "{plan}");
}
