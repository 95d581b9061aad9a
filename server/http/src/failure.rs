//! The one place where an error becomes an answer.

mod storage;
mod worker;

use std::time::Duration;

use asu_catalog::CatalogError;
use asu_protocol::plan::PlanProblem;
use asu_protocol::problem::PackageProblem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wrong::WrongField;
use crate::{Unplannable, plans};

/// ASU's status for a full queue; it is not in any standard.
const OVERLOADED: u16 = 529;

/// When a client may ask an overloaded server again, seconds.
const RETRY_AFTER: u32 = 60;

/// When a client may ask again for what the mirror could not give, seconds: as long as the catalog
/// does not ask the mirror again.
pub(crate) const RETRY_UPSTREAM: u32 = 5;

/// The first characters of a text from outside, so that an answer does not repeat all of it.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An error on its way out: what the client is told, and what only the log is told.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    told: Box<Told>,
    log: Option<String>,
    /// When to ask again, seconds.
    retry_after: Option<u32>,
}

/// What happened, why, and what to do next: the body of an error answer.
// It is `asu_protocol::problem::Problem` in all forms of `detail` that API v1 clients know.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Told {
    /// The HTTP status, repeated.
    status: u16,
    /// The kind of problem, where ASU has a name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<&'static str>,
    /// What happened, for a person; or the field that is wrong.
    detail: Detail,
    /// A stable code for programs. A client must bear one it does not know.
    #[schema(examples("unsupported-profile"))]
    cause: &'static str,
    /// What to do next, for a person.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    hint: &'static str,
    /// The packages at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    packages: Vec<PackageProblem>,
    /// Why there is no plan: each trouble with the remedies that were tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    problems: Vec<PlanProblem>,
}

/// One sentence, or a list with the first wrong field.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Fields(Vec<WrongField>),
}

impl Failure {
    fn new(
        status: StatusCode,
        detail: impl Into<String>,
        cause: &'static str,
        hint: &'static str,
    ) -> Self {
        Self {
            told: Box::new(Told {
                status: status.as_u16(),
                title: None,
                detail: Detail::Text(detail.into()),
                cause,
                hint,
                packages: Vec::new(),
                problems: Vec::new(),
            }),
            log: None,
            retry_after: None,
        }
    }

    fn titled(mut self, title: &'static str) -> Self {
        self.told.title = Some(title);
        self
    }

    fn retried_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn logged(mut self, log: &impl ToString) -> Self {
        self.log = Some(log.to_string());
        self
    }

