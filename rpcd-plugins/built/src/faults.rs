//! How a plugin is linked: what the loader does with it, and which memory may be written or run.

use object::elf::{
    DF_1_NOW, DF_BIND_NOW, DF_TEXTREL, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_NEEDED, DT_TEXTREL,
    ET_DYN, PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, Result};

use crate::{Kind, names};

/// Everything that is wrong with the file.
pub(crate) fn faults<H>(file: &[u8], kind: Kind) -> Result<Vec<String>>
where
    H: FileHeader<Endian = Endianness>,
{
    let (mut faults, registration) = names::faults::<H>(file)?;
    let header = H::parse(file)?;
    let endian = header.endian()?;
    let says = Kind {
        machine: header.e_machine(endian),
        wide: header.is_class_64(),
        big_endian: header.is_big_endian(),
    };
    let segments = header.program_headers(endian, file)?;
    let checks = [
        (says != kind, "it is for another processor"),
        (header.e_type(endian) != ET_DYN, "it is no shared object"),
        (
            registration.is_some_and(|address| !writable(endian, segments, address)),
            "rpc_plugin, which rpcd writes into, is in memory that is or becomes read-only",
        ),
        (
            segments
                .iter()
                .any(|segment| runs_what_is_written(endian, segment)),
            "it has memory that is both written and run",
        ),
        (
            !segments
                .iter()
                .any(|segment| segment.p_type(endian) == PT_GNU_STACK),
            "it does not say that its stack is not run",
        ),
        (
            !segments.iter().any(|segment| is_protected(endian, segment)),
            "what the loader fills in stays writable",
        ),
    ];
    let wrong = checks.into_iter().filter(|(wrong, _)| *wrong);
    faults.extend(wrong.map(|(_, fault)| fault.to_owned()));
    faults.extend(dynamic(endian, file, segments)?);
    Ok(faults)
}

/// Whether the loader makes this read-only when it has filled it in: it does so for whole pages,
/// and takes the end for that of the last.
fn is_protected<P>(endian: Endianness, segment: &P) -> bool
where
    P: ProgramHeader<Endian = Endianness>,
{
    let end = segment.p_vaddr(endian).into() + segment.p_memsz(endian).into();
    segment.p_type(endian) == PT_GNU_RELRO && end.is_multiple_of(4096)
}

fn runs_what_is_written<P>(endian: Endianness, segment: &P) -> bool
where
    P: ProgramHeader<Endian = Endianness>,
{
    let both = match segment.p_type(endian) {
        PT_LOAD => PF_W | PF_X,
        PT_GNU_STACK => PF_X,
        _ => return false,
    };
    segment.p_flags(endian) & both == both
}

fn writable<P>(endian: Endianness, segments: &[P], address: u64) -> bool
where
    P: ProgramHeader<Endian = Endianness>,
{
    let around = |kind| {
        segments.iter().find(move |segment| {
            let start: u64 = segment.p_vaddr(endian).into();
            let size: u64 = segment.p_memsz(endian).into();
            segment.p_type(endian) == kind && (start..start.saturating_add(size)).contains(&address)
        })
    };
    around(PT_LOAD).is_some_and(|segment| segment.p_flags(endian) & PF_W != 0)
        && around(PT_GNU_RELRO).is_none()
}

/// What is wrong with the loader's instructions.
fn dynamic<P>(endian: Endianness, file: &[u8], segments: &[P]) -> Result<Vec<String>>
where
    P: ProgramHeader<Endian = Endianness>,
{
    let mut now = false;
    let mut faults = Vec::new();
    for segment in segments {
        for entry in segment.dynamic(endian, file)?.unwrap_or_default() {
            let value = entry.d_val(endian).into();
            let has = |bit: u32| value & u64::from(bit) != 0;
            match entry.tag32(endian).unwrap_or_default() {
                DT_NEEDED => faults.push("it needs a library of its own".to_owned()),
                DT_TEXTREL => faults.push("it changes its code when loaded".to_owned()),
                DT_FLAGS if has(DF_TEXTREL) => {
                    faults.push("it changes its code when loaded".to_owned());
                }
                DT_FLAGS => now |= has(DF_BIND_NOW),
                DT_FLAGS_1 => now |= has(DF_1_NOW),
                DT_BIND_NOW => now = true,
                _ => {}
            }
        }
    }
    if !now {
        faults.push("a symbol that is missing would end rpcd at the first call".to_owned());
    }
    Ok(faults)
}
