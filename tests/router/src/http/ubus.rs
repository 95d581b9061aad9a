//! uhttpd-mod-ubus: JSON-RPC in front of ubus, with the answers it has for every kind of mistake.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;

use super::response;
use crate::rpcd::Rpcd;
use crate::session::DEFAULT_SESSION;
use crate::ubus::{Reply, Signature, Status};
use crate::value::{Table, Value};

/// A longer body is not read.
const LONGEST_BODY: usize = 65_536;
/// uhttpd gives up on a handler after this; OpenWrt's own setting.
const TIME_LIMIT: Duration = Duration::from_mins(1);
const JSON: &str = "application/json";

const PARSE_ERROR: (i64, &str) = (-32700, "Parse error");
const UNKNOWN_METHOD: (i64, &str) = (-32601, "Method not found");
const INVALID_PARAMETERS: (i64, &str) = (-32602, "Invalid parameters");
const INTERNAL_ERROR: (i64, &str) = (-32603, "Internal error");
const NO_OBJECT: (i64, &str) = (-32000, "Object not found");
const ACCESS_DENIED: (i64, &str) = (-32002, "Access denied");
const TIMED_OUT: (i64, &str) = (-32003, "ubus request timed out");

/// Answers what is below `/ubus`; `path` is the rest of the path.
pub(super) async fn answer(rpcd: &Rpcd, path: &str, request: Request) -> Response {
    let session = bearer(request.headers());
    match *request.method() {
        Method::OPTIONS => response(StatusCode::OK, JSON, Body::empty()),
        Method::GET => get(rpcd, path).await,
        Method::POST => {
            let Ok(body) = axum::body::to_bytes(request.into_body(), LONGEST_BODY).await else {
                return json(&error(&Value::Null, PARSE_ERROR));
            };
            let message = serde_json::from_slice(&body).unwrap_or(Value::Null);
            match path.strip_prefix("/call/") {
                Some(object) => json(&bearer_call(rpcd, object, &session, &message).await),
                None => json(&any(rpcd, &message).await),
            }
        }
        _ => response(StatusCode::METHOD_NOT_ALLOWED, "", Body::empty()),
    }
}

fn json(value: &impl serde::Serialize) -> Response {
    // A value without maps of other keys than text always serializes.
    response(
        StatusCode::OK,
        JSON,
        serde_json::to_string(value).unwrap_or_default(),
    )
}

fn bearer(headers: &HeaderMap) -> String {
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match header.split_at_checked(7) {
        Some((scheme, session)) if scheme.eq_ignore_ascii_case("bearer ") => session.to_owned(),
        _ => DEFAULT_SESSION.to_owned(),
    }
}

async fn get(rpcd: &Rpcd, path: &str) -> Response {
    let Some(pattern) = path.strip_prefix("/list") else {
        return response(StatusCode::NOT_FOUND, "", Body::empty());
    };
    match pattern.strip_prefix('/') {
        None if pattern.is_empty() => json(&by_name(&rpcd.lookup(None).await)),
        None => response(StatusCode::NOT_FOUND, "", Body::empty()),
        Some(pattern) => {
            let found = rpcd.lookup(Some(pattern)).await;
            if found.is_empty() {
                let status = Status::NotFound;
                let table = Table::new()
                    .with("code", i64::from(status.code()))
                    .with("message", status.text());
                let mut response = json(&table);
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                return response;
            }
            // Without the name of the object, so that several run into one.
            json(&Table(
                found
                    .iter()
                    .flat_map(|signature| signature.to_table().0)
                    .collect(),
            ))
        }
    }
}

fn by_name(signatures: &[Signature]) -> Table {
    signatures.iter().fold(Table::new(), |table, signature| {
        table.with(&signature.object, signature.to_table())
    })
}

/// One request, or an array of them answered one after another.
async fn any(rpcd: &Rpcd, message: &Value) -> Value {
    let Value::Array(members) = message else {
        return one(rpcd, message).await;
    };
    let mut answers = Vec::new();
    for member in members {
        answers.push(one(rpcd, member).await);
    }
    Value::Array(answers)
}

async fn one(rpcd: &Rpcd, message: &Value) -> Value {
    let id = id_of(message);
    match parse(message) {
        None => error(&id, PARSE_ERROR),
        Some(("call", parameters)) => match call_parameters(parameters) {
            Some(call) => legacy(&id, invoke(rpcd, call).await),
            None => error(&id, PARSE_ERROR),
        },
        Some(("list", parameters)) => result(&id, list(rpcd, parameters).await),
        Some(_) => error(&id, UNKNOWN_METHOD),
    }
}

