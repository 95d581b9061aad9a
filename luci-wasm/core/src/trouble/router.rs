//! Troubles with the router.

use super::Trouble;
use crate::answer::{Refusal, ubus_status};
use crate::words::w;

/// A ubus call (`object method`) that was not answered.
pub(crate) fn refused(refusal: Refusal, call: &str) -> Trouble {
    match refusal {
        Refusal::Unreachable(text) => unreachable(&text),
        Refusal::Late => Trouble::new(
            "router-timeout",
            w!("The router did not answer in time"),
            w!(
                "It was asked for “{0}” and stayed silent. It may be busy or out of memory.",
                call
            ),
            w!(
                "Wait a moment and try again. If it stays silent, restart the router; nothing was changed on it."
            ),
        ),
        Refusal::Http(status) => http(status, call),
        Refusal::Garbled => Trouble::new(
            "router-garbled",
            w!("The router’s answer cannot be read"),
            w!(
                "The answer to “{0}” is not what an OpenWrt router sends; something between this browser and the router may have replaced it.",
                call
            ),
            w!("Open this page by the router’s own address, without a proxy, and try again."),
        ),
        Refusal::Denied => Trouble::new(
            "permission-denied",
            w!("This login may not do that"),
            w!(
                "The router denied “{0}” to this user, although the session is valid.",
                call
            ),
            w!("Log in as root, or give this user the access group “attendedsysupgrade”."),
        )
        .settled(),
        Refusal::NoObject => missing_object(call),
        Refusal::Rpc(code, message) => Trouble::new(
            "router-rpc-error",
            w!("The router refused the request"),
            w!(
                "“{0}” ended with JSON-RPC error {1}: {2}",
                call,
                code,
                message
            ),
            w!("Try again. If it happens again, restart the router’s services rpcd and uhttpd."),
        ),
        Refusal::Status(status) => Trouble::new(
            "router-status",
            w!("The router could not do that"),
            w!(
                "“{0}” ended with ubus status {1}: {2}.",
                call,
                status,
                ubus_status(status)
            ),
            w!("Try again. If it happens again, look into the router’s system log."),
        ),
    }
}

fn unreachable(text: &str) -> Trouble {
    let mut trouble = Trouble::new(
        "router-unreachable",
        w!("The router cannot be reached"),
        w!(
            "The browser got no answer from the router’s web server: it may be restarting, or this computer lost its connection to it."
        ),
        w!("Check the cable or the Wi-Fi, then try again. Nothing was changed on the router."),
    );
    text.clone_into(&mut trouble.log);
    trouble
}

fn http(status: u16, call: &str) -> Trouble {
    let why = match status {
        404 => w!("The web server has no ubus interface.").to_owned(),
        502..=504 => {
            w!("The web server runs, but the service behind it does not answer.").to_owned()
        }
        _ => w!("“{0}” was answered with HTTP status {1}.", call, status),
    };
    let next = match status {
        404 => w!("Install the package uhttpd-mod-ubus on the router, then try again."),
        401 | 403 | 407 => {
            w!("Open this page by the router’s own address, without a proxy, and try again.")
        }
        _ => w!("Try again in a moment. If it stays, restart the router."),
    };
    Trouble::new(
        "router-http",
        w!("The router’s web server could not help"),
        why,
        next,
    )
}

fn missing_object(call: &str) -> Trouble {
    let package = match call.split(' ').next() {
        Some("packagelist") => "rpcd-mod-packagelist",
        Some("attendedsysupgrade") => "rpcd-mod-attendedsysupgrade",
        _ => "rpcd",
    };
    Trouble::new(
        "missing-plugin",
        w!("The package {0} is missing", package),
        w!(
            "The router does not offer “{0}”, which this page needs.",
            call
        ),
        w!(
            "Install {0} on the router, restart rpcd, and try again.",
            package
        ),
    )
}

/// An upload that `cgi-upload` refused, with what it said.
pub(crate) fn upload_refused(message: &str) -> Trouble {
    if message.contains("denied") {
        return Trouble::new(
            "upload-denied",
            w!("This login may not upload an image"),
            w!("The router said: {0}.", message),
            w!("Log in as root, or give this user the access group “attendedsysupgrade” for writing."),
        )
        .settled();
    }
    let why = if message.is_empty() {
        w!("The router did not say what it stored.").to_owned()
    } else {
        w!("The router said: {0}.", message)
    };
    Trouble::new(
        "upload-failed",
        w!("The router could not store the image"),
        why,
        w!("Free some memory on the router (a restart does it), then try again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::ubus_reply;
    use crate::effect::{Body, Reply};
    use crate::json::{Json, map};

    fn trouble(body: Json, status: u16) -> Trouble {
        let body = Body::Json(body);
        let refusal = ubus_reply(Reply::Http { status, body }).unwrap_err();
        refused(refusal, "system board")
    }

    #[test]
    fn every_status_and_every_code_has_a_name_a_reason_and_a_next_step() {
        let http = (100..600).filter(|status| *status != 200);
        let mut all: Vec<Trouble> = http.map(|status| trouble(Json::Null, status)).collect();
        for status in 1..300_u64 {
            let result = Json::List(vec![status.into()]);
            all.push(trouble(map([("result", result)]), 200));
        }
        for code in -32_800..-31_900 {
            let error = map([
                ("code", Json::Number(f64::from(code))),
                ("message", "m".into()),
            ]);
            all.push(trouble(map([("error", error)]), 200));
        }
        let known = [
            "missing-plugin",
            "permission-denied",
            "router-http",
            "router-rpc-error",
            "router-status",
        ];
        for trouble in all {
            assert!(known.contains(&trouble.cause.as_str()), "{trouble:?}");
            assert!(!trouble.title.is_empty() && !trouble.why.is_empty());
            assert!(!trouble.next.is_empty());
        }
    }
}
