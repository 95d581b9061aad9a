//! Package indexes: `index.json` in both versions, and opkg's `Packages`.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;

/// Largest unpacked `Packages` accepted, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// What one index says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackageIndex {
    /// The architecture of the packages; empty if the index does not tell.
    pub(crate) architecture: String,
    /// Name to version.
    pub(crate) packages: BTreeMap<String, String>,
    /// Whether the names are free of ABI suffixes.
    pub(crate) stripped: bool,
}

#[derive(Deserialize)]
struct IndexFile {
    #[serde(default)]
    version: u32,
    #[serde(default)]
    architecture: String,
    packages: BTreeMap<String, String>,
}

/// Reads an index of the form its file name tells.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Result<PackageIndex, String> {
    let mut text = String::new();
    match path.rsplit('.').next() {
        Some("json") => return json(bytes),
        Some("gz") => {
            let mut unpacked = GzDecoder::new(bytes).take(MAX_BYTES);
            unpacked
                .read_to_string(&mut text)
                .map_err(|error| error.to_string())?;
        }
        _ => text.push_str(std::str::from_utf8(bytes).map_err(|error| error.to_string())?),
    }
    stanzas(&text)
}

fn json(bytes: &[u8]) -> Result<PackageIndex, String> {
    let file: IndexFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(PackageIndex {
        architecture: file.architecture,
        packages: file.packages,
        stripped: file.version >= 2,
    })
}

/// Reads opkg's `Packages`: stanzas of `Field: value`, separated by empty lines.
///
/// Hand-written, because crates for Debian's form insist on fields opkg does not have.
fn stanzas(text: &str) -> Result<PackageIndex, String> {
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("it ends in the middle of a line".to_owned());
    }
    let mut index = PackageIndex {
        stripped: true,
        ..PackageIndex::default()
    };
    for stanza in text
        .split("\n\n")
        .filter(|stanza| !stanza.trim().is_empty())
    {
        let name = field(stanza, "Package").ok_or("a stanza has no Package")?;
        let version = field(stanza, "Version").ok_or_else(|| format!("{name} has no Version"))?;
        let abi = field(stanza, "ABIVersion").unwrap_or_default();
        let name = name
            .strip_suffix(abi)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(name);
        index.packages.insert(name.to_owned(), version.to_owned());
        let architecture = field(stanza, "Architecture").unwrap_or_default();
        // Packages for every architecture tell nothing about the target's.
        if index.architecture.is_empty() && architecture != "all" {
            architecture.clone_into(&mut index.architecture);
        }
    }
    Ok(index)
}

/// The value of a field; continuation lines start with a space and so name no field.
fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    stanza
        .lines()
        .find_map(value)
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/opkg/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn packages_and_the_index_made_of_it_agree() {
        let json = parse("index.json", &fixture("index.v2.json")).unwrap();
        assert!(json.stripped && json.packages.len() == 29);
        assert_eq!(parse("Packages", &fixture("Packages")).unwrap(), json);
        assert_eq!(parse("Packages.gz", &fixture("Packages.gz")).unwrap(), json);
    }

    #[test]
    fn version_1_still_has_abi_suffixes() {
        let index = parse("index.json", &fixture("index.v1.json")).unwrap();
        assert!(!index.stripped && index.packages.contains_key("libsq3-0"));
    }

    #[test]
    fn a_torn_archive_is_refused() {
        let whole = fixture("Packages.gz");
        assert!(parse("Packages.gz", &whole[..whole.len() / 2]).is_err());
        assert!(parse("Packages", b"<html>not found</html>\n").is_err());
        assert!(parse("Packages", b"Package: a\nVersion: 1.2").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,300}") {
            let _ = parse("Packages", text.as_bytes());
            let _ = parse("index.json", text.as_bytes());
            let _ = parse("Packages.gz", text.as_bytes());
        }

        #[test]
        fn what_is_written_is_read(
            packages in prop::collection::btree_map("[a-z][a-z0-9+.-]{0,12}", "[0-9a-z.~-]{1,12}", 1..9),
            abi in "[0-9]{1,3}",
        ) {
            let stanza = |(name, version): (&String, &String)| format!(
                "Package: {name}{abi}\nVersion: {version}\nABIVersion: {abi}\nArchitecture: x86_64\nDescription:  a\n Version: 9\n\n");
            let text: String = packages.iter().map(stanza).collect();
            let index = parse("Packages", text.as_bytes()).unwrap();
            prop_assert_eq!(index.packages, packages);
            prop_assert_eq!(index.architecture, "x86_64");
        }
    }
}
