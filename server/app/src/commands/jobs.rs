//! Where requests and answers are, for every command that reads or serves them.

use std::path::{Path, PathBuf};

use asu_store::{Database, Policy, Store};

use super::{Error, Output};

/// Where requests and answers are.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Jobs {
    /// Where requests, queue and answers are kept, if not in the data folder: a SQLite file, or a
    /// PostgreSQL database that several servers share, postgres://USER:PASSWORD@HOST/NAME.
    ///
    /// Give a password by the variable: everybody on this machine sees the command line.
    #[arg(long, value_name = "URL", env = "ASU_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// A server whose requests and answers a command works on, and how it answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) jobs: Jobs,
    /// The server's data folder; the server may be running.
    #[arg(
        long,
        value_name = "DIR",
        env = "ASU_DATA",
        default_value = "/var/lib/asu-server"
    )]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}

impl Place {
    /// Opens the jobs of the server, which may be running.
    pub(crate) async fn open(&self) -> Result<Store, Error> {
        Ok(Store::open(&self.database()?, Policy::default()).await?)
    }

    /// Where the jobs are, which are there.
    pub(crate) fn database(&self) -> Result<Database, Error> {
        match self.jobs.database()? {
            Some(database) => Ok(database),
            None => Ok(Database::file(&file(&self.data)?)?),
        }
    }
}

impl Jobs {
    /// Where the jobs are, if it was said. Read here, as a parser of arguments would repeat what it
    /// cannot read, with the password.
    pub(crate) fn database(&self) -> Result<Option<Database>, String> {
        let read = |text: &String| text.parse::<Database>();
        let database = self.database.as_ref().map(read).transpose();
        database.map_err(|error| format!("--database: {error}"))
    }
}

fn file(data: &Path) -> Result<PathBuf, Error> {
    let file = data.join("jobs.sqlite");
    if file.exists() {
        return Ok(file);
    }
    let data = data.display();
    Err(format!("{data} is not the folder of a server: there is no jobs.sqlite; check --data, or give its --database").into())
}
