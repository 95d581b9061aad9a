//! What opkg is told: its configuration file and its command line.

use std::path::{Path, PathBuf};

/// A feed: `src/gz NAME URL`.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) is_compressed: bool,
}

/// The settings of one run.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) feeds: Vec<Feed>,
    pub(super) checks_signatures: bool,
    /// Architectures that can be installed.
    pub(super) arches: Vec<String>,
    /// The root filesystem that is not the running one.
    pub(super) offline_root: PathBuf,
    /// Where package files are kept.
    pub(super) cache: Option<PathBuf>,
    pub(super) lists_dir: PathBuf,
    pub(super) noaction: bool,
    pub(super) strip_abi: bool,
    /// Relations are listed for all packages, not only installed ones.
    pub(super) all: bool,
    /// The command and its arguments.
    pub(super) words: Vec<String>,
}

impl Config {
    /// Reads the command line, then the configuration file it names.
    pub(super) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut config = Self {
            offline_root: "/".into(),
            lists_dir: "/var/opkg-lists".into(),
            ..Self::default()
        };
        let mut file = None;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().cloned().unwrap_or_default();
            match argument.as_str() {
                "-f" | "--conf" => file = Some(value()),
                "-o" | "--offline-root" => config.offline_root = value().into(),
                "--cache" => config.cache = Some(value().into()),
                "--lists-dir" | "-l" => config.lists_dir = value().into(),
                "--add-arch" => config.add_arch(&value()),
                "--add-dest" | "-d" | "--dest" => drop(value()),
                "--noaction" => config.noaction = true,
                "--strip-abi" => config.strip_abi = true,
                "-A" => config.all = true,
                option if option.starts_with("--force-") => {}
                option if option.starts_with('-') => {
                    return Err(format!("opkg: unrecognized option '{option}'"));
                }
                word => config.words.push(word.to_owned()),
            }
        }
        let path = file.map_or_else(|| config.offline_root.join("etc/opkg.conf"), PathBuf::from);
        config.read_file(&path)?;
        Ok(config)
    }

    fn add_arch(&mut self, text: &str) {
        let name = text.split(':').next().unwrap_or(text);
        self.arches.push(name.to_owned());
    }

    fn read_file(&mut self, path: &Path) -> Result<(), String> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!(
                " * opkg_conf_load: Could not open {}: {error}.",
                path.display()
            )
        })?;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [kind @ ("src" | "src/gz"), name, url] => self.feeds.push(Feed {
                    name: name.to_owned(),
                    url: url.trim_end_matches('/').to_owned(),
                    is_compressed: kind == "src/gz",
                }),
                ["option", "check_signature", ..] => self.checks_signatures = true,
                ["arch", name, ..] => self.add_arch(name),
                ["lists_dir", _, path] => self.lists_dir = path.into(),
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the lists of the feeds are kept, inside the offline root.
    pub(super) fn lists(&self) -> PathBuf {
        self.inside(&self.lists_dir.to_string_lossy())
    }

    /// A path of the root filesystem.
    pub(super) fn inside(&self, path: &str) -> PathBuf {
        self.offline_root.join(path.trim_start_matches('/'))
    }
}
