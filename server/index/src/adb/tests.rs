use super::*;
use crate::package::{Constraint, Operator, Package};
use proptest::prelude::*;
use serde_json::Value;

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/apk/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

fn key() -> PublicKey {
    let pem = String::from_utf8(fixture("birchwrt-feed.pem")).unwrap();
    pem.parse().unwrap()
}

fn packages(name: &str) -> Vec<Package> {
    Database::open(&fixture(name)).unwrap().packages().unwrap()
}

#[test]
fn dumps_are_those_of_the_genuine_tool() {
    let mut dumps: Vec<(&str, &str)> = ["", "-none", "-zstd", "-otherkey", "-unsigned"]
        .map(|form| match form {
            "" => ("packages.adb", "packages.adbdump.json"),
            "-none" => ("packages-none.adb", "packages.adbdump.json"),
            "-zstd" => ("packages-zstd.adb", "packages.adbdump.json"),
            "-otherkey" => ("packages-otherkey.adb", "packages.adbdump.json"),
            _ => ("packages-unsigned.adb", "packages-unsigned.adbdump.json"),
        })
        .to_vec();
    dumps.extend([
        (
            "packages/busykit-1.36.1-r2.apk",
            "packages/busykit-1.36.1-r2.apk.adbdump.json",
        ),
        (
            "packages/libstore3-0-3.50.4-r1.apk",
            "packages/libstore3-0-3.50.4-r1.apk.adbdump.json",
        ),
        (
            "packages/netwright-2026.07.08~db17536e-r1.apk",
            "packages/netwright-2026.07.08~db17536e-r1.apk.adbdump.json",
        ),
        (
            "packages/webui-lang-de-26.189.04321~0c0ffee-r1.apk",
            "packages/webui-lang-de-26.189.04321~0c0ffee-r1.apk.adbdump.json",
        ),
    ]);
    for (file, dump) in &dumps {
        let database = Database::open(&fixture(file)).unwrap();
        assert_eq!(database.to_json().unwrap(), json(dump), "{file}");
    }
    println!("adbdump: {} of {} files agree", dumps.len(), dumps.len());
}

/// The package as the dump describes it, of the fields both have.
fn dumped(package: &Package) -> Value {
    let written = |name: &str, constraint: &Option<Constraint>| match constraint {
        None => name.to_owned(),
        Some(Constraint { operator, version }) => {
            let sign = match operator {
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Equal => "=",
                Operator::GreaterOrEqual => ">=",
                Operator::Greater => ">",
                Operator::Fuzzy => "~",
                Operator::FuzzyLess => "<~",
                Operator::FuzzyGreater => ">~",
            };
            format!("{name}{sign}{version}")
        }
    };
    let mut depends: Vec<String> = package
        .depends
        .iter()
        .map(|any| written(&any.0[0].name, &any.0[0].constraint))
        .collect();
    let conflicts = package.conflicts.iter();
    depends.extend(conflicts.map(|c| format!("!{}", written(&c.name, &c.constraint))));
    depends.sort();
    let provides = package.provides.iter().map(|p| match &p.version {
        Some(version) => format!("{}={version}", p.name),
        None => p.name.clone(),
    });
    let install_if = package.install_if.iter();
    let install_if = install_if.map(|r| written(&r.name, &r.constraint));
    serde_json::json!({
        "name": package.name, "version": package.version, "arch": package.arch,
        "hashes": package.sha256, "description": package.description,
        "file-size": package.size, "installed-size": package.installed_size,
        "provider-priority": package.provider_priority, "depends": depends,
        "provides": provides.collect::<Vec<_>>(), "install-if": install_if.collect::<Vec<_>>(),
    })
}

fn completed(mut dump: Value) -> Value {
    let fields = dump.as_object_mut().unwrap();
    let kept = [
        "name",
        "version",
        "arch",
        "hashes",
        "description",
        "file-size",
        "installed-size",
    ];
    let lists = ["depends", "provides", "install-if"];
    let is_kept =
        |name: &str| kept.contains(&name) || lists.contains(&name) || name == "provider-priority";
    fields.retain(|name, _| is_kept(name));
    fields.entry("provider-priority").or_insert(0.into());
    for name in lists {
        let list = fields.entry(name).or_insert(Value::Array(Vec::new()));
        if name == "depends" {
            list.as_array_mut()
                .unwrap()
                .sort_by_key(|item| item.as_str().map(str::to_owned));
        }
    }
    dump
}

