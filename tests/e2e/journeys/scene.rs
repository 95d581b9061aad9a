//! A stage on which router and server go wrong when they are told to.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::ensure;
use asu_test_e2e::browser::{Browser, SKIPPING};
use asu_test_e2e::front::Front;
use asu_test_e2e::page::Page;
use asu_test_e2e::router::personalise;
use asu_test_e2e::{Stage, screen};

/// How long anything may take that is not a build.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// How long anything may take that a build may be a part of.
pub(crate) const BUILT: Duration = Duration::from_mins(3);

/// Everything between two proxies, with a browser before it.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) browser: Browser,
    /// In front of the server.
    pub(crate) server: Front,
    /// In front of the router.
    pub(crate) router: Front,
    /// What screens were not as they should be; all of it is told at the end.
    findings: RefCell<Vec<String>>,
}

impl Scene {
    pub(crate) async fn set() -> anyhow::Result<Self> {
        let mut stage = crate::stage().await?;
        stage.start_router().await?;
        let server = Front::start(stage.server_url()?).await?;
        let router = Front::start(stage.router_url()?).await?;
        personalise(&stage.router_root(), server.url())?;
        let browser = Browser::start().await?;
        browser.prepare(SKIPPING).await?;
        Ok(Self {
            stage,
            browser,
            server,
            router,
            findings: RefCell::default(),
        })
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Page<'_>> {
        Page::open(&self.browser, self.router.url(), None).await
    }

    /// Waits for an error of this cause, which must say what to do, and takes its picture.
    pub(crate) async fn fails(
        &self,
        page: &mut Page<'_>,
        cause: &str,
        picture: &str,
    ) -> anyhow::Result<()> {
        let found = page.fails(BUILT).await?;
        ensure!(
            found == cause,
            "{picture}: the cause is {found}, not {cause}"
        );
        screen::check_error(&self.browser, cause).await?;
        self.look(picture).await;
        if let Some(folder) = std::env::var_os("ASU_SCREENSHOTS") {
            let folder = std::path::Path::new(&folder).join("faults");
            self.browser.sketch(&folder, picture).await?;
        }
        self.heal();
        Ok(())
    }

    /// Waits for a state and looks at its screen.
    pub(crate) async fn shows(&self, page: &mut Page<'_>, state: &str) -> anyhow::Result<()> {
        page.reach(state, SOON).await?;
        self.look(state).await;
        Ok(())
    }

    async fn look(&self, what: &str) {
        if let Err(error) = screen::check(&self.browser, what).await {
            self.findings.borrow_mut().push(format!("{error:#}"));
        }
    }

    pub(crate) fn heal(&self) {
        self.server.heal();
        self.router.heal();
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.browser.stop().await?;
        self.stage.stop().await?;
        let findings = self.findings.into_inner();
        ensure!(findings.is_empty(), "{}", findings.join("\n\n"));
        Ok(())
    }
}
