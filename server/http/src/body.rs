//! From the bytes of a `POST` to a request that fits this server's limits.

use asu_protocol::build::{BuildRequest, FILESYSTEMS};
use asu_protocol::plan::PlanRequest;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Limits;
use crate::failure::Failure;
use crate::wrong::{located, wrong};

/// Longest package list, characters: Linux takes 128 KiB as one argument of a program, and the
/// ImageBuilder adds to it.
pub(crate) const MAX_PACKAGES: usize = 64 * 1024;
/// Most services that one request may leave off; a router has some twenty.
const MAX_SERVICES: usize = 128;

/// Reads a build request; what is not well-formed is 422, what this server does not do is 400.
pub(crate) fn read(
    headers: &HeaderMap,
    body: &[u8],
    limits: &Limits,
) -> Result<BuildRequest, Failure> {
    let value = json_of(headers, body)?;
    let request: BuildRequest = typed(&value)?;
    within_bounds(&request, limits)?;
    allowed(&request, limits)?;
    Ok(request)
}

/// Reads the question for a plan; what is not well-formed is 422.
pub(crate) fn read_question(headers: &HeaderMap, body: &[u8]) -> Result<PlanRequest, Failure> {
    let value = json_of(headers, body)?;
    let request: PlanRequest = typed(&value)?;
    check_text("distro", &request.distro)?;
    check_text("revision", &request.revision)?;
    for (field, text) in [("to", &request.to), ("flavor", &request.flavor)] {
        check_text(field, text.as_deref().unwrap_or_default())?;
    }
    // `community/profile`
    for part in request
        .network_profile
        .iter()
        .flat_map(|name| name.split('/'))
    {
        check_text("network_profile", part)?;
    }
    check_filesystem(request.filesystem.as_deref())?;
    Ok(request)
}

/// Reads any other object; what is not well-formed is 422.
pub(crate) fn read_as<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Failure> {
    typed(&json_of(headers, body)?)
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
            "the body must be JSON in UTF-8, not packed, sent with Content-Type: application/json",
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
/// asking first. What is packed or in another charset only looks like JSON to some.
pub(crate) fn says_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    text(header::CONTENT_TYPE).is_some_and(is_json)
        && text(header::CONTENT_ENCODING).is_none_or(|packed| packed == "identity")
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let is_named =
        name == "application/json" || (name.starts_with("application/") && name.ends_with("+json"));
    let mut charsets = parts.filter_map(|part| part.strip_prefix("charset="));
    is_named && charsets.all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"))
}

fn within_bounds(request: &BuildRequest, limits: &Limits) -> Result<(), Failure> {
    check_text("distro", &request.distro)?;
    check_text("version_code", &request.version_code)?;
    check_packages(request)?;
    check_services(request)?;
    check_size(request, limits)?;
    check_filesystem(request.filesystem.as_deref())?;
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

fn check_services(request: &BuildRequest) -> Result<(), Failure> {
    let count = request.disabled_services.len();
    if count <= MAX_SERVICES {
        return Ok(());
    }
    let msg = format!("at most {MAX_SERVICES} services can be named");
    Err(wrong(
        "too_long",
        &["disabled_services"],
        &msg,
        &json!(count),
    ))
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

fn check_filesystem(named: Option<&str>) -> Result<(), Failure> {
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

fn allowed(request: &BuildRequest, limits: &Limits) -> Result<(), Failure> {
    if !limits.allow_defaults && request.defaults.as_deref().is_some_and(|s| !s.is_empty()) {
        return Err(Failure::refused(
            "Handling `defaults` not enabled on server",
            "defaults-not-allowed",
            "Ask without a first-boot script, or use a server that allows them.",
        ));
    }
    match limits.foreign_repository(request) {
        Some(url) => Err(Failure::refused(
            format!("Repository not allowed: {url}"),
            "repository-not-allowed",
            "overview.json lists the feeds allowed (server.repository_allow_list); ask without others, \
             and add their packages on the router.",
        )),
        None => Ok(()),
    }
}
