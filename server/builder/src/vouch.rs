//! Who vouches for a mirror's listing of ImageBuilders.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::upstream::Upstream;
use crate::usign::{PublicKey, Signature};
use crate::{BuildError, Failure, Trust, openpgp};

/// Checks that a trusted key made a signature of the `sha256sums` of `folder`.
///
/// Of usign wherever keys of that kind are trusted and the mirror has such a signature: whatever is
/// wrong with it, a signature of OpenPGP does not mend it.
pub(crate) async fn check(
    upstream: &Upstream,
    trust: &Trust,
    folder: &str,
    listing: &[u8],
) -> Result<(), BuildError> {
    let (usign, openpgp) = match trust {
        Trust::Unsigned => {
            tracing::warn!(
                folder,
                "running an ImageBuilder nobody vouches for, as configured"
            );
            return Ok(());
        }
        Trust::Keys { usign, openpgp } => (usign, openpgp),
    };
    if usign.is_empty() && openpgp.is_empty() {
        return Err(no_keys());
    }
    let mut path = format!("{folder}/sha256sums.sig");
    if !usign.is_empty()
        && let Some(text) = upstream.text(&path).await?
    {
        return by_usign(usign, &path, &text, listing);
    }
    if !openpgp.is_empty() {
        path = format!("{folder}/sha256sums.asc");
        if let Some(text) = upstream.text(&path).await? {
            return openpgp::verify(openpgp, &text, listing, now())
                .map_err(|reason| untrusted(&path, &reason));
        }
    }
    Err(untrusted(&path, "the mirror does not have it"))
}

fn by_usign(keys: &[PublicKey], path: &str, text: &[u8], listing: &[u8]) -> Result<(), BuildError> {
    let signature: Result<Signature, _> = String::from_utf8_lossy(text).parse();
    let signature = signature.map_err(|error| untrusted(path, &error.to_string()))?;
    if signature.is_by_one_of(keys, listing) {
        return Ok(());
    }
    let number = signature.number();
    Err(untrusted(
        path,
        &format!("it was not made by a trusted key, or of another file (it names key {number})"),
    ))
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn no_keys() -> BuildError {
    let detail = "Error: this server has no key to check upstream's ImageBuilders with, so it runs none of them";
    let hint = "The server's operator must configure upstream's public key, or declare the mirror unsigned.";
    BuildError::infrastructure(Failure::new("untrusted", detail, hint))
}

fn untrusted(path: &str, reason: &str) -> BuildError {
    let detail = format!("Error: the signature {path} cannot be trusted: {reason}");
    let hint = "If the mirror is being updated, ask again in a few minutes; else the server's \
                operator must check the mirror and its public key.";
    BuildError::infrastructure(Failure::new("untrusted", detail, hint))
}
