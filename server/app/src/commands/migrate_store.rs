//! `asu-server migrate-store`.

use std::io::{self, Write};
use std::path::Path;

use asu_server::DataDir;
use asu_store::{Counts, Database};
use jiff::Timestamp;

use super::{Error, Output};

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Stop all servers of both databases first. The target must be empty; it gets everything or nothing.
Everybody on this machine sees the command line: leave a password out, and give it by PGPASSWORD or in
~/.pgpass.

Examples:
  asu-server migrate-store --from sqlite:/var/lib/asu-server/jobs.sqlite --to postgres://asu@db.lan/asu
  asu-server migrate-store --from postgres://asu@db.lan/asu --to sqlite:/var/lib/asu-server/jobs.sqlite")]
pub(crate) struct Args {
    /// The database to copy: sqlite:FILE or postgres://USER@HOST/NAME.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to fill, which must be empty; a file of SQLite is made.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let (from, to) = (read("--from", &args.from)?, read("--to", &args.to)?);
    if let Some(file) = from.path().filter(|file| !file.exists()) {
        return Err(format!("there is no {}; check --from", file.display()).into());
    }
    let _held = (hold(&from)?, hold(&to)?);
    let counts = asu_store::migrate(&from, &to, Timestamp::now()).await?;
    args.output.print(&counts, show)
}

// Read here, as a parser of arguments would repeat what it cannot read, with the password.
fn read(flag: &str, text: &str) -> Result<Database, Error> {
    text.parse()
        .map_err(|error| format!("{flag}: {error}").into())
}

/// Keeps a server from starting on the data folder that a database lies in.
fn hold(database: &Database) -> Result<Option<DataDir>, Error> {
    let folder = database.path().and_then(Path::parent);
    let folder = folder.filter(|folder| folder.join("lock").exists());
    Ok(folder.map(DataDir::open).transpose()?)
}

/// A line for each table.
pub(super) fn show(out: &mut dyn Write, counts: &Counts) -> io::Result<()> {
    for (table, rows) in counts {
        writeln!(out, "{rows:>9}  {table}")?;
    }
    Ok(())
}
