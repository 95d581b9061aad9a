//! The words every part of Attended Sysupgrade speaks: requests, answers, names and problems.
//!
//! Names are checked once, when they are read: inside the program a wrong package name or target
//! cannot exist. This crate does no I/O, knows no HTTP library and compiles for a browser.
//!
//! | module | what it describes | source of the facts |
//! |---|---|---|
//! | [`name`] | package, target and profile names | ASU `build_request.py`, the ImageBuilder's make contract |
//! | [`release`] | release versions and their order | OpenWrt release names |
//! | [`build`] | build request and its answers | ASU API v1 |
//! | [`overview`] | `/json/v1/overview.json` | ASU API v1 |
//! | [`plan`] | what an upgrade would do | ours; `/api/v1/plan` |
//! | [`profiles`] | upstream's `profiles.json` and the package indexes | OpenWrt `json_overview_image_info.py` |
//! | [`repository`] | package feeds a request brings along, and their keys | ASU API v1, opkg, apk |
//! | [`router`] | the ubus objects of a router | our rpcd plugins, procd's `system` |
//! | [`worker`] | what a server and its workers say to each other | ours; `/api/v1/worker/…` |
//! | [`problem`] | why something was refused or failed | RFC 9457 in spirit, ASU's keys in form |

pub mod build;
pub mod name;
pub mod overview;
pub mod plan;
pub mod problem;
pub mod profiles;
pub mod release;
pub mod repository;
pub mod router;
pub mod worker;
