//! What the mirror has: four releases of one target, with signed package indexes and ImageBuilders.

use std::collections::BTreeMap;
use std::io::Write;

use asu_test_upstream::format::usign::SecretKey;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The revision of every release.
pub(crate) const REVISION: &str = "r28739-d9340319c6";

/// Package names by the folder that has them; each has the version `1.0-1`.
const TARGET: [&str; 2] = ["base-files", "kmod-usb2"];
const FEEDS: [(&str, &[&str]); 2] = [
    ("base", &["dropbear", "ppp"]),
    ("luci", &["htop", "luci", "owut", "auc"]),
];

pub(crate) fn files() -> Files {
    let mut files = Files::new();
    let versions = json!({
        "stable_version": "24.10.3",
        "oldstable_version": "23.05.5",
        "versions_list": ["24.10.3", "24.10.2", "24.10.1", "23.05.5"],
    });
    files.insert(".versions.json".to_owned(), versions.to_string().into());
    for version in ["24.10.3", "24.10.2", "24.10.1", "23.05.5"] {
        put_release(&mut files, version);
    }
    files
}

/// Files that tell what other files there are.
pub(crate) fn is_list(path: &str) -> bool {
    let lists = [
        "sha256sums",
        "sha256sums.sig",
        "feeds.conf",
        "profiles.json",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with('.') || lists.contains(&name)
}

/// Files that a signature or a sum tells of.
pub(crate) fn is_vouched_for(path: &str) -> bool {
    let ends = ["Packages", "Packages.gz", "sha256sums", ".tar.zst"];
    ends.iter().any(|end| path.ends_with(end))
}

pub(crate) fn public_key() -> String {
    SecretKey::of_the_mirror().public_text("test")
}

fn put_release(files: &mut Files, version: &str) {
    let root = format!("releases/{version}");
    let target = format!("{root}/targets/ath79/generic");
    let mut put = |path: String, body: Vec<u8>| files.insert(path, body);
    let targets = json!({"ath79/generic": "mips_24kc"});
    put(format!("{root}/.targets.json"), targets.to_string().into());
    let profiles = profiles(version).to_string();
    put(format!("{target}/profiles.json"), profiles.into());
    put_imagebuilder(files, &target, version);
    put_packages(files, &format!("{target}/packages"), &TARGET);
    let feeds = format!("{root}/packages/mips_24kc");
    for (name, packages) in FEEDS {
        put_packages(files, &format!("{feeds}/{name}"), packages);
    }
    let line = |(name, _)| format!("src-git {name} https://git.example/{name}.git^0123456\n");
    let listed: String = FEEDS.map(line).concat();
    files.insert(format!("{feeds}/feeds.conf"), listed.into());
}

fn profiles(version: &str) -> serde_json::Value {
    let profile = "tplink_archer-c7-v5";
    let prefix = format!("openwrt-{version}-ath79-generic-{profile}");
    json!({
        "arch_packages": "mips_24kc",
        "default_packages": ["base-files", "dropbear", "ppp"],
        "metadata_version": 1,
        "profiles": {profile: {
            "device_packages": ["kmod-usb2"],
            "image_prefix": prefix,
            "images": [{"filesystem": "squashfs", "name": format!("{prefix}-squashfs-sysupgrade.bin"),
                "sha256": "00", "sha256_unsigned": "00", "type": "sysupgrade"}],
            "supported_devices": ["tplink,archer-c7-v5"],
            "titles": [{"model": "Archer C7", "variant": "v5", "vendor": "TP-Link"}],
        }},
        "source_date_epoch": 1_750_000_000,
        "target": "ath79/generic",
        "version_code": REVISION,
        "version_number": version,
    })
}

fn put_packages(files: &mut Files, folder: &str, names: &[&str]) {
    let stanza = |name: &&str| {
        format!(
            "Package: {name}\nVersion: 1.0-1\nArchitecture: mips_24kc\nInstalled-Size: 2000\n\
             Filename: {name}_1.0-1_mips_24kc.ipk\nSize: 1000\nSHA256sum: {:064}\n\
             Description: {name}\n\n",
            0
        )
    };
    let text: String = names.iter().map(stanza).collect();
    let versions: BTreeMap<&str, &str> = names.iter().map(|name| (*name, "1.0-1")).collect();
    let index = json!({"version": 2, "architecture": "mips_24kc", "packages": versions});
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let signature = SecretKey::of_the_mirror().sign(text.as_bytes());
    files.insert(format!("{folder}/index.json"), index.to_string().into());
    files.insert(format!("{folder}/Packages.gz"), packed.finish().unwrap());
    files.insert(format!("{folder}/Packages.sig"), signature.into());
    files.insert(format!("{folder}/Packages"), text.into());
}

fn put_imagebuilder(files: &mut Files, folder: &str, version: &str) {
    let top = format!("openwrt-imagebuilder-{version}-ath79-generic.Linux-x86_64");
    let archive = imagebuilder(&top, version);
    let sums = format!("{} *{top}.tar.zst\n", hex::encode(Sha256::digest(&archive)));
    let signature = SecretKey::of_the_mirror().sign(sums.as_bytes());
    files.insert(format!("{folder}/{top}.tar.zst"), archive);
    files.insert(format!("{folder}/sha256sums.sig"), signature.into());
    files.insert(format!("{folder}/sha256sums"), sums.into());
}

/// The smallest ImageBuilder that keeps the contract: that of the builder's own tests.
fn imagebuilder(top: &str, version: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, text: &str| {
        let text = text.replace("24.10.2", version);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let path = format!("{top}/{name}");
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    };
    macro_rules! of_the_builder {
        ($name:literal) => {
            include_str!(concat!("../../../builder/tests/it/imagebuilder/", $name))
        };
    }
    add("Makefile", of_the_builder!("Makefile"));
    add("resolve.sh", of_the_builder!("resolve.sh"));
    add("assemble.sh", of_the_builder!("assemble.sh"));
    add("rules.mk", "# \n");
    let core = "src/gz openwrt_core https://downloads.openwrt.org/releases/24.10.2/packages";
    let tail = "src imagebuilder file:packages\noption check_signature\n";
    add("repositories.conf", &format!("{core}\n{tail}"));
    add(
        "keys/0123456789abcdef",
        "untrusted comment: upstream's own\n",
    );
    zstd::encode_all(&tar.into_inner().unwrap()[..], 1).unwrap()
}
