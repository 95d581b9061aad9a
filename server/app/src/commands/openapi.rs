//! `asu-server openapi`: the document of the HTTP API.

use std::io::{Write, stdout};

use asu_server::Desk;

use super::{Error, enough};

/// Prints the document, indented, in an order that does not change.
pub(crate) fn run() -> Result<(), Error> {
    let document = serde_json::to_string_pretty(asu_http::document::<Desk>())?;
    enough(writeln!(stdout(), "{document}"))
}
