//! Whose package indexes are believed.

use std::sync::Arc;

use asu_index::{adb, usign};

use crate::{feed, shelf};

/// The keys that may sign package indexes. Of a kind without keys, unsigned ones are taken as well.
///
/// A forged index can only mislead a plan: what is built is checked again by the ImageBuilder.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Keys of `Packages.sig`.
    pub usign: Vec<usign::PublicKey>,
    /// Keys of `packages.adb`.
    pub apk: Vec<adb::PublicKey>,
}

/// Who may sign what one mirror offers, and what lies elsewhere.
///
/// A distribution made of another's images signs its own feeds only, which lie elsewhere.
pub(crate) struct Signers {
    /// For documents of the mirror.
    pub(crate) mirror: Trust,
    /// For feeds with an address of their own.
    pub(crate) elsewhere: Trust,
}

impl Signers {
    /// As the shelves ask for it.
    pub(crate) fn for_shelves(self) -> Arc<dyn shelf::Trust> {
        Arc::new(self)
    }

    fn of(&self, path: &str) -> &Trust {
        if path.contains("://") {
            &self.elsewhere
        } else {
            &self.mirror
        }
    }
}

impl shelf::Trust for Signers {
    fn signature_of(&self, path: &str) -> Option<String> {
        let folder = path
            .strip_suffix("Packages.gz")
            .or_else(|| path.strip_suffix("Packages"))?;
        (!self.of(path).usign.is_empty()).then(|| format!("{folder}Packages.sig"))
    }

    /// opkg's signature is that of the index before it was compressed.
    fn check(&self, path: &str, body: &[u8], signature: Option<&[u8]>) -> Result<(), String> {
        let trust = self.of(path);
        if path.ends_with(feed::APK) && !trust.apk.is_empty() {
            return adb::verify(body, &trust.apk).map_err(|error| error.to_string());
        }
        if self.signature_of(path).is_none() {
            return Ok(());
        }
        let signature = signature.ok_or("it is not signed")?;
        let unpacked = feed::unpacked(path, body)?;
        usign::verify(&unpacked, signature, &trust.usign).map_err(|error| error.to_string())
    }
}
