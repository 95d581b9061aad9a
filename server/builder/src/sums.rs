//! `sha256sums`: the files of a mirror's folder, as coreutils' `sha256sum` lists them.

/// The end of an ImageBuilder's name; upstream builds them for this kind of machine only.
const HOST: &str = ".Linux-x86_64.tar.";

/// One file of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum<'a> {
    /// SHA-256, 64 lower-case hex digits.
    pub(crate) sha256: &'a str,
    /// The file's name, relative to the folder.
    pub(crate) name: &'a str,
}

/// The files listed; lines of any other form are passed over.
pub(crate) fn parse(text: &str) -> impl Iterator<Item = Sum<'_>> {
    text.lines().filter_map(line)
}

fn line(line: &str) -> Option<Sum<'_>> {
    let (sha256, name) = line.split_once(' ')?;
    // The character before the name tells text from binary mode.
    let name = name.strip_prefix(['*', ' '])?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let valid = sha256.len() == 64 && sha256.bytes().all(is_hex) && !name.is_empty();
    valid.then_some(Sum { sha256, name })
}

/// The folder's ImageBuilder.
pub(crate) fn imagebuilder(text: &str) -> Option<Sum<'_>> {
    parse(text).find(|sum| is_imagebuilder(sum.name))
}

/// `openwrt-imagebuilder-24.10.2-ath79-generic.Linux-x86_64.tar.zst`, or a derivative's.
fn is_imagebuilder(name: &str) -> bool {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let archive = name
        .split_once(HOST)
        .is_some_and(|(_, kind)| matches!(kind, "xz" | "zst"));
    plain && archive && name.contains("imagebuilder-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/mirror/");

    #[test]
    fn every_file_of_the_fixture_is_found() {
        let text = std::fs::read_to_string(format!("{FIXTURES}sha256sums")).unwrap();
        let expected = std::fs::read(format!("{FIXTURES}expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let sums: Vec<Sum> = parse(&text).collect();
        assert_eq!(sums.len(), expected["files"].as_object().unwrap().len());
        for sum in sums {
            assert_eq!(expected["files"][sum.name]["sha256"], sum.sha256);
        }
        let found = imagebuilder(&text).unwrap();
        assert_eq!(
            found.name,
            "birchwrt-imagebuilder-birch-generic.Linux-x86_64.tar.zst"
        );
    }

    #[test]
    fn names_that_are_no_imagebuilder() {
        for name in [
            "openwrt-sdk-24.10.2-x86-64.Linux-x86_64.tar.zst",
            "openwrt-imagebuilder-24.10.2-x86-64.Linux-aarch64.tar.zst",
            "openwrt-imagebuilder-24.10.2-x86-64.Linux-x86_64.tar.gz",
            "../openwrt-imagebuilder-24.10.2-x86-64.Linux-x86_64.tar.xz",
        ] {
            assert!(!is_imagebuilder(name), "{name}");
        }
        assert!(is_imagebuilder(
            "openwrt-imagebuilder-23.05.6-x86-64.Linux-x86_64.tar.xz"
        ));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(?s).{0,300}") {
            for sum in parse(&text) {
                prop_assert!(sum.sha256.len() == 64 && !sum.name.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_read(sha256 in "[0-9a-f]{64}", name in "[^\r\n]{1,40}", mode in "[ *]") {
            let text = format!("junk\n{sha256} {mode}{name}\n");
            let sums: Vec<Sum> = parse(&text).collect();
            prop_assert_eq!(sums, vec![Sum { sha256: &sha256, name: &name }]);
        }
    }
}
