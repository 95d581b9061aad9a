use std::ffi::CString;
use std::io::Write;

use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;

/// What `read` finds in a file with this content.
fn found(read: fn(&CStr) -> Fact, content: &[u8]) -> Option<String> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let path = CString::new(file.path().to_str().unwrap()).unwrap();
    read(&path).as_str().map(str::to_owned)
}

#[test]
fn first_line_is_trimmed() {
    assert_eq!(
        found(first_line, b"tplink,archer-c7-v5\n").as_deref(),
        Some("tplink,archer-c7-v5")
    );
    assert_eq!(found(first_line, b" a b \nc").as_deref(), Some("a b"));
    assert_eq!(found(first_line, b""), None);
    assert_eq!(found(first_line, b"\xff\xfe\n"), None);
    assert!(first_line(c"/no/such/file").as_str().is_none());
}

#[test]
fn shell_values_lose_their_quotes() {
    let line = b"DISTRIB_TARGET='ath79/generic'";
    assert_eq!(
        shell_value(line, "DISTRIB_TARGET"),
        Some(&b"ath79/generic"[..])
    );
    assert_eq!(shell_value(line, "DISTRIB_TARG"), None);
    assert_eq!(shell_value(b"A=\"x y\"", "A"), Some(&b"x y"[..]));
    assert_eq!(shell_value(b"A=plain", "A"), Some(&b"plain"[..]));
    assert_eq!(shell_value(b"A=''", "A"), Some(&b""[..]));
    assert_eq!(shell_value(b"A='", "A"), Some(&b"'"[..]));
}

#[test]
fn memory_is_in_bytes() {
    let line = b"MemTotal:         124928 kB";
    assert_eq!(memory_value(line, "MemTotal"), Some(124_928 * 1024));
    assert_eq!(memory_value(line, "MemAvailable"), None);
    assert_eq!(memory_value(b"MemTotal: x kB", "MemTotal"), None);
    assert_eq!(
        memory_value(b"MemTotal: 99999999999999999999 kB", "MemTotal"),
        None
    );
}

#[test]
fn the_read_only_part_is_the_root() {
    let squashfs = b"/dev/root /rom squashfs ro,relatime 0 0\nproc /proc proc rw 0 0\n\
        overlayfs:/overlay / overlay rw,noatime 0 0\n";
    assert_eq!(found(rootfs_type, squashfs).as_deref(), Some("squashfs"));
    let ext4 = b"rootfs / rootfs rw 0 0\n/dev/root / ext4 rw,noatime 0 0\n";
    assert_eq!(found(rootfs_type, ext4).as_deref(), Some("ext4"));
    let volatile = b"tmpfs / tmpfs rw 0 0\n";
    assert_eq!(found(rootfs_type, volatile).as_deref(), Some("tmpfs"));
    assert_eq!(
        found(rootfs_type, b"overlayfs:/overlay / overlay rw 0 0\n"),
        None
    );
}

#[test]
fn compat_version_is_that_of_the_system() {
    let version = |text: &str| found(compat_version, text.as_bytes());
    let system = "config system\n\toption hostname 'x'\n\toption compat_version '1.1'\n";
    assert_eq!(version(system).as_deref(), Some("1.1"));
    assert_eq!(
        version("config 'system' 'system'\noption \"compat_version\" 2.0").as_deref(),
        Some("2.0")
    );
    let other = "config timeserver 'ntp'\n\toption compat_version '9.9'\n";
    assert_eq!(version(other).as_deref(), Some("1.0"));
    assert_eq!(
        version(&format!("{other}\n{system}")).as_deref(),
        Some("1.1")
    );
    assert_eq!(
        version(&format!("config system\n{other}")).as_deref(),
        Some("1.0")
    );
    assert_eq!(version("").as_deref(), Some("1.0"));
}

proptest! {
    #[test]
    fn never_panics_on_any_bytes(content: Vec<u8>) {
        for read in [first_line, rootfs_type, compat_version] {
            found(read, &content);
        }
        let _ = (shell_value(&content, ""), memory_value(&content, ""));
    }

    #[test]
    fn never_panics_on_any_words(content in "((config|option|/|'|\"|system|compat_version| |\t|\n)){0,60}") {
        for read in [first_line, rootfs_type, compat_version] {
            found(read, content.as_bytes());
        }
    }
}
