//! Where upstream is, for every command that asks it.

use std::path::{Path, PathBuf};

use asu_builder::openpgp;
use asu_catalog::{Catalog, CatalogConfig, Trust};
use asu_distributions::Distributions;
use asu_index::{adb, usign};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Error, Output, read};

/// Where upstream is, and who may sign its package indexes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Upstream {
    /// The OpenWrt mirror to build from: the URL above its releases/ folder.
    #[arg(
        long = "upstream",
        value_name = "URL",
        env = "ASU_UPSTREAM",
        default_value = "https://downloads.openwrt.org"
    )]
    pub(crate) url: String,

    /// A folder of distributions (*.yml) that go before those this server brings along.
    #[arg(long = "distributions", value_name = "DIR", env = "ASU_DISTRIBUTIONS")]
    distributions: Option<PathBuf>,

    /// A public key (PEM) that may sign the mirror's packages.adb; can be given several times.
    ///
    /// Without any, indexes for plans are believed as they come. What is built is checked with the
    /// keys of the ImageBuilder as well.
    #[arg(
        long = "apk-key",
        value_name = "FILE",
        env = "ASU_APK_KEY",
        value_delimiter = ':'
    )]
    apk_key: Vec<PathBuf>,
}

impl Upstream {
    /// Opens the catalog, whose documents are kept in `cache_dir`.
    pub(crate) async fn catalog(
        &self,
        cache_dir: &Path,
        usign: Vec<usign::PublicKey>,
    ) -> Result<Catalog, Error> {
        let config = CatalogConfig {
            upstream: self.url.clone(),
            cache_dir: cache_dir.to_owned(),
            distributions: self.distributions()?,
            trust: Trust {
                usign,
                apk: self.apk_keys()?,
            },
        };
        Ok(Catalog::open(config).await?)
    }

    /// What is known of distributions, if there is a folder of files that say so.
    pub(crate) fn distributions(&self) -> Result<Option<Distributions>, Error> {
        let folder = self.distributions.as_deref();
        Ok(folder.map(Distributions::load_dir).transpose()?)
    }

    /// The same keys as they are written.
    pub(crate) fn apk_texts(&self) -> Result<Vec<String>, Error> {
        let texts = self.apk_key.iter().map(|file| read(file));
        texts
            .map(|text| Ok(String::from_utf8_lossy(&text?).into_owned()))
            .collect()
    }

    /// The keys that may sign the mirror's `packages.adb`.
    pub(crate) fn apk_keys(&self) -> Result<Vec<adb::PublicKey>, Error> {
        self.apk_key.iter().map(|file| key(file)).collect()
    }
}

fn key(file: &Path) -> Result<adb::PublicKey, Error> {
    let text = String::from_utf8_lossy(&read(file)?).into_owned();
    text.parse()
        .map_err(|error| format!("{}: {error}; check --apk-key", file.display()).into())
}

/// Keys as they are written in files.
pub(crate) struct KeyFiles {
    /// Of usign.
    pub(crate) usign: Vec<String>,
    /// Of OpenPGP, base64.
    pub(crate) openpgp: Vec<String>,
}

/// Who may sign the mirror's ImageBuilders.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Signers {
    /// A usign public key that may sign the mirror's sha256sums; can be given several times.
    ///
    /// ImageBuilders run on this machine: only those listed in a file signed with one of these
    /// keys are used. OpenWrt signs each branch with a key of its own.
    #[arg(
        long,
        value_name = "FILE",
        env = "ASU_UPSTREAM_KEY",
        value_delimiter = ':'
    )]
    upstream_key: Vec<PathBuf>,

    /// An OpenPGP public key, as gpg --export writes it, that may sign the mirror's sha256sums; can be
    /// given several times.
    ///
    /// It is asked where the mirror has no signature of usign, or no --upstream-key is given.
    #[arg(
        long,
        value_name = "FILE",
        env = "ASU_UPSTREAM_GPG_KEY",
        value_delimiter = ':'
    )]
    upstream_gpg_key: Vec<PathBuf>,

    /// Run whatever ImageBuilders the mirror has, without any signature.
    ///
    /// Whoever controls the mirror, or the network to it, then runs programs on this machine and
    /// on every router that is upgraded.
    #[arg(long, env = "ASU_UNSIGNED_UPSTREAM")]
    unsigned_upstream: bool,
}

