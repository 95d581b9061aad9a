//! Whose package indexes are believed.

use std::sync::Arc;

use asu_index::{adb, usign};

use crate::shelf;

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

impl Trust {
    /// As the shelves ask for it; nothing where there is nothing to check.
    pub(crate) fn for_shelves(self) -> Option<Arc<dyn shelf::Trust>> {
        let keys = !self.usign.is_empty() || !self.apk.is_empty();
        keys.then(|| Arc::new(self) as Arc<dyn shelf::Trust>)
    }

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

impl shelf::Trust for Trust {
    fn signature_of(&self, path: &str) -> Option<String> {
        let folder = path
            .strip_suffix("Packages.gz")
            .or_else(|| path.strip_suffix("Packages"))?;
        (!self.usign.is_empty()).then(|| format!("{folder}Packages.sig"))
    }

    /// opkg's signature is that of the index before it was compressed.
    fn check(&self, path: &str, body: &[u8], signature: Option<&[u8]>) -> Result<(), String> {
        if path.ends_with(".adb") && !self.apk.is_empty() {
            return adb::verify(body, &self.apk).map_err(|error| error.to_string());
        }
        if self.signature_of(path).is_none() {
            return Ok(());
        }
        let unpacked = crate::feed::unpacked(path, body)?;
        self.check_opkg(&unpacked, signature)
    }
}
