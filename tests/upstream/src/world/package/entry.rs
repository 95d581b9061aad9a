//! A package as apk's index lists it, by the rules of OpenWrt's `include/package-pack.mk`.

use asu_test_adb::Package as Entry;

use super::Package;

impl Package {
    /// The entry of apk's index, but for the digest and the sizes of the package file.
    pub fn entry(&self) -> Entry {
        let arch = if self.arch == "all" {
            "noarch"
        } else {
            self.arch
        };
        let priority = self.more.get("priority").copied();
        let tag = (!self.abi.is_empty()).then(|| format!("openwrt:abiversion={}", self.abi));
        Entry {
            name: self.name.clone(),
            version: self.version.clone(),
            description: format!("{}, as the test mirror has it", self.base_name),
            arch: arch.to_owned(),
            license: "GPL-2.0".to_owned(),
            origin: format!("feeds/{}/{}", self.feed, self.base_name),
            maintainer: "OpenWrt test mirror <mirror@example.org>".to_owned(),
            provider_priority: priority.and_then(|text| text.parse().ok()).unwrap_or(0),
            depends: self.depends().chain(self.forbidden()).collect(),
            provides: self.provides().collect(),
            tags: tag.into_iter().collect(),
            ..Entry::default()
        }
    }

    /// `kernel (=6.6)` is `kernel=6.6` for apk.
    fn depends(&self) -> impl Iterator<Item = String> {
        let text = |depends: &String| depends.replace(" (", "").replace(')', "");
        self.depends.iter().map(text)
    }

    /// Packages of one provided name exclude each other by its version; others are named.
    fn forbidden(&self) -> impl Iterator<Item = String> {
        let provided: Vec<&str> = self.comma("provides").collect();
        let others = self
            .comma("conflicts")
            .filter(move |name| !provided.contains(name));
        others.map(|name| format!("!{name}"))
    }

    /// A name with the package's version belongs to one package at a time, one without to many.
    fn provides(&self) -> impl Iterator<Item = String> {
        let (abi, version) = (self.abi, &self.version);
        let base = (!abi.is_empty()).then(|| self.base_name.to_owned());
        let shares = self.more.contains_key("alt") && abi.is_empty();
        let others = self.comma("provides").map(move |name| {
            if shares {
                name.to_owned()
            } else {
                format!("{name}{abi}={version}")
            }
        });
        let any = format!("{}-any", self.base_name);
        base.into_iter().chain([any]).chain(others)
    }
}
