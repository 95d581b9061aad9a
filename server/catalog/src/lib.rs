//! What upstream offers: versions, targets, profiles and package indexes.
