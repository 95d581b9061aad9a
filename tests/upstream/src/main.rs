//! Writes and serves a downloads.openwrt.org-shaped mirror with working ImageBuilders.

fn main() {}
