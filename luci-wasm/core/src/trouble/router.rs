//! Troubles with the router.

use super::Trouble;
use crate::answer::{Refusal, ubus_status};

/// A ubus call (`object method`) that was not answered.
pub(crate) fn refused(refusal: Refusal, call: &str) -> Trouble {
    match refusal {
        Refusal::Unreachable(text) => unreachable(&text),
        Refusal::Late => Trouble::new(
            "router-timeout",
            "The router did not answer in time",
            format!(
                "It was asked for “{call}” and stayed silent. It may be busy or out of memory."
            ),
            "Wait a moment and try again. If it stays silent, restart the router; nothing was changed on it.",
        ),
        Refusal::Http(status) => http(status, call),
        Refusal::Garbled => Trouble::new(
            "router-garbled",
            "The router’s answer cannot be read",
            format!(
                "The answer to “{call}” is not what an OpenWrt router sends; something between this browser and the router may have replaced it."
            ),
            "Open this page by the router’s own address, without a proxy, and try again.",
        ),
        Refusal::Denied => Trouble::new(
            "permission-denied",
            "This login may not do that",
            format!("The router denied “{call}” to this user, although the session is valid."),
            "Log in as root, or give this user the access group “attendedsysupgrade”.",
        )
        .settled(),
        Refusal::NoObject => missing_object(call),
        Refusal::Rpc(code, message) => Trouble::new(
            "router-rpc-error",
            "The router refused the request",
            format!("“{call}” ended with JSON-RPC error {code}: {message}"),
            "Try again. If it happens again, restart the router’s services rpcd and uhttpd.",
        ),
        Refusal::Status(status) => Trouble::new(
            "router-status",
            "The router could not do that",
            format!(
                "“{call}” ended with ubus status {status}: {}.",
                ubus_status(status)
            ),
            "Try again. If it happens again, look into the router’s system log.",
        ),
    }
}

fn unreachable(text: &str) -> Trouble {
    let mut trouble = Trouble::new(
        "router-unreachable",
        "The router cannot be reached",
        "The browser got no answer from the router’s web server: it may be restarting, or this computer lost its connection to it.",
        "Check the cable or the Wi-Fi, then try again. Nothing was changed on the router.",
    );
    text.clone_into(&mut trouble.log);
    trouble
}

fn http(status: u16, call: &str) -> Trouble {
    let why = match status {
        404 => "The web server has no ubus interface.".to_owned(),
        502..=504 => "The web server runs, but the service behind it does not answer.".to_owned(),
        _ => format!("“{call}” was answered with HTTP status {status}."),
    };
    let next = if status == 404 {
        "Install the package uhttpd-mod-ubus on the router, then try again."
    } else {
        "Try again in a moment. If it stays, restart the router."
    };
    Trouble::new(
        "router-http",
        "The router’s web server could not help",
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
        format!("The package {package} is missing"),
        format!("The router does not offer “{call}”, which this page needs."),
        format!("Install {package} on the router, restart rpcd, and try again."),
    )
}

/// An upload that `cgi-upload` refused, with what it said.
pub(crate) fn upload_refused(message: &str) -> Trouble {
    if message.contains("denied") {
        return Trouble::new(
            "upload-denied",
            "This login may not upload an image",
            format!("The router said: {message}."),
            "Log in as root, or give this user the access group “attendedsysupgrade” for writing.",
        )
        .settled();
    }
    let why = if message.is_empty() {
        "The router did not say what it stored.".to_owned()
    } else {
        format!("The router said: {message}.")
    };
    Trouble::new(
        "upload-failed",
        "The router could not store the image",
        why,
        "Free some memory on the router (a restart does it), then try again.",
    )
}
