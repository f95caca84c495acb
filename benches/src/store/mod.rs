//! The store as it grows: how long a claim takes, how long an import, and how much room an invoice takes.

mod claims;
mod fill;
mod growth;
mod size;

use std::path::Path;

use anyhow::Context as _;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_pipeline::home::Home;
use facteur_store::location::Location;
use facteur_store::{Store, Structure};

use crate::cluster::Cluster;
use crate::import::Bench;
use crate::report::print;
use crate::schema;

/// Invoices of the large store, unless the environment says otherwise.
const MANY: u64 = 1_000_000;
/// Says otherwise.
const ENVIRONMENT: &str = "FACTEUR_BENCH_ROWS";
/// Invoices of the small one.
const FEW: u64 = 1_000;

/// One of the two back ends.
pub enum Back<'c> {
    Embedded,
    Server(&'c Cluster),
}

impl Back<'_> {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Embedded => "SQLite",
            Self::Server(_) => "PostgreSQL",
        }
    }

    /// Where the store of a new home is, if it is not in the home.
    pub fn new_place(&self) -> Option<String> {
        match self {
            Self::Embedded => None,
            Self::Server(cluster) => Some(cluster.url(&cluster.new_database())),
        }
    }
}

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let many = std::env::var(ENVIRONMENT).ok().map_or(Ok(MANY), |text| text.parse()).context(ENVIRONMENT)?;
    let bench = Bench::new()?;
    schema::packs(&bench.packs())?;
    size::run(&bench)?;
    let cluster = Cluster::start();
    for back in [Back::Embedded, Back::Server(&cluster)] {
        grown(&bench, &back, many, rounds)?;
    }
    Ok(())
}

fn grown(bench: &Bench, back: &Back<'_>, many: u64, rounds: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let [small, large] = [bench.home_named("small")?, bench.home_named("large")?];
    let [small_place, large_place] = [back.new_place(), back.new_place()];
    let claims = runtime.block_on(async {
        let small = open(&small, small_place.as_deref()).await?;
        fill::fill(&small, FEW).await?;
        let large = open(&large, large_place.as_deref()).await?;
        let seconds = fill::fill(&large, many).await?;
        println!("\n{}: {many} invoices written in {seconds:.0} s.", back.name());
        let rows = claims::measure(&small, &large).await?;
        small.close().await;
        large.close().await;
        anyhow::Ok(rows)
    })?;
    print(&format!("Claims, {}: {many} invoices against {FEW}", back.name()), &claims, &[claims::note()]);
    let rows = growth::measure(bench, back, &large, large_place.as_deref(), rounds)?;
    print(&format!("Import, {}: into {many} invoices against into none", back.name()), &rows, &[growth::note()]);
    Ok(())
}

/// The store of a home, which may be elsewhere, with the home's structure registered.
async fn open(home: &Path, place: Option<&str>) -> anyhow::Result<Store> {
    let home = Home::open(home)?;
    let store = match place {
        None => home.store().await?,
        Some(url) => Store::open(Location::parse(url)?).await?,
    };
    let configuration = &home.configuration;
    let structure = Structure {
        siren: configuration.legal_person.siren.clone(),
        siret: configuration.structure.siret.clone(),
        name: configuration.structure.name.clone(),
        role: configuration.structure.role.as_str().to_owned(),
        gateway: None,
    };
    store.register(&structure, SystemClock.now()).await?;
    Ok(store)
}
