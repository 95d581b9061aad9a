//! Package indexes of opkg and apk: their formats, signatures and version orders.
//!
//! Pure: bytes in, packages out. Nothing here reads files, asks the network or knows a mirror.
//!
//! | module | what it is | source of the facts |
//! |---|---|---|
//! | [`index_json`] | `index.json`, names and versions of an index | OpenWrt's `make-index-json.py` |
//! | [`opkg`] | the index of opkg, `Packages` | opkg-lede |
//! | [`adb`] | the index of apk, `packages.adb`, and its signatures | apk-tools 3.0.6 |
//! | [`package`] | one package as every index describes it | opkg's control fields, apk's package schema |
//! | [`usign`] | signatures of `Packages` and `sha256sums` | usign |
//! | [`version`] | which version is newer, what a constraint admits | apk-tools 3.0.6, opkg-lede |

pub mod adb;
pub mod index_json;
pub mod opkg;
pub mod package;
pub mod usign;
pub mod version;

pub use package::{
    Alternative, Constraint, Dependency, Flavour, Operator, Package, Provided, Relation,
};
