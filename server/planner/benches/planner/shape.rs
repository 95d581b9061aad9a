//! Made-up packages in the shape of true ones.
//!
//! The numbers are those of a published index of 3,403 packages (opkg, ramips, 2019): the sizes of the
//! families, how many packages each needs and of which family these are, how popular the most
//! popular ones are, and the lengths of names and descriptions. What that index is too old for,
//! ABI versions in the names of libraries and `-any` names, follows OpenWrt 25.12.

use std::collections::HashSet;

use fastrand::Rng;

/// How many packages there are.
pub(crate) const PACKAGES: usize = 10_000;

/// Packages that cannot be installed: not there, in want of something, and not with each other.
pub(crate) const IMPOSSIBLE: [&str; 4] = ["not-there", "needs-more", "editor", "editor-full"];

/// The version of the kernel, which modules name.
pub(crate) const KERNEL: &str = "6.6.93~50daf8372d971124fb3519e8d87e02ae-r1";

/// A kind of packages that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Library,
    Module,
    Program,
    Luci,
    Application,
    Language,
}

use Family::{Application, Language, Library, Luci, Module, Program};

/// Of 10,000 packages.
const FAMILIES: [(Family, usize); 6] = [
    (Library, 852),
    (Module, 1343),
    (Program, 7029),
    (Luci, 97),
    (Application, 323),
    (Language, 356),
];

/// How many requirements, and how many of a hundred packages have so many.
const NEEDS: [(Family, &[(usize, usize)]); 6] = [
    (
        Library,
        &[
            (1, 2),
            (2, 32),
            (3, 32),
            (4, 14),
            (5, 8),
            (6, 6),
            (7, 3),
            (8, 2),
            (12, 1),
        ],
    ),
    (
        Module,
        &[(1, 18), (2, 41), (3, 24), (4, 11), (5, 4), (6, 2)],
    ),
    (
        Program,
        &[
            (2, 12),
            (3, 44),
            (4, 20),
            (5, 9),
            (6, 5),
            (7, 4),
            (8, 2),
            (9, 2),
            (12, 2),
        ],
    ),
    (Luci, &[(2, 33), (3, 36), (4, 12), (5, 6), (9, 5), (11, 8)]),
    (
        Application,
        &[
            (2, 14),
            (3, 49),
            (4, 15),
            (5, 5),
            (6, 5),
            (7, 2),
            (8, 4),
            (12, 6),
        ],
    ),
    (Language, &[(3, 100)]),
];

/// Of which families the requirements are besides the C library and its helper, of a hundred.
const NEEDED: [(Family, &[(Family, usize)]); 6] = [
    (Library, &[(Library, 84), (Program, 13), (Module, 3)]),
    (Module, &[(Module, 100)]),
    (Program, &[(Program, 57), (Library, 39), (Module, 4)]),
    (Luci, &[(Luci, 38), (Program, 32), (Library, 30)]),
    (
        Application,
        &[(Program, 76), (Luci, 9), (Module, 10), (Library, 5)],
    ),
    (Language, &[(Application, 97), (Luci, 3)]),
];

/// Tenths of all names and descriptions are at most this long.
const NAMES: [usize; 11] = [2, 6, 8, 10, 12, 14, 15, 17, 19, 22, 43];
const DESCRIPTIONS: [usize; 11] = [2, 20, 26, 32, 41, 50, 66, 101, 145, 264, 1539];
/// Tenths of all package files are at most this large, bytes.
const SIZES: [usize; 11] = [
    791, 2_817, 4_550, 7_039, 11_019, 17_040, 26_767, 43_493, 81_037, 214_949, 3_879_532,
];

/// A made-up package, as neither package manager writes it.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) family: Family,
    /// Without ABI version.
    pub(crate) base: String,
    /// May be empty.
    pub(crate) abi: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) size: usize,
    pub(crate) needs: Vec<String>,
    /// A name that other packages provide as well, none of them beside this one.
    pub(crate) stands_for: Option<String>,
}

impl Made {
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.base, self.abi)
    }
}

/// The packages of a release; the same every time. Another release has other versions of them.
pub(crate) fn packages(release: u32) -> Vec<Made> {
    let mut maker = Maker {
        rng: Rng::with_seed(4),
        release,
        taken: HashSet::new(),
        made: Vec::with_capacity(PACKAGES),
    };
    for (family, count) in FAMILIES {
        let fixed = fixed(family);
        for name in fixed {
            maker.named(family, name);
        }
        for _ in fixed.len()..count {
            maker.any(family);
        }
    }
    maker.finish()
}

/// Packages every router has, and those of [`IMPOSSIBLE`] that exist.
fn fixed(family: Family) -> &'static [&'static str] {
    match family {
        Library => &["libc", "libgcc", "libpthread"],
        Module => &["kernel"],
        Program => &[
            "busybox",
            "base-files",
            "dnsmasq",
            "firewall4",
            "netifd",
            "procd",
            "uci",
            "opkg",
            "apk-mbedtls",
            "needs-more",
            "editor",
            "editor-full",
        ],
        Luci => &["luci", "luci-base"],
        Application | Language => &[],
    }
}

struct Maker {
    rng: Rng,
    release: u32,
    taken: HashSet<String>,
    made: Vec<Made>,
}

