use asu_protocol::overview::Branch;
use asu_store::Load;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::documents::newest_first;
use crate::failure::Failure;
use crate::{Api, Offer};

/// The page runs nothing and loads nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.facts { display: flex; gap: 1rem; flex-wrap: wrap; margin: 1.5rem 0; padding: 0; list-style: none; }
.facts li { flex: 1 1 9rem; border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1rem; }
.facts b { display: block; font-size: 1.5rem; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem .45rem 0; border-bottom: 1px solid var(--line); }
pre, code { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); border-radius: .5rem; padding: .8rem 1rem; overflow-x: auto; }
footer { margin-top: 3rem; font-size: .875rem; opacity: .75; }
";

/// What this is, for a person who came by.
#[utoipa::path(get, path = "/", tag = "operation", responses(
    (status = 200, body = String, content_type = "text/html", description = "A page."),
))]
pub(crate) async fn show<O: Offer>(State(api): State<Api<O>>) -> Result<Response, Failure> {
    let load = api.store.load(api.now()).await?;
    let branches = newest_first(api.offer.overview().await);
    let body = body(&branches, load, &api.limits.contact);
    Ok(response(
        framed("OpenWrt upgrade server", "", &body).into_string(),
    ))
}

/// A whole page on its way out.
pub(crate) fn response(page: impl Into<Body>) -> Response {
    (
        [(header::CONTENT_SECURITY_POLICY, POLICY)],
        Html(page.into()),
    )
        .into_response()
}

/// A whole page; `style` comes after that of all pages.
pub(crate) fn framed(title: &str, style: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body { (body) }
        }
    }
}

fn body(branches: &[Branch], load: Load, contact: &str) -> Markup {
    html! {
        h1 { "OpenWrt upgrade server" }
        p {
            "This server builds OpenWrt images that contain the packages your router "
            "already has, so that it can be upgraded in one step and keep its settings."
        }
        (facts(load))
        h2 { "Use it" }
        p { "On the router, in LuCI: " b { "System → Attended Sysupgrade → Configuration" }
            ", or in a shell, with this server's address:" }
        pre { "uci set attendedsysupgrade.server.url='https://…'\nuci commit attendedsysupgrade" }
        h2 { "Versions" }
        (versions(branches))
        h2 { "For programs" }
        p {
            a href="/json/v1/overview.json" { code { "/json/v1/overview.json" } }
            " says what can be built, "
            code { "POST /api/v1/build" } " builds it, "
            a href="/healthz" { code { "/healthz" } } " tells whether the server is well. "
            a href="/api/v1/docs" { "All routes" } "."
        }
        footer {
            "asu-server " (env!("CARGO_PKG_VERSION"))
            @if !contact.is_empty() { " · Operator: " (contact) }
        }
    }
}

fn facts(load: Load) -> Markup {
    html! {
        ul class="facts" {
            li { b { (load.pending) } "waiting in the queue" }
            li { b { (load.building) } "being built" }
        }
    }
}

fn versions(branches: &[Branch]) -> Markup {
    let shown = branches
        .iter()
        .filter(|branch| branch.enabled && !branch.versions.is_empty());
    html! {
        @if shown.clone().next().is_none() {
            p { "None yet: the mirror this server builds from has not answered so far." }
        } @else {
            table {
                tr { th { "Branch" } th { "Versions" } th { "Targets" } }
                @for branch in shown {
                    tr {
                        th scope="row" { (branch.name) }
                        td { (branch.versions.join(", ")) }
                        td { (branch.targets.len()) }
                    }
                }
            }
        }
    }
}
