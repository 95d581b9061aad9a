//! Looks at a plugin as a file, whatever processor it is for, and tells what would make rpcd refuse
//! it or end with it. It does not build or load anything.

mod faults;
mod names;

pub use object;
use object::elf::{FileHeader32, FileHeader64};
use object::{Endianness, FileKind};

/// What a file says of the processor it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// `e_machine`.
    pub machine: u16,
    /// 64 bit, not 32.
    pub wide: bool,
    /// The byte order.
    pub big_endian: bool,
}

/// Looks at the plugin in `file`. The error holds every fault found, each a sentence for a person.
pub fn inspect(file: &[u8], kind: Kind) -> Result<(), Vec<String>> {
    let found = match FileKind::parse(file) {
        Ok(FileKind::Elf64) => faults::faults::<FileHeader64<Endianness>>(file, kind),
        Ok(FileKind::Elf32) => faults::faults::<FileHeader32<Endianness>>(file, kind),
        Ok(other) => return Err(vec![format!("it is no ELF file but {other:?}")]),
        Err(error) => Err(error),
    };
    outcome(found)
}

/// Looks for code that panics in a plugin that still has its symbol table. A file without one is an
/// error: then nobody knows.
pub fn panics(file: &[u8]) -> Result<(), Vec<String>> {
    let found = match FileKind::parse(file) {
        Ok(FileKind::Elf64) => names::panics::<FileHeader64<Endianness>>(file),
        Ok(_) => names::panics::<FileHeader32<Endianness>>(file),
        Err(error) => Err(error),
    };
    outcome(found)
}

fn outcome(found: object::Result<Vec<String>>) -> Result<(), Vec<String>> {
    match found {
        Ok(faults) if faults.is_empty() => Ok(()),
        Ok(faults) => Err(faults),
        Err(error) => Err(vec![format!("it cannot be read: {error}")]),
    }
}
