//! Where a store is: a file on this machine, or a database of a PostgreSQL server.

use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Where a store is.
#[derive(Debug, Clone)]
pub enum Location {
    /// The embedded store: one file.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Server),
}

/// A database of a PostgreSQL server. Its address never holds the password, and neither is the password ever printed.
#[derive(Clone)]
pub struct Server {
    pub(crate) url: String,
    pub(crate) password: Option<String>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Parameters that an address may have after its question mark; any other is a mistake that must not go unseen.
const PARAMETERS: [&str; 9] =
    ["host", "port", "dbname", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "options"];

impl Location {
    /// Reads `sqlite:PATH`, `postgres://USER@HOST/DATABASE`, `postgresql://…`, or a bare path.
    ///
    /// # Errors
    /// [`StoreError::Address`] saying what is wrong: an unknown kind, a password in it, a parameter that nobody knows.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let wrong = |what: AddressProblem| StoreError::Address { address: without_password(text), what };
        match text.split_once(':') {
            Some(("sqlite", rest)) if !rest.is_empty() => {
                Ok(Self::Sqlite(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest))))
            }
            Some(("postgres" | "postgresql", rest)) => {
                let rest = rest.strip_prefix("//").ok_or_else(|| wrong(AddressProblem::Unreadable))?;
                if has_password(rest) {
                    return Err(wrong(AddressProblem::Password));
                }
                for parameter in parameters(rest) {
                    let name = parameter.split('=').next().unwrap_or_default();
                    if !PARAMETERS.contains(&name) {
                        return Err(wrong(AddressProblem::Parameter(name.to_owned())));
                    }
                }
                Ok(Self::Postgres(Server { url: text.to_owned(), password: None }))
            }
            Some((_, rest)) if rest.starts_with("//") => Err(wrong(AddressProblem::Kind)),
            _ if text.trim().is_empty() => Err(wrong(AddressProblem::Unreadable)),
            _ => Ok(Self::Sqlite(PathBuf::from(text))),
        }
    }

    /// Gives the password, which was kept elsewhere; the embedded store has none.
    #[must_use]
    pub fn with_password(self, password: String) -> Self {
        match self {
            Self::Postgres(server) => Self::Postgres(Server { password: Some(password), ..server }),
            other => other,
        }
    }

    /// The file of an embedded store.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(server) => f.write_str(&server.url),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::Sqlite(path.clone())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

/// What is wrong with the address of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable,
    /// Neither a file nor PostgreSQL.
    #[error("neither sqlite:PATH nor postgres://…")]
    Kind,
    /// The password stands in it.
    #[error("a password must not stand in it")]
    Password,
    /// A parameter that nobody knows.
    #[error("the parameter {0} is not known")]
    Parameter(String),
    /// The server is not on this machine, and its certificate would not be verified.
    #[error("the server is not on this machine: sslmode must be verify-full")]
    Unverified,
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn parameters(rest: &str) -> impl Iterator<Item = &str> {
    rest.split_once('?').map_or("", |(_, parameters)| parameters).split('&').filter(|parameter| !parameter.is_empty())
}

fn has_password(rest: &str) -> bool {
    let user = authority(rest).rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || parameters(rest).any(|parameter| parameter.starts_with("password"))
}

/// What may be shown of an address that may hold a password.
fn without_password(text: &str) -> String {
    let Some((kind, rest)) = text.split_once("://") else { return text.to_owned() };
    let shown = rest.split('?').next().unwrap_or_default();
    match shown.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{kind}://{}:…@{host}", user.split(':').next().unwrap_or_default())
        }
        _ => format!("{kind}://{shown}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_a_file_or_postgresql() {
        assert_eq!(Location::parse("sqlite:/a/b.db").unwrap().file(), Some(Path::new("/a/b.db")));
        assert_eq!(Location::parse("b.db").unwrap().file(), Some(Path::new("b.db")));
        assert!(matches!(Location::parse("postgres://facteur@db.example/facteur"), Ok(Location::Postgres(_))));
        assert!(matches!(Location::parse("postgresql:///facteur?host=/run/postgresql"), Ok(Location::Postgres(_))));
        for wrong in ["mysql://db/facteur", "", "postgres:facteur", "postgres://db/f?sslmod=disable"] {
            assert!(matches!(Location::parse(wrong), Err(StoreError::Address { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_shown() {
        for wrong in ["postgres://marie:s3cret@db/facteur", "postgres://db/facteur?password=s3cret&user=marie"] {
            let error = Location::parse(wrong).unwrap_err();
            assert!(matches!(error, StoreError::Address { what: AddressProblem::Password, .. }));
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
        let location = Location::parse("postgres://marie@db/facteur").unwrap().with_password("s3cret".to_owned());
        assert!(!format!("{location} {location:?}").contains("s3cret"));
    }
}
