//! The embedded back end: SQLite in WAL mode, `synchronous=FULL`, one writer with `BEGIN IMMEDIATE`.

pub(crate) mod connect;
pub(crate) mod read;
pub(crate) mod report;
pub(crate) mod write;
