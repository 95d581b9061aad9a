//! What is in an image, as SPDX 2.3 in JSON: the form that scanners for known weaknesses read.
//!
//! Written by hand: a document has a dozen fields, all of them known here.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What is known of a build.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// What every image file's name begins with.
    pub name: &'a str,
    /// The distribution, e.g. `openwrt`.
    pub distribution: &'a str,
    /// The release, e.g. `24.10.2`.
    pub release: &'a str,
    /// The time that stands in for all build times, RFC 3339 in UTC, in whole seconds.
    pub created: &'a str,
    /// File name and SHA-256 (hex) of each image.
    pub images: &'a [(&'a str, &'a str)],
    /// Name and version of each package in them.
    pub packages: &'a BTreeMap<String, String>,
}

/// The document; the same contents make the same bytes.
pub fn spdx(contents: &Contents<'_>) -> Vec<u8> {
    let mut document = document(contents);
    // Every document needs a name of its own, and the same one must not be another's.
    let sum = Sha256::digest(document.to_string());
    document["documentNamespace"] = json!(urn(&sum));
    let mut bytes = document.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

const ROOT: &str = "SPDXRef-Filesystem";

fn document(contents: &Contents<'_>) -> Value {
    let images = || contents.images.iter();
    let ids = |name: &str| id("Package", name);
    let described =
        images().map(|(name, _)| relation("SPDXRef-DOCUMENT", "DESCRIBES", &id("Image", name)));
    let built = images().map(|(name, _)| relation(&id("Image", name), "CONTAINS", ROOT));
    let contained = contents
        .packages
        .keys()
        .map(|name| relation(ROOT, "CONTAINS", &ids(name)));
    let relations: Vec<Value> = described.chain(built).chain(contained).collect();
    let packages: Vec<Value> = images()
        .map(|(name, sum)| image(contents, name, sum))
        .chain([root(contents)])
        .chain(
            contents
                .packages
                .iter()
                .map(|(name, version)| package(contents, name, version)),
        )
        .collect();
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": contents.name,
        "creationInfo": {"created": contents.created, "creators": ["Tool: asu-server"]},
        "packages": packages,
        "relationships": relations,
    })
}

fn image(contents: &Contents<'_>, name: &str, sum: &str) -> Value {
    let mut image = element(&id("Image", name), name, contents.release);
    image["packageFileName"] = json!(name);
    image["primaryPackagePurpose"] = json!("FIRMWARE");
    image["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": sum}]);
    image
}

fn root(contents: &Contents<'_>) -> Value {
    let mut root = element(ROOT, contents.name, contents.release);
    root["primaryPackagePurpose"] = json!("OPERATING-SYSTEM");
    root
}

fn package(contents: &Contents<'_>, name: &str, version: &str) -> Value {
    let mut package = element(&id("Package", name), name, version);
    package["externalRefs"] = json!([{
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": purl(contents, name, version),
    }]);
    package
}

fn element(id: &str, name: &str, version: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
    })
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}

/// An identifier: letters, digits, `.` and `-`. Other bytes are written as `.` and hex, so that no two
/// names share one.
fn id(kind: &str, name: &str) -> String {
    format!("SPDXRef-{kind}-{}", escaped(name, b"-", '.'))
}

/// The package's URL. No type of purl is for opkg; `generic` with the distribution as namespace is
/// for packages without one.
fn purl(contents: &Contents<'_>, name: &str, version: &str) -> String {
    let plain = |text| escaped(text, b"-._~", '%');
    let (distribution, release) = (plain(contents.distribution), plain(contents.release));
    let (name, version) = (plain(name), plain(version));
    format!("pkg:generic/{distribution}/{name}@{version}?distro={distribution}-{release}")
}

fn escaped(text: &str, also_plain: &[u8], escape: char) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || also_plain.contains(&byte);
    text.bytes().fold(String::new(), |mut done, byte| {
        if is_plain(byte) {
            done.push(char::from(byte));
        } else {
            done.push(escape);
            done.push_str(&hex::encode_upper([byte]));
        }
        done
    })
}

/// A UUID (version 8: of the maker's own making) from a digest.
fn urn(digest: &[u8]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}
