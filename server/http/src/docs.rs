//! `/api/v1/docs`: the document of the API, for people. It is drawn once and needs no script.

mod operation;
mod schema;
mod text;

use std::sync::OnceLock;

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::{Api, Offer, openapi, page};
use axum::extract::State;
use operation::Operation;
use text::paragraphs;

const STYLE: &str = include_str!("docs/style.css");

/// This API, for people.
#[utoipa::path(get, path = "/api/v1/docs", tag = "operation", responses(
    (status = 200, body = String, content_type = "text/html", description = "A page."),
))]
pub(crate) async fn show<O: Offer>(State(_): State<Api<O>>) -> Response {
    static DRAWN: OnceLock<String> = OnceLock::new();
    let drawn = DRAWN.get_or_init(|| {
        let body = body(openapi::document::<O>());
        page::framed("API of this server", STYLE, &body).into_string()
    });
    page::response(drawn.as_str())
}

fn body(document: &Value) -> Markup {
    let operations = operation::all(document);
    html! {
        p class="back" { a href="/" { "OpenWrt upgrade server" } }
        h1 { "API" }
        (paragraphs(&document["info"]["description"]))
        p {
            "For programs: " a href="/api/v1/openapi.json" { code { "/api/v1/openapi.json" } }
            ", OpenAPI 3.1, version " (document["info"]["version"].as_str().unwrap_or_default()) "."
        }
        (contents(document))
        @for tag in tags(document) {
            (section(tag, &operations))
        }
        (schema::section(document))
    }
}

fn tags(document: &Value) -> impl Iterator<Item = &Value> {
    document["tags"].as_array().into_iter().flatten()
}

fn contents(document: &Value) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                @for name in tags(document).filter_map(|tag| tag["name"].as_str()) {
                    li { a href={ "#tag-" (name) } { (title(name)) } }
                }
                li { a href="#schemas" { "Schemas" } }
            }
        }
    }
}

fn section(tag: &Value, operations: &[Operation]) -> Markup {
    let name = tag["name"].as_str().unwrap_or_default();
    let mut of_tag: Vec<_> = operations.iter().filter(|one| one.tag == name).collect();
    // Old names last; otherwise the order of the document.
    of_tag.sort_by_key(|one| one.is_deprecated());
    html! {
        section {
            h2 id={ "tag-" (name) } { (title(name)) }
            (paragraphs(&tag["description"]))
            @for operation in of_tag { (operation.draw()) }
        }
    }
}

/// `builds` is `Builds`, and `2017` the API of that year.
fn title(tag: &str) -> String {
    if tag.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("API of {tag}");
    }
    let (first, rest) = tag.split_at(tag.len().min(1));
    first.to_ascii_uppercase() + rest
}

/// A part that opens, with what a link can lead to inside: a browser then opens it.
fn opening(id: &str, class: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        details class=(class) {
            summary { (head) }
            div id=(id) { (body) }
        }
    }
}
