//! The rules in the form API v1 publishes them.

use asu_protocol::overview::PackageChange;
use asu_protocol::release;

use crate::distribution::Distribution;
use crate::schema::{Change, Rule};

impl Distribution {
    /// What API v1's overview publishes as the package changes of the branch called `name`.
    ///
    /// A branch has those that were made on the main line before it left, the main line has all.
    /// A split or a choice has no form in API v1; such rules are resolved by the planner alone.
    pub fn package_changes(&self, name: &str) -> Vec<PackageChange> {
        let mut branches = self.file.branches.iter();
        let Some(branch) = branches.find(|branch| branch.name.value == name) else {
            return Vec::new();
        };
        if let Some(parent) = self.parent_of(name) {
            let parent_branch = release::branch_of(&parent.version);
            return parent.distribution.package_changes(parent_branch);
        }
        let steps = self.file.transformations.iter();
        let rules = steps.flat_map(|step| &step.packages);
        let mut changes: Vec<_> = rules.filter_map(published).collect();
        changes.retain(|change| match branch.branch_off_rev {
            Some(limit) => change.revision <= limit,
            None => branch.snapshot,
        });
        changes.sort_by_key(|change| change.revision);
        changes
    }
}

fn published(rule: &Rule) -> Option<PackageChange> {
    let target = match &rule.to.value {
        Change::Drop => None,
        Change::Replace(names) if names.len() == 1 => names.first().cloned(),
        _ => return None,
    };
    Some(PackageChange {
        source: rule.package.value.clone(),
        target,
        revision: rule.revision?,
        mandatory: rule.mandatory,
    })
}
