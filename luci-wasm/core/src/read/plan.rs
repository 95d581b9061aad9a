//! The server's plan, and its reasons why there is none.

use std::collections::BTreeMap;

use asu_protocol::plan::{
    Alternative, Choice, Fate, PackageChange, PlanProblem, PlannedRelease, Remedy, SizeEstimate,
    Warning,
};

use crate::json::Json;
use crate::plan::Plan;

/// Reads a plan; `None` if it has no changes or leads nowhere, so is none.
pub fn plan(json: &Json) -> Option<Plan> {
    let to = release(json.get("to"));
    let Json::List(changes) = json.get("changes") else {
        return None;
    };
    (!to.version.is_empty()).then(|| Plan {
        profile: json.string("profile"),
        from: release(json.get("from")),
        to,
        because: json.string("because"),
        changes: changes.iter().map(change).collect(),
        install: json.get("install").string_map(),
        choices: all(json.get("choices"), choice),
        warnings: all(json.get("warnings"), warning),
        size: size(json.get("size")),
        request: Some(json.get("request").clone()).filter(|request| *request != Json::Null),
        is_own: false,
    })
}

/// Reads the problems of a refused plan; empty if there are none.
pub fn problems(json: &Json) -> Vec<PlanProblem> {
    all(json.get("problems"), |problem| PlanProblem {
        code: problem.string("code"),
        text: problem.string("text"),
        packages: problem.get("packages").strings(),
        chain: problem.get("chain").strings(),
        remedies: all(problem.get("remedies"), remedy),
    })
}

fn all<T>(json: &Json, read: impl Fn(&Json) -> T) -> Vec<T> {
    json.list().iter().map(read).collect()
}

fn optional(json: &Json) -> Option<String> {
    json.text().map(str::to_owned)
}

fn release(json: &Json) -> PlannedRelease {
    PlannedRelease {
        version: json.string("version"),
        revision: json.string("revision"),
        channel: json.string("channel"),
        package_manager: json.string("package_manager"),
    }
}

fn change(json: &Json) -> PackageChange {
    PackageChange {
        name: json.string("name"),
        fate: fate(json.get("fate").text().unwrap_or_default()),
        old: optional(json.get("old")),
        new: optional(json.get("new")),
        by: json.get("by").strings(),
        reason: json.string("reason"),
        alternatives: all(json.get("alternatives"), |offer| Alternative {
            name: offer.string("name"),
            note: offer.string("note"),
        }),
    }
}

/// A fate of a newer server is at least a change.
fn fate(name: &str) -> Fate {
    match name {
        "kept" => Fate::Kept,
        "upgraded" => Fate::Upgraded,
        "downgraded" => Fate::Downgraded,
        "replaced" => Fate::Replaced,
        "dropped" => Fate::Dropped,
        "added" => Fate::Added,
        _ => Fate::Changed,
    }
}

fn choice(json: &Json) -> Choice {
    Choice {
        name: json.string("name"),
        chosen: json.string("chosen"),
        others: json.get("others").strings(),
    }
}

fn warning(json: &Json) -> Warning {
    Warning {
        code: json.string("code"),
        text: json.string("text"),
        packages: json.get("packages").strings(),
        needs_consent: json.get("needs_consent").is_true(),
    }
}

fn size(json: &Json) -> Option<SizeEstimate> {
    Some(SizeEstimate {
        download: json.get("download").number()?,
        installed: json.get("installed").number().unwrap_or_default(),
        growth: json.get("growth").signed(),
        limit: json.get("limit").number(),
        fits: match json.get("fits") {
            Json::Bool(fits) => Some(*fits),
            _ => None,
        },
    })
}

fn remedy(json: &Json) -> Remedy {
    Remedy {
        text: json.string("text"),
        add: json.get("add").strings(),
        remove: json.get("remove").strings(),
        complete: json.get("complete").is_true(),
    }
}

/// Writes installed packages for the question: names with versions, where known.
pub(crate) fn installed(packages: &BTreeMap<String, String>) -> Json {
    let version = |text: &String| {
        if text.is_empty() {
            Json::Null
        } else {
            Json::Text(text.clone())
        }
    };
    let pairs = packages
        .iter()
        .map(|(name, text)| (name.clone(), version(text)));
    Json::Map(pairs.collect())
}
