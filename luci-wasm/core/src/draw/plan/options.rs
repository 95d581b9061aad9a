//! What hardly anybody chooses: filesystem, size of the system partition, first-boot script.

use super::super::parts::note;
use crate::model::Model;
use crate::node::{Element, div, el};
use crate::units::bytes;
use crate::words::w;

pub(super) fn options(model: &Model) -> Element {
    el("details")
        .class("options")
        .child(el("summary").text(w!("More options")))
        .child(div("slot").maybe(filesystem(model)))
        .child(div("slot").maybe(partition(model)))
        .child(script(model))
}

fn select(id: &'static str, label: &'static str, value: &str, options: Vec<Element>) -> Element {
    let select = el("select")
        .attr("id", id)
        .attr("data-value", value)
        .children(options);
    div("choice")
        .child(el("label").attr("for", id).text(label))
        .child(select)
}

fn option(value: &str, label: String, chosen: &str) -> Element {
    el("option")
        .attr("value", value)
        .flag("selected", value == chosen)
        .text(label)
}

fn filesystem(model: &Model) -> Option<Element> {
    let names = model.filesystems();
    let chosen = model.as_wished().rootfs_type;
    let label = |name: &str| {
        if name == model.router.rootfs_type {
            w!("{0}, as now", name)
        } else {
            name.to_owned()
        }
    };
    let options = names.iter().map(|name| option(name, label(name), &chosen));
    let options: Vec<Element> = options.collect();
    let name = w!("File system");
    (!options.is_empty()).then(|| select("asu-filesystem", name, &chosen, options))
}

fn partition(model: &Model) -> Option<Element> {
    let sizes = model.partition_sizes();
    let now = model.own_partition();
    let chosen = model.question.partition.to_string();
    let size = |size: &u64| {
        let label = if now == Some(*size) {
            w!("{0} MB, as now", size)
        } else {
            w!("{0} MB", size)
        };
        option(&size.to_string(), label, &chosen)
    };
    let any = option("0", w!("as the server makes it").to_owned(), &chosen);
    let options: Vec<Element> = std::iter::once(any).chain(sizes.iter().map(size)).collect();
    let lost = model.router.rootfs_size.filter(|_| now.is_none());
    let lost = lost.map(|size| note("note warn", w!("The system partition of this router now has {0}, and this server makes none of that size. What is beyond the new size cannot be used after the upgrade until you enlarge the partition again.", bytes(size))));
    let name = w!("Size of the system partition");
    (!sizes.is_empty()).then(|| {
        div("partition")
            .child(select("asu-partition", name, &chosen, options))
            .maybe(lost)
    })
}

fn script(model: &Model) -> Element {
    let script = &model.form.script;
    if !model.limits.takes_scripts {
        return el("p")
            .class("small")
            .text(w!("This build server puts no scripts into images."));
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
        0 => Some(
            el("p")
                .class("small")
                .text(w!("{0} of {1} bytes", length, model.limits.script)),
        ),
        over => Some(note(
            "note bad",
            w!(
                "The script is {0} bytes longer than this build server takes. Shorten it; then the image can be built.",
                over
            ),
        )),
    }
}
