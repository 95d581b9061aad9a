use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;
use url::Url;

use crate::dialect::Dialect;

/// Where a store is: a SQLite file, or a PostgreSQL database.
///
/// Read from text: `postgres://USER:PASSWORD@HOST/NAME`, `sqlite:FILE`, or the path of a file alone.
/// Shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    url: Url,
    dialect: Dialect,
    file: Option<PathBuf>,
}

/// Why a text does not say where a database is.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The address is of no kind that is known.
    #[error(
        "a database is the path of a SQLite file, or postgres://USER:PASSWORD@HOST/NAME; {0}:// is neither"
    )]
    Kind(String),
    /// The address does not read as one.
    #[error(
        "the database's address cannot be read: {0}; it looks like postgres://USER:PASSWORD@HOST/NAME, \
         with %40 for an @ in the password"
    )]
    Address(#[from] url::ParseError),
    /// The address names no database.
    #[error("the database's address lacks the name of a database, as in postgres://HOST/asu")]
    Nameless,
    /// The file's path cannot be used.
    #[error("{0:?} cannot be the path of a database: give a path of plain text")]
    File(String),
}

impl Database {
    /// The SQLite file at `path`, which is made if it is not there.
    pub fn file(path: &Path) -> Result<Self, DatabaseError> {
        let refused = || DatabaseError::File(path.display().to_string());
        if path.as_os_str().is_empty() || path.to_str().is_none() {
            return Err(refused());
        }
        let path = std::path::absolute(path).map_err(|_| refused())?;
        let file = Url::from_file_path(&path).map_err(|()| refused())?;
        let url = format!("sqlite:{}?mode=rwc", file.path());
        Ok(Self {
            url: url.parse()?,
            dialect: Dialect::Sqlite,
            file: Some(path),
        })
    }

    /// The file of SQLite, with its whole path; `None` of PostgreSQL.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The address with all its secrets.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The same, opened to be read only; PostgreSQL knows that by the transaction.
    pub(crate) fn read_only(&self) -> Url {
        let mut url = self.url.clone();
        if self.file.is_some() {
            url.set_query(Some("mode=ro"));
        }
        url
    }

    fn server(text: &str) -> Result<Self, DatabaseError> {
        let url: Url = text.parse()?;
        let named = url.path().len() > 1 || url.query_pairs().any(|(key, _)| key == "dbname");
        if !named {
            return Err(DatabaseError::Nameless);
        }
        Ok(Self {
            url,
            dialect: Dialect::Postgres,
            file: None,
        })
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        match text.split_once(':') {
            Some(("postgres" | "postgresql", _)) => Self::server(text),
            Some(("sqlite", file)) => {
                Self::file(Path::new(file.strip_prefix("//").unwrap_or(file)))
            }
            Some((kind, rest)) if rest.starts_with("//") => {
                Err(DatabaseError::Kind(kind.to_owned()))
            }
            _ => Self::file(Path::new(text)),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        // Refused only where there can be no password.
        let _ = shown.set_password(None);
        // A password may be among the options, too.
        shown.set_query(None);
        shown.fmt(f)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_with_or_without_its_kind() {
        let plain: Database = "/tmp/a b%20?#/jobs.sqlite".parse().unwrap();
        let named: Database = "sqlite:/tmp/a b%20?#/jobs.sqlite".parse().unwrap();
        let slashes: Database = "sqlite:///tmp/a b%20?#/jobs.sqlite".parse().unwrap();
        assert!(plain == named && plain == slashes);
        assert_eq!(plain.dialect(), Dialect::Sqlite);
        let relative: Database = "jobs.sqlite".parse().unwrap();
        assert!(relative.url().path().ends_with("/jobs.sqlite"));
    }

    #[test]
    fn passwords_are_not_shown() {
        for address in [
            "postgres://asu:secret@db.example:5433/asu?sslmode=require",
            "postgresql://asu@db.example:5433/asu?password=secret",
        ] {
            let database: Database = address.parse().unwrap();
            assert_eq!(database.dialect(), Dialect::Postgres);
            for shown in [database.to_string(), format!("{database:?}")] {
                assert!(shown.contains("asu@db.example:5433/asu"), "{shown}");
                assert!(!shown.contains("secret"), "{shown}");
            }
        }
    }

    #[test]
    fn what_is_no_database_is_refused_with_advice() {
        for (text, advice) in [
            ("mysql://a/b", "mysql:// is neither"),
            ("postgres://a:b:c@d:e/f", "%40"),
            ("postgres://host", "name of a database"),
            ("postgres://host/", "name of a database"),
            ("", "path"),
        ] {
            let refused = text.parse::<Database>().unwrap_err().to_string();
            assert!(refused.contains(advice), "{text}: {refused}");
        }
    }
}
