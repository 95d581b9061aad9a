//! The package cache, which all builds share.
//!
//! A package is known by the digest its index gives, and never asked for again. An index is asked
//! for by each build, so that a build sees what the feed has today, and kept for the day when the feed
//! cannot be reached.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use moka::sync::Cache;
use reqwest::{Client, StatusCode, Url};
use tokio::task::spawn_blocking;

use super::fetch::{self, Found, Fresh};
use super::flights::Flights;
use super::indexes::Index;
use super::listing::{Digest, Listed, Listing};
use super::store::{Body, Entry, Store, Validators};

/// Largest package accepted, bytes; no device has room for one of this size.
const MAX_PACKAGE: u64 = 1 << 30;
/// How many packages of indexes are kept in memory; each takes some 300 bytes.
const LISTED: u64 = 200_000;
/// What a build is told in place of a file. Why is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The feed says so.
    Feed(StatusCode),
    /// It cannot be had, or is not what it should be.
    Unusable,
    /// It is an index that nobody vouches for who may.
    Untrusted,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Feed(status) => status,
            Self::Unusable | Self::Untrusted => StatusCode::BAD_GATEWAY,
        }
    }
}

/// Packages and indexes, kept and shared.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(super) client: Client,
    pub(super) store: Arc<Store>,
    pub(super) scratch: PathBuf,
    pub(super) indexes: Flights<Result<Arc<Index>, Refusal>>,
    files: Flights<Result<Arc<Body>, Refusal>>,
    /// Indexes that were believed, by digest, signature and keys.
    pub(super) listings: Cache<String, Arc<Listing>>,
    /// Hosts that could not be reached, and when.
    pub(super) away: Mutex<HashMap<String, Instant>>,
}

impl Packages {
    /// Keeps at most `disk` bytes in `folder`; `scratch` is for what is not whole yet.
    pub(crate) fn open(folder: &Path, disk: u64, scratch: PathBuf) -> io::Result<Self> {
        let weigh = |_: &String, listing: &Arc<Listing>| {
            u32::try_from(listing.len()).unwrap_or(u32::MAX).max(1)
        };
        Ok(Self {
            client: fetch::client().map_err(io::Error::other)?,
            store: Arc::new(Store::open(folder, disk)?),
            scratch,
            indexes: Flights::default(),
            files: Flights::default(),
            listings: Cache::builder().max_capacity(LISTED).weigher(weigh).build(),
            away: Mutex::default(),
        })
    }

    /// Does `work`; where it fails, what was fetched is used all the same.
    pub(super) async fn on_disk(
        &self,
        work: impl FnOnce(&Store) -> io::Result<()> + Send + 'static,
    ) {
        let store = Arc::clone(&self.store);
        let done = spawn_blocking(move || work(&store)).await;
        if let Err(error) = done.unwrap_or_else(|error| Err(error.into())) {
            tracing::warn!(%error, "the package cache cannot store a file; check the disk");
        }
    }

    /// The package at `url`, if it is the one listed.
    pub(super) async fn package(&self, url: &Url, listed: &Listed) -> Result<Arc<Body>, Refusal> {
        // A feed that breaks a package breaks it for nobody else.
        let key = format!("{} {url}", listed.key());
        let work = async {
            match self.kept(listed).await {
                Some(body) => Ok(body),
                None => self.fetched(url, listed).await,
            }
        };
        self.files.share(&key, work).await
    }

    async fn kept(&self, listed: &Listed) -> Option<Arc<Body>> {
        let (store, listed) = (Arc::clone(&self.store), listed.clone());
        let kept = spawn_blocking(move || {
            let body = match &listed.digest {
                Digest::File(sha256) => store.body(sha256)?,
                Digest::Database(_) => store.body(&store.entry(&listed.key())?.sha256)?,
            };
            let fits = listed.size.is_none_or(|size| size == body.size);
            fits.then(|| Arc::new(body))
        });
        kept.await.ok().flatten()
    }

    async fn fetched(&self, url: &Url, listed: &Listed) -> Result<Arc<Body>, Refusal> {
        let most = listed.size.unwrap_or(MAX_PACKAGE).min(MAX_PACKAGE);
        for _ in 0..2 {
            let known = Validators::default();
            let found = fetch::get(&self.client, url, &known, most, &self.scratch).await;
            let reason = match found {
                Ok(Found::New(fresh)) => match self.checked(fresh, listed).await {
                    Ok(body) => return Ok(body),
                    Err(reason) => reason,
                },
                Ok(Found::Nothing(status)) => return Err(Refusal::Feed(status)),
                Ok(Found::Same) => "it answers 304 to who knows nothing".to_owned(),
                Err(trouble) => trouble.to_string(),
            };
            let (package, feed) = (&listed.name, shown(url));
            tracing::warn!(
                package,
                feed,
                reason,
                "a package is not as its feed lists it, and is refused"
            );
        }
        Err(Refusal::Unusable)
    }

    async fn checked(&self, fresh: Fresh, listed: &Listed) -> Result<Arc<Body>, String> {
        let Fresh { body, file, .. } = fresh;
        let (body, listed) = (Arc::new(body), listed.clone());
        let kept = Arc::clone(&body);
        let (checked, entry) = (Arc::clone(&body), known_as(&listed, &body));
        let checking = spawn_blocking(move || listed.check(&checked));
        checking.await.map_err(|error| error.to_string())??;
        self.on_disk(move |store| {
            store.keep(&kept, file)?;
            entry.map_or(Ok(()), |entry| store.note(entry))
        })
        .await;
        Ok(body)
    }
}

/// What leads from the digest in an index to the body, where that is not the body's own.
fn known_as(listed: &Listed, body: &Body) -> Option<Entry> {
    let is_other = matches!(listed.digest, Digest::Database(_));
    is_other.then(|| Entry {
        key: listed.key(),
        sha256: body.sha256.clone(),
        ..Entry::default()
    })
}

/// An address without a password in it.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails where there can be none.
    let _ = url.set_password(None);
    url.into()
}
