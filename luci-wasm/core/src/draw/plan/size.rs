//! How large the new image will be, and whether it fits.

use asu_protocol::plan::SizeEstimate;

use super::super::parts::{bar, fact};
use crate::model::Model;
use crate::node::{Element, div, el};
use crate::plan::{Plan, Space};
use crate::units::bytes;
use crate::words::w;

/// The sizes, where the server knows them.
pub(super) fn size(model: &Model, plan: &Plan) -> Option<Element> {
    let size = plan.size.as_ref()?;
    let space = Space::of(size, model.overlay_free());
    let facts = el("dl")
        .class("facts")
        .child(fact(w!("All packages"), bytes(size.download)))
        .child(fact(w!("Unpacked"), bytes(size.installed)))
        .maybe(
            size.growth
                .map(|growth| fact(w!("Compared with now"), grown(growth))),
        )
        .child(fact(w!("Fits"), fits(size)));
    Some(div("size").child(facts).maybe(space.map(picture)))
}

fn grown(growth: i64) -> String {
    let amount = bytes(growth.unsigned_abs());
    match growth {
        0 => w!("the same").to_owned(),
        1.. => w!("{0} more", amount),
        _ => w!("{0} less", amount),
    }
}

fn fits(size: &SizeEstimate) -> &'static str {
    match size.fits {
        Some(true) => w!("yes"),
        Some(false) => w!("no"),
        None => w!("not known before it is built"),
    }
}

/// A bar of what is taken, with its numbers.
fn picture(space: Space) -> Element {
    let (taken, room) = (bytes(space.taken), bytes(space.room));
    let words = if space.is_whole {
        w!("{0} of the {1} there are for the system", taken, room)
    } else {
        w!("{0} more of the {1} that are free today", taken, room)
    };
    let class = if space.taken > space.room {
        "space over"
    } else {
        "space"
    };
    div(class)
        .child(bar(
            w!("Space the new packages take"),
            space.taken,
            Some(space.room),
        ))
        .child(el("p").class("detail").text(words))
}
