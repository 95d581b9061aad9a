//! Removes from a shared object what no loader reads: symbols, section headers, and all else behind
//! the last loaded byte. OpenWrt does the same to every file (`sstrip`), but only when it builds it.

use anyhow::Context;
use asu_rpcd_built::object::elf::{FileHeader32, FileHeader64, PT_MIPS_ABIFLAGS};
use asu_rpcd_built::object::read::elf::{FileHeader, ProgramHeader};
use asu_rpcd_built::object::{Endianness, FileKind};

/// The bytes of `file` that are loaded, with a header that speaks of no sections.
pub(crate) fn strip(file: &[u8]) -> anyhow::Result<Vec<u8>> {
    // Where e_shoff is and how wide, and where e_shnum is, with e_shstrndx behind it.
    let (end, offset, numbers) = match FileKind::parse(file)? {
        FileKind::Elf64 => (end::<FileHeader64<Endianness>>(file)?, 40..48, 60..64),
        _ => (end::<FileHeader32<Endianness>>(file)?, 32..36, 48..52),
    };
    let mut loaded = file
        .get(..end)
        .context("a segment passes the file's end")?
        .to_vec();
    loaded[offset].fill(0);
    loaded[numbers].fill(0);
    Ok(loaded)
}

/// Where the last segment ends in the file.
fn end<H: FileHeader<Endian = Endianness>>(file: &[u8]) -> anyhow::Result<usize> {
    let header = H::parse(file)?;
    let endian = header.endian()?;
    let ends = header
        .program_headers(endian, file)?
        .iter()
        .map(|segment| segment.p_offset(endian).into() + segment.p_filesz(endian).into());
    let end = ends.max().context("it has no segments")?;
    Ok(usize::try_from(end)?)
}

/// A 32-bit file without the note by which MIPS tells how it passes floating-point numbers.
pub(crate) fn without_float_note(mut file: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    if FileKind::parse(file.as_slice())? != FileKind::Elf32 {
        return Ok(file);
    }
    let header = FileHeader32::<Endianness>::parse(file.as_slice())?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, file.as_slice())?;
    let note = segments
        .iter()
        .position(|segment| segment.p_type(endian) == PT_MIPS_ABIFLAGS);
    if let Some(note) = note {
        let at = usize::try_from(header.e_phoff(endian))? + note * size_of_val(&segments[note]);
        // PT_NULL, whatever the byte order.
        file[at..at + 4].fill(0);
    }
    Ok(file)
}
