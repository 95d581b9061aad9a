//! What can be chosen of an image beside its packages, and who says what is chosen at first.

use crate::image::is_filesystem;
use crate::json::Json;
use crate::offer::Channel;

/// What a server allows, as its overview says it; where it says nothing, what API v1 allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Whether first-boot scripts are built in.
    pub(crate) takes_scripts: bool,
    /// The longest first-boot script, bytes.
    pub(crate) script: u64,
    /// The largest system partition, MiB.
    pub(crate) partition: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            takes_scripts: true,
            script: 20_480,
            partition: 1024,
        }
    }
}

impl Limits {
    /// Reads `server` of the overview.
    pub(crate) fn read(server: &Json) -> Self {
        let or = Self::default();
        let most = |name: &str| server.get(name).number().filter(|most| *most > 0);
        Self {
            takes_scripts: *server.get("allow_defaults") != Json::Bool(false),
            script: most("max_defaults_length").unwrap_or(or.script),
            partition: most("max_custom_rootfs_size_mb").unwrap_or(or.partition),
        }
    }
}

/// What the router's configuration `attendedsysupgrade` wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preset {
    /// `client.channel`
    pub(crate) channel: Channel,
    /// `client.advanced_mode`: all versions and options are shown from the start.
    pub(crate) is_advanced: bool,
    /// `client.auto_search`: upgrades are looked for as soon as the router is known.
    pub(crate) searches: bool,
    /// `client.login_check_for_upgrades`: whether to tell of newer releases; `None`: undecided.
    pub(crate) tells: Option<bool>,
    /// The name of the section `client`; empty where there is none.
    pub(crate) client: String,
    /// `owut.fstype`; empty where it names none.
    pub(crate) filesystem: String,
    /// `owut.rootfs_size`, MiB.
    pub(crate) partition: Option<u64>,
}

impl Preset {
    /// Reads the sections of the configuration: those of these names, else the first of the type.
    pub(crate) fn read(sections: &Json) -> Self {
        let (name, client) = section(sections, "client");
        let (_, owut) = section(sections, "owut");
        let tells = client.get("login_check_for_upgrades").text();
        let tells = tells.filter(|decided| !decided.is_empty());
        let filesystem = owut.get("fstype").text().filter(|name| is_filesystem(name));
        let is_on = |name: &str| client.get(name).text() == Some("1");
        Self {
            channel: Channel::from_name(&client.string("channel")).unwrap_or_default(),
            is_advanced: is_on("advanced_mode"),
            searches: is_on("auto_search"),
            tells: tells.map(|on| on == "1"),
            client: name.to_owned(),
            filesystem: filesystem.unwrap_or_default().to_owned(),
            partition: owut.string("rootfs_size").parse().ok(),
        }
    }
}

/// A section with its name; the name is empty where there is none.
fn section<'a>(sections: &'a Json, name: &'a str) -> (&'a str, &'a Json) {
    let all = sections.entries().iter();
    let mut of_type = all.filter(|(_, section)| section.get(".type").text() == Some(name));
    match (sections.get(name), of_type.next()) {
        (Json::Null, Some((first, section))) => (first, section),
        (Json::Null, None) => ("", &Json::Null),
        (named, _) => (name, named),
    }
}
