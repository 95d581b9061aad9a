//! Whether a package file is the one an index lists.
//!
//! An index gives the SHA-256 of the package's database only; that one has the digests of the files,
//! which follow it as blocks. The file is read as it comes, so that a large one takes no memory.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::AdbError;
use super::container::{ALIGNMENT, FILE_HEADER, Kind, check_data, unpacked};
use super::json::text;
use super::values::{Data, Value};

/// Largest database of a package that is read, bytes; it tells of files, and holds none.
const MAX_DATABASE: u64 = 64 << 20;
/// Bytes of the number of a path and of that of one of its files, which stand before the file.
const NUMBERS: u64 = 8;

/// Why a package file is not the one listed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Its database has another digest.
    #[error("it is another package than the index lists, or damaged")]
    Other,
    /// A file in it is damaged or was exchanged.
    #[error("a file in it is not the one the package tells of")]
    File,
    /// Files are missing at its end.
    #[error("it ends before its last file")]
    Torn,
    /// It cannot be read as a package.
    #[error(transparent)]
    Unreadable(#[from] AdbError),
}

impl From<io::Error> for PackageError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

/// Checks that `file` is the package whose database has this SHA-256 (hex), with all of its files.
///
/// Signatures in the package are not looked at: the index vouches for it, as for apk.
pub fn check_package(file: impl Read, sha256: &str) -> Result<(), PackageError> {
    let mut blocks = Blocks::open(file)?;
    let database = blocks.database()?;
    if hex::encode(Sha256::digest(&database)) != sha256 {
        return Err(PackageError::Other);
    }
    let mut files = files(&database)?;
    while let Some(block) = blocks.head()? {
        match block.kind {
            Kind::Content => {
                let expected = files.take(blocks.numbers()?).ok_or(PackageError::File)?;
                let size = block.payload.saturating_sub(NUMBERS);
                if blocks.digest(size)? != expected {
                    return Err(PackageError::File);
                }
            }
            Kind::Data | Kind::Signature => drop(blocks.digest(block.payload)?),
        }
        blocks.digest(block.padding)?;
    }
    files.are_taken().then_some(()).ok_or(PackageError::Torn)
}

/// The SHA-256 of each file that has a block, by path and place in it; each is wanted once.
struct Files(Vec<Vec<Option<[u8; 32]>>>);

impl Files {
    fn take(&mut self, (path, file): (usize, usize)) -> Option<[u8; 32]> {
        let files = self.0.get_mut(path.checked_sub(1)?)?;
        files.get_mut(file.checked_sub(1)?)?.take()
    }

    fn are_taken(&self) -> bool {
        self.0.iter().flatten().all(Option::is_none)
    }
}

fn files(database: &[u8]) -> Result<Files, AdbError> {
    let data = Data::of(database);
    let paths = data.slots(data.slots(data.root()?)?.get(2))?;
    let of_path = |path| -> Result<Vec<_>, AdbError> {
        let files = data.slots(data.slots(path)?.get(3))?;
        files.iter().map(|file| digest_of(&data, file)).collect()
    };
    paths
        .iter()
        .map(of_path)
        .collect::<Result<_, _>>()
        .map(Files)
}

/// None for what has no block: empty files, links and devices.
fn digest_of(data: &Data<'_>, file: Value) -> Result<Option<[u8; 32]>, AdbError> {
    let file = data.slots(file)?;
    let is_plain = data.number(file.get(3))? > 0 && data.blob(file.get(6))?.is_none();
    if !is_plain {
        return Ok(None);
    }
    let digest = data.blob(file.get(5))?.unwrap_or_default();
    // A digest of another kind than OpenWrt's fits no file.
    Ok(Some(digest.try_into().unwrap_or_default()))
}

/// The blocks of a file, one after the other.
struct Blocks<'a>(Box<dyn Read + 'a>);

/// What a block begins with.
struct Head {
    kind: Kind,
    /// Bytes behind the head.
    payload: u64,
    /// Bytes from there to the next block.
    padding: u64,
}

impl<'a> Blocks<'a> {
    fn open(file: impl Read + 'a) -> Result<Self, AdbError> {
        let mut file = unpacked(file)?;
        let mut head = [0; FILE_HEADER];
        file.read_exact(&mut head)?;
        match &head {
            b"ADB.pckg" => Ok(Self(file)),
            [b'A', b'D', b'B', b'.', schema @ ..] => Err(AdbError::Schema {
                found: text(schema),
                wanted: "pckg",
            }),
            _ => Err(AdbError::NoDatabase),
        }
    }

    /// The first block, which must be the database.
    fn database(&mut self) -> Result<Vec<u8>, AdbError> {
        let head = self.head()?.filter(|head| head.kind == Kind::Data);
        let head = head.ok_or(AdbError::Block { at: FILE_HEADER })?;
        if head.payload > MAX_DATABASE {
            return Err(AdbError::TooLarge);
        }
        let mut data = Vec::new();
        let mut block = self.0.by_ref().take(head.payload);
        block.read_to_end(&mut data)?;
        check_data(&data, FILE_HEADER)?;
        self.digest(head.padding)?;
        Ok(data)
    }

    /// What the next block is; none at the end.
    fn head(&mut self) -> io::Result<Option<Head>> {
        let mut word = [0; 4];
        match self.0.read(&mut word)? {
            0 => return Ok(None),
            some => self.0.read_exact(&mut word[some..])?,
        }
        let low = u32::from_le_bytes(word) & 0x3fff_ffff;
        let (kind, header, size) = match u32::from_le_bytes(word) >> 30 {
            3 => (low, 16, self.long_size()?),
            kind => (kind, 4, low.into()),
        };
        let head = || {
            Some(Head {
                kind: Kind::of(kind)?,
                payload: size.checked_sub(header)?,
                padding: size.checked_next_multiple_of(ALIGNMENT as u64)? - size,
            })
        };
        let damaged = io::ErrorKind::InvalidData.into();
        head().ok_or(damaged).map(Some)
    }

    fn long_size(&mut self) -> io::Result<u64> {
        let mut rest = [0; 12];
        self.0.read_exact(&mut rest)?;
        Ok(u64::from_le_bytes(*rest.last_chunk().unwrap_or(&[0; 8])))
    }

    fn numbers(&mut self) -> io::Result<(usize, usize)> {
        let [mut path, mut file] = [[0; 4]; 2];
        self.0.read_exact(&mut path)?;
        self.0.read_exact(&mut file)?;
        let number = |bytes| u32::from_le_bytes(bytes) as usize;
        Ok((number(path), number(file)))
    }

    fn digest(&mut self, size: u64) -> io::Result<[u8; 32]> {
        let mut hash = Sha256::new();
        if io::copy(&mut self.0.by_ref().take(size), &mut hash)? != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(hash.finalize().into())
    }
}
