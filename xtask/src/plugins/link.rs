//! Links a plugin for a router, with no compiler of that router's processor.
//!
//! rustc would ask such a compiler to link a shared object. So it is asked for a static library, and
//! LLVM's linker, which knows every processor, makes the shared object of that.

use std::path::Path;
use std::process::Command;

use crate::plugins::target::Target;
use crate::run::{root, run_quietly};

const ARGUMENTS: [&str; 12] = [
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
    // Fewer program headers and holes: the file lies in flash.
    "--no-rosegment",
    "-znoseparate-code",
    "--build-id=none",
    "--no-eh-frame-hdr",
];

/// Makes the shared object `output`, still with all symbols, of the static `library`.
pub(crate) fn link(target: &Target, library: &Path, output: &Path) -> anyhow::Result<()> {
    let plugins = root().join("rpcd-plugins");
    let mut command = Command::new("ld.lld");
    command
        .args(["-m", target.emulation, target.hash_style()])
        .args(ARGUMENTS)
        .arg("--version-script")
        .arg(plugins.join("exports.map"))
        .arg("--script")
        .arg(plugins.join("discard.ld"))
        .arg("-o")
        .args([output, library]);
    run_quietly(&mut command)
}
