//! An operator asks on the command line what an upgrade to the other package manager would do.

use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::ensure;
use asu_test_e2e::Parts;
use asu_test_e2e::process::Process;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

const OLD: &str = "24.10.2";
const NEW: &str = "25.12.1";

/// What the router has: with an old name, a library with an ABI version, and versions as opkg has
/// them.
const INSTALLED: &str = "\
base-files - 1675~d9340319c6
dnsmasq - 2.90-r4
firewall4 - 2024.12.18~18fc0ead-r1
htop - 3.3.0-r1
kmod-e1000e - 6.6.93-r1
libc - 1.2.5-r4
libusb-1.0 - 1.0.27-r1
libustream-mbedtls - 2024.07.28~99bd3d2b-r1
luci - 25.170.26988~1a4e7c1
luci-app-sqm - 25.170.26988~1a4e7c1
opkg - 2024.10.16~38eccbb1-r1
urngd - 2023.11.01~44365eb1-r1
";

#[tokio::test]
async fn indexes_of_apk_are_verified() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let refresh = ["catalog", "refresh", "--target", "x86/64", "--version", NEW];
    let found = answer(&site.ask(&refresh, &site.key()).await?)?;
    let target = &found["target"];
    assert_eq!(target["version"], NEW);
    // The target's own packages, its kernel modules, and five feeds of the architecture.
    assert_eq!(target["feeds"], 7);
    assert!(target["packages"].as_u64() > Some(150), "{target}");

    let refused = site.ask(&refresh, &site.other_key()?).await?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("unknown key"),
        "{said}"
    );
    site.mirror.stop().await
}

#[tokio::test]
async fn a_plan_leads_to_apk() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let plan = answer(&site.plan(INSTALLED).await?)?;
    assert_eq!(plan["from"]["package_manager"], "opkg");
    assert_eq!(plan["to"]["package_manager"], "apk");
    for (name, fate) in [
        ("opkg", "replaced"),
        ("apk-mbedtls", "added"),
        ("dnsmasq", "upgraded"),
        ("libustream-mbedtls", "upgraded"),
        ("luci", "upgraded"),
        ("urngd", "kept"),
    ] {
        assert_eq!(change(&plan, name)["fate"], fate, "{name}: {plan}");
    }
    assert_eq!(
        change(&plan, "opkg")["by"],
        serde_json::json!(["apk-mbedtls"])
    );
    let changes = plan["changes"].as_array().into_iter().flatten();
    let older: Vec<_> = changes
        .filter(|change| change["fate"] == "downgraded")
        .collect();
    assert!(older.is_empty(), "{older:?}");
    // apk takes no library for its name without ABI version.
    let packages = plan["request"]["packages"].to_string();
    assert!(packages.contains("\"libusb-1.0-0\""), "{packages}");
    site.mirror.stop().await
}

#[tokio::test]
async fn a_package_that_apk_has_not_is_named_with_a_way_out() -> anyhow::Result<()> {
    let site = Site::start().await?;
    let answer = answer(&site.plan(&format!("{INSTALLED}vnstat - 1.18-r5\n")).await?)?;
    let problem = &answer["problems"][0];
    assert_eq!(
        problem["packages"],
        serde_json::json!(["vnstat"]),
        "{answer}"
    );
    assert_eq!(
        problem["remedies"][0]["remove"],
        serde_json::json!(["vnstat"])
    );
    site.mirror.stop().await
}

fn change<'a>(plan: &'a Value, name: &str) -> &'a Value {
    let mut changes = plan["changes"].as_array().into_iter().flatten();
    changes
        .find(|change| change["name"] == name)
        .unwrap_or(&Value::Null)
}

fn answer(output: &Output) -> anyhow::Result<Value> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "asu-server failed: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A mirror with both releases, which the other journeys have not, and an operator's folder.
struct Site {
    parts: Parts,
    folder: TempDir,
    mirror: Process,
}

impl Site {
    async fn start() -> anyhow::Result<Self> {
        let parts = Parts::beside(Path::new(env!("CARGO_BIN_EXE_asu-demo")))?;
        let folder = tempfile::tempdir()?;
        let out = folder.path().join("mirror");
        let writer = parts.bin.join("asu-test-upstream");
        let mut write = Command::new(&writer);
        write
            .args(["write", "--release", OLD, "--release", NEW, "--out"])
            .arg(&out);
        ensure!(
            write.status().await?.success(),
            "the mirror could not be written"
        );
        let serve = ["serve", "--listen", "127.0.0.1:0", "--dir"].map(PathBuf::from);
        let serve = serve.into_iter().chain([out]);
        let mirror = Process::start(&writer, serve, &folder.path().join("log")).await?;
        Ok(Self {
            parts,
            folder,
            mirror,
        })
    }

    /// The key that signed the mirror's indexes.
    fn key(&self) -> PathBuf {
        self.folder.path().join("mirror/keys/test-mirror.pem")
    }

    /// A key of somebody else.
    fn other_key(&self) -> anyhow::Result<PathBuf> {
        let fixture = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fixtures/apk/birchwrt-feed.pem"
        );
        let path = self.folder.path().join("other.pem");
        std::fs::copy(fixture, &path)?;
        Ok(path)
    }

    async fn plan(&self, installed: &str) -> anyhow::Result<Output> {
        let path = self.folder.path().join("installed");
        std::fs::write(&path, installed)?;
        let path = path.to_string_lossy();
        let question = ["plan", "--version", OLD, "--to", NEW, "--target", "x86/64"];
        let device = ["--profile", "generic", "--installed", &path];
        self.ask(&[&question[..], &device].concat(), &self.key())
            .await
    }

    /// Asks a server's program that has seen nothing before.
    async fn ask(&self, arguments: &[&str], key: &Path) -> anyhow::Result<Output> {
        let data = tempfile::tempdir_in(self.folder.path())?;
        let mut command = Command::new(self.parts.bin.join("asu-server"));
        command
            .args(arguments)
            .args(["--json", "--upstream", self.mirror.url()]);
        command
            .arg("--apk-key")
            .arg(key)
            .arg("--data")
            .arg(data.path());
        Ok(command.output().await?)
    }
}
