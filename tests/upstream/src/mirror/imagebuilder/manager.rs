//! What of an ImageBuilder depends on the package manager.

use crate::format::usign::SecretKey;
use crate::mirror::feed::{index_urls, source_lines};
use crate::mirror::{APK_KEY, KEY_COMMENT, apk};
use crate::world::contents::Node;
use crate::world::release::{Release, Target};

const OPKG: &str = include_str!("../../../imagebuilder/include/opkg.mk");
const APK: &str = include_str!("../../../imagebuilder/include/apk.mk");

/// The files, by path.
pub(super) fn files(release: &Release, target: &Target) -> Vec<(String, Node)> {
    let files = if release.has_opkg() {
        let key = SecretKey::of_the_mirror();
        vec![
            ("include/manager.mk".to_owned(), OPKG.to_owned()),
            (
                "repositories.conf".to_owned(),
                repositories_conf(release, target),
            ),
            (
                format!("keys/{}", key.fingerprint()),
                key.public_text(KEY_COMMENT),
            ),
        ]
    } else {
        vec![
            ("include/manager.mk".to_owned(), APK.to_owned()),
            ("repositories".to_owned(), index_urls(release, target)),
            (format!("keys/{APK_KEY}"), apk::key().public_pem()),
        ]
    };
    let config = (".config".to_owned(), config(release, target));
    let files = files.into_iter().chain([config]);
    files
        .map(|(path, text)| (path, Node::File(text.into_bytes(), false)))
        .collect()
}

fn config(release: &Release, target: &Target) -> String {
    let (board, subtarget) = target
        .name
        .split_once('/')
        .unwrap_or((target.name, "generic"));
    let manager = if release.has_opkg() {
        "# CONFIG_USE_APK is not set"
    } else {
        "CONFIG_USE_APK=y"
    };
    format!(
        "CONFIG_TARGET_{board}=y\nCONFIG_TARGET_{board}_{subtarget}=y\n\
         {manager}\nCONFIG_SIGNATURE_CHECK=y\nCONFIG_JSON_OVERVIEW_IMAGE_INFO=y\n\
         # CONFIG_TARGET_ROOTFS_EXT4FS is not set\nCONFIG_TARGET_ROOTFS_SQUASHFS=y\n\
         CONFIG_TARGET_ROOTFS_PARTSIZE=104\n"
    )
}

fn repositories_conf(release: &Release, target: &Target) -> String {
    format!(
        "# Feeds of your own go here; they must fit the architecture and the release.\n\n\
         # Feeds of the release\n{}\n\
         # The packages of this ImageBuilder\nsrc imagebuilder file:packages\n\
         option check_signature\n",
        source_lines(release, target)
    )
}
