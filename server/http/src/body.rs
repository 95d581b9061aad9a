//! From the bytes of a `POST` to a request that fits this server's limits.

use asu_protocol::build::{BuildRequest, FILESYSTEMS};
use asu_protocol::plan::PlanRequest;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use crate::Limits;
use crate::failure::{Failure, WrongField, shortened};

/// Longest package list, characters: Linux takes 128 KiB as one argument of a program, and the
/// ImageBuilder adds to it.
pub(crate) const MAX_PACKAGES: usize = 64 * 1024;

/// Reads a build request; what is not well-formed is 422, what this server does not do is 400.
pub(crate) fn read(
    headers: &HeaderMap,
    body: &[u8],
    limits: &Limits,
) -> Result<BuildRequest, Failure> {
    let value = json_of(headers, body)?;
    let request: BuildRequest = typed(&value)?;
    within_bounds(&request, limits)?;
    allowed(&request, &value, limits)?;
    Ok(request)
}

/// Reads the question for a plan; what is not well-formed is 422.
pub(crate) fn read_question(headers: &HeaderMap, body: &[u8]) -> Result<PlanRequest, Failure> {
    let value = json_of(headers, body)?;
    let request: PlanRequest = typed(&value)?;
    check_text("distro", &request.distro)?;
    check_text("revision", &request.revision)?;
    let named = [&request.to, &request.flavor, &request.filesystem];
    for (field, text) in ["to", "flavor", "filesystem"].iter().zip(named) {
        check_text(field, text.as_deref().unwrap_or_default())?;
    }
    Ok(request)
}

fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| Failure::wrong_field(located(value, error.path(), error.inner())))
}

fn json_of(headers: &HeaderMap, body: &[u8]) -> Result<Value, Failure> {
    if !says_json(headers) {
        return Err(wrong(
            "model_attributes_type",
            &[],
            "the body must be JSON, sent with Content-Type: application/json",
            &Value::Null,
        ));
    }
    let mut value: Value = serde_json::from_slice(body).map_err(|error| {
        let msg = format!("the body is not JSON: {error}");
        wrong("json_invalid", &[], &msg, &Value::Null)
    })?;
    // serde would take a list for the fields in their order.
    if !value.is_object() {
        let msg = "the body must be a JSON object";
        return Err(wrong("type_error", &[], msg, &Value::Null));
    }
    make_whole(&mut value);
    Ok(value)
}

/// JSON has one kind of number, so 6.0 is 6, whatever a client's language makes of it.
fn make_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| float.fract() == 0.0);
            let whole = whole.and_then(|float| format!("{float}").parse::<u64>().ok());
            if let (false, Some(whole)) = (number.is_u64(), whole) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        _ => {}
    }
}

/// Whether a body calls itself JSON. It must: a browser sends other types to other origins without
/// asking first.
pub(crate) fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|v| v.to_str());
    matches!(kind, Some(Ok(kind)) if is_json(kind))
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn within_bounds(request: &BuildRequest, limits: &Limits) -> Result<(), Failure> {
    check_text("distro", &request.distro)?;
    check_text("version_code", &request.version_code)?;
    check_packages(request)?;
    check_size(request, limits)?;
    check_filesystem(request)?;
    check_script(request, limits)
}

fn check_text(field: &str, text: &str) -> Result<(), Failure> {
    if plain(text) {
        return Ok(());
    }
    let msg = "letters, digits and . _ , - are allowed";
    let kind = "string_pattern_mismatch";
    Err(wrong(kind, &[field], msg, &json!(text)))
}

fn check_packages(request: &BuildRequest) -> Result<(), Failure> {
    let names = request.packages.iter();
    let names = names.chain(request.packages_versions.keys());
    if names.map(|name| name.as_str().len() + 1).sum::<usize>() <= MAX_PACKAGES {
        return Ok(());
    }
    let msg = format!("all names together may have at most {MAX_PACKAGES} characters");
    let count = json!(request.packages.len());
    Err(wrong("too_long", &["packages"], &msg, &count))
}

