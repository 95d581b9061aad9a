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

impl Trust {
    fn check_opkg(&self, text: &[u8], signature: Option<&[u8]>) -> Result<(), String> {
        let Some(signature) = signature else {
            return Err("it is not signed".to_owned());
        };
        let signature = std::str::from_utf8(signature).map_err(|error| error.to_string())?;
        let signature: usign::Signature = signature.parse().map_err(|error| format!("{error}"))?;
        if signature.is_by_one_of(&self.usign, text) {
            return Ok(());
        }
        Err("its signature is by none of the keys known here, or it was changed since".to_owned())
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
        let unpacked = feed::unpacked(path, body)?;
        trust.check_opkg(&unpacked, signature)
    }
}
