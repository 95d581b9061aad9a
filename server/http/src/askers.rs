//! How many unfinished builds an address has asked for: one client must not fill the queue.
//!
//! Kept in memory only: who asks is not stored, and what a restart forgets is made up for by the
//! limit on the queue as a whole.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use asu_protocol::build::BuildRequest;
use asu_store::{State, Store, StoreError};
use jiff::Timestamp;
use moka::sync::Cache;

use crate::Limits;

/// Addresses remembered; the one that was quiet for longest is forgotten first.
const ADDRESSES: u64 = 10_000;
/// After this a build that was never queued is not waited for.
const ENTERING: Duration = Duration::from_secs(10);

/// The unfinished builds of each address, by the addresses that asked first.
#[derive(Clone)]
pub(crate) struct Askers(Cache<IpAddr, Arc<Mutex<Wishes>>>);

/// By request hash.
type Wishes = HashMap<String, Wish>;

struct Wish {
    device: String,
    since: Instant,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It was written down; take it back if it did not become a build.
    New,
    /// It was written down before.
    Known,
    /// The address has so many unfinished builds, all in all or for one device, that it must wait.
    Crowded,
}

impl Default for Askers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(ADDRESSES).build())
    }
}

impl Askers {
    /// Writes down that `address` asks for a build, unless it has as many unfinished as it may.
    pub(crate) async fn enter(
        &self,
        address: IpAddr,
        (hash, request): (&str, &BuildRequest),
        (store, now): (&Store, Timestamp),
        limits: &Limits,
    ) -> Result<Entry, StoreError> {
        let wishes = self.0.get_with(address, Arc::default);
        let device = device(request);
        let entry = enter(&mut lock(&wishes), hash, &device, limits);
        if entry != Entry::Crowded {
            return Ok(entry);
        }
        forget_finished(&wishes, store, now).await?;
        Ok(enter(&mut lock(&wishes), hash, &device, limits))
    }

    /// Takes back what did not become a build of its own.
    pub(crate) fn leave(&self, address: IpAddr, hash: &str) {
        if let Some(wishes) = self.0.get(&address) {
            lock(&wishes).remove(hash);
        }
    }
}

fn lock(wishes: &Mutex<Wishes>) -> MutexGuard<'_, Wishes> {
    wishes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The router as far as a request tells one.
fn device(request: &BuildRequest) -> String {
    let BuildRequest {
        version,
        target,
        profile,
        ..
    } = request;
    format!("{version} {target} {profile}")
}

fn enter(wishes: &mut Wishes, hash: &str, device: &str, limits: &Limits) -> Entry {
    if wishes.contains_key(hash) {
        return Entry::Known;
    }
    let of_device = wishes.values().filter(|wish| wish.device == device).count();
    let is_full = |count: usize, most: u32| most > 0 && count >= most as usize;
    if is_full(wishes.len(), limits.pending_per_address)
        || is_full(of_device, limits.pending_per_device)
    {
        return Entry::Crowded;
    }
    let (device, since) = (device.to_owned(), Instant::now());
    wishes.insert(hash.to_owned(), Wish { device, since });
    Entry::New
}

async fn forget_finished(
    wishes: &Mutex<Wishes>,
    store: &Store,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entered: Vec<(String, Instant)> = lock(wishes)
        .iter()
        .map(|(hash, wish)| (hash.clone(), wish.since))
        .collect();
    for (hash, since) in entered {
        let is_over = match store.job(&hash, now).await? {
            Some(job) => matches!(job.state, State::Done(_) | State::Failed(_)),
            // Another request of the address may be about to queue it.
            None => since.elapsed() > ENTERING,
        };
        if is_over {
            lock(wishes).remove(&hash);
        }
    }
    Ok(())
}
