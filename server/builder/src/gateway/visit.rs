//! One build's view of the network: it sees one state of each feed, however long it takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::door::Door;
use super::indexes::beside;
use super::listing::{Form, Listed, Listing};
use super::packages::{Packages, Refusal, shown};
use super::store::Body;

/// What one build may reach, and what it was given.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) doors: Arc<[Door]>,
    pub(super) packages: Arc<Packages>,
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Given {
    /// Indexes and their signatures, by address.
    documents: HashMap<String, Arc<Body>>,
    /// What indexes list, with the address of the folder they are in.
    listings: Vec<(String, Arc<Listing>)>,
    /// The address of the first index that was not believed.
    untrusted: Option<String>,
}

impl Visit {
    pub(super) fn new(doors: Arc<[Door]>, packages: Arc<Packages>) -> Self {
        Self {
            doors,
            packages,
            given: Mutex::default(),
        }
    }

    /// What lies at `url`; none for what is neither an index nor listed in one this build has seen.
    pub(super) async fn read(&self, door: &Door, url: &Url) -> Result<Option<Arc<Body>>, Refusal> {
        let name = url.path().rsplit('/').next().unwrap_or_default();
        if let Some(form) = Form::of(name) {
            return self.index(door, url, form).await.map(Some);
        }
        match self.listed(url) {
            Some(listed) => self.packages.package(url, &listed).await.map(Some),
            None => Ok(None),
        }
    }

    async fn index(&self, door: &Door, url: &Url, form: Form) -> Result<Arc<Body>, Refusal> {
        if let Some(body) = self.given(|given| given.documents.get(url.as_str()).cloned()) {
            return Ok(body);
        }
        let index = self.packages.index(url, form, &door.signers).await;
        let index = index.inspect_err(|refusal| {
            if *refusal == Refusal::Untrusted {
                self.given(|given| given.untrusted.get_or_insert_with(|| shown(url)).len());
            }
        })?;
        self.given(|given| {
            let documents = &mut given.documents;
            documents.insert(url.to_string(), Arc::clone(&index.body));
            if let Some((url, signature)) = beside(url).zip(index.signature.clone()) {
                documents.insert(url.into(), signature);
            }
            let listing = (folder(url).to_owned(), Arc::clone(&index.listing));
            given.listings.push(listing);
        });
        Ok(Arc::clone(&index.body))
    }

    fn listed(&self, url: &Url) -> Option<Listed> {
        self.given(|given| {
            given.listings.iter().find_map(|(folder, listing)| {
                let file = url.as_str().strip_prefix(folder.as_str())?;
                let file = percent_decode_str(file).decode_utf8().ok()?;
                listing.get(&file).cloned()
            })
        })
    }

    /// The address of an index that this build was refused, because nobody vouches for it who may.
    pub(super) fn untrusted(&self) -> Option<String> {
        self.given(|given| given.untrusted.clone())
    }

    fn given<T>(&self, look: impl FnOnce(&mut Given) -> T) -> T {
        look(&mut self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The address up to its last slash.
fn folder(url: &Url) -> &str {
    let text = url.as_str();
    text.rfind('/').map_or(text, |at| &text[..=at])
}