impl Signers {
    /// Whose ImageBuilders are run; an error text that says what to do if nobody's are.
    pub(crate) fn trust(&self, mirror: &str) -> Result<asu_builder::Trust, Error> {
        let keyless = self.upstream_key.is_empty() && self.upstream_gpg_key.is_empty();
        if self.unsigned_upstream {
            // Not clap's to find: a variable or a file may say that it is off.
            return if keyless {
                Ok(asu_builder::Trust::Unsigned)
            } else {
                Err("--unsigned-upstream and keys contradict each other: leave out one of them, here, \
                     among the variables and in the configuration file"
                    .into())
            };
        }
        if keyless {
            return Err(format!(
                "no key to verify the ImageBuilders of {mirror} with. Give the mirror's usign public key \
                 with --upstream-key FILE (OpenWrt's are in its keyring repository, folder usign), \
                 or, for a mirror that signs nothing on a network you trust, --unsigned-upstream"
            )
            .into());
        }
        self.known()
    }

    /// The keys that were given, whatever their number.
    pub(crate) fn known(&self) -> Result<asu_builder::Trust, Error> {
        let openpgp = self.upstream_gpg_key.iter().map(|file| gpg_keys(file));
        let openpgp: Result<Vec<_>, Error> = openpgp.collect();
        Ok(asu_builder::Trust::Keys {
            usign: self.keys()?,
            openpgp: openpgp?.into_iter().flatten().collect(),
        })
    }

    /// The keys as they are written, for workers elsewhere; `None` if there need be no signature.
    pub(crate) fn files(&self) -> Result<Option<KeyFiles>, Error> {
        if self.unsigned_upstream {
            return Ok(None);
        }
        let usign = self.upstream_key.iter().map(|file| read(file));
        let usign = usign.map(|text| Ok(String::from_utf8_lossy(&text?).into_owned()));
        let openpgp = self.upstream_gpg_key.iter().map(|file| read(file));
        let openpgp = openpgp.map(|bytes| Ok(BASE64_STANDARD.encode(bytes?)));
        Ok(Some(KeyFiles {
            usign: usign.collect::<Result<_, Error>>()?,
            openpgp: openpgp.collect::<Result<_, Error>>()?,
        }))
    }

    /// The usign keys that may sign what the mirror offers.
    pub(crate) fn keys(&self) -> Result<Vec<usign::PublicKey>, Error> {
        self.upstream_key
            .iter()
            .map(|file| usign_key(file))
            .collect()
    }
}

fn usign_key(file: &Path) -> Result<usign::PublicKey, Error> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| format!("the key {shown} cannot be read: {e}; check --upstream-key"))?;
    text.parse()
        .map_err(|e| format!("{shown}: {e}; check --upstream-key").into())
}

fn gpg_keys(file: &Path) -> Result<Vec<openpgp::PublicKey>, Error> {
    let keys = openpgp::PublicKey::read(&read(file)?);
    keys.map_err(|e| format!("{}: {e}; check --upstream-gpg-key", file.display()).into())
}

/// Where a command asks, where it keeps what it fetches, and how it answers.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Source {
    #[command(flatten)]
    upstream: Upstream,

    /// The server's data folder, whose cached documents are used; made if it is not there.
    #[arg(
        long,
        value_name = "DIR",
        env = "ASU_DATA",
        default_value = "/var/lib/asu-server"
    )]
    data: PathBuf,

    #[command(flatten)]
    pub(crate) output: Output,
}

impl Source {
    /// Opens the catalog. A server may use its documents at the same time: each appears whole.
    pub(crate) async fn catalog(&self) -> Result<Catalog, Error> {
        self.upstream
            .catalog(&self.data.join("catalog"), Vec::new())
            .await
    }
}
