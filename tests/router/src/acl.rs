//! Access rules: rpcd's `acl.d` files and who is granted which group.

use std::fs;
use std::path::Path;

use crate::abi::fnmatch;
use crate::uci::Section;
use crate::value::{Table, Value};

/// One right: a function of an object in a scope. Objects and functions are glob patterns.
pub(crate) type Grant = (String, String, String);

/// The rights of a login, or of callers without a session if there is none.
///
/// Files are read in the order of their names, at each login.
pub(crate) fn grants(directory: &Path, login: Option<&Section>) -> Vec<Grant> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    let mut grants = Vec::new();
    for file in files {
        match fs::read(&file)
            .map_err(serde_json::Error::io)
            .and_then(|text| serde_json::from_slice(&text))
        {
            Ok(Value::Table(groups)) => collect(&groups, login, &mut grants),
            Ok(_) => tracing::warn!(
                "{} is no JSON object: its access rules do not count",
                file.display()
            ),
            Err(error) => tracing::warn!("{} cannot be read: {error}", file.display()),
        }
    }
    grants
}

fn collect(groups: &Table, login: Option<&Section>, grants: &mut Vec<Grant>) {
    for (group, permissions) in &groups.0 {
        for (permission, scopes) in permissions.as_table().map_or(&[][..], |table| &table.0) {
            if !matches!(permission.as_str(), "read" | "write") || !may(login, permission, group) {
                continue;
            }
            for (scope, objects) in scopes.as_table().map_or(&[][..], |table| &table.0) {
                grants.extend(scope_grants(scope, objects, permission));
                grants.push(("access-group".to_owned(), group.clone(), permission.clone()));
            }
        }
    }
}

/// A scope names functions for each object, or objects only: then the permission is the function.
fn scope_grants(scope: &str, objects: &Value, permission: &str) -> Vec<Grant> {
    let grant =
        |object: &str, function: &str| (scope.to_owned(), object.to_owned(), function.to_owned());
    match objects {
        Value::Table(table) => table
            .0
            .iter()
            .flat_map(|(object, functions)| {
                let functions = functions.as_array().unwrap_or_default().iter();
                functions
                    .filter_map(Value::as_str)
                    .map(move |function| grant(object, function))
            })
            .collect(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(|object| grant(object, permission))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a login has a group's permission; one for writing implies reading.
fn may(login: Option<&Section>, permission: &str, group: &str) -> bool {
    let Some(section) = login else {
        return group == "unauthenticated";
    };
    let patterns = section.list(permission);
    let denied = |pattern: &str| {
        pattern
            .strip_prefix('!')
            .map(str::trim_start)
            .is_some_and(|glob| !glob.is_empty() && fnmatch(glob, group))
    };
    if patterns.iter().any(|pattern| denied(pattern)) {
        return false;
    }
    patterns
        .iter()
        .any(|pattern| !pattern.starts_with('!') && !pattern.is_empty() && fnmatch(pattern, group))
        || (permission == "read" && may(login, "write", group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uci::Config;

    fn login(lines: &str) -> Section {
        Config::parse(&format!("config login\n{lines}"))
            .unwrap()
            .sections
            .remove(0)
    }

    #[test]
    fn a_denied_group_stays_denied_and_writing_implies_reading() {
        let section = login("list read '*'\nlist read '! net*'\nlist write 'sys*'");
        assert!(may(Some(&section), "read", "luci"));
        assert!(!may(Some(&section), "read", "network"));
        assert!(!may(Some(&section), "write", "luci"));
        let writer = login("list write 'sys*'");
        assert!(may(Some(&writer), "read", "system"));
    }

    #[test]
    fn without_a_login_only_the_open_group_is_granted() {
        assert!(may(None, "read", "unauthenticated"));
        assert!(!may(None, "read", "superuser"));
    }
}
