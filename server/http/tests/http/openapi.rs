//! The document of the API: it is the committed one, it is true, and it leaves nothing out.

use asu_protocol::build::FILESYSTEMS;
use asu_protocol::name::{
    PackageName, PackageSpec, PackageVersion, ProfileName, ServiceName, Target, VersionName,
};
use axum::http::Method;
use proptest::prelude::*;
use regex::Regex;

use super::*;

fn document() -> Value {
    asu_http::document::<Upstream>().clone()
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let committed: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json"))
        .expect("docs/openapi.json is no JSON");
    assert!(
        committed == document(),
        "docs/openapi.json is not what the code says; \
         run `cargo run -p asu-server openapi > docs/openapi.json` and look at the difference"
    );
}

/// Each operation of the document: method and path with its variables filled in.
fn operations() -> Vec<(Method, String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            all.push((method, path.replace(['{', '}'], ""), operation.clone()));
        }
    }
    all
}

/// The other direction needs no test: a route comes into the router only with its description, and
/// clippy.toml forbids every other way.
#[tokio::test]
async fn every_documented_route_is_served_and_by_no_other_method() {
    let server = Server::start().await;
    let documented: Vec<(Method, String)> = operations()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    for (_, path) in &documented {
        for method in methods {
            let method: Method = method.parse().unwrap();
            let known = |method: &Method| documented.contains(&(method.clone(), path.clone()));
            // axum answers HEAD wherever GET is.
            let expected = known(&method) || method == Method::HEAD && known(&Method::GET);
            // A path that nobody serves is 404 by whatever method.
            let answer = server.ask(method.clone(), path, &[]).await;
            assert_eq!(answer.status != 405, expected, "{method} {path} {answer:?}");
        }
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let mut ids = std::collections::BTreeSet::new();
    for (method, path, operation) in operations() {
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["tags"][0].is_string(), "{method} {path}");
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id), "{method} {path} has another's name");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, whole: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(place) = fields.get("$ref") {
                    let place = place.as_str().unwrap().trim_start_matches('#');
                    assert!(whole.pointer(place).is_some(), "{place}");
                }
                fields.values().for_each(|field| check(field, whole));
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, whole)),
            _ => {}
        }
    }
    check(&document(), &document());
}

#[test]
fn limits_are_those_of_the_server() {
    let document = document();
    let fields = &document["components"]["schemas"]["BuildRequest"]["properties"];
    let limits = Limits::default();
    assert_eq!(fields["defaults"]["maxLength"], limits.max_defaults_length);
    assert_eq!(
        fields["rootfs_size_mb"]["maximum"],
        limits.max_rootfs_size_mb
    );
    let mut filesystems = json!(FILESYSTEMS);
    filesystems.as_array_mut().unwrap().push(Value::Null);
    assert_eq!(fields["filesystem"]["enum"], filesystems);
}

type Check = fn(&str) -> bool;

/// Each name type: what it is called in the document, and what it takes.
const NAMES: [(&str, Check); 7] = [
    ("PackageName", |text| text.parse::<PackageName>().is_ok()),
    ("PackageSpec", |text| text.parse::<PackageSpec>().is_ok()),
    ("PackageVersion", |text| {
        text.parse::<PackageVersion>().is_ok()
    }),
    ("Target", |text| text.parse::<Target>().is_ok()),
    ("ProfileName", |text| text.parse::<ProfileName>().is_ok()),
    ("VersionName", |text| text.parse::<VersionName>().is_ok()),
    ("ServiceName", |text| text.parse::<ServiceName>().is_ok()),
];

fn pattern(name: &str) -> String {
    let pattern = &document()["components"]["schemas"][name]["pattern"];
    // JSON Schema's `$` is the end; Rust's, too.
    pattern
        .as_str()
        .expect("a name without a pattern")
        .to_owned()
}

/// Names, almost names, and names about as long as they may be.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-._+a-z0-9/,:~A]{0,6}",
        "[-./a]{0,2}[a-z]{124,130}",
        "[a-z]{126,129}/[a-z]{126,129}",
        "\\PC{0,4}",
        Just("a\n".to_owned()),
    ]
}

#[test]
fn patterns_take_what_the_server_takes() {
    for (name, accepts) in NAMES {
        let regex = Regex::new(&pattern(name)).unwrap();
        proptest!(|(text in any_text())| {
            prop_assert_eq!(regex.is_match(&text), accepts(&text), "{} {:?}", name, text);
        });
    }
}

#[tokio::test]
async fn the_document_is_served_with_a_name_to_ask_with() {
    let server = Server::start().await;
    let first = server.get("/api/v1/openapi.json").await;
    assert_eq!((first.status.as_u16(), first.json()), (200, document()));
    let held = [("if-none-match", first.header("etag"))];
    let again = server.ask(Method::GET, "/api/v1/openapi.json", &held).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
}

#[tokio::test]
async fn the_page_tells_of_every_route_and_runs_nothing() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/docs").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    let page = String::from_utf8(answer.bytes).unwrap();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let drawn = method == Method::HEAD || page.contains(&format!("<div id=\"{id}\">"));
        assert!(drawn, "{method} {path}");
    }
    for name in document()["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            page.contains(&format!("<div id=\"schema-{name}\">")),
            "{name}"
        );
    }
    assert!(!page.contains("<script") && !page.contains(" src=") && !page.contains("=\"http"));
    let start = server.get("/").await;
    assert!(
        String::from_utf8(start.bytes)
            .unwrap()
            .contains("/api/v1/docs")
    );
}
