//! Package indexes as clients are answered: name and version.

use asu_index::index_json::{IndexJson, plain_versions};

use crate::feed;

/// Reads an index of the form its file name tells; names are free of ABI versions, except in an
/// `index.json` of version 1.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Result<IndexJson, String> {
    if path.ends_with("index.json") {
        return IndexJson::read(bytes).map_err(|error| error.to_string());
    }
    let packages = feed::read(path, bytes)?;
    // Packages for every architecture tell nothing about the target's.
    let mut architectures = packages.iter().map(|package| package.arch.as_str());
    let architecture = architectures.find(|arch| !matches!(*arch, "all" | "noarch"));
    Ok(IndexJson {
        version: 2,
        architecture: architecture.unwrap_or_default().to_owned(),
        target: None,
        packages: plain_versions(&packages),
    })
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
        assert!(json.is_stripped() && json.packages.len() == 29);
        assert_eq!(
            parse("Packages", &fixture("Packages")).unwrap().packages,
            json.packages
        );
        assert_eq!(
            parse("/Packages.gz", &fixture("Packages.gz")).unwrap(),
            json
        );
    }

    #[test]
    fn version_1_still_has_abi_suffixes() {
        let index = parse("index.json", &fixture("index.v1.json")).unwrap();
        assert!(!index.is_stripped() && index.packages.contains_key("libsq3-0"));
    }

    #[test]
    fn a_torn_archive_is_refused() {
        let whole = fixture("Packages.gz");
        assert!(parse("/Packages.gz", &whole[..whole.len() / 2]).is_err());
        assert!(parse("Packages", b"<html>not found</html>\n").is_err());
        assert!(parse("Packages", b"Package: a\nVersion: 1.2").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,300}") {
            let _ = parse("Packages", text.as_bytes());
            let _ = parse("index.json", text.as_bytes());
            let _ = parse("/Packages.gz", text.as_bytes());
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
