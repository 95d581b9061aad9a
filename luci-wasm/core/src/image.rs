//! Which of a build's files this router takes.

use asu_protocol::profiles::Image;
use asu_protocol::router::RouterInfo;

use crate::order::insert;

/// The filesystems of a root that routers run from.
const FILESYSTEMS: [&str; 5] = ["squashfs", "ext4", "ubifs", "erofs", "jffs2"];

/// Chooses the file to flash, or tells which kinds there are.
///
/// Machines that start from a whole disk take `combined`, with EFI `combined-efi`; all others take
/// `sysupgrade`, or the only other file that can be flashed (`sdcard`, `nand-sysupgrade`, …).
pub fn choose(images: &[Image], router: &RouterInfo) -> Result<Image, Vec<String>> {
    let flashable: Vec<&Image> = images.iter().filter(|image| is_flashable(image)).collect();
    let same: Vec<&Image> = flashable
        .iter()
        .copied()
        .filter(|image| image.filesystem == router.rootfs_type)
        .collect();
    let candidates = if same.is_empty() { flashable } else { same };
    let of_kind = |kind: &str| candidates.iter().find(|image| image.kind == kind);
    let chosen = if is_disk(&router.target) {
        let efi = if router.efi {
            "combined-efi"
        } else {
            "combined"
        };
        // Only x86 has machines that start without EFI; elsewhere `combined` starts by it.
        let any = || of_kind("combined").or_else(|| of_kind("combined-efi"));
        let is_x86 = router.target.starts_with("x86/");
        of_kind(efi).or_else(|| any().filter(|_| !is_x86))
    } else {
        let ending = |image: &&&Image| image.kind.ends_with("sysupgrade");
        let only = || match candidates.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        of_kind("sysupgrade")
            .or_else(|| candidates.iter().find(ending))
            .or_else(only)
    };
    chosen
        .map(|image| (*image).clone())
        .ok_or_else(|| kinds(images))
}

/// Each kind once.
fn kinds(images: &[Image]) -> Vec<String> {
    let mut kinds = Vec::new();
    for image in images {
        insert(&mut kinds, image.kind.clone(), Ord::cmp);
    }
    kinds
}

/// The filesystem to ask for: the router's own, where such images exist.
pub fn filesystem(images: &[Image], router: &RouterInfo) -> Option<String> {
    let own = router.rootfs_type.as_str();
    let exists = images.is_empty() || images.iter().any(|image| image.filesystem == own);
    (is_filesystem(own) && exists).then(|| own.to_owned())
}

/// Whether routers run from a root of this filesystem.
pub(crate) fn is_filesystem(name: &str) -> bool {
    FILESYSTEMS.contains(&name)
}

/// The filesystems of the files that can be flashed.
pub(crate) fn filesystems(images: &[Image]) -> Vec<&str> {
    let has = |name: &&str| {
        let mut found = images.iter().filter(|image| image.filesystem == *name);
        found.any(is_flashable)
    };
    FILESYSTEMS.into_iter().filter(has).collect()
}

/// Whether images have a system partition whose size can be chosen: those of the targets with the
/// feature `rootfs-part` that nearly always start from a disk or a card, and those with ext4.
pub(crate) fn has_partition(router: &RouterInfo, images: &[Image]) -> bool {
    const CARDS: [&str; 3] = ["bcm27xx/", "rockchip/", "sunxi/"];
    is_disk(&router.target)
        || CARDS.iter().any(|prefix| router.target.starts_with(prefix))
        || router.rootfs_type == "ext4"
        || filesystems(images).contains(&"ext4")
}

/// Whether a target's images are whole disks.
pub(crate) fn is_disk(target: &str) -> bool {
    const DISKS: [&str; 4] = ["x86/", "armsr/", "armvirt/", "loongarch64/"];
    DISKS.iter().any(|prefix| target.starts_with(prefix))
}

