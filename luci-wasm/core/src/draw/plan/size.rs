//! How large the new image will be, and whether it fits.

use asu_protocol::plan::SizeEstimate;

use super::super::parts::{bar, fact};
use crate::model::Model;
use crate::node::{Element, div, el};
use crate::plan::{Plan, Space};
use crate::units::bytes;

/// The sizes, where the server knows them.
pub(super) fn size(model: &Model, plan: &Plan) -> Option<Element> {
    let size = plan.size.as_ref()?;
    let space = Space::of(size, model.router.overlay_free);
    let facts = el("dl")
        .class("facts")
        .child(fact("All packages", bytes(size.download)))
        .child(fact("Unpacked", bytes(size.installed)))
        .maybe(size.growth.map(|growth| fact("Against now", grown(growth))))
        .child(fact("Fits", fits(size)));
    Some(div("size").child(facts).maybe(space.map(picture)))
}

fn grown(growth: i64) -> String {
    let amount = bytes(growth.unsigned_abs());
    match growth {
        0 => "the same".to_owned(),
        1.. => format!("{amount} more"),
        _ => format!("{amount} less"),
    }
}

fn fits(size: &SizeEstimate) -> &'static str {
    match size.fits {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known before it is built",
    }
}

/// A bar of what is taken, with its numbers.
fn picture(space: Space) -> Element {
    let (taken, room) = (bytes(space.taken), bytes(space.room));
    let words = if space.is_whole {
        format!("{taken} of the {room} there are for the system")
    } else {
        format!("{taken} more of the {room} that are free today")
    };
    let class = if space.taken > space.room {
        "space over"
    } else {
        "space"
    };
    div(class)
        .child(bar(
            "Space the new packages take",
            space.taken,
            Some(space.room),
        ))
        .child(el("p").class("detail").text(words))
}