impl Maker {
    fn named(&mut self, family: Family, name: &str) {
        let abi = if name == "libgcc" { "1" } else { "" };
        let needs = match name {
            "needs-more" => vec!["libc".to_owned(), "more-than-there-is".to_owned()],
            "libc" | "libgcc" | "kernel" | "base-files" => Vec::new(),
            _ => vec!["libc".to_owned(), "libgcc1".to_owned()],
        };
        let stands_for = name
            .starts_with("editor")
            .then(|| "virtual-editor".to_owned());
        self.taken.insert(name.to_owned());
        self.add(family, name.to_owned(), abi.to_owned(), needs, stands_for);
    }

    fn any(&mut self, family: Family) {
        let base = self.name(family);
        let is_versioned = family == Library && self.rng.u32(..100) < 60;
        let abi = if is_versioned {
            20_240_000 + self.rng.u32(100..1300) + self.release
        } else {
            0
        };
        let abi = if abi == 0 {
            String::new()
        } else {
            abi.to_string()
        };
        let needs = self.needs(family);
        // 47 of 3,403 provide something besides themselves.
        let stands_for = family == Program && self.rng.u32(..1000) < 14;
        let stands_for = stands_for.then(|| format!("virtual-{}", self.rng.u32(..40)));
        self.add(family, base, abi, needs, stands_for);
    }

    fn add(
        &mut self,
        family: Family,
        base: String,
        abi: String,
        needs: Vec<String>,
        stands_for: Option<String>,
    ) {
        let version = self.version(family, &base);
        let description = self.words(DESCRIPTIONS, ' ');
        let size = self.within(SIZES);
        self.made.push(Made {
            family,
            base,
            abi,
            version,
            description,
            size,
            needs,
            stands_for,
        });
    }

    fn name(&mut self, family: Family) -> String {
        const LANGUAGES: [&str; 6] = ["de", "en", "fr", "pt-br", "ru", "zh-cn"];
        loop {
            let name = match family {
                Library => format!("lib{}", self.words(NAMES, '-')),
                Module => format!("kmod-{}", self.words(NAMES, '-')),
                Program => self.words(NAMES, '-'),
                Luci => format!("luci-{}", self.words(NAMES, '-')),
                Application => format!("luci-app-{}", self.words(NAMES, '-')),
                Language => {
                    let language = LANGUAGES[self.rng.usize(..LANGUAGES.len())];
                    format!("luci-i18n-{}-{language}", self.words(NAMES, '-'))
                }
            };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    fn needs(&mut self, family: Family) -> Vec<String> {
        let count = self.one_of(&NEEDS, family);
        let common: &[&str] = if family == Module {
            &["kernel"]
        } else {
            &["libc", "libgcc1"]
        };
        let mut needs: Vec<String> = common.iter().map(|name| (*name).to_owned()).collect();
        for _ in common.len()..count {
            let of = self.one_of(&NEEDED, family);
            if let Some(name) = self.popular(of) {
                needs.push(name);
            }
        }
        needs.sort();
        needs.dedup();
        needs.truncate(count);
        needs
    }

    /// An earlier package of a family; the first ones are needed by many.
    fn popular(&mut self, family: Family) -> Option<String> {
        let (first, count) = self.made_of(family);
        let place = self.rng.f64().powi(3);
        // Rounded down on purpose.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let place = (place * count as f64) as usize;
        let package = self.made.get(first + place).filter(|_| count > 0)?;
        let is_whole = package.stands_for.is_none() && package.base != "needs-more";
        is_whole.then(|| package.name())
    }

    fn made_of(&self, family: Family) -> (usize, usize) {
        let first = self.made.iter().position(|made| made.family == family);
        let first = first.unwrap_or_default();
        let count = self.made[first..]
            .iter()
            .take_while(|made| made.family == family)
            .count();
        (first, count)
    }

    fn one_of<T: Copy>(&mut self, table: &[(Family, &[(T, usize)])], family: Family) -> T {
        let (_, weights) = table.iter().find(|(known, _)| *known == family).unwrap();
        let mut left = self.rng.usize(..100);
        for (value, weight) in *weights {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        weights[0].0
    }

    fn version(&mut self, family: Family, base: &str) -> String {
        let release = self.release;
        let (major, minor, hash) = (self.rng.u32(..9), self.rng.u32(..40), self.rng.u32(..));
        match family {
            _ if base == "kernel" => KERNEL.to_owned(),
            Module => format!("6.6.93-r{}", release + 1),
            Luci | Application | Language => format!(
                "25.{}.{}~{:07x}-r1",
                100 + release,
                10_000 + minor,
                hash >> 4
            ),
            _ if hash % 4 == 0 => format!(
                "2024.{:02}.{:02}~{hash:08x}-r{}",
                1 + major,
                1 + minor % 28,
                release + 1
            ),
            _ => format!("{major}.{minor}.{}-r{}", hash % 12, release + 1),
        }
    }

    /// Made-up words, as long as the lengths say.
    fn words(&mut self, lengths: [usize; 11], gap: char) -> String {
        let length = self.within(lengths).max(2);
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let is_gap = text.len() % 7 == 6 && text.len() + 1 < length;
            text.push(if is_gap { gap } else { self.rng.lowercase() });
        }
        text
    }

    /// A number that falls between two tenths as often as between any other two.
    fn within(&mut self, tenths: [usize; 11]) -> usize {
        let tenth = self.rng.usize(..10);
        self.rng.usize(tenths[tenth]..=tenths[tenth + 1])
    }

    /// True indexes are sorted by name.
    fn finish(mut self) -> Vec<Made> {
        self.made.sort_by_cached_key(Made::name);
        self.made
    }
}
