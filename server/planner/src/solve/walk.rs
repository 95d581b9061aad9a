//! What the walks of both package managers begin with and end in.

use super::universe::{Need, PackageId};

/// An entry of the world that names something the universe knows.
#[derive(Debug)]
pub(super) struct Demand {
    /// Which entry of the world it is.
    pub(super) entry: usize,
    pub(super) need: Need,
}

/// What a package manager would install.
#[derive(Debug)]
pub(super) struct Walked {
    /// In the order of installation.
    pub(super) order: Vec<PackageId>,
    /// Whether it would do it, too. If not, `order` is what it tried.
    pub(super) agreed: bool,
}
