//! What can be chosen of an image beside its packages, and who says what is chosen at first.

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
    /// `owut.rootfs_size`, MiB.
    pub(crate) partition: Option<u64>,
}

impl Preset {
    /// Reads the sections of the configuration, by their names.
    pub(crate) fn read(sections: &Json) -> Self {
        let client = sections.get("client").string("channel");
        let size = sections.get("owut").string("rootfs_size");
        Self {
            channel: Channel::from_name(&client).unwrap_or_default(),
            partition: size.parse().ok(),
        }
    }
}
