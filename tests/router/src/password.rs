//! Whether a password is right, by a hash of crypt(3) or by `/etc/shadow`.

use std::fs;
use std::path::Path;

/// The hash field of a user in a shadow file.
pub(crate) fn shadow_hash(shadow: &str, user: &str) -> Option<String> {
    let mut lines = shadow.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        (fields.next() == Some(user)).then(|| fields.next().unwrap_or_default().to_owned())
    })
}

/// The shadow file's text with another hash for a user, who is appended if absent.
pub(crate) fn with_hash(shadow: &str, user: &str, hash: &str) -> String {
    let mut lines: Vec<String> = shadow.lines().map(str::to_owned).collect();
    let position = lines
        .iter()
        .position(|line| line.split(':').next() == Some(user));
    let position = position.unwrap_or_else(|| {
        lines.push(format!("{user}::0:0:99999:7:::"));
        lines.len() - 1
    });
    let mut fields: Vec<&str> = lines[position].split(':').collect();
    fields.resize(fields.len().max(2), "");
    fields[1] = hash;
    lines[position] = fields.join(":");
    lines.join("\n") + "\n"
}

/// Whether a password fits a `password` option of `/etc/config/rpcd`.
///
/// An empty one fits every password; `$p$USER` means that user's hash in `shadow`.
pub(crate) fn fits(option: &str, password: &str, shadow: &Path) -> bool {
    match option.strip_prefix("$p$") {
        Some(user) => {
            let text = fs::read_to_string(shadow).unwrap_or_default();
            shadow_hash(&text, user).is_some_and(|hash| fits(&hash, password, shadow))
        }
        None => option.is_empty() || pwhash::unix::verify(password, option),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_each_kind_are_checked() {
        let nowhere = Path::new("/nonexistent");
        // The first is the genuine router's of tests/fixtures/rpcd; the others are of glibc's crypt(3).
        for (hash, password) in [
            ("$1$owrtsalt$Ql0reGEp./sYcf7GmEfD20", "secret"),
            (
                "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
                "Hello world!",
            ),
            (
                "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
                "Hello world!",
            ),
        ] {
            assert!(fits(hash, password, nowhere), "{hash}");
            assert!(!fits(hash, "wrong", nowhere), "{hash}");
        }
        assert!(fits("", "anything", nowhere));
        assert!(!fits("*", "*", nowhere));
        assert!(!fits("$p$root", "", nowhere));
    }

    #[test]
    fn a_hash_is_replaced_and_nothing_else() {
        let shadow = "root:::0:99999:7:::\ndaemon:*:0:0:99999:7:::\n";
        let changed = with_hash(shadow, "root", "HASH");
        assert_eq!(
            changed,
            "root:HASH::0:99999:7:::\ndaemon:*:0:0:99999:7:::\n"
        );
        assert_eq!(shadow_hash(&changed, "root").as_deref(), Some("HASH"));
        assert_eq!(
            shadow_hash(&with_hash("", "root", "H"), "root").as_deref(),
            Some("H")
        );
    }
}
