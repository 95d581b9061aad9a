//! Mirror, server and router, started together.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use asu_protocol::build::{BuildAnswer, BuildRequest};
use tempfile::TempDir;
use tokio::process::Command;

use crate::mirror;
use crate::process::Process;
use crate::router::personalise;
use crate::server::Server;

/// The release a router starts with.
pub const OLD_RELEASE: &str = "23.05.5";
/// The release it is upgraded to.
pub const NEW_RELEASE: &str = "24.10.2";
/// The password of the virtual router.
pub const PASSWORD: &str = "admin";

/// The packages an owner has put on the router beside the defaults: old names among them.
pub const OWNERS_PACKAGES: [&str; 11] = [
    "luci",
    "auc",
    "firewall",
    "-firewall4",
    "libustream-wolfssl",
    "-libustream-mbedtls",
    "rpcd-mod-packagelist",
    "rpcd-mod-attendedsysupgrade",
    "tcpdump-mini",
    "wireguard-tools",
    "htop",
];

/// Where the built parts lie.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Folder of the programs.
    pub bin: PathBuf,
    /// Folder of the rpcd plugins.
    pub plugins: PathBuf,
    /// Folder of the page.
    pub www: PathBuf,
    /// Folder of what LuCI's package installs.
    pub luci: PathBuf,
    /// Folder for what is written once and for the stages' own folders.
    pub work: PathBuf,
}

impl Parts {
    /// The parts of the build that `program` (a program of this workspace) belongs to.
    pub fn beside(program: &Path) -> anyhow::Result<Self> {
        let bin = program
            .parent()
            .context("the program has no folder")?
            .to_owned();
        let target = bin.parent().context("the programs' folder has no parent")?;
        Ok(Self {
            plugins: target.join("plugins"),
            www: target.join("www"),
            luci: target.join("luci"),
            work: target.join("asu"),
            bin,
        })
    }

    fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// Mirror, server and router on this machine. Dropped, all of it is gone.
#[derive(Debug)]
pub struct Stage {
    parts: Parts,
    folder: TempDir,
    mirror_folder: PathBuf,
    mirror: Process,
    server: Option<Process>,
    router: Option<Process>,
}

impl Stage {
    /// Starts a mirror and a server; the router comes with [`Stage::start_router`].
    pub async fn start(parts: Parts) -> anyhow::Result<Self> {
        let writer = parts.program("asu-test-upstream");
        let mirror_folder = mirror::written(&writer, &parts.work)?;
        let folder = tempfile::Builder::new()
            .prefix("stage-")
            .tempdir_in(&parts.work)?;
        let args = [
            "serve".into(),
            "--dir".into(),
            mirror_folder.clone().into_os_string(),
        ];
        let mirror = Process::start(
            &writer,
            with_listen(args),
            &folder.path().join("mirror.log"),
        )
        .await?;
        let mut stage = Self {
            parts,
            folder,
            mirror_folder,
            mirror,
            server: None,
            router: None,
        };
        stage.start_server(None).await?;
        Ok(stage)
    }

    /// Starts the server, at `listen` if given, on the data it had before.
    pub async fn start_server(&mut self, listen: Option<&str>) -> anyhow::Result<()> {
        let program = self.parts.program("asu-server");
        let key = self.mirror_folder.join("key.pub");
        let data = self.folder.path().join("data");
        let mut args: Vec<std::ffi::OsString> = vec![
            "serve".into(),
            "--upstream".into(),
            self.mirror.url().into(),
        ];
        args.extend([
            "--upstream-key".into(),
            key.into(),
            "--data".into(),
            data.into(),
        ]);
        args.extend(["--listen".into(), listen.unwrap_or("127.0.0.1:0").into()]);
        self.server = Some(Process::start(&program, args, &self.log("server")).await?);
        Ok(())
    }

    /// Kills the server without warning and says where it listened.
    pub async fn kill_server(&mut self) -> anyhow::Result<String> {
        let server = self.server.take().context("the server does not run")?;
        let address = server.url().trim_start_matches("http://").to_owned();
        server.kill().await?;
        Ok(address)
    }

    /// A client of the server.
    pub fn server(&self) -> anyhow::Result<Server> {
        Ok(Server::new(self.server_url()?))
    }

    /// Where the server listens.
    pub fn server_url(&self) -> anyhow::Result<&str> {
        Ok(self
            .server
            .as_ref()
            .context("the server does not run")?
            .url())
    }

