//! One way to ask a route.

use maud::{Markup, html};
use serde_json::Value;

use super::opening;
use super::schema::{entry, kind};
use super::text::{line, paragraphs};

/// A method and a path with what the document says of them.
pub(super) struct Operation<'d> {
    pub(super) tag: &'d str,
    path: &'d str,
    /// `GET`, or `GET HEAD` where both are worth a word.
    methods: String,
    says: &'d Value,
    components: &'d Value,
}

/// All operations, in the order of the document; `HEAD` stands with its `GET`.
pub(super) fn all(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let known = item.as_object().into_iter().flatten();
            let known = known.filter(|(method, _)| *method != "head");
            known.map(move |(method, says)| {
                let head = method == "get" && item.get("head").is_some();
                Operation {
                    tag: says["tags"][0].as_str().unwrap_or_default(),
                    path,
                    methods: method.to_uppercase() + if head { " HEAD" } else { "" },
                    says,
                    components: &document["components"],
                }
            })
        })
        .collect()
}

impl Operation<'_> {
    /// Whether there is a newer name.
    pub(super) fn is_deprecated(&self) -> bool {
        self.says["deprecated"] == true
    }

    pub(super) fn draw(&self) -> Markup {
        let id = self.says["operationId"].as_str().unwrap_or_default();
        let class = if self.is_deprecated() { "old" } else { "" };
        opening(id, class, &self.head(), &self.body())
    }

    fn head(&self) -> Markup {
        html! {
            span class="route" {
                @for method in self.methods.split(' ') {
                    b class={ "method " (method.to_lowercase()) } { (method) }
                }
                code { (breakable(self.path)) }
            }
            span class="says" { (line(&self.says["summary"])) }
        }
    }

    fn body(&self) -> Markup {
        let parameters = self.says["parameters"].as_array();
        let body = self.says.get("requestBody");
        let answers = self.says["responses"].as_object();
        html! {
            (paragraphs(&self.says["description"]))
            @if let Some(parameters) = parameters {
                h3 { "Parameters" }
                dl { @for one in parameters { (parameter(one)) } }
            }
            @if let Some(body) = body {
                h3 { "Request" }
                p { (contents(body)) }
            }
            h3 { "Answers" }
            dl class="answers" {
                @for (status, answer) in answers.into_iter().flatten() {
                    (self.answer(status, answer))
                }
            }
        }
    }

    fn answer(&self, status: &str, answer: &Value) -> Markup {
        let answer = self.resolved(answer);
        let headers = answer["headers"].as_object();
        html! {
            dt { b class={ "status s" (&status[..1]) } { (status) } }
            dd {
                (line(&answer["description"]))
                @if answer.get("content").is_some() { " " span class="kind" { (contents(answer)) } }
                @if let Some(headers) = headers {
                    ul { @for (name, header) in headers {
                        li { code { (name) } ": " (line(&header["description"])) }
                    } }
                }
            }
        }
    }

    /// The answer itself, where many routes share it.
    fn resolved<'a>(&'a self, answer: &'a Value) -> &'a Value {
        let name = answer["$ref"]
            .as_str()
            .and_then(|name| name.rsplit('/').next());
        name.map_or(answer, |name| &self.components["responses"][name])
    }
}

fn parameter(one: &Value) -> Markup {
    let name = one["name"].as_str().unwrap_or_default();
    let place = one["in"].as_str().unwrap_or_default();
    let about = html! { "(" (place) ") " (line(&one["description"])) };
    entry(name, one["required"] == true, &one["schema"], &about)
}

/// `application/json`: BuildRequest
fn contents(of: &Value) -> Markup {
    html! {
        @for (media, content) in of["content"].as_object().into_iter().flatten() {
            @if media != "application/json" { code { (media) } " " }
            @else { (kind(&content["schema"])) }
        }
    }
}

/// A path that may be broken before each slash, so that it fits a phone.
fn breakable(path: &str) -> Markup {
    html! {
        @for (i, part) in path.split('/').enumerate() {
            @if i > 0 { wbr; "/" }
            (part)
        }
    }
}