fn id_of(message: &Value) -> Value {
    message
        .as_table()
        .and_then(|table| table.get("id"))
        .cloned()
        .unwrap_or(Value::Null)
}

/// The method and the parameters of a message that says it is JSON-RPC 2.0.
fn parse(message: &Value) -> Option<(&str, Option<&Value>)> {
    let table = message.as_table()?;
    if table.text("jsonrpc") != Some("2.0") {
        return None;
    }
    Some((table.text("method")?, table.get("params")))
}

/// A call to make: session, object, method, arguments.
struct Call<'a> {
    session: &'a str,
    object: &'a str,
    method: &'a str,
    arguments: &'a Table,
}

fn call_parameters(parameters: Option<&Value>) -> Option<Call<'_>> {
    let [session, object, method, arguments, ..] = parameters?.as_array()? else {
        return None;
    };
    Some(Call {
        session: session.as_str()?,
        object: object.as_str()?,
        method: method.as_str()?,
        arguments: arguments.as_table()?,
    })
}

/// Makes a call that the session has the right to.
async fn invoke(rpcd: &Rpcd, call: Call<'_>) -> Result<Reply, (i64, &'static str)> {
    if rpcd.lookup(Some(call.object)).await.is_empty() {
        return Err(NO_OBJECT);
    }
    if !rpcd
        .access(call.session, "ubus", call.object, call.method)
        .await
    {
        return Err(ACCESS_DENIED);
    }
    if call.arguments.get("ubus_rpc_session").is_some() {
        return Err(INVALID_PARAMETERS);
    }
    let arguments = call
        .arguments
        .clone()
        .with("ubus_rpc_session", call.session);
    match tokio::time::timeout(TIME_LIMIT, rpcd.call(call.object, call.method, arguments)).await {
        Ok(reply) => reply.ok_or(INTERNAL_ERROR),
        Err(_) => Err(TIMED_OUT),
    }
}

/// `result: [status, data]`, whatever the status is.
fn legacy(id: &Value, reply: Result<Reply, (i64, &str)>) -> Value {
    match reply {
        Ok(reply) => {
            let mut members = vec![Value::from(i64::from(reply.status.code()))];
            if !reply.data.is_empty() {
                members.push(reply.data.into());
            }
            result(id, members.into())
        }
        Err(reason) => error(id, reason),
    }
}

/// A call with the session in a header; `result` is the data, or an error has the status.
async fn bearer_call(rpcd: &Rpcd, object: &str, session: &str, message: &Value) -> Value {
    let id = id_of(message);
    let Some((method, parameters)) = parse(message) else {
        return error(&id, PARSE_ERROR);
    };
    let none = Table::new();
    let arguments = parameters.and_then(Value::as_table).unwrap_or(&none);
    match invoke(
        rpcd,
        Call {
            session,
            object,
            method,
            arguments,
        },
    )
    .await
    {
        Err(reason) => error(&id, reason),
        Ok(reply) if reply.status != Status::Ok => {
            error(&id, (i64::from(reply.status.code()), reply.status.text()))
        }
        Ok(reply) if reply.data.is_empty() => result(&id, Value::Null),
        Ok(reply) => result(&id, reply.data.into()),
    }
}

/// Names only, or the signatures of what fits the patterns.
async fn list(rpcd: &Rpcd, parameters: Option<&Value>) -> Value {
    let Some(patterns) = parameters.and_then(Value::as_array) else {
        let names = rpcd
            .lookup(None)
            .await
            .into_iter()
            .map(|signature| signature.object.into());
        return Value::Array(names.collect());
    };
    let mut found = Vec::new();
    for pattern in patterns.iter().filter_map(Value::as_str) {
        found.extend(rpcd.lookup(Some(pattern)).await);
    }
    by_name(&found).into()
}

fn head(id: &Value) -> Table {
    Table::new().with("jsonrpc", "2.0").with("id", id.clone())
}

fn result(id: &Value, value: Value) -> Value {
    head(id).with("result", value).into()
}

fn error(id: &Value, (code, message): (i64, &str)) -> Value {
    head(id)
        .with(
            "error",
            Table::new().with("code", code).with("message", message),
        )
        .into()
}
