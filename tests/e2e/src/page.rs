//! The upgrade page as a person uses it: read what it shows, click what it offers.
//!
//! The page says where it is in `data-state` of `#asu`, and marks its buttons with `data-action`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

use crate::browser::Browser;

/// How often the page is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(60);

/// The upgrade page in a browser.
#[derive(Debug)]
pub struct Page<'a> {
    browser: &'a Browser,
    photographs: Option<PathBuf>,
    seen: Vec<String>,
}

impl<'a> Page<'a> {
    /// Opens the page of the router at `router_url`.
    ///
    /// With `photographs`, every new state is photographed into that folder.
    pub async fn open(
        browser: &'a Browser,
        router_url: &str,
        photographs: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let url = format!("{router_url}/attendedsysupgrade/");
        Self::at(browser, &url, photographs).await
    }

    /// Opens the view where another page has it.
    pub async fn at(
        browser: &'a Browser,
        url: &str,
        photographs: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        browser.open(url).await?;
        Ok(Self {
            browser,
            photographs,
            seen: Vec::new(),
        })
    }

    /// The state the page is in; empty while it loads.
    pub async fn state(&self) -> anyhow::Result<String> {
        let script = "return document.getElementById('asu')?.dataset.state ?? ''";
        Ok(self
            .browser
            .driver
            .execute(script, Vec::new())
            .await?
            .convert()?)
    }

