//! How cgi-io reads a form's boundary, its parts' names and a path.

/// Parts by name, in the order in which cgi-io compares them.
const PARTS: [&str; 4] = ["sessionid", "filename", "filemode", "filedata"];

/// The boundary of a form's content type: all that follows the first `=`.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data;")?;
    parameters
        .split_once('=')
        .map(|(_, boundary)| boundary)
        .filter(|boundary| !boundary.is_empty())
}

/// The part that cgi-io takes a name for: it does not compare the name's last letter, and the last
/// part that fits counts.
pub(super) fn part(name: &str) -> Option<&'static str> {
    let compared = &name.as_bytes()[..name.len().checked_sub(1)?];
    PARTS
        .into_iter()
        .rev()
        .find(|part| part.as_bytes().starts_with(compared))
}

/// A path without `.`, `..` and doubled slashes, by its text alone.
pub(super) fn canonical(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_their_last_letter() {
        assert_eq!(part("sessionid"), Some("sessionid"));
        assert_eq!(part("filename"), Some("filename"));
        assert_eq!(part("filemode"), Some("filemode"));
        assert_eq!(part("filedata"), Some("filedata"));
        assert_eq!(part("filenamX"), Some("filename"));
        assert_eq!(part("x"), Some("filedata"));
        assert_eq!(part("other"), None);
        assert_eq!(part(""), None);
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(canonical("/tmp/./a//../firmware.bin"), "/tmp/firmware.bin");
        assert_eq!(canonical("/../../x"), "/x");
        assert_eq!(canonical("firmware.bin"), "firmware.bin");
    }

    #[test]
    fn only_a_form_has_a_boundary() {
        assert_eq!(boundary("multipart/form-data; boundary=--x"), Some("--x"));
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        assert_eq!(boundary("multipart/form-data;"), None);
    }
}
