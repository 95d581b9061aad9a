//! Debian's Chromium, driven over WebDriver by its own chromedriver.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

/// How long chromedriver may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The widths every page is looked at in: a phone's and a desktop's, CSS pixels.
pub const WIDTHS: [u32; 2] = [390, 1280];

/// Lets the page's clock be put forward, so that nobody has to wait for its deadlines.
pub const SKIPPING: &str = "(() => { const now = performance.now.bind(performance); let ahead = 0; performance.now = () => now() + ahead; window.skip = time => { ahead += time; }; })()";

/// A browser with one empty tab. Dropped, it is killed.
#[derive(Debug)]
pub struct Browser {
    // Dropped first: a driver that is dropped asks it to end the session, and waits.
    chromedriver: Child,
    /// The tab.
    pub driver: WebDriver,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium without a window.
    pub async fn start() -> anyhow::Result<Self> {
        let port = free_port()?;
        let chromedriver = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "TERM",
                "--",
                "chromedriver",
                &format!("--port={port}"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start chromedriver; `cargo xtask setup` installs it")?;
        let profile = tempfile::Builder::new().prefix("asu-chromium-").tempdir()?;
        let driver = connect(port, profile.path()).await?;
        let browser = Self {
            driver,
            chromedriver,
            _profile: profile,
        };
        browser.hold_still().await?;
        browser.prefer_languages("en").await?;
        Ok(browser)
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) -> anyhow::Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Lets pages know that the person reads these languages, the best known first: `de-AT,en`.
    pub async fn prefer_languages(&self, languages: &str) -> anyhow::Result<()> {
        let agent: String = self.ask("return navigator.userAgent").await?;
        let preference = json!({"userAgent": agent, "acceptLanguage": languages});
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setUserAgentOverride", preference)
            .await?;
        Ok(())
    }

    /// What a script returns.
    pub async fn ask<T: DeserializeOwned>(&self, script: &str) -> anyhow::Result<T> {
        Ok(self.driver.execute(script, Vec::new()).await?.convert()?)
    }

    /// Waits until a script returns `wanted`.
    pub async fn becomes(&self, script: &str, wanted: &str, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let found: String = self.ask(script).await?;
            if found == wanted {
                return Ok(());
            }
            if started.elapsed() > limit {
                bail!("{found:?} did not become {wanted:?}:\n{script}");
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Whether nothing on the page is wider than `width` CSS pixels; the page stays that wide.
    pub async fn fits(&self, width: u32) -> anyhow::Result<bool> {
        self.set_width(width).await?;
        let found: u32 = self
            .ask("return document.documentElement.scrollWidth")
            .await?;
        Ok(found <= width)
    }

    /// Asks for every file anew from now on.
    pub async fn distrust_cache(&self) -> anyhow::Result<()> {
        let cdp = self.driver.cdp();
        cdp.send_raw("Network.enable", json!({})).await?;
        cdp.send_raw("Network.setCacheDisabled", json!({"cacheDisabled": true}))
            .await?;
        Ok(())
    }

    /// Limits the tab's network, so that a transfer can be watched; bytes per second.
    pub async fn throttle(&self, bytes_per_second: u32) -> anyhow::Result<()> {
        let cdp = self.driver.cdp();
        cdp.send_raw("Network.enable", json!({})).await?;
        let limits = json!({
            "offline": false, "latency": 2,
            "downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second,
        });
        cdp.send_raw("Network.emulateNetworkConditions", limits)
            .await?;
        Ok(())
    }

    /// Takes a picture of the whole page in each of [`WIDTHS`]: `FOLDER/NAME-390.png` and so on.
    pub async fn photograph(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        self.picture(folder, name, 2).await
    }

    /// Takes smaller files of them, as many as are needed for things that rarely happen.
    pub async fn sketch(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        self.picture(folder, name, 1).await
    }

    /// `fineness` is a phone's: picture dots for each CSS pixel.
    async fn picture(&self, folder: &Path, name: &str, fineness: u32) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        for width in WIDTHS {
            self.show(width, 0, fineness).await?;
            let script = "return document.documentElement.scrollHeight";
            let height = self.driver.execute(script, Vec::new()).await?.convert()?;
            self.show(width, height, fineness).await?;
            let file = folder.join(format!("{name}-{width}.png"));
            self.driver.screenshot(&file).await?;
        }
        Ok(())
    }

    /// Throws away pictures that came too late: the page had already moved on.
    pub fn discard(folder: &Path, name: &str) -> anyhow::Result<()> {
        for width in WIDTHS {
            std::fs::remove_file(folder.join(format!("{name}-{width}.png")))?;
        }
        Ok(())
    }

    /// Runs a script in every page before its own; for example [`SKIPPING`].
    pub async fn prepare(&self, script: &str) -> anyhow::Result<()> {
        let cdp = self.driver.cdp();
        cdp.send_raw(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": script}),
        )
        .await?;
        Ok(())
    }

    /// Lets the page's clock run ahead; needs [`SKIPPING`].
    pub async fn skip(&self, time: Duration) -> anyhow::Result<()> {
        let script = format!("skip({})", time.as_millis());
        self.driver.execute(&script, Vec::new()).await?;
        Ok(())
    }

    /// Lets everything in the tab take as much longer.
    pub async fn slow_down(&self, times: u32) -> anyhow::Result<()> {
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setCPUThrottlingRate", json!({"rate": times}))
            .await?;
        Ok(())
    }

    /// Presses a key as a keyboard does: `Tab` or `Enter`.
    pub async fn press_key(&self, key: &str) -> anyhow::Result<()> {
        let (code, text) = if key == "Enter" { (13, "\r") } else { (9, "") };
        let cdp = self.driver.cdp();
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
                "text": if kind == "keyDown" { text } else { "" },
            });
            cdp.send_raw("Input.dispatchKeyEvent", event).await?;
        }
        Ok(())
    }

    /// Types text into whatever has the focus.
    pub async fn type_text(&self, text: &str) -> anyhow::Result<()> {
        let cdp = self.driver.cdp();
        cdp.send_raw("Input.insertText", json!({"text": text}))
            .await?;
        Ok(())
    }

    /// Asks the page for its colours on a `light` or `dark` ground, without motion.
    pub async fn prefer(&self, scheme: &str) -> anyhow::Result<()> {
        let media = json!({"features": [
            {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "prefers-color-scheme", "value": scheme},
        ]});
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// Asks the page to leave its animations out, as an owner's system may: what is still fading in
    /// counts as invisible, and pictures have no motion.
    async fn hold_still(&self) -> anyhow::Result<()> {
        self.prefer("light").await
    }

    /// Shows the page `width` CSS pixels wide.
    pub async fn set_width(&self, width: u32) -> anyhow::Result<()> {
        self.show(width, 0, 1).await
    }

    /// Shows the page `width` by `height` CSS pixels large; a `height` of 0 is as low as it goes.
    async fn show(&self, width: u32, height: u32, fineness: u32) -> anyhow::Result<()> {
        let phone = width < 600;
        let metrics = json!({
            "width": width, "height": height.max(600),
            "deviceScaleFactor": if phone { fineness } else { 1 }, "mobile": phone,
        });
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        Ok(())
    }

    /// Closes the browser.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.driver.clone().quit().await?;
        Ok(self.chromedriver.kill().await?)
    }
}

