//! Whose turn it is: each client's next job goes behind one job of every other client.
//!
//! This is start-time fair queuing with jobs of one size. A turn is given when a job is queued, and is
//! the later of two: the turn that is being built now, and the one after the client's last that waits. So
//! the first jobs of all clients share a turn and go by age, and of who asks for a hundred, the second
//! goes behind what others have asked for first. Each turn is told by a few looks into indexes, however
//! long the queue is.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::store::{Store, millis};
use jiff::Timestamp;

/// The name of all programs on the server's own machine that do not say for whom they ask.
const HERE: &str = "-";
/// Turns from here on are of those that nobody waits for: no other comes as far.
const BEHIND: i64 = 1 << 40;
/// How much of a digest tells clients apart, bytes.
const LENGTH: usize = 8;

/// Who hands in a request, as far as the queue needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(crate) name: String,
    behind: bool,
}

impl Default for Client {
    /// A program on the server's machine.
    fn default() -> Self {
        Self {
            name: HERE.to_owned(),
            behind: false,
        }
    }
}

impl Client {
    /// The same, whose job goes behind everybody's who waits for theirs.
    #[must_use]
    pub fn behind(self) -> Self {
        Self {
            behind: true,
            ..self
        }
    }

    /// The first of the turns that may be given.
    pub(crate) fn first_turn(&self) -> i64 {
        if self.behind { BEHIND } else { 0 }
    }
}

/// The turn of a client's next job; `now`, `client` and `first` are parameters. No turn of those that go
/// behind is one of the others'.
pub(crate) fn next_turn(now: &str, client: &str, first: &str) -> String {
    let of_kind = format!("turn >= {first} AND turn < {first} + {BEHIND}");
    format!(
        "(SELECT max(turn) FROM (
            SELECT coalesce(
                (SELECT max(turn) FROM jobs
                 WHERE state = 'started' AND lease_until > {now} AND {of_kind}),
                (SELECT turn FROM jobs WHERE state IN ('queued', 'started') AND {of_kind}
                 ORDER BY turn, place LIMIT 1),
                {first}) AS turn
            UNION ALL
            SELECT max(turn) + 1 FROM jobs WHERE client = {client} AND client <> '' AND {of_kind}
         ) AS turns)"
    )
}

impl Store {
    /// Who asks from this address, by a name that cannot be traced back to it without this database's
    /// secret; `None` is a program on the server's machine.
    pub fn client(&self, address: Option<IpAddr>) -> Client {
        let Some(address) = address else {
            return Client::default();
        };
        let octets = match address {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets().to_vec(),
        };
        // Addresses have one of two lengths, so a digest of secret and address is all it takes.
        let digest = Sha256::new_with_prefix(self.secret.as_bytes()).chain_update(octets);
        Client {
            name: hex::encode(&digest.finalize()[..LENGTH]),
            behind: false,
        }
    }

    /// Gives a job that waits the turn that it would have if `client` had asked for it first, if that
    /// is an earlier one.
    pub(crate) async fn promote(
        &self,
        request_hash: &str,
        client: &Client,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let turn = next_turn("$2", "$3", "$4");
        let earlier = format!("request_hash = $1 AND state = 'queued' AND turn > {turn}");
        // Most who ask again gain nothing, and should not wait for who writes.
        for query in [
            format!("SELECT place FROM jobs WHERE {earlier}"),
            format!("UPDATE jobs SET turn = {turn} WHERE {earlier} RETURNING place"),
        ] {
            let row = sqlx::query(&query)
                .bind(request_hash)
                .bind(millis(now))
                .bind(&client.name)
                .bind(client.first_turn())
                .fetch_optional(&self.pool);
            if row.await?.is_none() {
                return Ok(false);
            }
        }
        self.places.forget(request_hash);
        Ok(true)
    }
}
