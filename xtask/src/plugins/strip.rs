//! Removes from a shared object what no loader reads: symbols, section headers, and all else behind
//! the last loaded byte that is not zero. OpenWrt does nearly the same to every file (`sstrip`), but
//! only when it builds it.

use std::ops::Range;

use anyhow::Context;
use asu_rpcd_built::object::elf::{FileHeader32, FileHeader64};
use asu_rpcd_built::object::read::elf::{FileHeader, ProgramHeader};
use asu_rpcd_built::object::{Endianness, FileKind};

/// The bytes of `file` that are loaded, with a header that speaks of no sections.
pub(crate) fn strip(file: &[u8]) -> anyhow::Result<Vec<u8>> {
    match FileKind::parse(file)? {
        FileKind::Elf64 => stripped::<FileHeader64<Endianness>>(file, &WIDE),
        _ => stripped::<FileHeader32<Endianness>>(file, &NARROW),
    }
}

/// Where fields are: in the file's header, and in that of a segment.
struct Places {
    /// `e_shoff`.
    sections: Range<usize>,
    /// `e_shnum` and `e_shstrndx`.
    numbers: Range<usize>,
    /// `p_filesz`.
    size: Range<usize>,
}

const WIDE: Places = Places {
    sections: 40..48,
    numbers: 60..64,
    size: 32..40,
};
const NARROW: Places = Places {
    sections: 32..36,
    numbers: 48..52,
    size: 16..20,
};

fn stripped<H>(file: &[u8], places: &Places) -> anyhow::Result<Vec<u8>>
where
    H: FileHeader<Endian = Endianness>,
{
    let header = H::parse(file)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, file)?;
    let ends = segments.iter().map(|segment| end(segment, endian));
    let end_of_all = usize::try_from(ends.max().context("it has no segments")?)?;
    let loaded = file.get(..end_of_all);
    let mut loaded = without_zeros(loaded.context("a segment passes the file's end")?);
    loaded[places.sections.clone()].fill(0);
    loaded[places.numbers.clone()].fill(0);
    let first = usize::try_from(header.e_phoff(endian).into())?;
    for (number, segment) in segments.iter().enumerate() {
        let over = end(segment, endian).saturating_sub(loaded.len() as u64);
        if over > 0 {
            let size = segment.p_filesz(endian).into().saturating_sub(over);
            let at = first + number * size_of_val(segment);
            let place = &mut loaded[at + places.size.start..at + places.size.end];
            match (endian, place.len()) {
                (Endianness::Little, width) => place.copy_from_slice(&size.to_le_bytes()[..width]),
                (Endianness::Big, width) => place.copy_from_slice(&size.to_be_bytes()[8 - width..]),
            }
        }
    }
    Ok(loaded)
}

/// Where a segment ends in the file.
fn end<P: ProgramHeader<Endian = Endianness>>(segment: &P, endian: Endianness) -> u64 {
    segment.p_offset(endian).into() + segment.p_filesz(endian).into()
}

/// What is loaded ends with memory that is written, and a loader fills what the file lacks of a
/// segment's memory with zeros: those at the end need not be in the file.
fn without_zeros(loaded: &[u8]) -> Vec<u8> {
    let used = loaded.iter().rposition(|byte| *byte != 0);
    let used = used.map_or(0, |last| last + 1).next_multiple_of(8);
    loaded.get(..used).unwrap_or(loaded).to_vec()
}
