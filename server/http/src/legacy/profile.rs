//! Which device a client means.

use asu_protocol::name::ProfileName;
use asu_protocol::profiles::{Profile, TargetProfiles, Title};

/// The profile for devices that none is for.
const GENERIC: [&str; 2] = ["Generic", "generic"];

/// The first profile that a board is called, else the one with this model's name, else the generic
/// one.
pub(crate) fn find(
    profiles: &TargetProfiles,
    boards: &[&str],
    model: Option<&str>,
) -> Option<ProfileName> {
    let by_board = boards.iter().find_map(|board| by_board(profiles, board));
    let by_model = || by_model(profiles, model?);
    let generic = || GENERIC.into_iter().find_map(|id| by_board_id(profiles, id));
    let id = by_board.or_else(by_model).or_else(generic)?;
    id.parse().ok()
}

fn by_board_id<'p>(profiles: &'p TargetProfiles, id: &str) -> Option<&'p str> {
    let known = profiles.profiles.get_key_value(id)?;
    Some(known.0)
}

fn by_board<'p>(profiles: &'p TargetProfiles, board: &str) -> Option<&'p str> {
    let board = underscored(board);
    let mut known = profiles.profiles.iter();
    let named = known.clone().find(|(id, _)| underscored(id) == board);
    let found = named.or_else(|| known.find(|(_, profile)| supports(profile, &board)));
    found.map(|(id, _)| id.as_str())
}

fn supports(profile: &Profile, board: &str) -> bool {
    let mut devices = profile.supported_devices.iter();
    devices.any(|device| underscored(device) == board)
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

/// A `board_name` has a comma where the profile has an underscore.
fn underscored(name: &str) -> String {
    name.replace(',', "_")
}
