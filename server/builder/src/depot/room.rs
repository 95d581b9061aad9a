//! Making room on the disk: what was used least recently goes first, what is in use stays.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Depot, USED, is_at};
use crate::{BuildError, disk};

/// How long a download that nobody goes on with is kept: its release may have been replaced.
const STALE: Duration = Duration::from_hours(48);

/// What could be removed.
struct Item {
    path: PathBuf,
    used: SystemTime,
    size: u64,
    is_download: bool,
}

impl Depot {
    /// Sees that there is room for `need` bytes, see [`Self::clear`]; an error if there is not.
    pub(crate) async fn room(self: &Arc<Self>, need: u64) -> Result<(), BuildError> {
        let depot = Arc::clone(self);
        let cleared = tokio::task::spawn_blocking(move || depot.clear(need)).await;
        match cleared.unwrap_or_else(|panic| Err(panic.into())) {
            Ok(true) => Ok(()),
            Ok(false) => Err(BuildError::disk_full("Error: the server's disk is full")),
            Err(error) => Err(BuildError::storage("Looking for space on the disk", &error)),
        }
    }

    /// Whether `need` bytes can be written above what must stay free, if need be after removing what
    /// nobody uses.
    pub(crate) fn clear(&self, need: u64) -> io::Result<bool> {
        let wanted = self.wanted(need);
        if disk::free(&self.trees)? < wanted {
            self.tidy(need)?;
        }
        let free = disk::free(&self.trees)?;
        if free < wanted {
            tracing::warn!(free, wanted, "too little space is free on the disk");
        }
        Ok(free >= wanted)
    }

    /// What must be free to write `need` bytes.
    fn wanted(&self, need: u64) -> u64 {
        match self.limits.floor {
            0 => 0,
            floor => floor.saturating_add(need),
        }
    }

    /// Removes what was used least recently, until the limits are kept and `need` bytes can be
    /// written, and what is of no use at all.
    pub(crate) fn tidy(&self, need: u64) -> io::Result<()> {
        let mut items = self.items()?;
        items.sort_by_key(|item| item.used);
        let mut taken: u64 = items.iter().map(|item| item.size).sum();
        let (most, wanted) = (self.limits.imagebuilders, self.wanted(need));
        for item in items {
            let age = item.used.elapsed().unwrap_or_default();
            let is_useless = item.used == SystemTime::UNIX_EPOCH || item.is_download && age > STALE;
            let is_over = most != 0 && taken > most;
            if (is_useless || is_over || disk::free(&self.trees)? < wanted)
                && self.remove_unused(&item)?
            {
                taken = taken.saturating_sub(item.size);
            }
        }
        Ok(())
    }

    /// Keeps the limits, where nobody waits for it.
    pub(crate) fn tidy_or_warn(&self) {
        if let Err(error) = self.tidy(0) {
            tracing::warn!(%error, "ImageBuilders that are not needed could not be removed");
        }
    }

    fn items(&self) -> io::Result<Vec<Item>> {
        let mut items = Vec::new();
        for entry in fs::read_dir(&self.trees)? {
            let path = entry?.path();
            // Without a stamp it is none of ours: an older server kept them in another way.
            let used = fs::metadata(path.join(USED)).and_then(|found| found.modified());
            items.push(Item {
                used: used.unwrap_or(SystemTime::UNIX_EPOCH),
                size: disk::size(&path),
                path,
                is_download: false,
            });
        }
        for entry in fs::read_dir(&self.downloads)? {
            let path = entry?.path();
            // It may be done by now.
            if let Ok(found) = fs::metadata(&path) {
                items.push(Item {
                    used: found.modified()?,
                    size: found.blocks() * 512,
                    path,
                    is_download: true,
                });
            }
        }
        Ok(items)
    }

    /// Removes an item unless it is in use; whether it did.
    fn remove_unused(&self, item: &Item) -> io::Result<bool> {
        let path = if item.is_download {
            item.path.clone()
        } else {
            item.path.join(USED)
        };
        // Held until the item is gone from its place.
        let lock = match File::open(&path) {
            Err(error) if is_absent(&error) => None,
            other => Some(other?),
        };
        if let Some(lock) = &lock
            && (lock.try_lock().is_err() || !is_at(lock, &path)?)
        {
            return Ok(false);
        }
        tracing::info!(path = %item.path.display(), size = item.size, "removed to make room");
        let bin = match self.discard(&item.path) {
            Err(error) if is_absent(&error) => return Ok(false),
            other => other?,
        };
        // Who waits for the lock need not wait for this.
        drop(lock);
        disk::remove(&bin).map(|()| true)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
