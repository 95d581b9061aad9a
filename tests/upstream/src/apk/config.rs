//! What apk is told on its command line and in the files it names.

use std::path::{Path, PathBuf};

use asu_test_adb::PublicKey;

/// The settings of one run.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The root filesystem that is not the running one.
    pub(super) root: PathBuf,
    pub(super) arch: String,
    pub(super) keys_dir: PathBuf,
    /// Where package files are kept.
    pub(super) cache: Option<PathBuf>,
    /// Addresses of indexes.
    pub(super) repositories: Vec<String>,
    /// The key that signs a new index.
    pub(super) sign: Option<PathBuf>,
    pub(super) output: Option<PathBuf>,
    flags: Vec<String>,
    /// The command and its arguments.
    pub(super) words: Vec<String>,
}

impl Config {
    /// Reads the command line, then the list of repositories it names.
    pub(super) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut config = Self {
            root: "/".into(),
            keys_dir: "/etc/apk/keys".into(),
            ..Self::default()
        };
        let mut list = None;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().cloned().unwrap_or_default();
            match argument.as_str() {
                "--root" | "-p" => config.root = value().into(),
                "--arch" => config.arch = value(),
                "--keys-dir" => config.keys_dir = value().into(),
                "--cache-dir" => config.cache = Some(value().into()),
                "--repository" | "-X" => config.repositories.push(value()),
                "--repositories-file" => list = Some(value()),
                "--sign" | "--sign-key" => config.sign = Some(value().into()),
                "--output" | "-o" => config.output = Some(value().into()),
                option if option.starts_with("--") => config.flags.push(option[2..].to_owned()),
                word => config.words.push(word.to_owned()),
            }
        }
        if let Some(path) = list {
            config.read_list(Path::new(&path))?;
        }
        Ok(config)
    }

    fn read_list(&mut self, path: &Path) -> Result<(), String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let lines = text.lines().map(str::trim);
        let urls = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        self.repositories.extend(urls.map(str::to_owned));
        Ok(())
    }

    /// Whether the switch `--name` was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The keys that are trusted.
    pub(super) fn keys(&self) -> Vec<PublicKey> {
        let entries = std::fs::read_dir(&self.keys_dir).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        let pems = paths.filter(|path| path.extension().is_some_and(|end| end == "pem"));
        let texts = pems.filter_map(|path| std::fs::read_to_string(path).ok());
        texts.filter_map(|text| PublicKey::parse(&text)).collect()
    }
}
