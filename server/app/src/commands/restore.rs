//! `asu-server restore`: a server's data folder and database, made of what `backup` wrote.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use asu_artifacts::{Artifacts, FolderName};
use asu_server::DataDir;
use asu_store::{Database, Policy, Store};
use jiff::Timestamp;
use serde::Serialize;

use super::backup::{FORM, IMAGES, JOBS, LABEL, Label, copy_folders, copy_private};
use super::images::Images;
use super::jobs::Place;
use super::signing::Signing;
use super::{Error, read};

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The server must be stopped, and its database empty or not there. Builds that were under way are queued
again. Builds whose images are not there, neither in the backup nor where images are kept, are forgotten:
they are made anew when somebody asks for them.

Examples:
  asu-server restore --from /backup/asu-monday --data /var/lib/asu-server
  asu-server restore --from /backup/asu-monday --config /etc/asu-server/server.toml --with-keys")]
pub(crate) struct Args {
    /// The folder that asu-server backup made.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Put the key of the backup where --key says; a key that is there is not overwritten.
    #[arg(long, requires = "key")]
    with_keys: bool,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    images: Images,
    #[command(flatten)]
    place: Place,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Restored {
    /// Of the data folder.
    images: usize,
    /// Builds that were under way.
    queued_again: u64,
    /// Builds without images.
    forgotten: u64,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let refused = |error: &dyn std::fmt::Display| {
        let from = args.from.display();
        format!("{from} cannot be read as a backup: {error}; check --from")
    };
    let label = read(&args.from.join(LABEL)).map_err(|error| refused(&error))?;
    let label: Label = serde_json::from_slice(&label).map_err(|error| refused(&error))?;
    if label.form > FORM {
        return Err(refused(&"a newer asu-server made it").into());
    }
    if args.with_keys && label.keys.is_empty() {
        return Err("there are no keys in this backup; leave out --with-keys".into());
    }
    let data = DataDir::open(&args.place.data)?;
    let database = args
        .place
        .jobs
        .database()?
        .map_or_else(|| data.database(), Ok)?;
    if let Some(file) = database.path().filter(|file| file.exists()) {
        let file = file.display();
        return Err(format!("{file} is there already: move it away first").into());
    }
    if args.with_keys {
        args.restore_keys()?;
    }
    let restored = args.restore(&data, &database).await?;
    args.place.output.print(&restored, show)
}

impl Args {
    async fn restore(&self, data: &DataDir, database: &Database) -> Result<Restored, Error> {
        // Where the database appears, so that it does so at once.
        let near = database
            .path()
            .and_then(Path::parent)
            .unwrap_or(&self.place.data);
        let scratch = tempfile::Builder::new()
            .prefix(".restoring-")
            .tempdir_in(near)?;
        let copy = scratch.path().join(JOBS);
        fs::copy(self.from.join(JOBS), &copy)?;
        let copy = Database::file(&copy)?;
        let store = Store::open(&copy, Policy::default()).await?;
        let restored = self.prepare(data, (&copy, &store)).await?;
        store.close().await;
        if let Some(file) = database.path() {
            // Not the copy itself, part of which may still be in its log.
            let whole = scratch.path().join("whole.sqlite");
            asu_store::snapshot(&copy, &whole).await?;
            File::open(&whole)?.sync_all()?;
            fs::rename(&whole, file)?;
        } else {
            asu_store::migrate(&copy, database, Timestamp::now()).await?;
        }
        Ok(restored)
    }

    /// Brings images and the copy of the database to what can be served.
    async fn prepare(
        &self,
        data: &DataDir,
        (copy, store): (&Database, &Store),
    ) -> Result<Restored, Error> {
        let (from, to) = (self.from.join(IMAGES), data.images());
        let mut images = 0;
        if from.is_dir() {
            let named = asu_store::image_folders(copy).await?;
            images =
                tokio::task::spawn_blocking(move || copy_folders(&from, &to, &named)).await??;
        }
        let artifacts = match self.images.settings()? {
            Some(bucket) => Artifacts::in_bucket(bucket).await?,
            None => Artifacts::on_disk(data.images())?,
        };
        let there = artifacts.folders().await?;
        let there: BTreeSet<String> = there.iter().map(FolderName::to_string).collect();
        Ok(Restored {
            images,
            queued_again: store.release_all(Timestamp::now()).await?,
            forgotten: store.keep_only(&there).await?,
        })
    }

    fn restore_keys(&self) -> Result<(), Error> {
        for (file, name) in self.signing.files() {
            let kept = self.from.join(name);
            if kept.exists() {
                copy_private(&kept, &file)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        Ok(())
    }
}

fn show(out: &mut dyn Write, restored: &Restored) -> io::Result<()> {
    let Restored {
        images,
        queued_again,
        forgotten,
    } = restored;
    writeln!(out, "{images:>9}  folders of images")?;
    writeln!(out, "{queued_again:>9}  builds queued again")?;
    writeln!(
        out,
        "{forgotten:>9}  builds forgotten whose images are not there"
    )
}
