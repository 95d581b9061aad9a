use super::*;
use crate::package::{Constraint, Dependency};
use proptest::prelude::*;
use serde_json::Value;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/opkg/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn one(stanza: &str) -> Package {
    let text = format!("Package: p\nVersion: 1\nArchitecture: all\n{stanza}");
    let mut reading = read(text.as_bytes()).unwrap();
    assert_eq!(reading.notes, []);
    reading.packages.remove(0)
}

fn written(dependencies: &[Dependency]) -> String {
    let one = |relation: &crate::package::Relation| match &relation.constraint {
        Some(Constraint { operator, version }) => {
            format!("{} {operator:?} {version}", relation.name)
        }
        None => relation.name.clone(),
    };
    let any = |Dependency(any): &Dependency| any.iter().map(one).collect::<Vec<_>>().join(" | ");
    dependencies.iter().map(any).collect::<Vec<_>>().join(", ")
}

#[test]
fn stanzas_are_those_another_parser_found() {
    let text = String::from_utf8(fixture("Packages")).unwrap();
    let found: Vec<_> = Stanzas::of(&text).collect();
    let expected: Value = serde_json::from_slice(&fixture("packages.expected.json")).unwrap();
    let expected = expected.as_array().unwrap();
    let agree = |(found, expected): &(&Stanza<'_>, &Value)| {
        serde_json::to_value(found).unwrap() == **expected
    };
    let good = found.iter().zip(expected).filter(agree).count();
    println!("opkg stanzas: {good} of {} agree", expected.len());
    assert_eq!((good, found.len()), (expected.len(), expected.len()));
}

#[test]
fn packages_are_typed() {
    let reading = read(&fixture("Packages")).unwrap();
    assert_eq!((reading.packages.len(), reading.notes.len()), (31, 0));
    assert!(reading.is_whole());
    let named = |name: &str| reading.packages.iter().find(|p| p.name == name).unwrap();
    let library = named("libsq3-0");
    assert_eq!(library.plain_name(), "libsq3");
    assert_eq!(library.arch, "mips_24kc");
    assert!(library.sha256.len() == 64 && library.size > 0 && library.installed_size > 0);
    assert_eq!(named("linkd").description, "Link daemon");
    assert_eq!(written(&named("wants-alt").depends), "ghost-lib | stub-b");
}

#[test]
fn the_archive_holds_the_same() {
    let unpacked = unpack(&fixture("Packages.gz"), 1 << 20).unwrap();
    assert_eq!(unpacked, fixture("Packages"));
    let error = unpack(&fixture("Packages.gz"), 100).unwrap_err();
    assert!(matches!(error, OpkgError::TooLarge { limit: 100 }));
    let torn = &fixture("Packages.gz")[..200];
    assert!(matches!(unpack(torn, 1 << 20), Err(OpkgError::Archive(_))));
}

#[test]
fn requirements_are_read_as_opkg_does() {
    for (list, expected) in [
        ("a, b (>= 1.0)", "a, b GreaterOrEqual 1.0"),
        ("kernel (=3.14.79-1), a", "kernel Equal 3.14.79-1, a"),
        ("a (<< 1) | b (>> 2)", "a Less 1 | b Greater 2"),
        ("a (< 1), b (> 2)", "a LessOrEqual 1, b GreaterOrEqual 2"),
        ("a (~ 1)", "a"),
        ("a  (>= 1)", "a"),
        ("a (>= 1", "a GreaterOrEqual 1"),
        (",, a,", "a"),
        ("a *, b (>= 1)*, c", "c"),
    ] {
        let package = one(&format!("Depends: {list}\n"));
        assert_eq!(written(&package.depends), expected, "{list}");
    }
    let package = one("Pre-Depends: a\nDepends: b\nConflicts: c (<< 2), d\nProvides: e, f\n");
    assert_eq!(written(&package.depends), "a, b");
    assert_eq!((package.conflicts.len(), package.provides.len()), (2, 2));
}

#[test]
fn odd_fields_are_read() {
    let digest = "aB".repeat(32);
    let package = one(&format!(
        "SHA256sum:{digest}\r\nSize: 12 B\nEssential: yes\n"
    ));
    assert_eq!(package.sha256, digest.to_lowercase());
    assert!(package.size == 12 && package.is_essential);
    let package = one("Alternatives: 200:/sbin/ip:/sbin/ip-tiny, x, 1:a:b, 300:/x:/y:z\n");
    assert_eq!(package.alternatives.len(), 1);
    assert_eq!(package.alternatives[0].target, "/sbin/ip-tiny");
    let package = one("Description:  first\n second\n \n third\nSize: 5\nSize: 6\n");
    assert_eq!((package.description.as_str(), package.size), ("first", 6));
}

#[test]
fn what_opkg_overlooks_is_noted() {
    let text =
        b"Package: a\nVersion: 1\n\nVersion: 2\n\nPackage: b\nVersion: 1\nArchitecture: all\n\
        no field\n\tnone\n\n\nPackage: c\nArchitecture: all\n\nPackage: d\nVersion: 1\n\
        Architecture: \xff\xfe";
    let reading = read(text).unwrap();
    let names: Vec<_> = reading.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["b", "d"]);
    let notes: Vec<_> = reading.notes.iter().map(|n| (n.line, n.problem)).collect();
    let expected = [
        (1, Problem::NoArchitecture),
        (4, Problem::NoName),
        (9, Problem::NoField),
        (10, Problem::NoField),
        (13, Problem::NoVersion),
        (18, Problem::NotText),
        (18, Problem::Torn),
    ];
    assert_eq!(notes, expected);
    assert!(!reading.is_whole());
}

#[test]
fn what_is_no_index_is_refused() {
    for bytes in [&b"<html>not found</html>\n"[..], b"\x00\x01\x02", b"a: b\n"] {
        assert!(matches!(read(bytes), Err(OpkgError::NotAnIndex)));
    }
    assert_eq!(read(b"\n\n").unwrap(), Reading::default());
    let long = format!("Package: a\nDescription: {}\n", "x".repeat(1 << 20));
    let error = read(long.as_bytes()).unwrap_err();
    assert!(matches!(error, OpkgError::LineTooLong { line: 2 }));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s)([A-Z][a-z]{0,3}:? ?|Package: a\n|Description: |\n ?|.){0,60}") {
        let _ = read(text.as_bytes());
    }

    #[test]
    fn a_damaged_index_is_read_or_refused(at in 0usize..9000, byte: u8, length in 0usize..9000) {
        let mut bytes = fixture("Packages");
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(length.max(1));
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_written_is_read(
        names in prop::collection::vec("[a-z][a-z0-9+.-]{0,12}", 1..9), version in "[0-9a-z.~-]{1,12}",
    ) {
        let stanza = |name: &String| format!(
            "Package: {name}\nVersion: {version}\nArchitecture: x\nDescription:  a\n Package: b\n\n");
        let text: String = names.iter().map(stanza).collect();
        let reading = read(text.as_bytes()).unwrap();
        prop_assert!(reading.notes.is_empty() && reading.packages.iter().all(|p| p.version == version));
        prop_assert!(reading.packages.iter().map(|p| &p.name).eq(&names));
    }
}
