//! The packages, from `data/packages.txt`.

mod entry;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::release::{Release, Target};
use crate::format::stanza::Stanza;

/// A row of the table: a package through all releases.
struct Row {
    name: &'static str,
    feed: &'static str,
    packed: usize,
    unpacked: usize,
    /// By release, oldest first; empty where the package is absent.
    versions: [&'static str; 3],
    depends: &'static str,
    more: BTreeMap<&'static str, &'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    super::rows(include_str!("../../data/packages.txt"))
        .filter_map(|row| read(&row))
        .collect()
});

fn read(row: &[&'static str]) -> Option<Row> {
    let [name, feed, sizes, old, middle, new, depends, more] = *row else {
        return None;
    };
    let (packed, unpacked) = sizes.split_once('/')?;
    let more = more.split_whitespace();
    Some(Row {
        name,
        feed,
        packed: packed.parse::<usize>().ok()? * 1024,
        unpacked: unpacked.parse::<usize>().ok()? * 1024,
        versions: versions([old, middle, new]),
        depends,
        more: more
            .map(|word| word.split_once('=').unwrap_or((word, "")))
            .collect(),
    })
}

/// Resolves "as in the release before" and "absent".
fn versions(mut columns: [&'static str; 3]) -> [&'static str; 3] {
    let mut before = "";
    for column in &mut columns {
        match *column {
            "=" => *column = before,
            "-" => *column = "",
            _ => {}
        }
        before = column;
    }
    columns
}

/// A package of one release and target.
#[derive(Debug)]
pub struct Package {
    /// The name without ABI suffix: `libubox`.
    pub base_name: &'static str,
    /// The name with ABI suffix: `libubox20240329`.
    pub name: String,
    /// `core`, `kmod`, `base`, `luci`, …
    pub feed: &'static str,
    /// The version.
    pub version: String,
    /// The ABI suffix; may be empty.
    pub abi: &'static str,
    /// `mips_24kc`, `x86_64` or `all`.
    pub arch: &'static str,
    /// About how many bytes the package file has.
    pub packed: usize,
    /// About how many bytes its files have.
    pub unpacked: usize,
    /// Where its main file goes, if the table says so.
    pub path: Option<&'static str>,
    depends: Vec<String>,
    more: &'static BTreeMap<&'static str, &'static str>,
}

/// The packages of a release and target, in the table's order.
pub fn of(release: &Release, target: &Target) -> Vec<Package> {
    let column = super::release::all()
        .iter()
        .position(|other| other.version == release.version);
    let present: Vec<(&'static Row, &'static str)> = ROWS
        .iter()
        .filter(|row| {
            row.more
                .get("on")
                .is_none_or(|board| *board == target.board())
        })
        .filter_map(|row| Some((row, row.versions[column?])))
        .filter(|(_, version)| !version.is_empty())
        .collect();
    let suffixes: BTreeMap<&str, &str> = present
        .iter()
        .filter_map(|(row, version)| Some((row.name, version.split_once('@')?.1)))
        .collect();
    present
        .iter()
        .map(|(row, version)| package(row, version, &suffixes, release, target))
        .collect()
}

fn package(
    row: &'static Row,
    version: &'static str,
    suffixes: &BTreeMap<&str, &str>,
    release: &Release,
    target: &Target,
) -> Package {
    let (version, abi) = version.split_once('@').unwrap_or((version, ""));
    let with_suffix = |name: &str| format!("{name}{}", suffixes.get(name).unwrap_or(&""));
    let mut depends: Vec<String> = super::words(row.depends, release)
        .into_iter()
        .map(with_suffix)
        .collect();
    if row.name.starts_with("kmod-") {
        depends.insert(0, format!("kernel (={})", release.kernel_version(target)));
    }
    Package {
        base_name: row.name,
        name: with_suffix(row.name),
        feed: row.feed,
        version: match version {
            "K" if row.name == "kernel" => release.kernel_version(target),
            "K" => release.kmod_version(),
            "L" => release.luci.to_owned(),
            other => other.to_owned(),
        },
        abi,
        arch: if row.more.contains_key("all") {
            "all"
        } else {
            target.arch
        },
        packed: row.packed,
        unpacked: row.unpacked,
        path: row.more.get("path").copied(),
        depends,
        more: &row.more,
    }
}

impl Package {
    /// The name of the package file.
    pub fn filename(&self) -> String {
        format!("{}_{}_{}.ipk", self.name, self.version, self.arch)
    }

    /// The control file.
    pub fn control(&self, release: &Release, installed_size: usize) -> Stanza {
        let provides = (!self.abi.is_empty()).then_some(self.base_name);
        let provides: Vec<&str> = provides.into_iter().chain(self.comma("provides")).collect();
        Stanza::default()
            .with("Package", &*self.name)
            .with("Version", &*self.version)
            .with("Depends", self.depends.join(", "))
            .with(
                "Conflicts",
                self.comma("conflicts").collect::<Vec<_>>().join(", "),
            )
            .with("Provides", provides.join(", "))
            .with(
                "Alternatives",
                self.comma("alt").collect::<Vec<_>>().join(", "),
            )
            .with("Source", format!("feeds/{}/{}", self.feed, self.base_name))
            .with("SourceName", self.base_name)
            .with("License", "GPL-2.0")
            .with("Section", self.section())
            .with("SourceDateEpoch", release.epoch.to_string())
            .with("ABIVersion", self.abi)
            .with(
                "Essential",
                if self.more.contains_key("essential") {
                    "yes"
                } else {
                    ""
                },
            )
            .with(
                "Require-User",
                self.more.get("user").copied().unwrap_or_default(),
            )
            .with("Maintainer", "OpenWrt test mirror <mirror@example.org>")
            .with("Architecture", self.arch)
            .with("Installed-Size", installed_size.to_string())
            .with(
                "Description",
                format!(" {}, as the test mirror has it", self.base_name),
            )
    }

    /// What its scripts leave to the package: lines of a file `lib/apk/packages/NAME.KIND`.
    pub fn apk_lines(&self, kind: &str) -> Vec<&'static str> {
        match kind {
            "alternatives" => self.comma("alt").collect(),
            "rusers" => self.more.get("user").copied().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn comma(&self, key: &str) -> impl Iterator<Item = &'static str> {
        let text = self.more.get(key).copied().unwrap_or_default();
        text.split(',').filter(|item| !item.is_empty())
    }

    fn section(&self) -> &'static str {
        match self.base_name {
            name if name.starts_with("kmod-") || name == "kernel" => "kernel",
            name if name.starts_with("lib") => "libs",
            name if name.starts_with("luci") => "luci",
            _ if self.feed == "core" => "base",
            _ => "net",
        }
    }
}
