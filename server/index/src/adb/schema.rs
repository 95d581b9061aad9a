//! Which field of which object is what, as `apk adbdump` names them.
//!
//! The numbers are those of apk-tools' package, index and file schemas.

/// How a value is written down.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Text,
    Hex,
    Number,
    /// A name, a NUL and a value: `name=hex`.
    Attribute,
    /// A name, a version and an operator: `name>=1.0`.
    Dependency,
    /// The form of each item.
    Array(&'static Form),
    /// The fields, from number 1 on.
    Object(&'static [(&'static str, Form)]),
}

const DEPENDENCIES: Form = Form::Array(&Form::Dependency);
const TEXTS: Form = Form::Array(&Form::Text);

/// A package's field numbers, as an index uses them.
pub(super) mod field {
    pub(in crate::adb) const NAME: usize = 1;
    pub(in crate::adb) const VERSION: usize = 2;
    pub(in crate::adb) const HASHES: usize = 3;
    pub(in crate::adb) const DESCRIPTION: usize = 4;
    pub(in crate::adb) const ARCH: usize = 5;
    pub(in crate::adb) const INSTALLED_SIZE: usize = 12;
    pub(in crate::adb) const FILE_SIZE: usize = 13;
    pub(in crate::adb) const PROVIDER_PRIORITY: usize = 14;
    pub(in crate::adb) const DEPENDS: usize = 15;
    pub(in crate::adb) const PROVIDES: usize = 16;
    pub(in crate::adb) const REPLACES: usize = 17;
    pub(in crate::adb) const INSTALL_IF: usize = 18;
    pub(in crate::adb) const TAGS: usize = 21;
}

const PACKAGE_INFO: Form = Form::Object(&[
    ("name", Form::Text),
    ("version", Form::Text),
    ("hashes", Form::Hex),
    ("description", Form::Text),
    ("arch", Form::Text),
    ("license", Form::Text),
    ("origin", Form::Text),
    ("maintainer", Form::Text),
    ("url", Form::Text),
    ("repo-commit", Form::Hex),
    ("build-time", Form::Number),
    ("installed-size", Form::Number),
    ("file-size", Form::Number),
    ("provider-priority", Form::Number),
    ("depends", DEPENDENCIES),
    ("provides", DEPENDENCIES),
    ("replaces", DEPENDENCIES),
    ("install-if", DEPENDENCIES),
    ("recommends", DEPENDENCIES),
    ("layer", Form::Number),
    ("tags", TEXTS),
]);

/// An index: `indx`.
pub(super) const INDEX: Form = Form::Object(&[
    ("description", Form::Text),
    ("packages", Form::Array(&PACKAGE_INFO)),
    ("pkgname-spec", Form::Text),
]);

const ACCESS: Form = Form::Object(&[
    ("mode", Form::Number),
    ("user", Form::Text),
    ("group", Form::Text),
    ("xattrs", Form::Array(&Form::Attribute)),
]);

const FILE: Form = Form::Object(&[
    ("name", Form::Text),
    ("acl", ACCESS),
    ("size", Form::Number),
    ("mtime", Form::Number),
    ("hash", Form::Hex),
    ("target", Form::Hex),
]);

const FOLDER: Form = Form::Object(&[
    ("name", Form::Text),
    ("acl", ACCESS),
    ("files", Form::Array(&FILE)),
]);

const SCRIPTS: Form = Form::Object(&[
    ("trigger", Form::Text),
    ("pre-install", Form::Text),
    ("post-install", Form::Text),
    ("pre-deinstall", Form::Text),
    ("post-deinstall", Form::Text),
    ("pre-upgrade", Form::Text),
    ("post-upgrade", Form::Text),
]);

/// A package file: `pckg`.
pub(super) const PACKAGE: Form = Form::Object(&[
    ("info", PACKAGE_INFO),
    ("paths", Form::Array(&FOLDER)),
    ("scripts", SCRIPTS),
    ("triggers", TEXTS),
    ("replaces-priority", Form::Number),
]);
