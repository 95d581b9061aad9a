//! Which of two package versions is newer, and which versions a constraint admits.
//!
//! Each package manager has an order of its own: `1.09` is below `1.1` for apk and above it for
//! opkg.

pub mod apk;
pub mod opkg;

use std::cmp::Ordering;

use crate::package::{Constraint, Flavour, Operator};

/// A text that is no version in the package manager's grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is no version apk understands; it wants numbers, then what it needs of a letter, \
     _suffix, ~commit and -r with a number, as in 1.36.1_rc1~0c0ffee-r2"
)]
pub struct InvalidVersion(pub String);

/// Orders two versions of packages the way the package manager does.
///
/// opkg takes any text for a version; apk does not, and then this is an error.
pub fn compare(flavour: Flavour, a: &str, b: &str) -> Result<Ordering, InvalidVersion> {
    match flavour {
        Flavour::Apk => apk::compare(a, b),
        Flavour::Opkg => Ok(opkg::compare(a, b)),
    }
}

impl Constraint {
    /// Whether a package of this version meets the constraint.
    ///
    /// An invalid version is not refused but compared up to where it becomes invalid, as apk does
    /// with what it reads from an index. opkg's `<<` and `>>` admit the version itself too, because
    /// its solver (not its command `compare-versions`) takes equality for every operator.
    pub fn admits(&self, flavour: Flavour, version: &str) -> bool {
        match flavour {
            Flavour::Apk => self.admits_apk(version),
            Flavour::Opkg => self.admits_opkg(version),
        }
    }

    fn admits_apk(&self, version: &str) -> bool {
        let exact = || apk::order(version, &self.version);
        let fuzzy = || apk::order_fuzzy(version, &self.version);
        match self.operator {
            Operator::Less => exact().is_lt(),
            Operator::LessOrEqual => exact().is_le(),
            Operator::Equal => exact().is_eq(),
            Operator::GreaterOrEqual => exact().is_ge(),
            Operator::Greater => exact().is_gt(),
            Operator::Fuzzy => fuzzy().is_eq(),
            Operator::FuzzyLess => fuzzy().is_le(),
            Operator::FuzzyGreater => fuzzy().is_ge(),
        }
    }

    fn admits_opkg(&self, version: &str) -> bool {
        let order = opkg::compare(version, &self.version);
        match self.operator {
            Operator::Less | Operator::LessOrEqual => order.is_le(),
            Operator::Equal => order.is_eq(),
            Operator::GreaterOrEqual | Operator::Greater => order.is_ge(),
            // opkg reads an operator it does not know as none.
            Operator::Fuzzy | Operator::FuzzyLess | Operator::FuzzyGreater => true,
        }
    }
}

#[cfg(test)]
mod tests;
