//! What `make info` says of an ImageBuilder.

use std::collections::BTreeMap;

/// An ImageBuilder's revision, default packages and profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// `r24106-10cc5fcd00`; ImageBuilders before 21.02 do not tell.
    pub(crate) revision: Option<String>,
    /// Packages every image has.
    pub(crate) default_packages: Vec<String>,
    /// The packages of each profile; a leading `-` removes a default package.
    pub(crate) profiles: BTreeMap<String, Vec<String>>,
}

/// Reads the output of `make info`; lines of any other form are passed over.
pub(crate) fn parse(text: &str) -> Info {
    let mut info = Info::default();
    let mut profile: Option<&str> = None;
    let mut listing = false;
    for line in text.lines() {
        if let Some(revision) = line.strip_prefix("Current Revision:") {
            info.revision = Some(revision.trim().trim_matches('"').to_owned());
        } else if let Some(packages) = line.strip_prefix("Default Packages:") {
            info.default_packages = words(packages);
        } else if line.starts_with("Available Profiles:") {
            listing = true;
        } else if let (Some(packages), Some(name)) = (line.strip_prefix("    Packages:"), profile) {
            info.profiles.insert(name.to_owned(), words(packages));
        } else if let (true, Some(name)) = (listing, heading(line)) {
            profile = Some(name);
            info.profiles.entry(name.to_owned()).or_default();
        }
    }
    info
}

fn heading(line: &str) -> Option<&str> {
    let name = line.strip_suffix(':')?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_current_imagebuilder() {
        let info = parse(
            "Current Target: \"x86/64\"\nCurrent Architecture: \"x86_64\"\n\
             Current Revision: \"r24106-10cc5fcd00\"\n\
             Default Packages: base-files ca-bundle dnsmasq\nAvailable Profiles:\n\n\
             generic:\n    Generic x86/64\n    Packages: kmod-amazon-ena -ppp\n    hasImageMetadata: 1\n\
             other:\n    Packages: \n    SupportedDevices: a,b c\n",
        );
        assert_eq!(info.revision.as_deref(), Some("r24106-10cc5fcd00"));
        assert_eq!(
            info.default_packages,
            ["base-files", "ca-bundle", "dnsmasq"]
        );
        assert_eq!(info.profiles["generic"], ["kmod-amazon-ena", "-ppp"]);
        assert!(info.profiles["other"].is_empty() && info.profiles.len() == 2);
    }

    #[test]
    fn an_old_imagebuilder_tells_no_revision() {
        let info =
            parse("Current Target: \"ralink (MT7621 based boards)\"\nDefault Packages: libc\n");
        assert_eq!(
            (info.revision, info.default_packages),
            (None, vec!["libc".to_owned()])
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(?s).{0,300}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_is_read(
            defaults in prop::collection::vec("[a-z][a-z0-9-]{0,9}", 0..9),
            profiles in prop::collection::btree_map(
                "[a-z][a-z0-9_-]{0,9}", prop::collection::vec("-?[a-z][a-z0-9-]{0,9}", 0..5), 0..9),
        ) {
            let profile = |(name, packages): (&String, &Vec<String>)|
                format!("{name}:\n    A: title\n    Packages: {}\n    hasImageMetadata: 1\n", packages.join(" "));
            let text = format!(
                "Default Packages: {}\nAvailable Profiles:\n\n{}",
                defaults.join(" "), profiles.iter().map(profile).collect::<String>());
            let info = parse(&text);
            prop_assert_eq!(info.default_packages, defaults);
            prop_assert_eq!(info.profiles, profiles);
        }
    }
}
