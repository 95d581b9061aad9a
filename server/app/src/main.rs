//! asu-server: the composition root and its subcommands.

fn main() {}
