//! `/api/v1/plan` as clients see it.

use asu_catalog::CatalogError;
use asu_http::Unplannable;
use asu_protocol::plan::{
    Fate, PackageChange, Plan, PlanProblem, PlanRequest, PlannedRelease, Remedy, SizeEstimate,
};
use axum::http::StatusCode;
use serde_json::json;

use super::Server;

/// An invented planner: `auc` becomes `owut`, and nobody knows `ghost`.
pub(crate) fn plan(request: &PlanRequest) -> Result<Plan, Unplannable> {
    if request.distro != "openwrt" {
        return Err(CatalogError::UnsupportedDistro(request.distro.clone()).into());
    }
    if request.target.as_str() != "ath79/generic" {
        return Err(CatalogError::UnsupportedTarget(request.target.to_string()).into());
    }
    if request
        .packages
        .0
        .keys()
        .any(|name| name.as_str() == "ghost")
    {
        return Err(Unplannable::Problems(vec![problem()]));
    }
    let newest = request.version.as_str() == "24.10.2";
    Ok(Plan {
        distro: request.distro.clone(),
        target: request.target.clone(),
        profile: request.profile.clone(),
        from: release(request.version.as_str()),
        to: release("24.10.2"),
        because: "the newest stable release".to_owned(),
        changes: if newest { Vec::new() } else { changes() },
        install: [("owut".to_owned(), "1.0-r1".to_owned())].into(),
        choices: Vec::new(),
        warnings: Vec::new(),
        size: SizeEstimate::default(),
        request: None,
    })
}

fn release(version: &str) -> PlannedRelease {
    PlannedRelease {
        version: version.to_owned(),
        ..PlannedRelease::default()
    }
}

fn changes() -> Vec<PackageChange> {
    let change = |name: &str, fate, old: Option<&str>, new: Option<&str>| PackageChange {
        name: name.to_owned(),
        fate,
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        by: Vec::new(),
        reason: String::new(),
        alternatives: Vec::new(),
    };
    vec![
        change("auc", Fate::Replaced, Some("0.3-1"), None),
        change("owut", Fate::Added, None, Some("1.0-r1")),
        change("tmux", Fate::Upgraded, Some("3.3a-1"), Some("3.4-r1")),
    ]
}

fn problem() -> PlanProblem {
    PlanProblem {
        code: "no-such-package".to_owned(),
        text: "There is no package ghost.".to_owned(),
        packages: vec!["ghost".to_owned()],
        chain: vec!["ghost".to_owned()],
        remedies: vec![Remedy {
            text: "Do without ghost".to_owned(),
            add: Vec::new(),
            remove: vec!["ghost".to_owned()],
            complete: true,
        }],
    }
}

#[tokio::test]
async fn a_plan_is_answered_whole() {
    let server = Server::start().await;
    let question = json!({"version": "23.05.5", "target": "ath79/generic",
        "profile": "tplink,archer-c7-v5", "packages": {"auc": "0.3-1", "tmux": "3.3a-1"}});
    let answer = server.post_to("/api/v1/plan", &question).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["to"]["version"], "24.10.2");
    assert_eq!(answer.json()["changes"][0]["fate"], "replaced");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn troubles_come_with_their_remedies() {
    let server = Server::start().await;
    let question = json!({"version": "23.05.5", "target": "ath79/generic", "packages": ["ghost"]});
    let answer = server.post_to("/api/v1/plan", &question).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = answer.json();
    assert_eq!(told["detail"], "There is no package ghost.");
    assert_eq!(told["packages"][0]["remedy"], "Do without ghost");
    assert_eq!(
        told["problems"][0]["remedies"][0]["remove"],
        json!(["ghost"])
    );
}

#[tokio::test]
async fn a_malformed_question_names_its_field() {
    let server = Server::start().await;
    for (field, value) in [
        ("version", json!("2;3")),
        ("packages", json!({"a b": "1"})),
        ("to", json!("a b")),
    ] {
        let mut question = json!({"version": "23.05.5", "target": "ath79/generic"});
        question[field] = value;
        let answer = server.post_to("/api/v1/plan", &question).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert_eq!(
            answer.json()["detail"][0]["loc"][1],
            field,
            "{}",
            answer.json()
        );
    }
}

#[tokio::test]
async fn what_is_not_offered_is_refused_as_a_build_would_be() {
    let server = Server::start().await;
    let question = json!({"version": "23.05.5", "target": "x86/64"});
    let answer = server.post_to("/api/v1/plan", &question).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["cause"], "unsupported-target");
}
