//! The errors of the 2017 API: `{"error": "…"}`, with the status of its table.

use asu_catalog::CatalogError;
use asu_protocol::plan::PlanProblem;
use asu_store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::UNKNOWN_PACKAGE;
use crate::builds::NotQueued;
use crate::failure::RETRY_UPSTREAM;
use crate::{OfferedDistribution, plans};

/// When a client may ask an overloaded server again, seconds; the API's own advice.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("300");
/// How much of a text from outside is repeated.
const REPEATED: usize = 64;

/// What is wrong.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Error2017)]
pub(crate) struct ErrorText {
    /// For a person.
    error: String,
    /// Why the packages cannot be had, as a plan says it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    problems: Vec<PlanProblem>,
}

/// What is wrong; or `{}`: without target and subtarget; or `[]`: not JSON, or a parameter is missing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = BadRequest2017)]
pub(crate) enum Told {
    Error(ErrorText),
    Empty(Empty),
    List([ErrorText; 0]),
}

/// `{}`
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// Why a client of the 2017 API does not get what it asked for.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Told,
    unknown_package: Option<HeaderValue>,
}

impl Refusal {
    /// Any status with a text.
    pub(crate) fn new(status: StatusCode, error: &str) -> Self {
        let error = ErrorText {
            error: error.to_owned(),
            problems: Vec::new(),
        };
        Self::with(status, Told::Error(error))
    }

    fn with(status: StatusCode, body: Told) -> Self {
        Self {
            status,
            body,
            unknown_package: None,
        }
    }

    /// 400 for a request that lacks something or has it in the wrong form.
    pub(crate) fn bad(error: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// 400 with `[]`: not JSON, or a reading request without the parameters it needs.
    pub(crate) fn empty_list() -> Self {
        Self::with(StatusCode::BAD_REQUEST, Told::List([]))
    }

    /// 400 with `{}`: an image without target and subtarget.
    pub(crate) fn empty() -> Self {
        Self::with(StatusCode::BAD_REQUEST, Told::Empty(Empty {}))
    }

    /// 413 for a body that is not read to its end.
    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large")
    }

    /// 404 for a hash that nobody was told, or whose answer has expired.
    pub(crate) fn unknown_hash() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown request hash")
    }

    /// 412 for something this server does not build: `unknown release 1.2`.
    pub(crate) fn unknown(what: &str, given: &str) -> Self {
        let text = format!("unknown {what} {}", shortened(given));
        Self::new(StatusCode::PRECONDITION_FAILED, &text)
    }

    /// As [`From`], but for a target that a release of `known` has and the one asked for has not.
    pub(crate) fn in_place(error: CatalogError, known: &[OfferedDistribution]) -> Self {
        let CatalogError::UnsupportedTarget(target) = &error else {
            return error.into();
        };
        let mut releases = known.iter().flat_map(|one| &one.releases);
        if !releases.any(|release| release.targets.contains(target)) {
            return error.into();
        }
        let text = format!("target currently not supported {target}");
        Self::new(StatusCode::PRECONDITION_FAILED, &text)
    }

    /// 412 for a device.
    pub(crate) fn unknown_device() -> Self {
        let text = "unknown device, please check model and board params";
        Self::new(StatusCode::PRECONDITION_FAILED, text)
    }

    /// 422 for a package that the release does not have.
    pub(crate) fn unknown_package(name: &str) -> Self {
        let name = shortened(name);
        let text = format!("could not find package '{name}' for requested target");
        let mut refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, &text);
        refusal.unknown_package = HeaderValue::from_str(&name).ok();
        refusal
    }

    /// 422 for packages that cannot be had together, or one that cannot be had at all.
    pub(crate) fn problematic(problems: &[PlanProblem]) -> Self {
        let mut refusal = match missing(problems) {
            Some(name) => Self::unknown_package(name),
            None => Self::new(StatusCode::UNPROCESSABLE_ENTITY, &plans::summary(problems)),
        };
        if let Told::Error(text) = &mut refusal.body {
            text.problems = problems.to_vec();
        }
        refusal
    }

    /// 503 for a full queue.
    pub(crate) fn overloaded() -> Self {
        let text = "server overload, please try again in five minutes";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }

    /// 502 for a mirror that cannot be reached.
    fn unavailable(failure: &CatalogError) -> Self {
        tracing::error!(%failure, "a request of the 2017 API could not be answered");
        let text = "the mirror cannot be reached; please try again in a few minutes";
        Self::new(StatusCode::BAD_GATEWAY, text)
    }

    /// 500 for a fault of the server's own.
    pub(crate) fn broken(failure: &impl std::fmt::Display) -> Self {
        tracing::error!(%failure, "a request of the 2017 API could not be answered");
        let text = "the server could not do this because of a fault of its own";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }
}

impl From<StoreError> for Refusal {
    fn from(failure: StoreError) -> Self {
        Self::broken(&failure)
    }
}

impl From<NotQueued> for Refusal {
    /// The clients of 2017 know 503 as the answer to ask again after.
    fn from(reason: NotQueued) -> Self {
        match reason {
            NotQueued::Full { .. } => Self::overloaded(),
            NotQueued::Crowded => {
                let text = "too many unfinished builds were asked for from this address";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
            }
            NotQueued::Broken(error) => error.into(),
        }
    }
}

impl From<CatalogError> for Refusal {
    fn from(refusal: CatalogError) -> Self {
        match refusal {
            CatalogError::UnsupportedDistro(name) => Self::unknown("distribution", &name),
            CatalogError::UnsupportedBranch(version)
            | CatalogError::UnsupportedVersion(version) => Self::unknown("release", &version),
            CatalogError::UnsupportedTarget(target) => Self::unknown("target", &target),
            CatalogError::UnsupportedProfile(_) => Self::unknown_device(),
            fault => Self::unavailable(&fault),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(name) = self.unknown_package {
            headers.insert(UNKNOWN_PACKAGE, name);
        }
        let again = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER),
            StatusCode::BAD_GATEWAY => Some(RETRY_UPSTREAM.into()),
            _ => None,
        };
        headers.extend(again.map(|again| (header::RETRY_AFTER, again)));
        response
    }
}

/// The first package that the release does not have.
pub(crate) fn missing(problems: &[PlanProblem]) -> Option<&str> {
    let mut missing = problems
        .iter()
        .filter(|problem| problem.code == "no-such-package");
    missing.find_map(|problem| problem.packages.first().map(String::as_str))
}

fn shortened(text: &str) -> String {
    text.chars().take(REPEATED).collect()
}
