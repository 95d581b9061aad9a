//! Troubles with the build server.

use super::Trouble;
use crate::effect::{Body, Reply};
use crate::json::Json;
use crate::read::{self, Build};
use crate::words::w;

/// What the server was asked for, because the same status means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What it can build.
    Overview,
    /// Packages of a release.
    Packages,
    /// A new build.
    Build,
    /// How a build is getting on.
    Progress,
    /// An image file.
    Image,
}

/// Says why the server's answer is of no use. `secure` tells whether this page came by https.
pub(crate) fn server_trouble(asked: Asked, server: &str, secure: bool, reply: &Reply) -> Trouble {
    match reply {
        Reply::Failed(text) => unreachable(server, secure, text),
        Reply::TimedOut => Trouble::new(
            "server-timeout",
            w!("The build server did not answer in time"),
            w!("{0} accepted the connection but stayed silent.", server),
            w!("It may be overloaded. Try again in a few minutes."),
        ),
        Reply::Digest { .. } => invalid(server, &Body::Text(String::new())),
        Reply::Http { status, body } => answered(asked, server, *status, body),
    }
}

fn unreachable(server: &str, secure: bool, text: &str) -> Trouble {
    if secure && server.starts_with("http://") {
        return Trouble::new(
            "mixed-content",
            w!("The browser blocks this build server"),
            w!(
                "This page was opened by https, so the browser refuses to talk to {0}, which is plain http.",
                server
            ),
            w!("Use a server address that begins with https://, or open this page by http://."),
        )
        .settled();
    }
    let mut trouble = Trouble::new(
        "server-unreachable",
        w!("The build server cannot be reached"),
        w!(
            "The browser got no usable answer from {0}. The address may be wrong, the server or your internet connection down, or the server may not allow requests from other sites (CORS); browsers do not say which.",
            server
        ),
        w!(
            "Check your connection and the server address, then try again. Nothing was changed on the router."
        ),
    );
    text.clone_into(&mut trouble.log);
    trouble
}

fn answered(asked: Asked, server: &str, status: u16, body: &Body) -> Trouble {
    let json = match body {
        Body::Json(json) => json,
        Body::Text(_) => &Json::Null,
    };
    let answer = read::build(json);
    let mut trouble = match status {
        200..=299 => invalid(server, body),
        401 | 403 | 407 => Trouble::new(
            "server-forbids",
            w!("The build server does not let you in"),
            w!(
                "{0} answered with HTTP status {1}: it, or something in front of it, is open to some people only.",
                server,
                status
            ),
            w!("Ask its operator for access, or go back and use another server."),
        )
        .settled(),
        404 | 410 => not_found(asked, server),
        422 if !json.get("detail").list().is_empty() => invalid_request(json),
        429 => busy(
            "too-many-requests",
            w!("The build server asks for patience"),
            w!("It received too many requests from this connection."),
        ),
        408 | 502..=504 => busy(
            "server-unavailable",
            w!("The build server is not available"),
            w!(
                "The machine in front of it answers, the server itself does not; it may be restarting."
            ),
        ),
        529 => busy(
            "overloaded",
            w!("The build server is overloaded"),
            w!("Its queue is full, so it takes no new requests at the moment."),
        ),
        413 => Trouble::new(
            "request-too-large",
            w!("The request is too large for the build server"),
            w!("It takes requests of limited length only."),
            w!("Go back, shorten the first-boot script or leave out packages, and request again."),
        )
        .settled(),
        400 | 409 | 422 => refused_request(),
        500 if matches!(asked, Asked::Build | Asked::Progress) && answer.is_some() => {
            failed_build()
        }
        _ => Trouble::new(
            if status >= 500 {
                "server-error"
            } else {
                "unexpected-status"
            },
            w!("The build server could not help"),
            w!("{0} answered with HTTP status {1}.", server, status),
            w!("Try again later. If it stays, tell the operator of the server."),
        ),
    };
    if let Some(answer) = answer.filter(|_| status >= 300) {
        explain(&mut trouble, answer);
    }
    trouble
}

