//! The figures, as a page.

use std::fmt::Write;

use crate::day::Outcome;
use crate::strain::{ARCHIVE, GET, IMAGE, POLL, POST, STORED, strains};
use crate::world::{DEVICES, EXTRAS, HOUR, MEAN_EXTRAS, RUSH, SHARINGS, TARGETS, eagerness, ratio};
use crate::{Findings, IMAGEBUILDER, KEPT};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/release-day.md");

/// Writes what was found.
pub(crate) fn write(findings: &Findings) -> anyhow::Result<()> {
    let mut text = String::new();
    head(&mut text, findings)?;
    days(&mut text, findings)?;
    needed(&mut text, findings)?;
    breaks(&mut text, findings)?;
    means(&mut text, findings)?;
    Ok(std::fs::write(FILE, text)?)
}

fn head(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let Findings {
        routers,
        seed,
        build,
        fewest: (workers, outcome),
        ..
    } = findings;
    writeln!(
        text,
        "# The day of a release

Written by `cargo xtask bench release-day` (seed {seed}): a simulation, not a measurement. Below is said
which of its figures were measured and which are assumed.

{} routers ask for an image within 24 hours of a release. **{workers} workers**, each with a core on which
a build takes {build} seconds, keep everybody's wait under ten minutes; the median is {}, and {} images are
built.

![Longest wait in minutes over the number of workers](release-day.svg)
",
        thousands(*routers),
        time(outcome.within(0.5)),
        thousands(findings.world.targets.len()),
    )
}

fn days(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        text,
        "## With fewer workers, and with more

A build takes {} seconds, and {:.0} of 100 requests are for an image that somebody else has asked for
before. In the busiest hour {} routers ask.

| workers | median wait | 99 of 100 within | longest | longest queue | routers that wait at once | ImageBuilders obtained |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        findings.build,
        findings.world.shared() * 100.0,
        thousands(findings.world.busiest_hour()),
    )?;
    for (workers, outcome) in &findings.days {
        row(text, *workers, outcome)?;
    }
    writeln!(text)
}

fn row(text: &mut String, workers: usize, outcome: &Outcome) -> std::fmt::Result {
    writeln!(
        text,
        "| {workers} | {} | {} | {} | {} | {} | {} |",
        time(outcome.within(0.5)),
        time(outcome.within(0.99)),
        time(outcome.within(1.0)),
        thousands(outcome.longest_queue),
        thousands(outcome.most_waiting),
        thousands(outcome.obtained),
    )
}

fn needed(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        text,
        "## How many workers it takes

So that nobody waits longer than ten minutes, by how long a build takes and by how much routers have in
common:

| a build takes | {} |
| ---: | ---: | ---: | ---: |",
        SHARINGS
            .iter()
            .zip(findings.shared)
            .map(|(sharing, shared)| format!("{}: {:.0} % shared", sharing.name, shared * 100.0))
            .collect::<Vec<_>>()
            .join(" | "),
    )?;
    for (build, [much, some, none]) in &findings.needed {
        writeln!(text, "| {build} s | {much} | {some} | {none} |")?;
    }
    writeln!(text)
}

fn breaks(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        text,
        "## What breaks first

What the busiest hour of that day asks for with {} workers, against what one server has as it is set by
default; what is short of most stands first.

| | asked for | there is | whose limit | what to do |
| --- | ---: | ---: | --- | --- |",
        findings.fewest.0
    )?;
    for strain in strains(findings) {
        let figure = |value: f64| {
            format!("{} {}", rounded(value), strain.unit)
                .trim_end()
                .to_owned()
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            strain.what,
            figure(strain.load),
            figure(strain.limit),
            strain.of,
            if strain.part() > 1.0 {
                strain.remedy
            } else {
                "nothing"
            },
        )?;
    }
    let (workers, outcome) = &findings.fewest;
    let refused = outcome.beyond_default;
    writeln!(
        text,
        "
With `--max-pending` at its default of 200, {} requests would find no place in the queue, even with {workers} workers,
and be told to come back (529): raise it before the day. The mirror is asked for {} ImageBuilders, {} GB:
let `--upstream` be one that is near, and give workers room to keep more of them (`--imagebuilder-disk`).
",
        thousands(refused),
        thousands(outcome.obtained),
        rounded(ratio(outcome.obtained, 1) * ARCHIVE / 1000.0),
    )
}

fn means(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let sharing = findings.sharing;
    let eager = |hour| eagerness(hour) / eagerness(0.0);
    writeln!(
        text,
        "## What is measured, and what is assumed

Measured, by `cargo xtask bench` on two cores: an answer to a request for a build costs the server {POST:.3} ms
of CPU, a look at one {GET:.3} ms; a build by the server takes about a second more than the
ImageBuilder's own work. The order in which jobs are taken is the store's: clients take turns, which for
those who ask once is first come, first served; a worker takes sooner what it has the ImageBuilder of, see
[workers.md](workers.md). How many jobs can be claimed a second is the goal of `cargo xtask bench queue`.

Assumed:

- A build takes {} seconds of one core, half as long to one and a half times as long; the table has others. One of the
  ImageBuilders of this repository's tests takes five seconds; operators of real ones report half a minute to a minute
  on a good machine, and up to three on a small one. Two builds on one core take twice as long, so a worker has one.
- Obtaining an ImageBuilder takes a worker {} seconds ({ARCHIVE:.0} MB); it keeps {KEPT}.
- Routers ask most at the beginning: after {RUSH:.0} hours the rush is a third of what it was, over a base that
  stays, in waves of day and night. Of 100 who ask in the first minute, {:.0} do so in one twelve hours later.
- {DEVICES} profiles of {TARGETS} targets, the n-th of them with 1/n as many routers as the first.
- {:.0} of 100 routers have no packages but a fresh image's and LuCI; {:.0} have a first-boot script, or a list like
  nobody else's. The others add {MEAN_EXTRAS:.0} packages on average, out of {EXTRAS}, again the n-th with 1/n. \
  LuCI and owut send what the owner has installed, so lists differ by that.
- Clients look every {POLL:.0} seconds, as LuCI does, and download {IMAGE:.0} MB. A build leaves {STORED:.0} MB in the store.

With another length of a build or other numbers of routers: `cargo xtask bench release-day`, then
`target/release/asu-release-day --help`.",
        findings.build,
        IMAGEBUILDER / 1000,
        eager(12.0) * 100.0,
        sharing.plain * 100.0,
        sharing.unique * 100.0,
    )
}

/// Minutes and seconds, or hours and minutes.
fn time(milliseconds: u32) -> String {
    let (seconds, hours) = (milliseconds / 1000, milliseconds / HOUR);
    if hours > 0 {
        format!("{hours} h {:02} min", seconds / 60 % 60)
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

fn thousands(number: usize) -> String {
    if number < 10_000 {
        return number.to_string();
    }
    format!("{},{:03}", number / 1000, number % 1000)
}

/// With as many digits as mean something.
fn rounded(value: f64) -> String {
    let decimals = if value < 1.0 { 2 } else { 0 };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_for_people() {
        assert_eq!(time(61_000), "1 min 01 s");
        assert_eq!(time(HOUR * 2 + 60_000), "2 h 01 min");
        assert_eq!(
            (thousands(9999), thousands(12_034)),
            ("9999".to_owned(), "12,034".to_owned())
        );
        assert_eq!(
            (rounded(0.123), rounded(1234.5)),
            ("0.12".to_owned(), "1234".to_owned())
        );
    }
}