    /// 404 for a path that leads nowhere.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "not-found", "")
    }

    /// 405.
    pub(crate) fn wrong_method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "Method Not Allowed", "method-not-allowed", "")
    }

    /// 404 for a request nobody made, or whose answer has expired.
    pub(crate) fn unknown_request() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "could not find provided request hash",
            "unknown-request",
            "Answers are kept for a limited time. Send the request again.",
        )
        .titled("Not Found")
    }

    /// 404 for the signature of an answer that has none.
    pub(crate) fn unsigned(reason: &str, hint: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, reason, "unsigned", hint).titled("Not Found")
    }

    /// 529.
    pub(crate) fn overloaded(pending: u32) -> Self {
        let status = StatusCode::from_u16(OVERLOADED).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        Self::new(
            status,
            format!("server overload, queue contains too many build requests: {pending}"),
            "overloaded",
            "Try again in a few minutes.",
        )
        .titled("Server overloaded")
        .retried_after(RETRY_AFTER)
    }

    /// 503 for one event stream too many.
    pub(crate) fn too_many_streams() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many clients follow builds",
            "overloaded",
            "Ask /api/v1/build/{request_hash} every few seconds instead.",
        )
        .retried_after(RETRY_AFTER)
    }

    /// 429.
    pub(crate) fn too_often(wait: Duration) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests from this address",
            "too-often",
            "Wait as long as Retry-After says.",
        )
        .retried_after(u32::try_from(wait.as_secs() + 1).unwrap_or(RETRY_AFTER))
    }

    /// 429 for a client that waits for as many builds as it may.
    pub(crate) fn too_many_builds() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many unfinished builds were asked for from this address",
            "too-many-builds",
            "Wait until one of them is finished, then ask again.",
        )
        .retried_after(RETRY_AFTER)
    }

    /// 400 for a body that ends too soon or contradicts itself.
    pub(crate) fn broken_body() -> Self {
        Self::refused(
            "the body of the request did not come whole",
            "broken-body",
            "Send the request again.",
        )
    }

    /// 403 for who wants to cancel what it has not asked for.
    pub(crate) fn not_yours() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "only who asked for a build can cancel it",
            "not-yours",
            "Send the X-Cancel-Token that the answer to your POST had.",
        )
    }

    /// 409 for a build that has ended before it could be cancelled.
    pub(crate) fn finished() -> Self {
        Self::new(StatusCode::CONFLICT, "the build has ended", "finished", "")
    }

    /// 500 where the system has no random numbers.
    pub(crate) fn no_token(error: &impl ToString) -> Self {
        Self::internal(error)
    }

    /// 408.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body of the request did not come in time",
            "too-slow",
            "Send the request again.",
        )
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large",
            "too-large",
            "Shorten the package list or the first-boot script.",
        )
    }

    /// 422.
    pub(crate) fn wrong_field(field: WrongField) -> Self {
        let mut failure = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "",
            "invalid-request",
            "Correct the field that `loc` names.",
        );
        failure.told.detail = Detail::Fields(vec![field]);
        failure
    }

    /// 422 for a selection of packages that cannot be had.
    pub(crate) fn unsolvable(problems: Vec<PlanProblem>) -> Self {
        let mut failure = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            plans::summary(&problems),
            "package-selection",
            "Change what is asked for as one of the remedies says, and ask again.",
        );
        failure.told.packages = problems.iter().filter_map(plans::at_fault).collect();
        failure.told.problems = problems;
        failure
    }

    /// 400 for a well-formed request that this server does not serve.
    pub(crate) fn refused(
        detail: impl Into<String>,
        cause: &'static str,
        hint: &'static str,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, cause, hint)
    }

    /// 500 for a panic in a handler.
    pub(crate) fn panicked(message: &str) -> Self {
        Self::internal(&format!("a handler panicked: {message}"))
    }

    /// 500 for an answer that has no JSON form.
    pub(crate) fn unwritable() -> Self {
        Self::internal(&"an answer cannot be written as JSON")
    }

    /// 503 when the server cannot do its work at all.
    pub(crate) fn unhealthy(detail: impl Into<String>, log: &impl ToString) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail, "unhealthy", "").logged(log)
    }

    /// The answer to a *document* that the catalog does not have: 404, or as [`From`].
    pub(crate) fn no_document(error: CatalogError) -> Self {
        if error.is_a_fault() {
            return error.into();
        }
        Self::new(
            StatusCode::NOT_FOUND,
            error.to_string(),
            error.cause(),
            SEE_OVERVIEW,
        )
    }

    /// The revision of a version that upstream has not told; API v1 passes its status on.
    pub(crate) fn no_revision(of: &str, error: &CatalogError) -> Self {
        let status = match error {
            CatalogError::Upstream { status, .. } => *status,
            _ => Some(404),
        };
        let status = status
            .filter(|code| (400..600).contains(code))
            .and_then(|code| StatusCode::from_u16(code).ok())
            .unwrap_or(StatusCode::BAD_GATEWAY);
        let detail = format!("Failed to fetch revision for {of}");
        let failure = Self::new(status, detail, error.cause(), "").logged(error);
        if status == StatusCode::NOT_FOUND {
            return failure;
        }
        failure.retried_after(RETRY_UPSTREAM)
    }

    /// 500 for lists of releases while not one is known.
    pub(crate) fn nothing_known() -> Self {
        Self::unreachable_mirror()
            .logged(&"no release is known; the mirror has not answered so far")
    }

    fn unreachable_mirror() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server could not reach the mirror it builds from",
            "upstream",
            "Try again in a few minutes.",
        )
        .retried_after(RETRY_UPSTREAM)
    }

    fn internal(log: &impl ToString) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server could not do this because of a fault of its own",
            "internal",
            "Try again later; if it stays, tell the operator the X-Request-Id of this answer.",
        )
        .logged(log)
    }
}

const SEE_OVERVIEW: &str = "/json/v1/overview.json lists what this server builds.";

impl From<CatalogError> for Failure {
    /// The answer to a *request* that the catalog refuses; 500, not 502, if upstream is down: today's
    /// clients know 400, 422 and 500, and wait for ever on others.
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Upstream { .. } => Self::unreachable_mirror().logged(&error),
            fault if fault.is_a_fault() => Self::internal(&fault),
            refusal => {
                let hint = refusal.hint().unwrap_or(SEE_OVERVIEW);
                Self::refused(refusal.to_string(), refusal.cause(), hint)
            }
        }
    }
}

impl From<Unplannable> for Failure {
    fn from(reason: Unplannable) -> Self {
        match reason {
            Unplannable::Catalog(error) => error.into(),
            Unplannable::Problems(problems) => Self::unsolvable(problems),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match self.log {
            Some(log) => tracing::error!(status = self.told.status, "{log}"),
            None => {
                tracing::debug!(status = self.told.status, detail = ?self.told.detail, "refused");
            }
        }
        let mut response = (status, Json(self.told)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
