//! A server's key at work: what it puts into and beside an image.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::fwtool::{self, Kind};
use crate::keyfile::{beside, failed};
use crate::ucert::{self, Chain};
use crate::{KeyFileError, MAX_SIGNATURE, PublicKey, SecretKey, read_secret};

/// How many signatures that others appended are taken off an image; the tools append one.
const MAX_OLD: usize = 8;

/// A secret key with the certificates that say who vouches for it.
#[derive(Debug)]
pub struct Signer {
    key: SecretKey,
    certificates: Vec<u8>,
}

/// The sums of an image, hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFile {
    /// SHA-256 of the file as it is now.
    pub sha256: String,
    /// SHA-256 of the image without the signature inside it.
    pub sha256_unsigned: String,
}

/// What is appended to an image, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// How much of the image is signed, bytes; what comes after it is an older signature.
    pub signed_bytes: usize,
    /// What is appended to these bytes; nothing, if the image has no place for a signature.
    pub trailer: Vec<u8>,
}

impl Signer {
    /// Signs with `key`, which nobody vouches for.
    pub fn new(key: SecretKey) -> Self {
        let certificates = Vec::new();
        Self { key, certificates }
    }

    /// Signs with `PREFIX.sec`, and with the certificates in `PREFIX.ucert` where there is one: they
    /// must be of this key, valid at `now` (seconds since 1970), and leave room for a signature.
    pub fn open(prefix: &Path, now: i64) -> Result<Self, KeyFileError> {
        let key = read_secret(prefix)?;
        let path = beside(prefix, "ucert");
        let certificates = match fs::read(&path) {
            Err(none) if none.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed(&path))?,
        };
        let signer = Self { key, certificates };
        let reason = signer.trouble(now);
        reason.map_or(Ok(signer), |reason| {
            Err(KeyFileError::Certificate { path, reason })
        })
    }

    fn trouble(&self, now: i64) -> Option<String> {
        let chain = match Chain::parse(&self.certificates) {
            Ok(chain) => chain,
            Err(error) => return Some(error.to_string()),
        };
        if chain.signature.is_some() {
            return Some("it signs a file already; give the certificates alone".to_owned());
        }
        let is_of_time = |from, until| from <= now && now < until;
        let mut all = chain.certificates.iter();
        if !all.all(|one| is_of_time(one.valid_from, one.expires_at)) {
            return Some("it has expired or is not valid yet; have it issued anew".to_owned());
        }
        let last = chain.certificates.last();
        if last.is_some_and(|certificate| !self.is(&certificate.key)) {
            return Some("it is of another key than the one beside it".to_owned());
        }
        let room = self.appended(b"").len() <= MAX_SIGNATURE;
        (!room).then(|| format!("it leaves no room in {MAX_SIGNATURE} bytes for a signature"))
    }

    fn is(&self, key: &PublicKey) -> bool {
        let public = self.key.public_text("").parse::<PublicKey>();
        let proof = self.key.sign(b"").parse();
        public.is_ok_and(|public| public.number() == key.number())
            && proof.is_ok_and(|proof| key.verify(b"", &proof))
    }

    /// The number of the key, as routers name its file.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    /// The text of the public key's file.
    pub fn public_text(&self) -> String {
        let comment = format!("public key {}", self.fingerprint());
        self.key.public_text(&comment)
    }

    /// The text of the signature's file for `message`.
    pub fn sign(&self, message: &[u8]) -> String {
        self.key.sign(message)
    }

    /// What `ucert -A` makes: the certificates, then the signature of `message`.
    fn appended(&self, message: &[u8]) -> Vec<u8> {
        [&self.certificates[..], &ucert::element(&self.sign(message))].concat()
    }

    /// The signature to append to `image`, if it ends in trailers of fwtool: a boot loader may refuse
    /// any other image that is longer than it should be. Signatures of others are replaced.
    pub fn seal(&self, image: &[u8]) -> Seal {
        let signed = without_signatures(image);
        let has_trailer = fwtool::last(image).is_ok_and(|found| found.is_some());
        let trailer = has_trailer
            .then(|| fwtool::signature_trailer(signed, &self.appended(signed)))
            .flatten();
        let (signed_bytes, trailer) = match trailer {
            Some(trailer) => (signed.len(), trailer),
            None => (image.len(), Vec::new()),
        };
        Seal {
            signed_bytes,
            trailer,
        }
    }

    /// Signs the image at `path` in place and puts `PATH.sig` beside it, a signature of the final
    /// bytes.
    ///
    /// The image is held in memory meanwhile: Ed25519 reads what it signs twice.
    pub fn sign_file(&self, path: &Path) -> io::Result<SignedFile> {
        let mut image = fs::read(path)?;
        let Seal {
            signed_bytes,
            trailer,
        } = self.seal(&image);
        let sha256_unsigned = sum(&image[..signed_bytes]);
        if !trailer.is_empty() {
            image.truncate(signed_bytes);
            image.extend_from_slice(&trailer);
            append(path, signed_bytes, &trailer)?;
        }
        fs::write(beside(path, "sig"), self.sign(&image))?;
        let sha256 = sum(&image);
        Ok(SignedFile {
            sha256,
            sha256_unsigned,
        })
    }
}

/// SHA-256, hex, of the image without the signatures inside it; `sha256` is that of all of it.
///
/// The image is held in memory meanwhile.
pub fn unsigned_sum(path: &Path, sha256: &str) -> io::Result<String> {
    let image = fs::read(path)?;
    let unsigned = without_signatures(&image);
    if unsigned.len() == image.len() {
        return Ok(sha256.to_owned());
    }
    Ok(sum(unsigned))
}

fn sum(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn append(path: &Path, at: usize, trailer: &[u8]) -> io::Result<()> {
    let at = u64::try_from(at).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.set_len(at)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(trailer)
}

fn without_signatures(image: &[u8]) -> &[u8] {
    let layers = std::iter::successors(Some(image), |outer| {
        let found = fwtool::last(outer).ok().flatten()?;
        (found.kind == Kind::Signature).then_some(found.rest)
    });
    layers.take(MAX_OLD).last().unwrap_or(image)
}
