//! A downloads.openwrt.org-shaped mirror for tests: written to a folder, the same bytes every time,
//! with ImageBuilders that build images from packages.
//!
//! It is no copy of upstream. Names, dependencies, documents and the behaviour of the tools are
//! upstream's as far as a build server and a router can see them; programs inside packages are
//! noise of about the right size, and images boot nowhere.

pub mod apk;
mod fetch;
pub mod format;
pub mod image;
pub mod mirror;
pub mod opkg;
pub mod serve;
pub mod world;