    /// The server's process id.
    pub fn server_id(&self) -> anyhow::Result<u32> {
        let server = self.server.as_ref();
        server
            .and_then(Process::id)
            .context("the server does not run")
    }

    /// The folder of what the mirror gives out, and of its key.
    pub fn mirror_folder(&self) -> &Path {
        &self.mirror_folder
    }

    /// The folder of what LuCI's package installs.
    pub fn luci_folder(&self) -> &Path {
        &self.parts.luci
    }

    /// Where the mirror listens.
    pub fn mirror_url(&self) -> &str {
        self.mirror.url()
    }

    /// Where the router listens.
    pub fn router_url(&self) -> anyhow::Result<&str> {
        Ok(self
            .router
            .as_ref()
            .context("the router does not run")?
            .url())
    }

    /// The router's root filesystem, as a folder of this machine.
    pub fn router_root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The router's journal of what was flashed.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    /// The log of a part: `mirror`, `server` or `router`.
    pub fn log(&self, part: &str) -> PathBuf {
        self.folder.path().join(format!("{part}.log"))
    }

    /// Builds the router's first image with the server, installs it and boots.
    pub async fn start_router(&mut self) -> anyhow::Result<BuildAnswer> {
        let server = self.server()?;
        let first = server
            .build(&first_image()?)
            .await
            .context("the router's first image")?;
        self.install(&server.download(&first, "sysupgrade").await?)
            .await?;
        personalise(&self.router_root(), self.server_url()?)?;
        self.boot().await?;
        Ok(first)
    }

    /// Puts an image onto the router that is not running, and says where its root lies.
    pub async fn install(&self, image: &[u8]) -> anyhow::Result<PathBuf> {
        let file = self.folder.path().join("first-image");
        tokio::fs::write(&file, image).await?;
        let output = Command::new(self.parts.program("asu-test-router"))
            .args(["install", "--password", PASSWORD, "--image"])
            .arg(&file)
            .arg("--root")
            .arg(self.router_root())
            .output()
            .await
            .context("cannot run asu-test-router; run `cargo xtask demo` or `cargo xtask test`, which build it")?;
        if !output.status.success() {
            bail!(
                "the first image could not be installed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(self.router_root())
    }

    /// Lets the router's package database tell of a package, as if an owner had installed it.
    pub fn install_by_hand(&self, name: &str, version: &str) -> anyhow::Result<()> {
        use std::io::Write;
        let mut status = std::fs::OpenOptions::new()
            .append(true)
            .open(self.router_root().join("usr/lib/opkg/status"))?;
        let stanza = format!(
            "Package: {name}\nVersion: {version}\nStatus: install user installed\nArchitecture: mips_24kc\n\n"
        );
        Ok(status.write_all(stanza.as_bytes())?)
    }

    async fn boot(&mut self) -> anyhow::Result<()> {
        let program = self.parts.program("asu-test-router");
        let mut args: Vec<std::ffi::OsString> =
            vec!["run".into(), "--root".into(), self.router_root().into()];
        args.extend(["--plugins".into(), self.parts.plugins.clone().into()]);
        args.extend(["--www".into(), self.parts.www.clone().into()]);
        args.extend(["--journal".into(), self.journal().into()]);
        self.router = Some(Process::start(&program, with_listen(args), &self.log("router")).await?);
        Ok(())
    }

    /// Ends everything in order, and fails if a part did not end by itself.
    pub async fn stop(self) -> anyhow::Result<()> {
        for part in [self.router, self.server, Some(self.mirror)]
            .into_iter()
            .flatten()
        {
            part.stop().await?;
        }
        Ok(())
    }
}

fn with_listen(args: impl IntoIterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    args.into_iter()
        .chain(["--listen".into(), "127.0.0.1:0".into()])
        .collect()
}

/// The request for the image the router starts with.
pub fn first_image() -> anyhow::Result<BuildRequest> {
    request(OLD_RELEASE, &OWNERS_PACKAGES)
}

/// A request for the virtual router's device.
pub fn request(version: &str, packages: &[&str]) -> anyhow::Result<BuildRequest> {
    let body = serde_json::json!({
        "version": version,
        "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5",
        "packages": packages,
    });
    Ok(serde_json::from_value(body)?)
}
