//! Indexes of feeds: as they are now, or were when they were seen last, and believed or refused.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::task::spawn_blocking;

use super::fetch::{self, Found, Trouble};
use super::listing::{Form, Listing};
use super::packages::{Packages, Refusal, shown};
use super::signers::Signers;
use super::store::{Body, Entry, Validators};

/// Largest index accepted, bytes.
const MAX_INDEX: u64 = 256 << 20;
/// How long a feed that could not be reached is not asked for what is here.
const AWAY: Duration = Duration::from_secs(30);

/// An index that may be believed.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) body: Arc<Body>,
    /// The signature beside it, if one was asked for.
    pub(super) signature: Option<Arc<Body>>,
    pub(super) listing: Arc<Listing>,
}

/// A file as a feed has it.
struct Document {
    url: Url,
    body: Arc<Body>,
    /// Where it is until it is kept.
    fresh: Option<(tempfile::TempPath, Validators)>,
}

impl Packages {
    /// The index at `url`, if one of `signers` vouches for it.
    pub(super) async fn index(
        &self,
        url: &Url,
        form: Form,
        signers: &Signers,
    ) -> Result<Arc<Index>, Refusal> {
        // Whom one build does not believe, another may.
        let key = format!("{} {url}", signers.fingerprint());
        let work = self.believed(url, form, signers);
        self.indexes.share(&key, work).await
    }

    async fn believed(
        &self,
        url: &Url,
        form: Form,
        signers: &Signers,
    ) -> Result<Arc<Index>, Refusal> {
        let mut reason = String::new();
        // A mirror that is being updated may have had one of them before, the other afterwards.
        for anew in [false, true] {
            let index = self.document(url, anew).await?;
            let signature = match beside(url).filter(|_| signers.want_signature(form)) {
                Some(url) => Some(self.document(&url, anew).await.map_err(unsigned)?),
                None => None,
            };
            match self.judge(form, signers, &index, signature.as_ref()).await {
                Ok(listing) => {
                    return Ok(Arc::new(Index {
                        listing,
                        body: self.keep(index).await,
                        signature: match signature {
                            Some(signature) => Some(self.keep(signature).await),
                            None => None,
                        },
                    }));
                }
                Err(why) => reason = why,
            }
        }
        tracing::warn!(url = shown(url), reason, "a package index is refused");
        Err(Refusal::Untrusted)
    }

    async fn judge(
        &self,
        form: Form,
        signers: &Signers,
        index: &Document,
        signature: Option<&Document>,
    ) -> Result<Arc<Listing>, String> {
        let signed = signature.map_or("", |signature| &signature.body.sha256);
        let key = format!("{} {signed} {}", index.body.sha256, signers.fingerprint());
        if let Some(listing) = self.listings.get(&key) {
            return Ok(listing);
        }
        let (body, signers) = (Arc::clone(&index.body), signers.clone());
        let signature = signature.map(|signature| Arc::clone(&signature.body));
        let judging = move || -> Result<Listing, String> {
            let words = |error: io::Error| error.to_string();
            let index = body.bytes().map_err(words)?;
            let signature = signature.map(|signature| signature.bytes());
            let signature = signature.transpose().map_err(words)?;
            signers.check(form, &index, signature.as_deref())?;
            Listing::read(form, &index)
        };
        let listing = spawn_blocking(judging).await;
        let listing = Arc::new(listing.map_err(|error| error.to_string())??);
        if form != Form::Beside {
            self.listings.insert(key, Arc::clone(&listing));
        }
        Ok(listing)
    }

    /// What a feed has at `url` now, or, if it cannot be reached, what it had when it was seen last.
    async fn document(&self, url: &Url, anew: bool) -> Result<Document, Refusal> {
        let known = if anew { None } else { self.known(url).await };
        let of = |body, fresh| Document {
            url: url.clone(),
            body,
            fresh,
        };
        if let Some((_, body)) = known.as_ref().filter(|_| self.is_away(url)) {
            return Ok(of(Arc::clone(body), None));
        }
        let validators = known.as_ref().map(|(entry, _)| entry.validators.clone());
        let validators = validators.unwrap_or_default();
        match (self.asked(url, &validators).await, known) {
            (Ok(Found::New(fresh)), _) => Ok(of(
                Arc::new(fresh.body),
                Some((fresh.file, fresh.validators)),
            )),
            (Ok(Found::Same), Some((entry, body))) => {
                self.on_disk(move |store| store.note(entry)).await;
                Ok(of(body, None))
            }
            (Ok(Found::Nothing(status)), _) => Err(Refusal::Feed(status)),
            (found, known) => {
                let reason = found.err().map(|trouble| trouble.to_string());
                let known = known.map(|(entry, body)| (entry.seen, body));
                let seen = known.as_ref().map(|(seen, _)| *seen);
                tracing::warn!(
                    url = shown(url),
                    reason,
                    seen,
                    "a feed cannot be read; its index is used as it was last seen, if it was"
                );
                known
                    .map(|(_, body)| of(body, None))
                    .ok_or(Refusal::Unusable)
            }
        }
    }

    /// Asks for an index; for one that does not come whole, twice.
    async fn asked(&self, url: &Url, known: &Validators) -> Result<Found, Trouble> {
        let ask = || fetch::get(&self.client, url, known, MAX_INDEX, &self.scratch);
        let found = match ask().await {
            Err(Trouble::Unusable(_)) => ask().await,
            found => found,
        };
        if matches!(found, Err(Trouble::Away(_))) {
            self.note_away(url);
        }
        found
    }

    async fn known(&self, url: &Url) -> Option<(Entry, Arc<Body>)> {
        let (store, key) = (Arc::clone(&self.store), shown(url));
        let known = spawn_blocking(move || {
            let entry = store.entry(&key)?;
            let body = store.body(&entry.sha256)?;
            Some((entry, Arc::new(body)))
        });
        known.await.ok().flatten()
    }

    /// Keeps what was fetched; where that fails, it is passed on all the same.
    async fn keep(&self, document: Document) -> Arc<Body> {
        let Document { url, body, fresh } = document;
        if let Some((file, validators)) = fresh {
            let entry = Entry {
                key: shown(&url),
                sha256: body.sha256.clone(),
                validators,
                seen: 0,
            };
            let kept = Arc::clone(&body);
            self.on_disk(move |store| store.keep(&kept, file).and_then(|()| store.note(entry)))
                .await;
        }
        body
    }

    fn is_away(&self, url: &Url) -> bool {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let since = away.get(url.authority());
        since.is_some_and(|since| since.elapsed() < AWAY)
    }

    fn note_away(&self, url: &Url) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.retain(|_, since| since.elapsed() < AWAY);
        away.insert(url.authority().to_owned(), Instant::now());
    }
}

/// A signature that the feed does not have is none.
fn unsigned(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Feed(_) => Refusal::Untrusted,
        other => other,
    }
}

/// Where the signature of opkg's index is.
pub(super) fn beside(url: &Url) -> Option<Url> {
    url.join("Packages.sig").ok()
}
