//! What routers answer, in every shape.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::answer::{Refusal, Servers, servers, tidy_url, ubus_reply};
use asu_view::{Json, Reply};
use common::{http, page, tree};
use serde_json::{Value, json};

fn read(body: &Value) -> Result<Json, Refusal> {
    ubus_reply(http(200, body))
}

#[test]
fn every_shape_of_a_ubus_answer_is_told_apart() {
    assert_eq!(
        read(&json!({"result": [0, {"a": 1}]})),
        Ok(tree(&json!({"a": 1})))
    );
    assert_eq!(read(&json!({"result": [0]})), Ok(Json::Null));
    assert_eq!(read(&json!({"result": [6]})), Err(Refusal::Status(6)));
    let error = |code: i32| read(&json!({"error": {"code": code, "message": "m"}}));
    assert_eq!(error(-32002), Err(Refusal::Denied));
    assert_eq!(error(-32000), Err(Refusal::NoObject));
    assert_eq!(error(-32700), Err(Refusal::Rpc(-32700, "m".into())));
    for garbage in [
        json!([]),
        json!({}),
        json!({"result": []}),
        json!({"result": ["x"]}),
        json!(null),
    ] {
        assert_eq!(read(&garbage), Err(Refusal::Garbled), "{garbage}");
    }
    assert_eq!(ubus_reply(page(200, "<html>")), Err(Refusal::Garbled));
    assert_eq!(ubus_reply(page(502, "")), Err(Refusal::Http(502)));
    assert_eq!(ubus_reply(Reply::TimedOut), Err(Refusal::Late));
}

#[test]
fn the_first_server_section_counts() {
    let config = json!({"values": {
        "zed": {".type": "server", ".index": 1, "url": "http://second"},
        "abc": {".type": "server", ".index": 0, "url": "http://first/"},
        "client": {".type": "client", "url": "http://no"},
    }});
    assert_eq!(servers(&tree(&config)).build, ["http://first"]);
    assert_eq!(servers(&Json::Null), Servers::default());
}

#[test]
fn lists_of_servers_keep_their_order_and_leave_out_what_is_no_address() {
    let config = json!({"values": {"server": {
        ".type": "server", ".index": 0, "url": "http://first",
        "fallback": ["https://b/", "nonsense", "https://a"], "rebuilder": "https://c",
    }}});
    let servers = servers(&tree(&config));
    assert_eq!(servers.build, ["http://first", "https://b", "https://a"]);
    assert_eq!(servers.rebuilders, ["https://c"]);
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
