//! Makes the symbols of `src/abi` visible to the plugins, as rpcd's libubus is.

fn main() {
    println!("cargo:rustc-link-arg-bins=-rdynamic");
    println!("cargo:rerun-if-changed=build.rs");
}
