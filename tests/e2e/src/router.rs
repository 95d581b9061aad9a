//! Looking at the virtual router from outside: its ubus, its files and its flash journal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use asu_protocol::router::{PackageList, RouterInfo};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The session everybody has before login.
const NO_SESSION: &str = "00000000000000000000000000000000";

/// Reply of `session.login`.
#[derive(Deserialize)]
struct Login {
    ubus_rpc_session: String,
}

/// A client of one router's `/ubus`.
#[derive(Debug)]
pub struct Router {
    url: String,
    session: String,
    http: reqwest::Client,
}

impl Router {
    /// Logs in as root.
    pub async fn login(url: &str, password: &str) -> anyhow::Result<Self> {
        Self::login_as(url, "root", password).await
    }

    /// Logs in.
    pub async fn login_as(url: &str, user: &str, password: &str) -> anyhow::Result<Self> {
        let mut router = Self {
            url: url.to_owned(),
            session: NO_SESSION.to_owned(),
            http: reqwest::Client::new(),
        };
        let credentials = json!({"username": user, "password": password});
        let reply: Login = router.call("session", "login", credentials).await?;
        router.session = reply.ubus_rpc_session;
        Ok(router)
    }

    /// The session that is open.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Calls a ubus method over JSON-RPC.
    pub async fn call<T: DeserializeOwned>(
        &self,
        object: &str,
        method: &str,
        args: Value,
    ) -> anyhow::Result<T> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "call", "params": [self.session, object, method, args]});
        let reply: Value = self
            .http
            .post(format!("{}/ubus", self.url))
            .json(&body)
            .send()
            .await?
            .json()
            .await?;
        match &reply["result"] {
            Value::Array(result) if result.first() == Some(&json!(0)) => Ok(
                serde_json::from_value(result.get(1).cloned().unwrap_or(Value::Null))?,
            ),
            _ => bail!("{object}.{method} answered {reply}"),
        }
    }

    /// What the router says it is.
    pub async fn info(&self) -> anyhow::Result<RouterInfo> {
        self.call("attendedsysupgrade", "info", json!({})).await
    }

    /// The packages it has, user-installed ones only unless `all`.
    pub async fn packages(&self, all: bool) -> anyhow::Result<BTreeMap<String, String>> {
        let list: PackageList = self
            .call("packagelist", "list", json!({"all": all}))
            .await?;
        Ok(list.packagelist)
    }
}

/// One image that was flashed, as the router's journal tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Flash {
    /// SHA-256 of the bytes that were flashed, hex.
    pub sha256: String,
    /// Whether settings were kept.
    pub keep: bool,
}

/// Reads all flashes from a router's journal.
pub fn flashes(journal: &Path) -> anyhow::Result<Vec<Flash>> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines()
        .map(|line| Ok(serde_json::from_str::<Value>(line)?))
        .filter(|event: &anyhow::Result<Value>| {
            event
                .as_ref()
                .map_or(true, |event| event["event"] == "flash")
        })
        .map(|event| Ok(serde_json::from_value(event?)?))
        .collect()
}

/// Writes the settings of an owner: which server to ask, and a file of their own.
pub fn personalise(root: &Path, server_url: &str) -> anyhow::Result<PathBuf> {
    let config = root.join("etc/config");
    std::fs::create_dir_all(&config)?;
    std::fs::write(
        config.join("attendedsysupgrade"),
        format!(
            "config server 'server'\n\toption url '{server_url}'\n\nconfig client 'client'\n\toption advanced_mode '0'\n"
        ),
    )?;
    let own = config.join("mynetwork");
    std::fs::write(
        &own,
        "config note 'note'\n\toption text 'typed by the owner'\n",
    )?;
    Ok(own)
}
