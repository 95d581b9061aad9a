//! Detached signatures as GnuPG makes them, for mirrors that sign `sha256sums` in no other way.
//!
//! The `pgp` crate reads packets and checks one signature at a time; which of a key's own
//! signatures count, and what they allow, is decided here, as it leaves that to its users.

use std::fmt;

use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureConfig, SignatureType, SubpacketData};
use pgp::types::{KeyDetails, Tag};

/// How far a signer's clock may be ahead of ours, seconds.
const SKEW: u64 = 24 * 60 * 60;
/// Most signatures read of one file.
const MOST: usize = 32;

/// An OpenPGP public key, with its subkeys and what was signed about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(SignedPublicKey);

/// A file without a usable OpenPGP public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an OpenPGP public key: {0}")]
pub struct InvalidOpenPgp(String);

impl PublicKey {
    /// The keys in a file, with or without armor, as `gpg --export` writes it; at least one.
    pub fn read(file: &[u8]) -> Result<Vec<Self>, InvalidOpenPgp> {
        let invalid = |error: &dyn fmt::Display| InvalidOpenPgp(error.to_string());
        let text = String::from_utf8_lossy(file);
        if text.matches("-----BEGIN ").count() > 1 {
            let reason = "it holds several armored blocks, give each a file of its own";
            return Err(invalid(&reason));
        }
        let (keys, _) = SignedPublicKey::from_reader_many(file).map_err(|e| invalid(&e))?;
        let keys: Result<Vec<_>, _> = keys.map(|key| key.map(Self)).collect();
        let keys = keys.map_err(|e| invalid(&e))?;
        if keys.is_empty() {
            return Err(invalid(&"it holds none"));
        }
        Ok(keys)
    }

    /// The key's fingerprint in hex, by which people know it.
    pub fn fingerprint(&self) -> String {
        self.0.primary_key.fingerprint().to_string()
    }

    /// Whether one of its keys made `signature` of `data`, and might; absent if none made it.
    fn judge(&self, signature: &Signature, data: &[u8]) -> Option<Result<(), String>> {
        let key = &self.0;
        if signature.verify(&key.primary_key, data).is_ok() {
            return Some(self.primary_may(signature));
        }
        let subkey = key.public_subkeys.iter();
        let subkey = subkey
            .clone()
            .find(|sub| signature.verify(&sub.key, data).is_ok())?;
        Some(self.subkey_may(subkey, signature))
    }

    fn primary_may(&self, signature: &Signature) -> Result<(), String> {
        let own = self.check_primary(signature)?;
        let flags = own.key_flags();
        if tells_flags(own) && !flags.sign() {
            return Err("its key is not one for signing".to_owned());
        }
        Ok(())
    }

    fn subkey_may(&self, subkey: &SignedPublicSubKey, signature: &Signature) -> Result<(), String> {
        self.check_primary(signature)?;
        let primary = &self.0.primary_key;
        let bound = |own: &&Signature| {
            is_strong(own) && own.verify_subkey_binding(primary, &subkey.key).is_ok()
        };
        let of_type = |kind| {
            let signatures = subkey.signatures.iter();
            signatures
                .filter(move |own| own.typ() == Some(kind))
                .filter(bound)
        };
        if of_type(SignatureType::SubkeyRevocation).next().is_some() {
            return Err("its subkey is revoked".to_owned());
        }
        let binding = newest(of_type(SignatureType::SubkeyBinding));
        let binding = binding.ok_or("its subkey does not belong to the trusted key")?;
        // Without the subkey's consent, a key could adopt one and claim all it ever signed.
        let consents = binding.embedded_signature().is_some_and(|consent| {
            is_strong(consent)
                && consent
                    .verify_primary_key_binding(&subkey.key, primary)
                    .is_ok()
        });
        if !binding.key_flags().sign() || !consents {
            return Err("its subkey is not one for signing".to_owned());
        }
        check_age(&subkey.key, binding, signature)
    }