fn check_size(request: &BuildRequest, limits: &Limits) -> Result<(), Failure> {
    let allowed = 1..=limits.max_rootfs_size_mb;
    let refused = request
        .rootfs_size_mb
        .filter(|size| !allowed.contains(size));
    let Some(size) = refused else { return Ok(()) };
    let msg = format!("it must be from 1 to {}", limits.max_rootfs_size_mb);
    let field = &["rootfs_size_mb"];
    Err(wrong("out_of_range", field, &msg, &json!(size)))
}

fn check_filesystem(request: &BuildRequest) -> Result<(), Failure> {
    let named = request.filesystem.as_deref();
    let Some(name) = named.filter(|name| !FILESYSTEMS.contains(name)) else {
        return Ok(());
    };
    let msg = format!("it must be one of {}", FILESYSTEMS.join(", "));
    Err(wrong("enum", &["filesystem"], &msg, &json!(name)))
}

fn check_script(request: &BuildRequest, limits: &Limits) -> Result<(), Failure> {
    let length = request.defaults.as_deref().map_or(0, |s| s.chars().count());
    let most = limits.max_defaults_length;
    if length <= most as usize {
        return Ok(());
    }
    let msg = format!("at most {most} characters are allowed");
    let kind = "string_too_long";
    Err(wrong(kind, &["defaults"], &msg, &json!(length)))
}

/// ASU's `STRING_PATTERN`, in ASCII.
fn plain(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._,-".contains(&b);
    text.len() <= 128 && text.bytes().all(allowed)
}

fn allowed(request: &BuildRequest, value: &Value, limits: &Limits) -> Result<(), Failure> {
    if !limits.allow_defaults && request.defaults.as_deref().is_some_and(|s| !s.is_empty()) {
        return Err(Failure::refused(
            "Handling `defaults` not enabled on server",
            "defaults-not-allowed",
            "Ask without a first-boot script, or use a server that allows them.",
        ));
    }
    // No feeds but upstream's are built from here, so each one named is one too many.
    let named = value.get("repositories").and_then(Value::as_object);
    if let Some((_, url)) = named.and_then(|feeds| feeds.iter().next()) {
        let url = url.as_str().unwrap_or_default();
        return Err(Failure::refused(
            format!("Repository not allowed: {}", shortened(url)),
            "repository-not-allowed",
            "Ask without package feeds of your own, and add their packages on the router.",
        ));
    }
    Ok(())
}

fn wrong(kind: &'static str, field: &[&str], msg: &str, input: &Value) -> Failure {
    let field = field.iter().map(|name| json!(name));
    Failure::wrong_field(WrongField {
        kind,
        loc: std::iter::once(json!("body")).chain(field).collect(),
        msg: msg.to_owned(),
        input: input.clone(),
    })
}

fn located(body: &Value, path: &Path, error: &serde_json::Error) -> WrongField {
    let mut loc = vec![json!("body")];
    let mut input = body;
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => json!(index),
            Segment::Map { key } => json!(key),
            Segment::Enum { variant } => json!(variant),
            Segment::Unknown => break,
        };
        input = match &step {
            Value::String(key) => input.get(key),
            Value::Number(index) => index
                .as_u64()
                .and_then(|i| input.get(usize::try_from(i).ok()?)),
            _ => None,
        }
        .unwrap_or(&Value::Null);
        loc.push(step);
    }
    let msg = error.to_string();
    // serde tells the kinds of errors apart in words only.
    let (kind, msg) = match missing_field(&msg) {
        Some(field) => {
            loc.push(json!(field));
            ("missing", "Field required".to_owned())
        }
        None if msg.contains("is not a valid") => ("string_pattern_mismatch", msg),
        None if msg.starts_with("invalid type") => ("type_error", msg),
        None => ("value_error", msg),
    };
    WrongField {
        kind,
        loc,
        msg,
        input: input.clone(),
    }
}

fn missing_field(msg: &str) -> Option<String> {
    let rest = msg.strip_prefix("missing field `")?;
    Some(rest.split('`').next()?.to_owned())
}