#[test]
fn packages_are_those_of_the_dump() {
    let found = packages("packages.adb");
    let dump = json("packages.adbdump.json");
    let dump = dump["packages"].as_array().unwrap();
    for (package, dump) in found.iter().zip(dump) {
        assert_eq!(dumped(package), completed(dump.clone()));
        let (name, version) = (&package.name, &package.version);
        assert_eq!(package.filename, format!("{name}-{version}.apk"));
    }
    assert_eq!(found.len(), dump.len());
    println!("apk packages: {} of {} agree", found.len(), dump.len());
    let library = found.iter().find(|p| p.name == "libstore3-0").unwrap();
    assert_eq!(library.plain_name(), "libstore3");
}

#[test]
fn trust_is_that_of_the_genuine_tool() {
    let cases = json("trust-cases.json");
    let mut agree = 0;
    for case in cases.as_array().unwrap() {
        let name = case["index"].as_str().unwrap();
        let is_forced = case["options"]
            .as_array()
            .unwrap()
            .contains(&"--allow-untrusted".into());
        if is_forced || name == "packages-absent.adb" {
            continue;
        }
        let keys = if case["key_present"] == true {
            vec![key()]
        } else {
            vec![]
        };
        let expected = case["apk_verify"]["rc"] == 0;
        assert_eq!(verify(&fixture(name), &keys).is_ok(), expected, "{case}");
        agree += 1;
    }
    println!("trust: {agree} of {agree} cases of signatures agree");
    assert_eq!(agree, 7);
    let signed = fixture("packages-signed/busykit-1.36.1-r2.apk");
    assert!(verify(&signed, &[key()]).is_ok() && verify(&signed, &[]).is_err());
    let unsigned = fixture("packages/busykit-1.36.1-r2.apk");
    assert!(matches!(
        verify(&unsigned, &[key()]),
        Err(SignatureError::Unsigned)
    ));
}

#[test]
fn a_refusal_says_why() {
    let reason = |name: &str| verify(&fixture(name), &[key()]).unwrap_err();
    assert!(matches!(
        reason("packages-unsigned.adb"),
        SignatureError::Unsigned
    ));
    assert!(matches!(
        reason("packages-otherkey.adb"),
        SignatureError::UnknownKey(_)
    ));
    let broken = reason("packages-corrupt.adb");
    assert!(
        broken.to_string().contains(&key().id().to_string()),
        "{broken}"
    );
    assert!(packages("packages-corrupt.adb").len() > 30);
    let error = "-----BEGIN PUBLIC KEY-----"
        .parse::<PublicKey>()
        .unwrap_err();
    assert!(error.to_string().contains("P-256"), "{error}");
}

#[test]
fn what_is_no_database_is_refused() {
    let refused = |bytes: &[u8]| Database::open(bytes).unwrap_err();
    assert!(matches!(refused(b""), AdbError::NoDatabase));
    assert!(matches!(refused(b"<html>"), AdbError::NoDatabase));
    assert!(matches!(refused(b"ADB.indx"), AdbError::Block { at: 8 }));
    assert!(matches!(refused(b"ADBc\x07\x00"), AdbError::Compression(7)));
    assert!(matches!(refused(b"ADBd\xff\xff"), AdbError::Unpack(_)));
    let torn = &fixture("packages.adb")[..3000];
    assert!(matches!(refused(torn), AdbError::Unpack(_)));
    let torn = &fixture("packages-none.adb")[..3000];
    assert!(matches!(refused(torn), AdbError::Block { at: 8 }));
    let package = Database::open(&fixture("packages/busykit-1.36.1-r2.apk")).unwrap();
    assert!(matches!(package.packages(), Err(AdbError::Schema { .. })));
}

