//! The sandbox of builds as a program of its own, for tests; `asu-server` has it inside.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    asu_builder::enter(&arguments)
}
