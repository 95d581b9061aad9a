//! What the walks of both package managers begin with and end in.

use super::universe::{NameId, Need, PackageId};

/// An entry of the world that names something the universe knows.
#[derive(Debug)]
pub(super) struct Demand {
    /// Which entry of the world it is.
    pub(super) entry: usize,
    pub(super) need: Need,
}

/// What a package manager would install.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// In the order of installation.
    pub(super) order: Vec<PackageId>,
    /// Whether it would do it, too. If not, `order` is what it tried.
    pub(super) agreed: bool,
    /// apk: names that were needed when it settled that nothing provides them.
    pub(super) unprovided: Vec<NameId>,
    /// apk: packages it could not take, but took.
    pub(super) faulty: Vec<PackageId>,
    /// opkg: words for what was installed for an earlier word.
    pub(super) repeated: Vec<(NameId, PackageId)>,
}