async fn connect(port: u16, profile: &Path) -> anyhow::Result<WebDriver> {
    let url = format!("http://127.0.0.1:{port}");
    let started = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        if started.elapsed() > START_LIMIT {
            bail!(
                "chromedriver does not listen after {} s",
                START_LIMIT.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    WebDriver::new(&url, capabilities(profile)?)
        .await
        .context("cannot start Chromium; `cargo xtask setup` installs it")
}

/// A program that is Chromium and ends with chromedriver, which would leave it behind when killed.
fn mortal_chromium(folder: &Path) -> anyhow::Result<String> {
    let program = folder.join("chromium");
    let script = "#!/bin/sh\nexec setpriv --pdeathsig TERM /usr/bin/chromium \"$@\"\n";
    std::fs::write(&program, script)?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    Ok(program.to_string_lossy().into_owned())
}

fn capabilities(profile: &Path) -> anyhow::Result<thirtyfour::ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(&mortal_chromium(profile)?)?;
    // The background services of Chromium would look for hosts of the wide world at every start.
    for arg in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--window-size=1280,900",
    ] {
        capabilities.add_arg(arg)?;
    }
    let data = profile.join("data");
    capabilities.add_arg(&format!("--user-data-dir={}", data.display()))?;
    Ok(capabilities)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}
