//! Packages and cases of the recordings in `tests/fixtures`.

use asu_index::{Constraint, Dependency, Operator, Package, Provided, Relation};
use serde_json::Value;

/// A file of `tests/fixtures`, as JSON.
pub(crate) fn json(path: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    let text = std::fs::read_to_string(format!("{folder}/{path}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The packages of `apk adbdump --format json`.
pub(crate) fn apk_packages(dump: &Value) -> Vec<Package> {
    dump["packages"].as_array().unwrap().iter().map(apk_package).collect()
}

/// The packages of opkg's index, one object of fields each.
pub(crate) fn opkg_packages(stanzas: &Value) -> Vec<Package> {
    stanzas.as_array().unwrap().iter().map(opkg_package).collect()
}

/// A list of texts, empty where there is none.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// `name>=1` as apk writes it.
pub(crate) fn apk_relation(text: &str) -> Relation {
    let at = text.find(['<', '>', '=', '~']).unwrap_or(text.len());
    let (name, rest) = text.split_at(at);
    let version = rest.trim_start_matches(['<', '>', '=', '~']);
    let operator = match &rest[..rest.len() - version.len()] {
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        "=" => Operator::Equal,
        ">=" => Operator::GreaterOrEqual,
        ">" => Operator::Greater,
        "~" | "=~" | "~=" => Operator::Fuzzy,
        "<~" => Operator::FuzzyLess,
        ">~" => Operator::FuzzyGreater,
        _ => return Relation { name: name.into(), constraint: None },
    };
    let constraint = Some(Constraint { operator, version: version.into() });
    Relation { name: name.into(), constraint }
}

fn apk_package(value: &Value) -> Package {
    let (conflicts, depends): (Vec<String>, Vec<String>) =
        texts(&value["depends"]).into_iter().partition(|text| text.starts_with('!'));
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let provided = |text: &String| {
        let relation = apk_relation(text);
        Provided { name: relation.name, version: relation.constraint.map(|c| c.version) }
    };
    Package {
        name: field("name"),
        version: field("version"),
        arch: field("arch"),
        depends: depends.iter().map(|text| Dependency(vec![apk_relation(text)])).collect(),
        conflicts: conflicts.iter().map(|text| apk_relation(&text[1..])).collect(),
        provides: texts(&value["provides"]).iter().map(provided).collect(),
        install_if: texts(&value["install-if"]).iter().map(|text| apk_relation(text)).collect(),
        replaces: texts(&value["replaces"]).iter().map(|text| apk_relation(text)).collect(),
        provider_priority: value["provider-priority"].as_u64().unwrap_or(0).try_into().unwrap(),
        sha256: field("hashes"),
        ..Package::default()
    }
}

fn opkg_package(value: &Value) -> Package {
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| -> Vec<String> {
        let items = field(name);
        items.split(',').map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()).collect()
    };
    let alternatives =
        |text: &String| Dependency(text.split('|').map(|t| opkg_relation(t.trim())).collect());
    let provided = |name: &String| Provided { name: name.clone(), version: None };
    let abi_version = Some(field("ABIVersion")).filter(|abi| !abi.is_empty());
    Package {
        name: field("Package"),
        version: field("Version"),
        arch: field("Architecture"),
        depends: list("Depends").iter().map(alternatives).collect(),
        conflicts: list("Conflicts").iter().map(|text| opkg_relation(text)).collect(),
        provides: list("Provides").iter().map(provided).collect(),
        replaces: list("Replaces").iter().map(|text| opkg_relation(text)).collect(),
        abi_version,
        ..Package::default()
    }
}

/// `name (>= 1)` as opkg writes it.
fn opkg_relation(text: &str) -> Relation {
    let Some((name, rest)) = text.split_once('(') else {
        return Relation { name: text.trim().into(), constraint: None };
    };
    let rest = rest.trim_end_matches(')');
    let version = rest.trim_start_matches(['<', '>', '=']);
    let operator = match &rest[..rest.len() - version.len()] {
        "<<" => Operator::Less,
        "<=" | "<" => Operator::LessOrEqual,
        ">=" | ">" => Operator::GreaterOrEqual,
        ">>" => Operator::Greater,
        _ => Operator::Equal,
    };
    let constraint = Some(Constraint { operator, version: version.trim().into() });
    Relation { name: name.trim().into(), constraint }
}
