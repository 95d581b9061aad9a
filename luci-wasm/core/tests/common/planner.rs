//! A server that makes plans, in the protocol's own types.

use std::collections::BTreeMap;

use asu_protocol::build::BuildRequest;
use asu_protocol::plan::{
    Alternative, Choice, Fate, PackageChange, Plan, PlanProblem, PlanRequest, PlannedRelease,
    Remedy, SizeEstimate, Warning,
};
use asu_view::{Effect, Reply};
use serde_json::json;

use super::http;

/// The question an effect asks, read as the server reads it.
pub fn question(effect: &Effect) -> PlanRequest {
    match effect {
        Effect::Http {
            body: Some(body), ..
        } => serde_json::from_str(body).unwrap(),
        other => panic!("{other:?} asks nothing"),
    }
}

/// The plan, or why there is none: no release has adguardhome or ghost.
pub fn answer(asked: &PlanRequest) -> Reply {
    let installed = asked.packages.0.keys().map(ToString::to_string);
    let gone = |name: &String| {
        ["adguardhome", "ghost"].contains(&name.as_str())
            && !asked.remove.iter().any(|removed| removed.as_str() == name)
    };
    let missing: Vec<String> = installed.filter(gone).collect();
    if missing.is_empty() {
        return http(200, &serde_json::to_value(plan(asked)).unwrap());
    }
    let alone = missing.len() == 1;
    let problems: Vec<PlanProblem> = missing.iter().map(|name| problem(name, alone)).collect();
    let body = json!({
        "status": 422, "detail": "No.", "cause": "package-selection", "hint": "h", "packages": [],
        "problems": problems,
    });
    http(422, &body)
}

fn problem(name: &str, alone: bool) -> PlanProblem {
    PlanProblem {
        code: "missing-dependency".into(),
        text: format!("{name} needs libghost, which 24.10.2 does not have."),
        packages: vec![name.into(), "libghost".into()],
        chain: vec![name.into(), "libbar".into(), "libghost".into()],
        remedies: vec![remedy(name, alone)],
    }
}

pub fn remedy(name: &str, complete: bool) -> Remedy {
    Remedy {
        text: format!("Do without {name}"),
        add: vec![],
        remove: vec![name.into()],
        complete,
    }
}

pub fn change(name: &str, fate: Fate, versions: [&str; 2]) -> PackageChange {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PackageChange {
        name: name.into(),
        fate,
        old: known(versions[0]),
        new: known(versions[1]),
        by: vec![],
        reason: String::new(),
        alternatives: vec![],
    }
}

/// A plan with something of everything.
pub fn plan(asked: &PlanRequest) -> Plan {
    let to = asked.to.clone().unwrap_or_default();
    let older = to.as_str() < asked.version.as_str();
    let revision = if to == "24.10.2" {
        "r28739-d9340319c6"
    } else {
        "r24106-10cc5fcd00"
    };
    let needs_consent = older && !asked.allow_downgrade;
    let warning = |code: &str, text: &str| Warning {
        code: code.into(),
        text: text.into(),
        packages: vec![],
        needs_consent: false,
    };
    let mut warnings = vec![warning("tmp-too-small", "Free some memory first.")];
    if older {
        warnings.push(Warning {
            needs_consent,
            ..warning("release-downgrade", "That release is older.")
        });
    }
    Plan {
        distro: "openwrt".into(),
        target: asked.target.clone(),
        profile: Some("tplink_archer-c7-v5".parse().unwrap()),
        from: PlannedRelease {
            version: asked.version.to_string(),
            revision: asked.revision.clone(),
            channel: "oldstable".into(),
            package_manager: "opkg".into(),
        },
        to: PlannedRelease {
            version: to.clone(),
            revision: revision.into(),
            channel: "stable".into(),
            package_manager: "apk".into(),
        },
        because: "it was asked for".into(),
        changes: changes(asked),
        install: BTreeMap::from([
            ("base-files".into(), "9".into()),
            ("libnothing".into(), "1".into()),
            ("owut".into(), "7".into()),
        ]),
        choices: vec![Choice {
            name: "uci-firewall".into(),
            chosen: "firewall4".into(),
            others: vec!["firewall".into()],
        }],
        warnings,
        size: SizeEstimate {
            download: 12_300_000,
            installed: 31_000_000,
            growth: Some(-400_000),
            limit: Some(15_000_000),
            fits: Some(true),
        },
        request: (!needs_consent).then(|| request(asked, &to)),
    }
}

fn changes(asked: &PlanRequest) -> Vec<PackageChange> {
    let removed = |name: &str| asked.remove.iter().any(|other| other.as_str() == name);
    let htop = if removed("htop") {
        change("htop", Fate::Dropped, ["3.2", ""])
    } else {
        change("htop", Fate::Upgraded, ["3.2", "3.3"])
    };
    vec![
        PackageChange {
            by: vec!["owut".into()],
            reason: "auc became owut in 24.10".into(),
            alternatives: vec![Alternative {
                name: "luci-app-attendedsysupgrade".into(),
                note: "in the browser".into(),
            }],
            ..change("auc", Fate::Replaced, ["0.3", ""])
        },
        change("base-files", Fate::Upgraded, ["8", "9"]),
        PackageChange {
            reason: "was preinstalled".into(),
            ..change("gone", Fate::Dropped, ["1", ""])
        },
        htop,
        change("kmod-x", Fate::Changed, ["r1-abc", "r2-def"]),
        change("luci", Fate::Kept, ["1", "1"]),
        change("older", Fate::Downgraded, ["2", "1"]),
        PackageChange {
            reason: "takes the place of auc".into(),
            ..change("owut", Fate::Added, ["", "7"])
        },
        change("ucode", Fate::Added, ["", "5"]),
    ]
}

fn request(asked: &PlanRequest, to: &str) -> BuildRequest {
    serde_json::from_value(json!({
        "version": to, "version_code": "r28739-d9340319c6", "target": asked.target, "profile": "tplink_archer-c7-v5",
        "packages": ["luci", "owut"], "diff_packages": true, "filesystem": asked.filesystem,
    }))
    .unwrap()
}