/// An index whose root is written by the caller, in an uncompressed file.
fn made(root: u32, words: &[u32]) -> Vec<u8> {
    let mut data = vec![0, 0, 0, 0];
    data.extend(root.to_le_bytes());
    data.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    let size = u32::try_from(data.len() + 4).unwrap();
    let mut file = b"ADB.indx".to_vec();
    file.extend(size.to_le_bytes());
    file.extend(data);
    file.resize(file.len().next_multiple_of(8), 0);
    file
}

#[test]
fn data_that_unfold_without_end_are_refused() {
    // The index at 8 has the packages at 20: a thousand times the object behind them, every field
    // of which is the same thousand.
    let many = 1000;
    let packages = 0xd000_0000 + 20;
    let mut words = vec![3, 0, packages, many + 1];
    let package = 24 + 4 * many;
    words.extend((0..many).map(|_| 0xe000_0000 + package));
    words.push(17);
    words.extend([packages; 16]);
    let database = Database::open(&made(0xe000_0000 | 8, &words)).unwrap();
    assert!(matches!(database.to_json(), Err(AdbError::Unfolds)));
    assert!(database.packages().is_err());
}

#[test]
fn values_that_point_outside_are_refused() {
    let database = Database::open(&made(0xe000_0000 | 8, &[2, 0x8000_0000 | 16])).unwrap();
    assert!(matches!(
        database.to_json(),
        Err(AdbError::Value { at: 16 })
    ));
    let database = Database::open(&made(0xe000_0000 | 8, &[u32::MAX])).unwrap();
    assert!(matches!(database.to_json(), Err(AdbError::Value { .. })));
}

proptest! {
    #[test]
    fn a_damaged_index_is_read_or_refused(at in 0usize..9120, byte: u8, length in 0usize..9120) {
        let mut bytes = fixture("packages-none.adb");
        bytes[at] = byte;
        for length in [bytes.len(), length] {
            if let Ok(database) = Database::open(&bytes[..length]) {
                let _ = (database.to_json(), database.packages(), database.verify(&[key()]));
            }
        }
    }
}

proptest! {
    // A verification takes long where nothing is optimised.
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_changed_index_is_not_trusted(at in 16usize..8000, bit in 0u8..8) {
        let mut bytes = fixture("packages-none.adb");
        bytes[at] ^= 1 << bit;
        prop_assert!(verify(&bytes, &[key()]).is_err());
    }
}

fn package_file(package: &Package) -> Vec<u8> {
    fixture(&format!("packages/{}", package.filename))
}

fn checked(file: &[u8], package: &Package) -> Result<(), PackageError> {
    check_package(file, &package.sha256)
}

#[test]
fn package_files_are_those_of_the_index() {
    let all = packages("packages.adb");
    let mut files = 0;
    for entry in std::fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/apk/packages"
    ))
    .unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(package) = all.iter().find(|package| package.filename == name) else {
            continue;
        };
        let file = package_file(package);
        assert_eq!(file.len() as u64, package.size, "{name}");
        checked(&file, package).unwrap();
        files += 1;
    }
    assert!(files >= 4, "{files}");
    let signed = fixture("packages-signed/busykit-1.36.1-r2.apk");
    checked(&signed, &all[0]).unwrap();
    let other = checked(&package_file(&all[0]), &all[1]).unwrap_err();
    assert!(matches!(other, PackageError::Other), "{other}");
    let index = checked(&fixture("packages.adb"), &all[0]).unwrap_err();
    assert!(index.to_string().contains("pckg"), "{index}");
}

#[test]
fn a_package_file_that_was_changed_or_cut_is_noticed() {
    let package = &packages("packages.adb")[0];
    let mut plain = Vec::new();
    let file = package_file(package);
    std::io::Read::read_to_end(&mut container::unpacked(&file[..]).unwrap(), &mut plain).unwrap();
    checked(&plain, package).unwrap();
    for end in 0..plain.len() {
        assert!(checked(&plain[..end], package).is_err(), "cut at {end}");
    }
    let unnoticed = (0..plain.len()).filter(|at| {
        let mut changed = plain.clone();
        changed[*at] ^= 1;
        checked(&changed, package).is_ok()
    });
    // Between blocks are bytes that mean nothing.
    assert!(unnoticed.count() < 3 * 8);
    for end in 0..file.len() {
        assert!(checked(&file[..end], package).is_err(), "cut at {end}");
    }
}
