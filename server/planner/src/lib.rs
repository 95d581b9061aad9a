//! Installed packages and a catalogue in; a plan, or the reasons why there is none, out.
//!
//! Pure: no files, no network, no clock. The same question always has the same answer.
//!
//! | module | what it does |
//! |---|---|
//! | [`solve`] | which packages come along, by the rules of opkg or apk; or why none can |
//! | `selection` | which packages are asked for: installed ones after the rules, defaults, wishes |
//! | `plan` | both together |
//! | `foresee` | which packages a request's image will have |
//! | `changes`, `closure`, `versions` | what becomes of each package |
//! | `warnings`, `problems` | what to know before going on, and why it does not go on |

mod changes;
mod closure;
mod foresee;
mod plan;
mod problems;
mod selection;
pub mod solve;
mod upgrade;
mod versions;
mod warnings;

pub use foresee::{Difference, Foreseen, foresee};
pub use plan::plan;
pub use upgrade::{Installed, Release, Upgrade};
