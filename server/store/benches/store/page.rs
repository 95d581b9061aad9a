//! The figures, as a page.

use std::fmt::Write;

use crate::scale::{Line, SIZES};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scale.md");

const HEAD: &str = "# What a growing store costs

Written by `cargo xtask bench scale`; `bench-budget.json` holds the last column.

An answer is found by its hash in a search tree, so what it costs grows no more than logarithmically
with how many there are: with a hundred times as many, by half at most.

![Milliseconds over finished jobs](scale.svg)

";

/// Writes what was measured.
pub(crate) fn write(lines: &[Line]) {
    let mut text = HEAD.to_owned();
    let [small, middle, large] = SIZES.map(|size| format!("{} thousand", size / 1000));
    writeln!(
        text,
        "| milliseconds with | {small} | {middle} | {large} | growth |"
    )
    .unwrap();
    writeln!(text, "| --- | ---: | ---: | ---: | ---: |").unwrap();
    for line in lines {
        let ([small, middle, large], growth) = (line.costs, line.growth());
        let name = line.name();
        writeln!(
            text,
            "| {name} | {small:.3} | {middle:.3} | {large:.3} | {growth:.2} |"
        )
        .unwrap();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(
        text,
        "
Each figure is the median of a thousand requests, one after the other, for each thousandth of the
finished jobs in turn; of several such medians the least. Database and asker share a machine with {cores} cores and an ordinary disk,
whose cache holds the whole database. PostgreSQL is reached by its socket, with the settings of a plain
installation; most of its time, and much of SQLite's, goes into handing question and answer over. The
server answers what is asked for often from memory, and asks the database for none of it."
    )
    .unwrap();
    std::fs::write(FILE, text).unwrap();
}
