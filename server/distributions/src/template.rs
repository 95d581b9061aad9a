//! Placeholders such as `{version}` in paths and URLs.

/// What a branch's `path` may name.
pub(crate) const IN_PATHS: &[&str] = &["version", "branch"];

/// What a repository's `url` may name.
pub(crate) const IN_URLS: &[&str] = &[
    "mirror",
    "folder",
    "version",
    "branch",
    "parent_version",
    "parent_branch",
    "target",
    "subtarget",
    "arch",
];

/// What a branch's `versions` may name.
pub(crate) const IN_VERSIONS: &[&str] = &["parent_version"];

/// Why a template cannot be rendered, in words; `Ok` if it can.
pub(crate) fn check(template: &str, allowed: &[&str]) -> Result<(), String> {
    let mut rest = template;
    while let Some(start) = rest.find(['{', '}']) {
        let opened = rest[start..].strip_prefix('{');
        let Some((name, after)) = opened.and_then(|inner| inner.split_once('}')) else {
            return Err(format!("{template:?} has an unpaired brace"));
        };
        if !allowed.contains(&name) {
            return Err(format!("there is no placeholder {{{name}}} here"));
        }
        rest = after;
    }
    Ok(())
}

/// The template with its placeholders filled in.
pub(crate) fn render(template: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_placeholders_pass() {
        assert!(check("releases/{version}", IN_PATHS).is_ok());
        for bad in ["{arch}", "{version", "version}", "{}", "{{version}}"] {
            assert!(check(bad, IN_PATHS).is_err(), "{bad}");
        }
    }

    #[test]
    fn placeholders_are_filled_in() {
        let values = [("version", "24.10.2"), ("arch", "x86_64")];
        assert_eq!(
            render("{arch}/{version}/{arch}", &values),
            "x86_64/24.10.2/x86_64"
        );
    }
}
