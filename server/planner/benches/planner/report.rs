//! The figures, held against the committed budget.

use std::collections::BTreeMap;

use serde_json::json;

use crate::measure::Measured;

/// The file that says how much each may take.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench-budget.json");
/// Marks of a bar that is the whole budget.
const WIDTH: usize = 20;

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Milliseconds,
    Megabytes,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Megabytes => "MB",
        }
    }
}

struct Row {
    what: String,
    measured: Measured,
    unit: Unit,
    budget: f64,
}

impl Row {
    fn is_within_budget(&self) -> bool {
        self.measured.median <= self.budget
    }
}

/// All figures.
pub(crate) struct Report {
    budgets: BTreeMap<String, f64>,
    /// What the names of wanted figures contain.
    word: String,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(word: &str) -> Self {
        let text = std::fs::read(BUDGET).unwrap();
        let budgets = serde_json::from_slice(&text).unwrap();
        let word = word.to_owned();
        let rows = Vec::new();
        Self {
            budgets,
            word,
            rows,
        }
    }

    /// Measures a figure, whose name the budget has, if it is wanted.
    pub(crate) fn add(&mut self, what: &str, unit: Unit, measure: impl FnOnce() -> Measured) {
        if !what.contains(&self.word) {
            return;
        }
        let budget = self.budgets.get(what);
        let budget = *budget.unwrap_or_else(|| panic!("bench-budget.json says nothing of {what}"));
        let measured = measure();
        eprintln!("measured: {what}");
        let what = what.to_owned();
        self.rows.push(Row {
            what,
            measured,
            unit,
            budget,
        });
    }

    pub(crate) fn is_within_budget(&self) -> bool {
        self.rows.iter().all(Row::is_within_budget)
    }

    pub(crate) fn print(&self, json: bool) {
        if json {
            println!("{}", self.json());
        } else {
            println!("{:<20} {:>8} {:>8} {:>8}", "", "median", "least", "budget");
            self.rows.iter().for_each(print);
        }
    }

    fn json(&self) -> serde_json::Value {
        let row = |row: &Row| {
            json!({
                "name": row.what,
                "unit": row.unit.name(),
                "median": row.measured.median,
                "min": row.measured.least,
                "budget": row.budget,
                "ok": row.is_within_budget(),
            })
        };
        self.rows.iter().map(row).collect()
    }
}

fn print(row: &Row) {
    let Measured { median, least } = row.measured;
    let verdict = if row.is_within_budget() {
        "ok  "
    } else {
        "OVER"
    };
    println!(
        "{:<20} {median:>8.2} {least:>8.2} {:>8} {} {verdict} {}",
        row.what,
        row.budget,
        row.unit.name(),
        bar(median / row.budget)
    );
}

/// The part of the budget that is used; a bar that ends in `>` goes on.
fn bar(part: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let full = (part * WIDTH as f64).ceil().max(0.0) as usize;
    if full > WIDTH {
        format!("{}>", "#".repeat(WIDTH))
    } else {
        format!("{}{}", "#".repeat(full), ".".repeat(WIDTH - full))
    }
}
