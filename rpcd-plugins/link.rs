//! Link arguments of the plugins, so that a plain `cargo build --release` gives what a router loads.

fn main() {
    println!("cargo:rerun-if-changed=../link.rs");
    println!("cargo:rerun-if-changed=../plugin.ld");
    let script = concat!("-Wl,-T,", env!("CARGO_MANIFEST_DIR"), "/../plugin.ld");
    for argument in ARGUMENTS.into_iter().chain([script]) {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}

const ARGUMENTS: [&str; 7] = [
    // No start code and no library of its own: every symbol comes from rpcd and what it has loaded.
    "-nostartfiles",
    "-nodefaultlibs",
    // A missing symbol must stop the plugin when it is loaded, not end rpcd at the first call.
    "-Wl,-z,now",
    // rpcd writes into `rpc_plugin`, which lies in .data; constant tables become read-only.
    "-Wl,-z,relro",
    "-Wl,--build-id=none",
    "-Wl,--no-eh-frame-hdr",
    // Stripped here: the profile does not reach a package with options of its own.
    "-Wl,-s",
];
