//! Types, in words.

use maud::{Markup, html};
use serde_json::Value;

use super::opening;
use super::text::{line, paragraphs};

const PREFIX: &str = "#/components/schemas/";

/// All named types.
pub(super) fn section(document: &Value) -> Markup {
    let named = document["components"]["schemas"].as_object();
    html! {
        section {
            h2 id="schemas" { "Schemas" }
            @for (name, schema) in named.into_iter().flatten() {
                (opening(
                    &format!("schema-{name}"),
                    "schema",
                    &html! { b { (name) } },
                    &html! { (paragraphs(&schema["description"])) (shape(schema)) },
                ))
            }
        }
    }
}

/// The fields of an object, or what else it is.
fn shape(schema: &Value) -> Markup {
    let parts = schema["allOf"].as_array();
    html! {
        @if let Some(parts) = parts {
            @for part in parts {
                @if part.get("$ref").is_some() { p { "All of " (kind(part)) ", and:" } }
                @else { (shape(part)) }
            }
        } @else if schema.get("properties").is_some() {
            (fields(schema))
        } @else {
            p { (kind(schema)) }
        }
    }
}

fn fields(schema: &Value) -> Markup {
    let needed = |name: &str| {
        let needed = schema["required"].as_array();
        needed.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let all = schema["properties"].as_object().into_iter().flatten();
    html! {
        dl {
            @for (name, field) in all {
                (entry(name, needed(name), field, &line(&field["description"])))
            }
        }
    }
}

/// A field, a parameter or a header.
pub(super) fn entry(name: &str, needed: bool, schema: &Value, about: &Markup) -> Markup {
    html! {
        dt { code { (name) } @if needed { " " span class="needed" { "required" } } }
        dd { span class="kind" { (kind(schema)) } " " (about) }
    }
}

/// What a value is, in a few words.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        return listed(forms.iter().map(kind).collect(), " or ");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| html! { code { (shown(value)) } });
        return listed(values.collect(), ", ");
    }
    html! { (named(schema)) (limits(schema)) }
}

fn named(schema: &Value) -> Markup {
    let names: Vec<&str> = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    };
    let name = |name: &str| match name {
        "array" => html! { "list of " (kind(&schema["items"])) },
        "object" => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => html! { "map to " (kind(values)) },
            _ => html! { "object" },
        },
        other => html! { (other) },
    };
    if names.is_empty() {
        return html! { "anything" };
    }
    listed(names.into_iter().map(name).collect(), " or ")
}

/// What is allowed of it.
fn limits(schema: &Value) -> Markup {
    let of = |name: &str| schema.get(name).filter(|limit| !limit.is_null());
    // Every count is at least 0.
    let least = of("minimum").filter(|least| least.as_u64() != Some(0));
    html! {
        @if let Some(least) = least { ", from " (shown(least)) }
        @if let Some(most) = of("maximum") { ", up to " (shown(most)) }
        @if let Some(most) = of("maxLength") { ", at most " (shown(most)) " characters" }
        @if let Some(most) = of("maxItems") { ", at most " (shown(most)) }
        @if let Some(pattern) = of("pattern") { ", " code { (shown(pattern)) } }
    }
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn listed(items: Vec<Markup>, between: &str) -> Markup {
    html! {
        @for (i, item) in items.into_iter().enumerate() {
            @if i > 0 { (between) }
            (item)
        }
    }
}
