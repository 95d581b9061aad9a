//! A second lock on the file system, where the kernel has Landlock (Linux 5.13): only the build's own
//! folder and `/tmp` can be written to, whatever is mounted below the tools.

use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    path_beneath_rules,
};

/// The newest form this was tried with; of what a kernel does not know, nothing is asked.
const FORM: ABI = ABI::V5;
/// What is nobody's file.
const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Refuses to write elsewhere, for this process and all it starts.
pub(super) fn restrict(folder: &Path) -> io::Result<()> {
    let all = AccessFs::from_all(FORM);
    let ruleset = Ruleset::default()
        .handle_access(all)
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    ruleset
        .add_rules(path_beneath_rules(["/"], AccessFs::from_read(FORM)))
        .and_then(|rules| rules.add_rules(path_beneath_rules([folder, Path::new("/tmp")], all)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(DEVICES, AccessFs::from_file(FORM))))
        .and_then(RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    Ok(())
}
