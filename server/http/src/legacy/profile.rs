//! Which device a client means.

use asu_protocol::name::ProfileName;
use asu_protocol::profiles::{TargetProfiles, Title};

/// The profile for devices that none is for.
const GENERIC: [&str; 2] = ["Generic", "generic"];

/// The first profile that a board is called, else the one with this model's name, else the generic
/// one.
pub(crate) fn find(
    profiles: &TargetProfiles,
    boards: &[&str],
    model: Option<&str>,
) -> Option<ProfileName> {
    let by_board = boards.iter().find_map(|board| profiles.named(board));
    let by_model = || by_model(profiles, model?);
    let known = |id: &&str| profiles.profiles.contains_key(*id);
    let generic = || GENERIC.into_iter().find(known);
    let id = by_board.or_else(by_model).or_else(generic)?;
    id.parse().ok()
}

fn by_model<'p>(profiles: &'p TargetProfiles, model: &str) -> Option<&'p str> {
    let model = model.trim().to_lowercase();
    let is = |title: &Title| full(title).to_lowercase() == model;
    let mut known = profiles.profiles.iter();
    let found = known.find(|(_, profile)| profile.titles.iter().any(is));
    found.map(|(id, _)| id.as_str())
}

/// A device's name in one text: `TP-Link Archer C7 v5`.
pub(crate) fn full(title: &Title) -> String {
    if !title.title.is_empty() {
        return title.title.clone();
    }
    let parts = [&title.vendor, &title.model, &title.variant];
    let parts: Vec<&str> = parts
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}
