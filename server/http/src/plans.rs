//! `POST /api/v1/plan`: what an upgrade would do.

use asu_protocol::plan::{Plan, PlanProblem};
use asu_protocol::problem::PackageProblem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::Unplannable;
use crate::failure::Failure;
use crate::{Api, Offer, body};

/// Answers with the plan (200), or with the reasons why there is none (422).
pub(crate) async fn ask<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Plan>, Refused> {
    let bytes = bytes.map_err(|_| Failure::too_large())?;
    let question = body::read_question(&headers, &bytes)?;
    Ok(Json(api.offer.plan(question).await?))
}

/// Why there is no plan.
pub(crate) enum Refused {
    /// The question cannot be answered at all.
    Failure(Failure),
    /// It can, and the answer is no.
    Problems(Vec<PlanProblem>),
}

/// `asu_protocol::problem::Problem`, with each trouble in full.
#[derive(Serialize)]
struct Told {
    status: u16,
    detail: String,
    cause: &'static str,
    hint: &'static str,
    packages: Vec<PackageProblem>,
    problems: Vec<PlanProblem>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Unplannable> for Refused {
    fn from(reason: Unplannable) -> Self {
        match reason {
            Unplannable::Catalog(error) => Self::Failure(error.into()),
            Unplannable::Problems(problems) => Self::Problems(problems),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Failure(failure) => failure.into_response(),
            Self::Problems(problems) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Json(told(problems))).into_response()
            }
        }
    }
}

fn told(problems: Vec<PlanProblem>) -> Told {
    Told {
        status: StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
        detail: summary(&problems),
        cause: "package-selection",
        hint: "Change what is asked for as one of the remedies says, and ask again.",
        packages: problems.iter().filter_map(at_fault).collect(),
        problems,
    }
}

/// All troubles in one text, for clients that show nothing else.
pub(crate) fn summary(problems: &[PlanProblem]) -> String {
    let texts: Vec<&str> = problems
        .iter()
        .map(|problem| problem.text.as_str())
        .collect();
    texts.join(" ")
}

fn at_fault(problem: &PlanProblem) -> Option<PackageProblem> {
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
