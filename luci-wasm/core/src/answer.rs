//! Reading what a router and a server answer; every way it can go wrong has a name.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::effect::Reply;

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
pub fn ubus_call(session: &str, object: &str, method: &str, arguments: &Value) -> String {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "call",
        "params": [session, object, method, arguments],
    })
    .to_string()
}

#[derive(Deserialize)]
struct Rpc {
    result: Option<Vec<Value>>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
    #[serde(default)]
    message: String,
}

/// Reads the reply of a ubus call; an absent data element reads as `{}`.
pub fn ubus_reply<T: DeserializeOwned>(reply: Reply) -> Result<T, Refusal> {
    let body = match reply {
        Reply::Http { status: 200, body } => body,
        Reply::Http { status, .. } => return Err(Refusal::Http(status)),
        Reply::Failed(text) => return Err(Refusal::Unreachable(text)),
        Reply::TimedOut => return Err(Refusal::Late),
        Reply::Digest { .. } => return Err(Refusal::Garbled),
    };
    let rpc: Rpc = serde_json::from_str(&body).map_err(|_| Refusal::Garbled)?;
    if let Some(error) = rpc.error {
        return Err(match error.code {
            -32002 => Refusal::Denied,
            -32000 => Refusal::NoObject,
            code => Refusal::Rpc(code, error.message),
        });
    }
    let mut result = rpc.result.ok_or(Refusal::Garbled)?.into_iter();
    let status = result.next().and_then(|status| status.as_u64());
    match status.and_then(|status| u32::try_from(status).ok()) {
        Some(0) => serde_json::from_value(result.next().unwrap_or_else(|| json!({})))
            .map_err(|_| Refusal::Garbled),
        Some(status) => Err(Refusal::Status(status)),
        None => Err(Refusal::Garbled),
    }
}

/// What a ubus status means, in words (libubus' `ubus_strerror` in substance).
pub fn ubus_status(status: u32) -> &'static str {
    match status {
        1 => "it does not know the command",
        2 => "it did not accept the arguments",
        3 => "it does not know the method",
        4 => "it did not find what was asked for",
        5 => "it has no data",
        6 => "permission was denied",
        7 => "it took too long inside the router",
        8 => "it does not support this",
        10 => "a connection inside the router failed",
        11 => "it ran out of memory, or the answer was too large",
        12 => "it could not read the request",
        13 => "a system call failed",
        _ => "it gave no reason",
    }
}

/// What `cgi-upload` says: sums of the stored file, or a complaint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UploadReply {
    /// Bytes stored.
    pub size: u64,
    /// SHA-256 of the stored file, hex.
    pub sha256sum: String,
    /// Why it was refused.
    pub message: String,
}

/// Finds the address of the build server in the reply of `uci.get {config}`.
///
/// It is the option `url` of the first section of type `server`.
pub fn server_url(config: &Value) -> Option<String> {
    let sections = config.get("values")?.as_object()?;
    let mut servers: Vec<&Value> = sections
        .values()
        .filter(|section| section.get(".type").and_then(Value::as_str) == Some("server"))
        .collect();
    servers.sort_by_key(|section| section.get(".index").and_then(Value::as_u64));
    let url = servers
        .iter()
        .find_map(|section| section.get("url")?.as_str())?;
    tidy_url(url)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Value, Refusal> {
        ubus_reply(Reply::Http {
            status: 200,
            body: body.to_owned(),
        })
    }

    #[test]
    fn every_shape_of_a_ubus_answer_is_told_apart() {
        assert_eq!(read(r#"{"result":[0,{"a":1}]}"#), Ok(json!({"a":1})));
        assert_eq!(read(r#"{"result":[0]}"#), Ok(json!({})));
        assert_eq!(read(r#"{"result":[6]}"#), Err(Refusal::Status(6)));
        assert_eq!(
            read(r#"{"error":{"code":-32002,"message":"Access denied"}}"#),
            Err(Refusal::Denied)
        );
        assert_eq!(
            read(r#"{"error":{"code":-32000,"message":"Object not found"}}"#),
            Err(Refusal::NoObject)
        );
        assert_eq!(
            read(r#"{"error":{"code":-32700,"message":"Parse error"}}"#),
            Err(Refusal::Rpc(-32700, "Parse error".into()))
        );
        for garbage in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"result":[]}"#,
            r#"{"result":["x"]}"#,
        ] {
            assert_eq!(read(garbage), Err(Refusal::Garbled), "{garbage}");
        }
    }

    #[test]
    fn the_first_server_section_counts() {
        let config = json!({"values": {
            "zed": {".type": "server", ".index": 0, "url": "http://first/"},
            "abc": {".type": "server", ".index": 1, "url": "http://second"},
            "client": {".type": "client", "url": "http://no"},
        }});
        assert_eq!(server_url(&config).as_deref(), Some("http://first"));
        assert_eq!(server_url(&json!({})), None);
    }

    #[test]
    fn only_http_addresses_are_servers() {
        assert_eq!(
            tidy_url(" https://a.b:1/x// ").as_deref(),
            Some("https://a.b:1/x")
        );
        for bad in ["", "a.b", "javascript:alert(1)", "http://", "http://a b"] {
            assert_eq!(tidy_url(bad), None, "{bad}");
        }
    }
}
