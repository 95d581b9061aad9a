use std::time::Duration;

use asu_protocol::build::BuildRequest;
use asu_protocol::overview::ServerLimits;
use asu_protocol::repository::RepositoryUrl;

/// What this server allows; the defaults are those of ASU (`config.py`) unless said otherwise.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many jobs may wait before new requests are refused.
    pub max_pending: u32,
    /// How many unfinished builds one address may have asked for first; 0: any number.
    pub pending_per_address: u32,
    /// How many of these may be for the same version, target and profile; 0: any number.
    pub pending_per_device: u32,
    /// Whether first-boot scripts are built in. They run on the router only, so, unlike ASU, the
    /// default is yes.
    pub allow_defaults: bool,
    /// Longest first-boot script, characters.
    pub max_defaults_length: u32,
    /// Largest root filesystem partition, MiB.
    pub max_rootfs_size_mb: u32,
    /// The feeds a request may name, with all that lies below them; none by default.
    pub repositories: Vec<RepositoryUrl>,
    /// Largest request body, bytes.
    pub max_body: usize,
    /// Within this a request's body must have come whole.
    pub body_time: Duration,
    /// How many requests a second one address may send, ten times as many at once; 0: any number.
    pub rate: u32,
    /// How to reach the operator, shown to people; may be empty.
    pub contact: String,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pending: 200,
            // A household upgrades its routers at once, and tries other packages for one of them.
            pending_per_address: 10,
            pending_per_device: 5,
            allow_defaults: true,
            max_defaults_length: 20_480,
            max_rootfs_size_mb: 1024,
            repositories: Vec::new(),
            // The longest script, escaped, and a few thousand package names.
            max_body: 256 * 1024,
            body_time: Duration::from_secs(20),
            // A page asks for a handful of documents at once, and a household has one address.
            rate: 20,
            contact: String::new(),
        }
    }
}

impl Limits {
    /// The first feed of a request that is not allowed here.
    pub fn foreign_repository<'r>(&self, request: &'r BuildRequest) -> Option<&'r RepositoryUrl> {
        let allowed = |url: &RepositoryUrl| self.repositories.iter().any(|one| one.covers(url));
        let mut urls = request.repositories.iter().map(|(_, url)| url);
        urls.find(|url| !allowed(url))
    }

    /// The limits as the overview shows them.
    pub(crate) fn shown(&self) -> ServerLimits {
        ServerLimits {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contact: self.contact.clone(),
            allow_defaults: self.allow_defaults,
            repository_allow_list: self.repositories.iter().map(ToString::to_string).collect(),
            max_custom_rootfs_size_mb: self.max_rootfs_size_mb,
            max_defaults_length: self.max_defaults_length,
            signing_key: String::new(),
        }
    }
}
