//! `/api/v1/openapi.json`: every route with its parameters, bodies and answers.
//!
//! What a route says of itself stands on its handler. Here is what all of them have in common, so
//! that no handler has to repeat it, and none can forget it.

use std::sync::OnceLock;

use asu_protocol::build::BuildAnswer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response as Answer;
use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Deprecated, OpenApi, Ref, RefOr, Required};
use utoipa::{OpenApi as _, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::events::Progress;
use crate::failure::{Failure, Told};
use crate::legacy::outcome::{Built, Failed, UnderWay};
use crate::{Api, Offer};

/// What stands above the routes; the order of the tags is that of the page.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "OpenWrt upgrade server",
        description = "Builds OpenWrt images to order, with the packages a router already has. It \
            speaks the API v1 of OpenWrt's ASU and the API of 2017, so LuCI's Attended Sysupgrade, \
            owut and the firmware selector work with it by its URL alone.\n\nEvery answer, errors \
            and redirects included, may be read by any web page (CORS). `HEAD` is answered wherever \
            `GET` is. What is longer than 1 KiB is sent as gzip to those who accept it. A path that \
            begins with `//` is that with one slash.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    // Those that only `IntoResponses` names; the routes bring along all others.
    components(schemas(BuildAnswer, Built, Failed, Progress, UnderWay)),
    tags(
        (name = "builds", description = "Ask for an image, and see how it stands."),
        (name = "plans", description = "What an upgrade would do, before anything is built."),
        (name = "images", description = "The files that were built."),
        (name = "documents", description = "What can be built, and of what. Keep a document and ask \
            with `If-None-Match`; it is at most a second older than what the server knows."),
        (name = "statistics", description = "What was asked for and built."),
        (name = "operation", description = "For the operator, and for people who came by."),
        (name = "workers", description = "For `asu-server worker`, which builds elsewhere. Each request \
            has the headers of `register`, and each answer `X-Worker-Protocol`."),
        (name = "moved", description = "Old paths."),
        (name = "2017", description = "The API of the original server, for routers that still run \
            its clients. Images are those of API v1. What is wrong is said in `error`."),
    ),
)]
struct Frame;

/// The document of all routes. It depends on the program alone, not on how it is run.
pub fn document<O: Offer>() -> &'static Value {
    // Every `O` has the same routes.
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = Frame::openapi();
        document.merge(crate::routes::<O>().into_openapi());
        share_answers(&mut document);
        for (path, item) in &mut document.paths.paths {
            complete_item(path, item);
        }
        let mut document = serde_json::to_value(document).unwrap_or_default();
        name_formats(&mut document);
        document
    })
}

/// utoipa calls a `u32` `u-int32`, OpenAPI's registry of formats `uint32`.
fn name_formats(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(format)) = fields.get_mut("format") {
                *format = format.replace("u-int", "uint");
            }
            fields.values_mut().for_each(name_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(name_formats),
        _ => {}
    }
}

/// The document of this API.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "documents",
    responses(
        (status = 200, body = Object, description = "OpenAPI 3.1."),
        (status = 304, description = "What was held (`If-None-Match`) is still true."),
    ),
)]
pub(crate) async fn serve<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
) -> Result<Answer, Failure> {
    let document = async { Ok(document::<O>()) };
    api.hot.document("openapi", &headers, document).await
}

/// The same route under its older name.
pub(crate) fn renamed<S: Clone>(
    (schemas, paths, methods): &UtoipaMethodRouter<S>,
    older: &str,
) -> UtoipaMethodRouter<S> {
    let mut renamed = Paths::new();
    for (path, item) in &paths.paths {
        let mut item = item.clone();
        for (_, operation) in operations(&mut item) {
            operation.deprecated = Some(Deprecated::True);
            operation.description = Some(format!("The older name of `{path}`."));
        }
        renamed.paths.insert(older.to_owned(), item);
    }
    (schemas.clone(), renamed, methods.clone())
}

/// The answers that any route may give, named once.
fn share_answers(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, text, waits) in [
        (
            "TooOften",
            "Too many requests from one address (`too-often`), or it waits for as many builds as it may \
                (`too-many-builds`).",
            true,
        ),
        (
            "TooSlow",
            "The body did not come within 20 seconds (`too-slow`).",
            false,
        ),
        (
            "TooLarge",
            "The request is over 256 KiB (`too-large`).",
            false,
        ),
        ("Internal", "This server is at fault (`internal`).", false),
    ] {
        let mut response = problem(text);
        if waits {
            let seconds = header(Type::Integer, "when to ask again, seconds");
            response
                .headers
                .insert("Retry-After".to_owned(), seconds.into());
        }
        components
            .responses
            .insert(name.to_owned(), response.into());
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(Told::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/json", Content::new(Some(schema)))
        .build()
}

fn header(kind: Type, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(description))
        .build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get,
        head,
        post,
        put,
        delete,
        ..
    } = item;
    let all = [
        ("get", get),
        ("head", head),
        ("post", post),
        ("put", put),
        ("delete", delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete_item(path: &str, item: &mut PathItem) {
    for (method, operation) in operations(item) {
        operation.operation_id = Some(name_of(method, path));
        add_validators(path, operation);
        let body = operation.request_body.is_some();
        let responses = &mut operation.responses.responses;
        for (status, name, may_happen) in [
            ("408", "TooSlow", body),
            ("413", "TooLarge", body),
            ("429", "TooOften", true),
            ("500", "Internal", true),
        ] {
            if may_happen && !responses.contains_key(status) {
                let shared = RefOr::Ref(Ref::from_response_name(name));
                responses.insert(status.to_owned(), shared);
            }
        }
        if method == "head" {
            answers(operation).for_each(|(_, answer)| answer.content.clear());
        }
    }
}

/// `getApiV1BuildRequestHash`
fn name_of(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.fold(method.to_owned(), |name, word| {
        let (first, rest) = word.split_at(word.len().min(1));
        name + &first.to_ascii_uppercase() + rest
    })
}

/// Where something can be held, it has a name to ask with.
fn add_validators(path: &str, operation: &mut Operation) {
    if !operation.responses.responses.contains_key("304") {
        return;
    }
    let asked = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The `ETag` of what is held."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(asked.into());
    let told = header(Type::String, "to ask with `If-None-Match`; a strong one");
    let keep = header(
        Type::String,
        "`no-cache`: keep it, and ask whether it has changed",
    );
    for (_, answer) in answers(operation).filter(|(status, _)| ["200", "304"].contains(status)) {
        answer
            .headers
            .insert("ETag".to_owned(), told.clone().into());
        if !path.starts_with("/store/") {
            let keep = keep.clone().into();
            answer.headers.insert("Cache-Control".to_owned(), keep);
        }
    }
}

fn answers(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Response)> {
    let all = operation.responses.responses.iter_mut();
    all.filter_map(|(status, answer)| match answer {
        RefOr::T(answer) => Some((status.as_str(), answer)),
        RefOr::Ref(_) => None,
    })
}
