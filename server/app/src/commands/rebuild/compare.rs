//! What differs between two answers to one request.

use std::collections::BTreeMap;

use asu_protocol::build::BuildAnswer;
use asu_protocol::profiles::Image;
use serde::Serialize;

/// How many packages or images a text names.
const NAMED: usize = 5;

/// What differs, here and there.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    /// The revisions, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    revisions: Option<[String; 2]>,
    /// The versions of packages that differ; null stands for a package that is not there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    packages: BTreeMap<String, [Option<String>; 2]>,
    /// All images.
    pub(super) images: Vec<Compared>,
}

/// An image of either answer.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// The file's name here, or there where only the other one has it.
    pub(super) name: String,
    /// Whether both have it with the same bytes, signatures apart.
    pub(super) same: bool,
    /// SHA-256 without a signature, here and there.
    sums: [Option<String>; 2],
}

/// Compares what was answered with what was made again.
pub(super) fn compare(kept: &BuildAnswer, made: &BuildAnswer) -> Comparison {
    let revisions = [kept, made].map(|answer| answer.version_code.clone());
    Comparison {
        revisions: Some(revisions).filter(|[here, there]| here != there),
        packages: packages(kept, made),
        images: images(kept, made),
    }
}

impl Comparison {
    /// Whether there are images, and all of them are the same.
    pub(super) fn same(&self) -> bool {
        !self.images.is_empty() && self.images.iter().all(|image| image.same)
    }

    /// What differs, with the likely cause first; nothing if the images are the same.
    pub(super) fn detail(&self) -> String {
        if self.same() {
            return String::new();
        }
        let mut said = Vec::new();
        if let Some([here, there]) = &self.revisions {
            said.push(format!("revision {here}, not {there}"));
        }
        if !self.packages.is_empty() {
            let one = |(name, versions): (&String, &[Option<String>; 2])| {
                let [here, there] = versions.each_ref().map(|v| v.as_deref().unwrap_or("none"));
                format!("{name} {here}, not {there}")
            };
            said.push(format!(
                "packages: {}",
                listed(self.packages.iter().map(one))
            ));
        }
        let different = self.images.iter().filter(|image| !image.same);
        let names = listed(different.map(|image| image.name.clone()));
        said.push(format!("different images: {names}"));
        said.join("; ")
    }

    /// What to look at.
    pub(super) fn hint(&self) -> &'static str {
        if self.revisions.is_some() || !self.packages.is_empty() {
            "Packages are others than they were, so images must differ. Ask for the build anew when its \
             answer has expired, and compare then."
        } else {
            "The packages are the same, so look at what differs inside (diffoscope shows it): the \
             ImageBuilders' sums, the versions of tools such as gzip and mksquashfs, times, order."
        }
    }
}

fn listed(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(NAMED);
    let named = all[..all.len() - more].join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn packages(kept: &BuildAnswer, made: &BuildAnswer) -> BTreeMap<String, [Option<String>; 2]> {
    let names = kept.manifest.keys().chain(made.manifest.keys());
    let both = |name: &String| [kept, made].map(|answer| answer.manifest.get(name).cloned());
    names
        .map(|name| (name.clone(), both(name)))
        .filter(|(_, [here, there])| here != there)
        .collect()
}

fn images(kept: &BuildAnswer, made: &BuildAnswer) -> Vec<Compared> {
    let (here, there) = (by_ending(kept), by_ending(made));
    let mut endings: Vec<&&str> = here.keys().chain(there.keys()).collect();
    endings.sort_unstable();
    endings.dedup();
    let pair = |ending: &&str| {
        let images = [here.get(ending), there.get(ending)];
        let sums = images.map(|image| image.map(|image| unsigned(image).to_owned()));
        let named = images.into_iter().flatten().next();
        Compared {
            name: named.map_or_else(String::new, |image| image.name.clone()),
            same: sums[0].is_some() && sums[0] == sums[1],
            sums,
        }
    };
    endings.into_iter().map(pair).collect()
}

/// Images by what comes after the prefix: servers add names of their own to that.
fn by_ending(answer: &BuildAnswer) -> BTreeMap<&str, &Image> {
    let ending = |image: &'_ Image| -> usize {
        let prefix = &answer.image_prefix;
        image
            .name
            .strip_prefix(prefix.as_str())
            .map_or(0, |_| prefix.len())
    };
    let images = answer.images.iter();
    images
        .map(|image| (&image.name[ending(image)..], image))
        .collect()
}

/// Not every server says what an image is without its signature; an unsigned one is what it is.
fn unsigned(image: &Image) -> &str {
    match image.sha256_unsigned.as_str() {
        "" => &image.sha256,
        sum => sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(prefix: &str, images: &[(&str, &str, &str)], packages: &Value) -> BuildAnswer {
        let image = |(ending, sha256, unsigned): &(&str, &str, &str)| {
            json!({"name": format!("{prefix}{ending}"), "type": "x", "sha256": sha256,
                "sha256_unsigned": unsigned})
        };
        let images: Vec<Value> = images.iter().map(image).collect();
        serde_json::from_value(json!({"image_prefix": prefix, "images": images,
            "manifest": packages, "version_code": "r1"}))
        .unwrap()
    }

    #[test]
    fn signatures_and_names_of_servers_do_not_matter() {
        let kept = answer(
            "a",
            &[("-x.bin", "1", "2"), ("-y.bin", "3", "")],
            &json!({"p": "1"}),
        );
        let made = answer(
            "bb",
            &[("-y.bin", "9", "3"), ("-x.bin", "2", "")],
            &json!({"p": "1"}),
        );
        let compared = compare(&kept, &made);
        assert!(compared.same(), "{compared:?}");
        assert_eq!(compared.detail(), "");
        assert_eq!(compared.images[0].name, "a-x.bin");
    }

    #[test]
    fn every_difference_is_named_and_packages_come_first() {
        let kept = answer(
            "a",
            &[("-x", "1", ""), ("-y", "2", "")],
            &json!({"p": "1", "q": "1"}),
        );
        let made = answer(
            "a",
            &[("-x", "1", ""), ("-z", "2", "")],
            &json!({"p": "2", "q": "1"}),
        );
        let compared = compare(&kept, &made);
        assert!(!compared.same());
        assert_eq!(
            compared.detail(),
            "packages: p 1, not 2; different images: a-y, a-z"
        );
        assert!(compared.hint().contains("Packages are others"));

        let other = answer(
            "a",
            &[("-x", "3", ""), ("-y", "2", "")],
            &json!({"p": "1", "q": "1"}),
        );
        let compared = compare(&kept, &other);
        assert_eq!(compared.detail(), "different images: a-x");
        assert!(compared.hint().contains("diffoscope"));
    }

    #[test]
    fn no_images_are_not_the_same_images() {
        let none = answer("a", &[], &json!({}));
        assert!(!compare(&none, &none).same());
    }
}
