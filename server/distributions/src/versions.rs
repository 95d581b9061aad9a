//! Which branch a version belongs to, and which version came first.

use std::cmp::Ordering;

use asu_protocol::release;

use crate::schema::{Branch, File};

impl Branch {
    /// The part of `version` the branch's releases are told apart by: the parent's version in
    /// `master-ow24.10.2`, the version itself elsewhere. `None` if it is of another branch.
    pub(crate) fn part_of<'a>(&self, version: &'a str) -> Option<&'a str> {
        let Some(pattern) = &self.versions else {
            return (release::branch_of(version) == self.name.value).then_some(version);
        };
        let (before, after) = pattern.value.split_once("{parent_version}")?;
        let part = version.strip_prefix(before)?.strip_suffix(after)?;
        let name = format!("{before}{}{after}", release::branch_of(part));
        (name == self.name.value && !part.is_empty()).then_some(part)
    }
}

impl File {
    /// The branch of `version`.
    pub(crate) fn branch_of(&self, version: &str) -> Option<&Branch> {
        self.place_of(version)
            .map(|(place, _)| &self.branches[place])
    }

    /// Orders two versions the way they came out.
    ///
    /// Branches are listed in that order, so names that are no numbers can be ordered too.
    pub(crate) fn compare(&self, a: &str, b: &str) -> Ordering {
        match (self.place_of(a), self.place_of(b)) {
            (Some((place_a, part_a)), Some((place_b, part_b))) => place_a
                .cmp(&place_b)
                .then_with(|| release::compare(part_a, part_b)),
            _ => release::compare(a, b),
        }
    }

    fn place_of<'a>(&self, version: &'a str) -> Option<(usize, &'a str)> {
        let mut places = self.branches.iter().enumerate();
        places.find_map(|(place, branch)| Some((place, branch.part_of(version)?)))
    }
}
