//! `disk-image`: a disk with an MBR, a kernel partition and a root filesystem partition.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::{has, required};

const SECTOR: u64 = 512;
const MIB: u64 = 1024 * 1024;
/// Where partitions begin: multiples of 256 KiB.
const ALIGNMENT: u64 = 512;
const KERNEL_MIB: u64 = 16;
const LINUX: u8 = 0x83;
const EFI: u8 = 0xef;

/// `disk-image --kernel FILE --rootfs FILE --mib SIZE [--efi] OUT`
pub fn disk_image(arguments: &[String]) -> Result<()> {
    let read = |option| -> Result<Vec<u8>> {
        let path = required(arguments, option)?;
        fs::read(path).with_context(|| format!("cannot read {path}"))
    };
    let (kernel, rootfs) = (read("--kernel")?, read("--rootfs")?);
    let mib: u64 = required(arguments, "--mib")?
        .parse()
        .context("--mib is a number of MiB")?;
    let out = arguments.last().context("the last argument is the image")?;
    if rootfs.len() as u64 > mib * MIB {
        bail!(
            "the root filesystem has {} bytes and does not fit into {mib} MiB: out of space?",
            rootfs.len()
        );
    }
    let first = Partition {
        start: ALIGNMENT,
        sectors: KERNEL_MIB * MIB / SECTOR,
    };
    let start = first.start + first.sectors + ALIGNMENT;
    let second = Partition {
        start,
        sectors: mib * MIB / SECTOR,
    };
    let mut disk = File::create(out).with_context(|| format!("cannot write {out}"))?;
    let kind = if has(arguments, "--efi") { EFI } else { LINUX };
    disk.write_all(&boot_record(&[(kind, &first), (LINUX, &second)])?)?;
    for (partition, bytes) in [(&first, &kernel), (&second, &rootfs)] {
        disk.seek(SeekFrom::Start(partition.start * SECTOR))?;
        disk.write_all(bytes)?;
    }
    disk.set_len((second.start + second.sectors) * SECTOR)?;
    Ok(())
}

/// A partition, in sectors.
struct Partition {
    start: u64,
    sectors: u64,
}

/// The first sector: the jump that upgrades look for, a signature and the partition table.
fn boot_record(partitions: &[(u8, &Partition)]) -> Result<[u8; 512]> {
    let mut record = [0; 512];
    record[..3].copy_from_slice(&[0xeb, 0x63, 0x90]);
    let id = std::env::var("SOURCE_DATE_EPOCH").unwrap_or_default()
        + &std::env::var("LINUX_VERMAGIC").unwrap_or_default();
    record[440..444].copy_from_slice(&Sha256::digest(id)[..4]);
    for (index, (kind, partition)) in partitions.iter().enumerate() {
        let entry = &mut record[446 + 16 * index..][..16];
        entry[0] = if index == 0 { 0x80 } else { 0 };
        entry[4] = *kind;
        entry[8..12].copy_from_slice(&u32::try_from(partition.start)?.to_le_bytes());
        entry[12..].copy_from_slice(&u32::try_from(partition.sectors)?.to_le_bytes());
    }
    record[510..].copy_from_slice(&[0x55, 0xaa]);
    Ok(record)
}
