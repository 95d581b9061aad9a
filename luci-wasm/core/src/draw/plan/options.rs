//! What hardly anybody chooses: filesystem, size of the system partition, first-boot script.

use super::super::parts::{note, select, small};
use crate::model::Model;
use crate::msg::Action;
use crate::node::{Element, div, el};
use crate::units::bytes;
use crate::words::w;

pub(super) fn options(model: &Model) -> Option<Element> {
    let options = || {
        el("details")
            .class("options")
            .flag("open", model.preset.is_advanced)
            .child(el("summary").text(w!("More options")))
            .child(div("slot").maybe(filesystem(model)))
            .child(div("slot").maybe(partition(model)))
            .child(script(model))
    };
    model.may(Action::Request).then(options)
}

fn filesystem(model: &Model) -> Option<Element> {
    let option = |name: &str| {
        let label = if name == model.router.rootfs_type {
            w!("{0}, as now", name)
        } else {
            name.to_owned()
        };
        (name.to_owned(), label)
    };
    let options: Vec<_> = model.filesystems().into_iter().map(option).collect();
    let chosen = model.as_wished().rootfs_type;
    let name = w!("File system");
    let select = |options| select("asu-filesystem", name, &chosen, options);
    (!options.is_empty()).then(|| div("choice").children(select(options)))
}

fn partition(model: &Model) -> Option<Element> {
    let sizes = model.partition_sizes();
    if sizes.is_empty() {
        return None;
    }
    let now = model.own_partition();
    let mut options = vec![("0".to_owned(), w!("as the server makes it").to_owned())];
    for size in sizes {
        let label = if now == Some(size) {
            w!("{0} MB, as now", size)
        } else {
            w!("{0} MB", size)
        };
        options.push((size.to_string(), label));
    }
    let lost = model.router.rootfs_size.filter(|_| now.is_none());
    let lost = lost.map(|size| note("note warn", w!("The system partition of this router now has {0}, and this server makes none of that size. What is beyond the new size cannot be used after the upgrade until you enlarge the partition again.", bytes(size))));
    let chosen = model.question.partition.to_string();
    let name = w!("Size of the system partition");
    let select = select("asu-partition", name, &chosen, options);
    Some(
        div("partition")
            .child(div("choice").children(select))
            .maybe(lost),
    )
}

fn script(model: &Model) -> Element {
    let script = &model.form.script;
    if !model.limits.takes_scripts {
        return small(w!("This build server puts no scripts into images."));
    }
    let input = el("textarea")
        .attr("id", "asu-script")
        .attr("rows", "6")
        .attr("autocapitalize", "none")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-describedby", "asu-script-hint")
        .text(script.as_str());
    let hint = el("p").class("small").attr("id", "asu-script-hint").text(w!("These shell commands run once, when the new system starts for the first time. The build server keeps them for a short time. Whatever is in them, such as Wi-Fi passwords, leaves your network."));
    div("script")
        .child(
            el("label")
                .attr("for", "asu-script")
                .text(w!("First-boot script")),
        )
        .child(input)
        .child(hint)
        .child(div("slot").attr("role", "status").maybe(length(model)))
}

/// Nothing while there is no script; nobody has to count.
fn length(model: &Model) -> Option<Element> {
    let length = model.form.script.len();
    match model.script_excess() {
        0 if length == 0 => None,
        0 => Some(small(w!("{0} of {1} bytes", length, model.limits.script))),
        over => Some(note(
            "note bad",
            w!(
                "The script is {0} bytes longer than this build server takes. Shorten it; then the image can be built.",
                over
            ),
        )),
    }
}