    /// All states seen so far, in order.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Waits until the page shows an error, and says its cause.
    pub async fn fails(&mut self, limit: Duration) -> anyhow::Result<String> {
        let started = Instant::now();
        while self.look().await? != "error" {
            if started.elapsed() > limit {
                bail!("the page shows no error:\n{}", self.text().await?);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let script = "return document.getElementById('asu').dataset.cause";
        let cause = self.browser.driver.execute(script, Vec::new()).await?;
        Ok(cause.convert()?)
    }

    /// Waits until the page is not in `state` any more.
    pub async fn leave(&mut self, state: &str, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.look().await? == state {
            if started.elapsed() > limit {
                bail!("the page is still in `{state}`:\n{}", self.text().await?);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits until the page is in `wanted`.
    ///
    /// Fails at once when it shows an error instead, with what it says.
    pub async fn reach(&mut self, wanted: &str, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let state = self.look().await?;
            if state == wanted {
                return Ok(());
            }
            if state == "error" {
                bail!(
                    "the page shows an error instead of `{wanted}`:\n{}",
                    self.text().await?
                );
            }
            if started.elapsed() > limit {
                bail!(
                    "the page is in `{state}`, not in `{wanted}`, after {} s:\n{}",
                    limit.as_secs(),
                    self.text().await?
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Looks at the page once, and photographs a state it was not in before.
    async fn look(&mut self) -> anyhow::Result<String> {
        let state = self.state().await?;
        if !state.is_empty() && self.seen.last() != Some(&state) {
            if let (Some(folder), false) = (&self.photographs, self.seen.contains(&state)) {
                self.browser.photograph(folder, &state).await?;
                if self.state().await? != state {
                    Browser::discard(folder, &state)?;
                }
            }
            self.seen.push(state.clone());
        }
        Ok(state)
    }

    /// Clicks the button with this `data-action`.
    pub async fn click(&self, action: &str) -> anyhow::Result<()> {
        let selector = format!("#asu [data-action='{action}']");
        // The page may draw itself anew between finding and clicking; a person would click again.
        for _ in 0..3 {
            let button = self.find(&selector).await?;
            match button.click().await {
                Err(error)
                    if matches!(
                        error.as_inner(),
                        WebDriverErrorInner::StaleElementReference(_)
                    ) => {}
                result => {
                    return result
                        .with_context(|| format!("the button `{action}` cannot be clicked"));
                }
            }
        }
        bail!("the button `{action}` is drawn anew faster than it can be clicked")
    }

    /// Types into the field with this id.
    pub async fn fill(&self, id: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(&format!("#{id}")).await?;
        field
            .clear()
            .await
            .with_context(|| format!("the field `{id}` cannot be emptied"))?;
        field
            .send_keys(text)
            .await
            .with_context(|| format!("the field `{id}` cannot be typed into"))
    }

    /// Sets or clears the check box with this id.
    pub async fn tick(&self, id: &str, on: bool) -> anyhow::Result<()> {
        let checkbox = self.find(&format!("#{id}")).await?;
        if checkbox.is_selected().await? != on {
            checkbox
                .click()
                .await
                .with_context(|| format!("the box `{id}` cannot be ticked"))?;
        }
        Ok(())
    }

    /// The text of the element with this `data-field`.
    pub async fn field(&self, name: &str) -> anyhow::Result<String> {
        Ok(self
            .find(&format!("#asu [data-field='{name}']"))
            .await?
            .text()
            .await?)
    }

    /// Everything the page says.
    pub async fn text(&self) -> anyhow::Result<String> {
        Ok(self.find("body").await?.text().await?)
    }

    /// Waits until the page says `text`, or no longer does.
    pub async fn says(&self, text: &str, wanted: bool, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.text().await?.contains(text) != wanted {
            if started.elapsed() > limit {
                let verb = if wanted { "does not say" } else { "still says" };
                bail!("the page {verb} “{text}”:\n{}", self.text().await?);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Clicks the button with this label.
    pub async fn press(&self, label: &str) -> anyhow::Result<()> {
        let button = format!("//button[normalize-space()='{label}']");
        let button = self.browser.driver.query(By::XPath(button)).first().await;
        let button = button.with_context(|| format!("the page has no button “{label}”"))?;
        Ok(button.click().await?)
    }

    async fn find(&self, selector: &str) -> anyhow::Result<WebElement> {
        self.browser
            .driver
            .query(By::Css(selector.to_owned()))
            .wait(Duration::from_secs(5), LOOK_EVERY)
            .first()
            .await
            .with_context(|| format!("the page has no `{selector}`"))
    }

    /// Logs in as root.
    pub async fn login(&mut self, password: &str) -> anyhow::Result<()> {
        self.reach("login", Duration::from_secs(20)).await?;
        self.fill("asu-username", "root").await?;
        self.fill("asu-password", password).await?;
        self.click("login").await?;
        self.reach("overview", Duration::from_secs(20)).await
    }

    /// Logs in at a router that may still be starting, and tries again while it is.
    pub async fn log_in_when_back(&mut self, password: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(1) {
            match self.look().await?.as_str() {
                "overview" => return Ok(()),
                "error" => self.click("retry").await?,
                "login" if self.is_there("[data-action='login']:enabled").await? => {
                    self.fill("asu-password", password).await?;
                    self.click("login").await?;
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bail!(
            "the router does not let anybody in:\n{}",
            self.text().await?
        )
    }

    async fn is_there(&self, selector: &str) -> anyhow::Result<bool> {
        let found = self.browser.driver.find_all(By::Css(selector)).await?;
        Ok(!found.is_empty())
    }

    /// Waits until the page has an element of this CSS selector.
    pub async fn wait_for(&self, selector: &str) -> anyhow::Result<()> {
        self.find(selector).await.map(drop)
    }

    /// From the overview to the plan for the newest release offered.
    pub async fn search(&mut self) -> anyhow::Result<()> {
        self.click("search").await?;
        self.reach("plan", Duration::from_secs(20)).await
    }

    /// From the plan to the question whether to flash: build, download, upload, tests.
    pub async fn prepare(&mut self) -> anyhow::Result<()> {
        self.click("request").await?;
        self.reach("confirm", Duration::from_mins(4)).await
    }

    /// From the question to the router's return.
    pub async fn flash(&mut self, keep: bool) -> anyhow::Result<()> {
        self.tick("asu-keep", keep).await?;
        self.click("flash").await?;
        self.reach("done", Duration::from_mins(2)).await
    }
}