/// Adds what the server itself says, which for requests and builds is the better explanation.
fn explain(trouble: &mut Trouble, answer: Build) {
    let detail = answer.detail.strip_prefix("Error: ");
    let detail = detail.unwrap_or(&answer.detail).trim_end_matches('.');
    trouble.log = answer.log;
    match trouble.cause.as_str() {
        // "could not find provided request hash" helps nobody, nor does a hint about JSON.
        "unknown-request" | "invalid-request" => return,
        "request-refused" | "build-failed" | "server-error" => {
            if !detail.is_empty() {
                trouble.why = format!("{detail}.");
            }
            specialise(trouble, &answer.cause);
            if !answer.hint.is_empty() && !trouble.cause.starts_with("unsupported") {
                trouble.next = answer.hint;
            }
        }
        _ if !detail.is_empty() => {
            trouble.why = w!("{0} The server says: “{1}.”", trouble.why, detail);
        }
        _ => {}
    }
    if !answer.cause.is_empty() {
        trouble.cause = answer.cause;
    }
    trouble.is_settled |= !answer.packages.is_empty();
    trouble.packages = answer.packages;
}

/// Gives known causes, and ASU's known sentences, a headline and advice of their own.
fn specialise(trouble: &mut Trouble, given: &str) {
    const KNOWN: &[(&str, &str, &str, &str)] = &[
        (
            "Unsupported version",
            "unsupported-version",
            w!("The server does not build this release"),
            w!(
                "Go back and choose another version, or try again tomorrow if it was just released."
            ),
        ),
        (
            "Unsupported branch",
            "unsupported-branch",
            w!("The server does not build this release"),
            w!("Go back and choose another version."),
        ),
        (
            "Unsupported target",
            "unsupported-target",
            w!("This release has no images for this kind of router"),
            w!(
                "Go back and choose another version; new releases can take a day until every target is built."
            ),
        ),
        (
            "Unsupported profile",
            "unsupported-profile",
            w!("This release does not know this router"),
            w!(
                "Go back and choose another version, or look the device up in the OpenWrt table of hardware."
            ),
        ),
        (
            "Impossible package selection",
            "package-selection",
            w!("The packages do not fit together"),
            w!("Go back and leave out the packages named here."),
        ),
        (
            "exceed device storage",
            "image-too-big",
            w!("The image would not fit into the router’s flash"),
            w!("Go back and leave out packages you can do without."),
        ),
        (
            "Image not found",
            "builder-missing",
            w!("The server cannot build this release yet"),
            w!("Try again in a few hours; builders appear some time after a release."),
        ),
    ];
    for (words, cause, title, next) in KNOWN {
        if given == *cause || trouble.why.contains(words) {
            (*cause).clone_into(&mut trouble.cause);
            (*title).clone_into(&mut trouble.title);
            (*next).clone_into(&mut trouble.next);
            trouble.is_settled = *cause != "builder-missing";
            return;
        }
    }
}

fn busy(cause: &str, title: &str, why: &str) -> Trouble {
    Trouble::new(
        cause,
        title,
        why,
        w!("Wait a few minutes, then try again. Your choices are kept."),
    )
}

fn refused_request() -> Trouble {
    Trouble::new(
        "request-refused",
        w!("The build server refused the request"),
        w!("It did not say why."),
        w!("Go back, change the selection, and request again."),
    )
    .settled()
}

fn failed_build() -> Trouble {
    Trouble::new(
        "build-failed",
        w!("The image could not be built"),
        w!("The build server reported a failure without a reason."),
        w!(
            "Go back and leave out packages you can do without, or try again later. Nothing was changed on the router."
        ),
    )
}

