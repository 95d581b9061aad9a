//! Plans as a router's owner gets them: two invented releases of OpenWrt, and the rules that are
//! shipped.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod changes;
mod downgrades;
mod problems;
mod properties;
mod stage;
mod storage;
mod troubles;