    /// The newest of the key's signatures of itself, if it was in force when `signature` was made.
    fn check_primary(&self, signature: &Signature) -> Result<&Signature, String> {
        let (key, details) = (&self.0.primary_key, &self.0.details);
        let mut revocations = details.revocation_signatures.iter();
        if revocations.any(|own| own.verify_key(key).is_ok()) {
            return Err("its key is revoked".to_owned());
        }
        let direct = details.direct_signatures.iter();
        let direct = direct.filter(|own| is_strong(own) && own.verify_key(key).is_ok());
        let of_names = details.users.iter().filter_map(|user| {
            let verified = |own: &&Signature| {
                is_strong(own) && own.verify_certification(key, Tag::UserId, &user.id).is_ok()
            };
            // A name that is taken back has a revocation as its newest signature.
            newest(user.signatures.iter().filter(verified)).filter(|own| own.is_certification())
        });
        let own = newest(direct.chain(of_names)).ok_or("its key does not vouch for itself")?;
        check_age(key, own, signature)?;
        Ok(own)
    }
}

/// Whether one of `keys` made one of the signatures in the file `signatures` of `data`, at a time when
/// it might; `now` is in seconds since 1970. An error is the reason, for people.
///
/// A key that has expired since is no hindrance, as for GnuPG: releases outlive their keys. One that
/// was revoked is, whatever the reason given.
pub(crate) fn verify(
    keys: &[PublicKey],
    signatures: &[u8],
    data: &[u8],
    now: u64,
) -> Result<(), String> {
    let unreadable = |error| format!("it is not an OpenPGP signature: {error}");
    let (found, _) = DetachedSignature::from_reader_many(signatures).map_err(unreadable)?;
    let mut reason = "it was not made by a trusted key, or of another file".to_owned();
    for signature in found.take(MOST) {
        let signature = signature.map_err(unreadable)?.signature;
        for verdict in keys.iter().filter_map(|key| key.judge(&signature, data)) {
            match verdict.and_then(|()| check_itself(&signature, now)) {
                Ok(()) => return Ok(()),
                Err(why) => reason = why,
            }
        }
    }
    Err(reason)
}

/// What a signature of a file says of itself.
fn check_itself(signature: &Signature, now: u64) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    if signature.typ() != Some(SignatureType::Binary) {
        return refuse("it is not a signature of a file");
    }
    if !is_strong(signature) {
        return refuse("it was made with a broken hash function");
    }
    let made = created(signature);
    if made > now + SKEW {
        return refuse("it was made in the future; check this machine's clock");
    }
    let lasts = signature.signature_expiration_time();
    let lasts = lasts.map_or(0, |lasts| u64::from(lasts.as_secs()));
    if lasts != 0 && made + lasts < now {
        return refuse("it has expired");
    }
    Ok(())
}

/// Whether `key` was in force, by what `own` says of it, when `signature` was made.
fn check_age(key: &impl KeyDetails, own: &Signature, signature: &Signature) -> Result<(), String> {
    let born = u64::from(key.created_at().as_secs());
    let lasts = own.key_expiration_time();
    let lasts = lasts.map_or(0, |lasts| u64::from(lasts.as_secs()));
    let made = created(signature);
    if made < born {
        return Err("it is older than its key".to_owned());
    }
    if lasts != 0 && made >= born + lasts {
        return Err("its key had expired by then".to_owned());
    }
    Ok(())
}

/// When it was made, seconds since 1970.
fn created(signature: &Signature) -> u64 {
    signature
        .created()
        .map_or(0, |time| u64::from(time.as_secs()))
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|signature| created(signature))
}

fn is_strong(signature: &Signature) -> bool {
    use HashAlgorithm::{Sha3_256, Sha3_512, Sha224, Sha256, Sha384, Sha512};
    let strong = [Sha224, Sha256, Sha384, Sha512, Sha3_256, Sha3_512];
    signature
        .hash_alg()
        .is_some_and(|hash| strong.contains(&hash))
}

/// Keys from before there were flags may do everything.
fn tells_flags(own: &Signature) -> bool {
    let mut told = own
        .config()
        .into_iter()
        .flat_map(SignatureConfig::hashed_subpackets);
    told.any(|part| matches!(part.data, SubpacketData::KeyFlags(_)))
}

#[cfg(test)]
mod tests;