fn invalid(server: &str, body: &Body) -> Trouble {
    let mut trouble = Trouble::new(
        "invalid-answer",
        w!("The build server’s answer cannot be read"),
        w!(
            "What {0} sent is not what a build server sends. It may be another kind of web site, or a login page of the network you are in.",
            server
        ),
        w!("Check the server address. In a hotel or guest network, open any web page first."),
    );
    if let Body::Text(text) = body {
        trouble.log.clone_from(text);
    }
    trouble
}

fn not_found(asked: Asked, server: &str) -> Trouble {
    match asked {
        Asked::Overview => Trouble::new(
            "not-a-build-server",
            w!("There is no build server at this address"),
            w!("{0} answers, but has no list of releases.", server),
            w!("Check the server address for a typing mistake."),
        ),
        Asked::Packages => Trouble::new(
            "packages-missing",
            w!("The server has no packages for this release"),
            w!("The package list for this router’s target does not exist there (yet)."),
            w!(
                "Go back and choose another version, or try again tomorrow if it was just released."
            ),
        ),
        Asked::Build => Trouble::new(
            "not-a-build-server",
            w!("This server does not build images"),
            w!("{0} lists releases, but takes no build requests.", server),
            w!("Go back and use another server address."),
        ),
        Asked::Progress => Trouble::new(
            "unknown-request",
            w!("The server no longer knows this build"),
            w!(
                "Finished and failed builds are kept for a limited time only, and a restarted server may have lost its queue."
            ),
            w!("Try again: the image is requested anew, with the same selection."),
        ),
        Asked::Image => Trouble::new(
            "image-gone",
            w!("The image is no longer on the server"),
            w!("It was built, but its file has been removed since."),
            w!("Try again: the image is requested anew, with the same selection."),
        ),
    }
}

/// FastAPI's list of what is wrong with a request, as sentences.
fn invalid_request(json: &Json) -> Trouble {
    let mut trouble = refused_request();
    "invalid-request".clone_into(&mut trouble.cause);
    let complaints: Vec<String> = json
        .get("detail")
        .list()
        .iter()
        .filter_map(complaint)
        .collect();
    if !complaints.is_empty() {
        trouble.why = complaints.join(" ");
    }
    trouble
}

fn complaint(item: &Json) -> Option<String> {
    let message = item.get("msg").text()?;
    // The first part is always "body".
    let place: Vec<String> = item.get("loc").list().iter().skip(1).map(plain).collect();
    let given = plain(item.get("input"));
    Some(w!("{0} “{1}”: {2}.", place.join(" "), given, message))
}

fn plain(value: &Json) -> String {
    value
        .text()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cause a server's status can have when the answer itself names none.
    const CAUSES: [&str; 14] = [
        "build-failed",
        "image-gone",
        "invalid-answer",
        "not-a-build-server",
        "overloaded",
        "packages-missing",
        "request-refused",
        "request-too-large",
        "server-error",
        "server-forbids",
        "server-unavailable",
        "too-many-requests",
        "unexpected-status",
        "unknown-request",
    ];

    #[test]
    fn every_status_has_a_name_a_reason_and_a_next_step() {
        let asked = [
            Asked::Overview,
            Asked::Packages,
            Asked::Build,
            Asked::Progress,
            Asked::Image,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for (asked, status) in asked
            .into_iter()
            .flat_map(|asked| (100..600).map(move |status| (asked, status)))
        {
            let known = crate::json::map([("status", u64::from(status).into())]);
            for body in [Body::Json(known), Body::Text("<h1>".to_owned())] {
                let reply = Reply::Http { status, body };
                let trouble = server_trouble(asked, "http://server", false, &reply);
                assert!(
                    CAUSES.contains(&trouble.cause.as_str()),
                    "{status}: {trouble:?}"
                );
                assert!(
                    !trouble.title.is_empty() && !trouble.why.is_empty(),
                    "{status}"
                );
                assert!(!trouble.next.is_empty(), "{status}");
                seen.insert(trouble.cause);
            }
        }
        assert_eq!(seen.len(), CAUSES.len(), "{seen:?}");
    }
}
