//! Which worker asks, and whether it may.

use std::sync::Arc;

use asu_protocol::worker::{NAME_HEADER, PROTOCOL, PROTOCOL_HEADER, is_name};
use asu_store::{Scope, Token};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::{Api, Foreman, Offer};

/// A worker that was admitted.
pub(super) struct Caller {
    /// Its token as it was when it came in.
    pub(super) token: Token,
    token_hash: String,
    /// What its leases are known by: nobody without the same token can be called so.
    pub(super) worker: String,
    pub(super) foreman: Arc<dyn Foreman>,
}

impl Caller {
    /// What it may build now; its token may have been revoked since it came in.
    pub(super) async fn scope<O>(&self, api: &Api<O>) -> Result<Scope, Failure> {
        let token = api.store.token(&self.token_hash).await?;
        token.map_or_else(|| Err(Failure::bad_token()), |token| Ok(token.scope))
    }
}

impl<O: Offer> FromRequestParts<Api<O>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api<O>) -> Result<Self, Failure> {
        let foreman = api.foreman.clone().ok_or_else(Failure::not_found)?;
        let headers = &parts.headers;
        understood(headers)?;
        let token = bearer(headers).ok_or_else(Failure::bad_token)?;
        // Looked up by its digest, so how long that takes tells nothing of the token.
        let token_hash = hex::encode(Sha256::digest(token));
        let token = api.store.token(&token_hash).await?;
        let token = token.ok_or_else(Failure::bad_token)?;
        let name = text(headers, NAME_HEADER).unwrap_or_default();
        if !is_name(name) {
            return Err(Failure::nameless_worker());
        }
        Ok(Self {
            worker: format!("{}/{name}", token.name),
            token,
            token_hash,
            foreman,
        })
    }
}

/// Refuses a worker that would misunderstand this server.
fn understood(headers: &HeaderMap) -> Result<(), Failure> {
    let told = text(headers, PROTOCOL_HEADER).unwrap_or("none");
    if told.parse() == Ok(PROTOCOL) {
        return Ok(());
    }
    let newer = told.parse::<u32>().is_ok_and(|told| told > PROTOCOL);
    let side = if newer { "server" } else { "worker" };
    let version = env!("CARGO_PKG_VERSION");
    Err(Failure::wrong_protocol(format!(
        "the worker speaks protocol {told}, this server (version {version}) speaks {PROTOCOL}: update the {side}"
    )))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
