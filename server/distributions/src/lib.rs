//! Distributions as data: mirrors, keys, branches and what became of packages between releases.
