//! Links a plugin for a router, with no compiler of that router's processor.
//!
//! rustc would ask such a compiler to link a shared object. So it is asked for a static library, and
//! LLVM's linker, which knows every processor, makes the shared object of that.

use std::path::Path;
use std::process::Command;

use crate::plugins::target::Target;
use crate::run::{root, run_quietly};

const ARGUMENTS: [&str; 11] = [
    "-shared",
    "-O2",
    "--gc-sections",
    "--icf=all",
    // Nothing else refers to it, and a library gives only what is asked for.
    "--undefined=rpc_plugin",
    // A missing symbol must stop the plugin when it is loaded, not end rpcd at the first call.
    "-znow",
    // rpcd writes into `rpc_plugin`, which lies in .data; constant tables become read-only.
    "-zrelro",
    "-znoexecstack",
    "--build-id=none",
    "--no-eh-frame-hdr",
    // Without it goes a count of relocations that only saves a loader some work.
    "-znocombreloc",
];

/// Makes the shared object `output`, still with all symbols, of the static `library`.
pub(crate) fn link(target: &Target, library: &Path, output: &Path) -> anyhow::Result<()> {
    let plugins = root().join("rpcd-plugins");
    let script = output.with_extension("ld");
    std::fs::write(&script, layout(target)?)?;
    let mut command = Command::new("ld.lld");
    command
        .args(["-m", target.emulation, target.hash_style()])
        .args(ARGUMENTS)
        .arg("--version-script")
        .arg(plugins.join("exports.map"))
        .arg("--script")
        .arg(script)
        .arg("-o")
        .args([output, library]);
    run_quietly(&mut command)
}

/// The linker script. Where relocations hold what they add, the file has nothing but zeros behind
/// the loader's instructions, so that all of it can be one segment, of which [`strip`] leaves the
/// zeros out.
///
/// [`strip`]: crate::plugins::strip
fn layout(target: &Target) -> anyhow::Result<String> {
    let script = std::fs::read_to_string(root().join("rpcd-plugins/plugin.ld"))?;
    Ok(if target.adds_in_place() {
        script
    } else {
        script
            .replace("  written PT_LOAD FLAGS(6);\n", "")
            .replace(":written", ":filled")
    })
}
