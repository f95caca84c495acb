//! Which database it is: the only place that asks.

use facteur_model::clock::Timestamp;
use sqlx::{PgPool, SqlitePool};

use crate::change::{Change, Done};
use crate::claim::Claim;
use crate::error::StoreError;
use crate::location::Location;
use crate::record::Invoice;
use crate::{Structure, postgres, sqlite};

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Readers {
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// The one connection of this process that writes.
pub(crate) enum Pen {
    Sqlite(sqlite::Pen),
    Postgres(Box<postgres::Pen>),
}

/// Calls the same function of the back end in use.
macro_rules! with_pen {
    ($pen:expr, $inner:ident => $call:expr) => {
        match $pen {
            Pen::Sqlite($inner) => $call,
            Pen::Postgres($inner) => $call,
        }
    };
}

impl Pen {
    pub(crate) async fn together(&mut self, changes: &[&Change]) -> Result<Vec<Done>, StoreError> {
        with_pen!(self, pen => pen.together(changes).await)
    }

    pub(crate) async fn register(&mut self, structure: &Structure, at: Timestamp) -> Result<(), StoreError> {
        with_pen!(self, pen => pen.register(structure, at).await)
    }

    pub(crate) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Invoice>, StoreError> {
        with_pen!(self, pen => pen.claim(claim).await)
    }

    pub(crate) async fn renew(&mut self, holder: &str, until: Timestamp) -> Result<u64, StoreError> {
        with_pen!(self, pen => pen.renew(holder, until).await)
    }

    pub(crate) async fn let_go(&mut self, holder: &str) -> Result<u64, StoreError> {
        with_pen!(self, pen => pen.let_go(holder).await)
    }

    pub(crate) async fn close(self) {
        with_pen!(self, pen => pen.close().await);
    }
}

/// Opens a store where it is, makes it when it does not exist, and brings its schema up to date.
pub(crate) async fn open(location: &Location) -> Result<(Readers, Pen), StoreError> {
    Ok(match location {
        Location::Sqlite(path) => {
            let pen = sqlite::Pen::open(path).await?;
            (Readers::Sqlite(sqlite::connect::readers(path).await?), Pen::Sqlite(pen))
        }
        Location::Postgres(server) => {
            let (readers, pen) = postgres::connect::open(server).await?;
            (Readers::Postgres(readers), Pen::Postgres(Box::new(pen)))
        }
    })
}

/// Asks the back end in use, once more where the connection was lost on the way: a question changes nothing.
macro_rules! ask {
    ($store:expr, $module:ident :: $function:ident ( $($argument:expr),* )) => {{
        let mut patience = $crate::patience::Patience::default();
        loop {
            let answer = match &$store.readers {
                $crate::backend::Readers::Sqlite(pool) => $crate::sqlite::$module::$function(pool $(, $argument)*).await,
                $crate::backend::Readers::Postgres(pool) => {
                    $crate::postgres::$module::$function(pool $(, $argument)*).await
                }
            };
            match answer {
                Err(error) if error.is_passing() && patience.again().await => {}
                other => break other,
            }
        }
    }};
}
pub(crate) use ask;
