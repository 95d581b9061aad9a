//! How apk-tools 3 chooses packages: facts learnt from watching and reading 3.0.6, in our words.
//!
//! apk never goes back on a choice. It keeps, for every name, how many requirements rest on it and
//! which of its providers are still *usable*, and works in rounds:
//!
//! 1. **Consequences first** (`weigh`). Whatever changed is looked at again, first come first
//!    served: a provider whose requirements cannot be met any more drops out; what all remaining
//!    providers of a needed name need is needed too; with one provider left, its constraints
//!    already count; and other names that all of them provide are narrowed to packages that also
//!    provide this one.
//! 2. **Then one choice** (`choose`): a name with a single option and nothing left that could
//!    still ask for it, else one some provider of which may be taken unasked, else any; among
//!    equals, names the world mentions come first, then names of packages before virtual ones, and
//!    then those numbered last in a walk over the whole graph (`meet`).
//! 3. A choice settles every name the package provides, and rules out the other providers of these
//!    names, except where both provide it without a version.
//!
//! What follows from this and differs from a complete search:
//!
//! - A name provided without a version never brings a package in, unless the package has a
//!   provider priority or is needed under its own name anyway.
//! - If no usable provider is left, the best unusable one is taken and the whole selection fails.
//!   An older version is taken only where a requirement ruled out the newer one before the choice.
//! - A name provided without a version counts as older than every version.
//!
//! On random requests for the recorded index, a complete search finds a selection for every third
//! request that apk refuses, so it cannot say what apk will do; it is used to find remedies.
//!
//! Compared with apk-tools 3.0.6 itself on some 12,000 random requests for the recorded index, and
//! as many for made-up indexes full of conflicts, virtual names, `install-if` and loops, the
//! verdict, the packages and their order are the same in all. Not covered: tagged repositories
//! (`name@tag`, refused as invalid here) and packages named by their digest (`name><Q1...`).
//!
//! The result is the verdict and the packages in apk's own order of installation.

mod changes;
mod choose;
mod meet;
mod state;
mod weigh;

use super::universe::{PackageId, Universe};
use super::walk::{Demand, Walked};
use state::Walk;

/// Follows apk's rules from the world to a selection.
pub(super) fn walk(universe: &Universe, world: &[Demand]) -> Walked {
    let mut walk = Walk::new(universe);
    walk.meet_world(world);
    for demand in world {
        walk.demand(None, &demand.need);
    }
    walk.run();
    let order: Vec<PackageId> = walk.changes(world);
    let faulty = order.iter().copied();
    let faulty = faulty.filter(|id| walk.package(*id).faulty).collect();
    let agreed = walk.faults == 0;
    Walked {
        order,
        agreed,
        unprovided: walk.unprovided,
        faulty,
        ..Walked::default()
    }
}
