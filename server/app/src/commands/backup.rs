//! `asu-server backup`: all that a server knows, as it was at one moment, in a folder.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use asu_artifacts::FolderName;
use asu_store::{Counts, Database};
use serde::{Deserialize, Serialize};

use super::jobs::Place;
use super::signing::Signing;
use super::{Error, migrate_store};

/// Of a folder as this version writes it.
pub(super) const FORM: u32 = 1;
/// What it says of itself.
pub(super) const LABEL: &str = "backup.json";
/// The database in it.
pub(super) const JOBS: &str = "jobs.sqlite";
/// The images in it, if there are any.
pub(super) const IMAGES: &str = "store";

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The server may be running, and its database may be SQLite or PostgreSQL: the folder is the same. It
appears at once and whole.

Examples:
  asu-server backup --out /backup/asu-monday --data /var/lib/asu-server
  asu-server backup --out /backup/asu-monday --config /etc/asu-server/server.toml --with-keys --with-images")]
pub(crate) struct Args {
    /// The folder to make; it must not be there yet, and the one above it must.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Copy the key of --key, too. Whoever can read the backup can then sign in your name.
    #[arg(long, requires = "key")]
    with_keys: bool,
    /// Copy the images in the data folder, too; as links where that is possible, as they never change.
    #[arg(long)]
    with_images: bool,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    place: Place,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) form: u32,
    version: String,
    made_at: String,
    rows: Counts,
    images: usize,
    pub(super) keys: Vec<String>,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let out = std::path::absolute(&args.out)?;
    if out.exists() {
        return Err(format!("{} is there already; choose another --out", out.display()).into());
    }
    let above = out.parent().ok_or("--out must be a folder to make")?;
    let refused = |error| format!("{} cannot be written to: {error}", above.display());
    // Nobody but its owner can look into it.
    let part = tempfile::Builder::new()
        .prefix(".asu-backup-")
        .tempdir_in(above);
    let part = part.map_err(refused)?;
    let label = args.fill(part.path()).await?;
    fs::rename(part.keep(), &out)?;
    File::open(above)?.sync_all()?;
    args.place.output.print(&label, show)
}

impl Args {
    async fn fill(&self, part: &Path) -> Result<Label, Error> {
        let jobs = part.join(JOBS);
        let rows = asu_store::snapshot(&self.place.database()?, &jobs).await?;
        let images = if self.with_images {
            self.copy_images(&jobs, part).await?
        } else {
            0
        };
        let label = Label {
            form: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: format!("{:.0}", jiff::Timestamp::now()),
            rows,
            images,
            keys: if self.with_keys {
                self.copy_keys(part)?
            } else {
                Vec::new()
            },
        };
        let mut file = File::create(part.join(LABEL))?;
        serde_json::to_writer_pretty(&mut file, &label)?;
        file.sync_all()?;
        File::open(&jobs)?.sync_all()?;
        Ok(label)
    }

    /// Copies what answers tell of; what has expired since the database was copied is left out.
    async fn copy_images(&self, jobs: &Path, part: &Path) -> Result<usize, Error> {
        let from = self.place.data.join(IMAGES);
        if !from.is_dir() {
            let from = from.display();
            return Err(format!(
                "there are no images in {from}; where they are in a bucket, copy the bucket"
            )
            .into());
        }
        let folders = asu_store::image_folders(&Database::file(jobs)?).await?;
        let to = part.join(IMAGES);
        tokio::task::spawn_blocking(move || copy_folders(&from, &to, &folders)).await?
    }

    fn copy_keys(&self, part: &Path) -> Result<Vec<String>, Error> {
        let mut copied = Vec::new();
        for (file, name) in self.signing.files() {
            match copy_private(&file, &part.join(name)) {
                Ok(()) => copied.push(name.to_owned()),
                // There need not be certificates.
                Err(gone) if gone.kind() == io::ErrorKind::NotFound && name != "key.sec" => {}
                Err(error) => return Err(format!("{}: {error}", file.display()).into()),
            }
        }
        Ok(copied)
    }
}

/// Copies a file that was not there, for its owner alone.
pub(super) fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = File::create_new(to)?;
    target.set_permissions(Permissions::from_mode(0o600))?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Copies these folders of images as far as they are there, and says how many were. Each appears whole.
pub(super) fn copy_folders(
    from: &Path,
    to: &Path,
    names: &BTreeSet<String>,
) -> Result<usize, Error> {
    fs::create_dir_all(to)?;
    let mut copied = 0;
    for name in names {
        let (from, to) = (from.join(name), to.join(name));
        if FolderName::new(name).is_err() || to.exists() || !from.is_dir() {
            continue;
        }
        let part = to.with_extension("part");
        let whole = copy_files(&from, &part).and_then(|()| fs::rename(&part, &to));
        match whole {
            Ok(()) => copied += 1,
            // It has expired meanwhile.
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => fs::remove_dir_all(&part)?,
            Err(error) => return Err(format!("{}: {error}", to.display()).into()),
        }
    }
    Ok(copied)
}

fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let copy = to.join(file.file_name());
        // Not on every file system, and not to another one.
        if fs::hard_link(file.path(), &copy).is_err() {
            fs::copy(file.path(), &copy)?;
        }
    }
    Ok(())
}

fn show(out: &mut dyn Write, label: &Label) -> io::Result<()> {
    migrate_store::show(out, &label.rows)?;
    writeln!(out, "{:>9}  folders of images", label.images)?;
    writeln!(out, "{:>9}  files of keys", label.keys.len())
}
