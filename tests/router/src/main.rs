//! A virtual OpenWrt router that hosts the real rpcd plugins.

fn main() {}
