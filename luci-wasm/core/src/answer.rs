//! Reading what a router and a server answer; every way it can go wrong has a name.

use crate::effect::{Body, Reply};
use crate::json::{Json, map};
use crate::words::w;

/// The session of somebody who is not logged in.
pub(crate) const NOBODY: &str = "00000000000000000000000000000000";

/// Why a router did not answer what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No answer; the text is the browser's.
    Unreachable(String),
    /// No answer in time.
    Late,
    /// An HTTP status other than 200.
    Http(u16),
    /// An answer that is not what ubus answers.
    Garbled,
    /// JSON-RPC error -32002: no permission, or the session ended.
    Denied,
    /// JSON-RPC error -32000: the object does not exist.
    NoObject,
    /// Any other JSON-RPC error.
    Rpc(i64, String),
    /// A ubus status other than 0.
    Status(u32),
}

/// The body of a ubus call over JSON-RPC.
pub fn ubus_call(session: &str, object: &str, method: &str, arguments: Json) -> String {
    let params = vec![session.into(), object.into(), method.into(), arguments];
    map([
        ("jsonrpc", "2.0".into()),
        ("id", Json::Number(1.0)),
        ("method", "call".into()),
        ("params", Json::List(params)),
    ])
    .to_string()
}

/// Reads the reply of a ubus call; an absent data element reads as `null`.
pub fn ubus_reply(reply: Reply) -> Result<Json, Refusal> {
    let rpc = match reply {
        Reply::Http {
            status: 200,
            body: Body::Json(rpc),
        } => rpc,
        Reply::Http { status: 200, .. } | Reply::Digest { .. } => return Err(Refusal::Garbled),
        Reply::Http { status, .. } => return Err(Refusal::Http(status)),
        Reply::Failed(text) => return Err(Refusal::Unreachable(text)),
        Reply::TimedOut => return Err(Refusal::Late),
    };
    if let Json::Number(code) = rpc.get("error").get("code") {
        return Err(rpc_error(*code, rpc.get("error").string("message")));
    }
    let result = rpc.get("result").list();
    match result.first().and_then(Json::number) {
        Some(0) => Ok(result.get(1).cloned().unwrap_or_default()),
        Some(status) => Err(Refusal::Status(u32::try_from(status).unwrap_or(u32::MAX))),
        None => Err(Refusal::Garbled),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "JSON-RPC codes have five digits; anything else is shown, not computed with"
)]
fn rpc_error(code: f64, message: String) -> Refusal {
    match code as i64 {
        // uhttpd defines -32001 for an ended session, and sends -32002 for it.
        -32001 | -32002 => Refusal::Denied,
        -32000 => Refusal::NoObject,
        // "ubus request timed out", which is ubus' own status 7.
        -32003 => Refusal::Status(7),
        code => Refusal::Rpc(code, message),
    }
}

/// What a ubus status means, in words (libubus' `ubus_strerror` in substance).
pub fn ubus_status(status: u32) -> &'static str {
    match status {
        1 => w!("it does not know the command"),
        2 => w!("it did not accept the arguments"),
        3 => w!("it does not know the method"),
        4 => w!("it did not find what was asked for"),
        5 => w!("it has no data"),
        6 => w!("permission was denied"),
        7 => w!("it took too long inside the router"),
        8 => w!("it does not support this"),
        10 => w!("a connection inside the router failed"),
        11 => w!("it ran out of memory, or the answer was too large"),
        12 => w!("it could not read the request"),
        13 => w!("a system call failed"),
        _ => w!("it gave no reason"),
    }
}

/// The router's settings of build servers: reply of `uci.get {config}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Servers {
    /// Which to ask, in this order: `url`, then the list `fallback`.
    pub build: Vec<String>,
    /// Which to ask for the same image again, to compare: the list `rebuilder`.
    pub rebuilders: Vec<String>,
}

/// Reads the first section of type `server` that has an address; addresses that are none are left
/// out.
pub fn servers(config: &Json) -> Servers {
    let sections = config.get("values").entries();
    let servers = sections
        .iter()
        .map(|(_, section)| section)
        .filter(|section| section.get(".type").text() == Some("server"))
        .filter(|section| section.get("url").text().is_some());
    let Some(first) = servers.min_by_key(|section| section.get(".index").number()) else {
        return Servers::default();
    };
    let mut build = addresses(first.get("url"));
    build.extend(addresses(first.get("fallback")));
    Servers {
        build,
        rebuilders: addresses(first.get("rebuilder")),
    }
}

/// A list of UCI; a single value stands for a list of one.
fn addresses(option: &Json) -> Vec<String> {
    let mut texts = option.strings();
    texts.extend(option.text().map(str::to_owned));
    texts.iter().filter_map(|text| tidy_url(text)).collect()
}

/// A server address without trailing slashes; `None` if it is not http(s).
pub fn tidy_url(given: &str) -> Option<String> {
    let url = given.trim().trim_end_matches('/');
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let plain = !host.is_empty() && !host.contains([' ', '"', '<', '>']);
    plain.then(|| url.to_owned())
}
