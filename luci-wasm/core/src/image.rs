//! Which of a build's files this router takes.

use asu_protocol::profiles::Image;
use asu_protocol::router::RouterInfo;

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
    let chosen = if starts_from_disk(&router.target) {
        of_kind(if router.efi {
            "combined-efi"
        } else {
            "combined"
        })
    } else {
        of_kind("sysupgrade")
            .or_else(|| {
                candidates
                    .iter()
                    .find(|image| image.kind.ends_with("sysupgrade"))
            })
            .or(match candidates.as_slice() {
                [only] => Some(only),
                _ => None,
            })
    };
    chosen
        .map(|image| (*image).clone())
        .ok_or_else(|| images.iter().map(|image| image.kind.clone()).collect())
}

/// The filesystem to ask for: the router's own, where such images exist.
pub fn filesystem(images: &[Image], router: &RouterInfo) -> Option<String> {
    const KNOWN: [&str; 5] = ["squashfs", "ext4", "ubifs", "erofs", "jffs2"];
    let own = router.rootfs_type.as_str();
    let exists = images.is_empty() || images.iter().any(|image| image.filesystem == own);
    (KNOWN.contains(&own) && exists).then(|| own.to_owned())
}

/// The targets whose images are whole disks.
fn starts_from_disk(target: &str) -> bool {
    ["x86/", "armsr/", "loongarch64/"]
        .iter()
        .any(|prefix| target.starts_with(prefix))
}

fn is_flashable(image: &Image) -> bool {
    let never = [
        "factory",
        "kernel",
        "rootfs",
        "initramfs",
        "recovery",
        "manifest",
        "uboot",
    ];
    !never.iter().any(|word| image.kind.contains(word)) && image.filesystem != "initramfs"
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

    #[test]
    fn the_only_other_kind_will_do_but_a_choice_of_two_will_not() {
        let router = router("bcm27xx/bcm2711", false);
        assert_eq!(
            choose(&[image("squashfs", "sdcard")], &router)
                .unwrap()
                .kind,
            "sdcard"
        );
        let two = [image("squashfs", "sdcard"), image("squashfs", "trx")];
        assert_eq!(
            choose(&two, &router),
            Err(vec!["sdcard".to_owned(), "trx".to_owned()])
        );
    }

    #[test]
    fn only_a_filesystem_that_exists_is_asked_for() {
        let squashfs = router("ath79/generic", false);
        assert_eq!(filesystem(&[], &squashfs).as_deref(), Some("squashfs"));
        assert_eq!(filesystem(&[image("ext4", "sysupgrade")], &squashfs), None);
    }
}
