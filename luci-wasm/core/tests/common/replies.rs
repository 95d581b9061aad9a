//! Answers of routers and servers.

use asu_view::{Body, Json, Reply};
use serde_json::{Value, json};

pub fn ok(data: Value) -> Reply {
    http(
        200,
        &json!({"jsonrpc": "2.0", "id": 1, "result": [0, data]}),
    )
}

pub fn ubus_status(status: u32) -> Reply {
    http(200, &json!({"jsonrpc": "2.0", "id": 1, "result": [status]}))
}

pub fn rpc_error(code: i32) -> Reply {
    http(
        200,
        &json!({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "no"}}),
    )
}

pub fn http(status: u16, body: &Value) -> Reply {
    Reply::Http {
        status,
        body: Body::Json(tree(body)),
    }
}

/// What a browser would hand over.
pub fn tree(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(on) => Json::Bool(*on),
        Value::Number(number) => Json::Number(number.as_f64().unwrap()),
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(list) => Json::List(list.iter().map(tree).collect()),
        Value::Object(map) => Json::Map(
            map.iter()
                .map(|(name, value)| (name.clone(), tree(value)))
                .collect(),
        ),
    }
}

/// An answer that is not JSON.
pub fn page(status: u16, text: &str) -> Reply {
    Reply::Http {
        status,
        body: Body::Text(text.into()),
    }
}

pub fn down() -> Reply {
    Reply::Failed("Failed to fetch".into())
}