fn is_flashable(image: &Image) -> bool {
    const NEVER: [&str; 11] = [
        "factory",
        "kernel",
        "rootfs",
        "initramfs",
        "recovery",
        "manifest",
        "uboot",
        "preloader",
        "bl2",
        "gpt",
        "iso",
    ];
    // The same disk again, for virtual machines.
    const DISKS: [&str; 5] = [".vmdk", ".vdi", ".vhdx", ".qcow2", ".iso"];
    !NEVER.iter().any(|word| image.kind.contains(word))
        && image.filesystem != "initramfs"
        && !DISKS.iter().any(|ending| image.name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(filesystem: &str, kind: &str) -> Image {
        Image {
            filesystem: filesystem.to_owned(),
            kind: kind.to_owned(),
            name: format!("{filesystem}-{kind}"),
            ..Image::default()
        }
    }

    fn router(target: &str, efi: bool) -> RouterInfo {
        RouterInfo {
            target: target.to_owned(),
            rootfs_type: "squashfs".to_owned(),
            efi,
            ..RouterInfo::default()
        }
    }

    #[test]
    fn a_router_takes_sysupgrade() {
        let images = [
            image("squashfs", "factory"),
            image("squashfs", "sysupgrade"),
            image("ext4", "sysupgrade"),
        ];
        let chosen = choose(&images, &router("ath79/generic", false)).unwrap();
        assert_eq!(chosen.name, "squashfs-sysupgrade");
    }

    #[test]
    fn a_disk_takes_combined_and_with_efi_its_twin() {
        let images = [
            image("squashfs", "combined"),
            image("squashfs", "combined-efi"),
            image("squashfs", "rootfs"),
        ];
        let name = |efi| choose(&images, &router("x86/64", efi)).unwrap().name;
        assert_eq!(name(false), "squashfs-combined");
        assert_eq!(name(true), "squashfs-combined-efi");
    }

    /// What is chosen of these kinds, all of squashfs.
    fn chosen(target: &str, efi: bool, kinds: &[&str]) -> Result<String, Vec<String>> {
        let images: Vec<Image> = kinds.iter().map(|kind| image("squashfs", kind)).collect();
        choose(&images, &router(target, efi)).map(|image| image.kind)
    }

    #[test]
    fn every_type_of_image_is_known() {
        let cases: [(&str, bool, &[&str], &str); 14] = [
            (
                "ath79/generic",
                false,
                &["factory", "sysupgrade"],
                "sysupgrade",
            ),
            (
                "ipq40xx/generic",
                false,
                &["nand-factory", "nand-sysupgrade"],
                "nand-sysupgrade",
            ),
            (
                "bcm27xx/bcm2711",
                false,
                &["factory", "sysupgrade", "rootfs"],
                "sysupgrade",
            ),
            ("sunxi/cortexa7", false, &["sdcard"], "sdcard"),
            ("bcm53xx/generic", false, &["trx", "factory"], "trx"),
            (
                "mediatek/filogic",
                false,
                &["preloader", "bl31-uboot", "gpt", "sdcard", "sysupgrade"],
                "sysupgrade",
            ),
            ("mvebu/cortexa53", false, &["kernel", "emmc"], "emmc"),
            (
                "x86/64",
                false,
                &["combined", "combined-efi", "rootfs", "image-efi.iso"],
                "combined",
            ),
            (
                "x86/64",
                true,
                &["combined", "combined-efi", "rootfs"],
                "combined-efi",
            ),
            ("armsr/armv8", true, &["combined", "rootfs"], "combined"),
            (
                "armsr/armv8",
                true,
                &["combined-efi", "rootfs"],
                "combined-efi",
            ),
            ("armsr/armv8", false, &["combined-efi"], "combined-efi"),
            ("armvirt/64", true, &["combined"], "combined"),
            (
                "loongarch64/generic",
                true,
                &["combined-efi", "kernel"],
                "combined-efi",
            ),
        ];
        for (target, efi, kinds, wanted) in cases {
            assert_eq!(
                chosen(target, efi, kinds).as_deref(),
                Ok(wanted),
                "{target} {kinds:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_flashed_is_not_chosen() {
        let cases: [(&str, bool, &[&str]); 5] = [
            ("x86/64", true, &["combined", "rootfs"]),
            ("x86/64", false, &["combined-efi", "kernel"]),
            ("ath79/generic", false, &["factory", "initramfs-kernel"]),
            ("bcm27xx/bcm2711", false, &["sdcard", "trx"]),
            ("ath79/generic", false, &[]),
        ];
        for (target, efi, kinds) in cases {
            let there: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
            assert_eq!(chosen(target, efi, kinds), Err(there), "{target}");
        }
    }

    #[test]
    fn a_disk_for_virtual_machines_is_no_image() {
        let machine = Image {
            name: "x-combined.vmdk".to_owned(),
            ..image("squashfs", "combined")
        };
        let images = [machine, image("squashfs", "combined")];
        let chosen = choose(&images, &router("x86/64", false)).unwrap();
        assert_eq!(chosen.name, "squashfs-combined");
    }

    #[test]
    fn filesystems_are_those_of_what_can_be_flashed() {
        let images = [
            image("ext4", "sysupgrade"),
            image("squashfs", "sysupgrade"),
            image("squashfs", "factory"),
            image("ubifs", "factory"),
            image("initramfs", "kernel"),
        ];
        assert_eq!(filesystems(&images), ["squashfs", "ext4"]);
        let flash = router("ath79/generic", false);
        assert!(has_partition(&flash, &images) && !has_partition(&flash, &images[1..]));
        assert!(has_partition(&router("x86/64", true), &[]));
    }

    #[test]
    fn only_a_filesystem_that_exists_is_asked_for() {
        let squashfs = router("ath79/generic", false);
        assert_eq!(filesystem(&[], &squashfs).as_deref(), Some("squashfs"));
        assert_eq!(filesystem(&[image("ext4", "sysupgrade")], &squashfs), None);
    }
}
