//! `POST /api/v1/plan`: what an upgrade would do.

use asu_protocol::plan::{Plan, PlanProblem, PlanRequest};
use asu_protocol::problem::PackageProblem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;

use crate::failure::{Failure, Told};
use crate::{Api, Offer, body};

/// Ask what an upgrade would do.
///
/// Nothing is built. The plan says of each package what becomes of it and why, and holds the request
/// that builds it; or the answer says what stands in the way, and what was tried and solves that.
#[utoipa::path(
    post,
    path = "/api/v1/plan",
    tag = "plans",
    request_body = PlanRequest,
    responses(
        (status = 200, body = Plan, description = "What would happen."),
        (status = 400, body = Told, description = "What is asked about is not offered: \
            `cause` is `unsupported-distro`, `unsupported-branch`, `unsupported-version`, \
            `unsupported-target`, `unsupported-profile` or `nothing-newer`."),
        (status = 422, body = Told, description = "The packages cannot be had \
            (`package-selection`), or a field has the wrong form (`invalid-request`)."),
        (status = 500, body = Told, description = "The mirror cannot be reached \
            (`upstream`), or this server is at fault (`internal`)."),
    ),
)]
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Plan>, Failure> {
    let bytes = bytes.map_err(|_| Failure::too_large())?;
    let question = body::read_question(&headers, &bytes)?;
    Ok(Json(api.offer.plan(question).await?))
}

/// All troubles in one text, for clients that show nothing else.
pub(crate) fn summary(problems: &[PlanProblem]) -> String {
    let texts: Vec<&str> = problems
        .iter()
        .map(|problem| problem.text.as_str())
        .collect();
    texts.join(" ")
}

/// The package a trouble is mostly about.
pub(crate) fn at_fault(problem: &PlanProblem) -> Option<PackageProblem> {
    Some(PackageProblem {
        name: problem.packages.first()?.clone(),
        reason: problem.text.clone(),
        remedy: problem
            .remedies
            .first()
            .map(|remedy| remedy.text.clone())
            .unwrap_or_default(),
    })
}
