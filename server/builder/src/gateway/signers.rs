//! Who may sign the indexes of a feed.

use std::path::Path;

use asu_index::{adb, usign};
use asu_protocol::repository::{RepositoryKey, RepositoryKeys};
use sha2::{Digest, Sha256};

use super::listing::{self, Form};
use crate::{Trust, feeds};

/// The keys that may sign a feed's indexes. Of a kind without keys, unsigned ones are taken as well:
/// opkg or apk inside judges them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signers {
    usign: Vec<usign::PublicKey>,
    apk: Vec<adb::PublicKey>,
}

impl Signers {
    /// For the mirror: the operator's keys, and those of the ImageBuilder in `tree`, for which the
    /// operator's vouch.
    ///
    /// Without any of the operator's nobody vouches for the ImageBuilder, nor for its keys.
    pub(crate) fn of_mirror(trust: &Trust, apk: &[adb::PublicKey], tree: &Path) -> Self {
        if !trust.has_keys() {
            return Self::default();
        }
        let mut signers = Self {
            usign: trust.keys().to_vec(),
            apk: apk.to_vec(),
        };
        for entry in std::fs::read_dir(tree.join("keys")).into_iter().flatten() {
            let text = entry.and_then(|entry| std::fs::read_to_string(entry.path()));
            signers.add(&text.unwrap_or_default());
        }
        signers
    }

    /// For feeds of a request: the keys it brings, besides those for `mirror`.
    pub(crate) fn of_request(mirror: &Self, keys: &RepositoryKeys) -> Self {
        let mut signers = Self::default();
        for key in keys.iter() {
            match key {
                RepositoryKey::Pem(pem) => signers.add(pem.as_str()),
                RepositoryKey::Usign(base64) => signers.add(&feeds::usign_text(base64.as_str())),
            }
        }
        if !signers.usign.is_empty() {
            signers.usign.extend_from_slice(&mirror.usign);
        }
        if !signers.apk.is_empty() {
            signers.apk.extend_from_slice(&mirror.apk);
        }
        signers
    }

    /// What is a key of neither kind is passed over, as opkg and apk do.
    fn add(&mut self, text: &str) {
        self.usign.extend(text.parse::<usign::PublicKey>().ok());
        self.apk.extend(text.parse::<adb::PublicKey>().ok());
    }

    /// Whether an index of this form must have a signature beside it.
    pub(super) fn want_signature(&self, form: Form) -> bool {
        matches!(form, Form::Opkg | Form::OpkgPacked) && !self.usign.is_empty()
    }

    /// Whether the index may be believed; `signature` is that beside it.
    ///
    /// opkg's signature is that of the index before it was compressed.
    pub(super) fn check(
        &self,
        form: Form,
        index: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<(), String> {
        if form == Form::Apk && !self.apk.is_empty() {
            return adb::verify(index, &self.apk).map_err(|error| error.to_string());
        }
        if !self.want_signature(form) {
            return Ok(());
        }
        let signature = signature.ok_or("it is not signed")?;
        let text = listing::unpacked(form, index)?;
        usign::verify(&text, signature, &self.usign).map_err(|error| error.to_string())
    }

    /// Tells sets of keys apart.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for key in &self.usign {
            hash.update(key.text());
            hash.update([0]);
        }
        for key in &self.apk {
            hash.update(key.id().to_string());
        }
        hex::encode(hash.finalize())
    }
}
