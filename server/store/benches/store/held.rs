//! Figures that are held against the committed budget.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The file that says how much each may be.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench-budget.json");

/// Which side of its budget a figure keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    AtMost,
    AtLeast,
}

struct Figure {
    what: String,
    value: f64,
    budget: f64,
    side: Side,
    unit: &'static str,
}

impl Figure {
    fn is_ok(&self) -> bool {
        match self.side {
            Side::AtMost => self.value <= self.budget,
            Side::AtLeast => self.value >= self.budget,
        }
    }

    fn print(&self) {
        let bound = match self.side {
            Side::AtMost => "at most",
            Side::AtLeast => "at least",
        };
        let verdict = if self.is_ok() { "ok" } else { "MISSED" };
        let (what, value, budget, unit) = (&self.what, self.value, self.budget, self.unit);
        println!("{what:<50} {value:>9.2} of {bound:<8} {budget:>6} {unit:<2} {verdict}");
    }

    fn json(&self) -> Value {
        let least = self.side == Side::AtLeast;
        json!({"name": self.what, "value": self.value, "unit": self.unit, "budget": self.budget,
            "at_least": least, "ok": self.is_ok()})
    }
}

/// Those of one bench.
pub(crate) struct Held {
    budgets: BTreeMap<String, f64>,
    figures: Vec<Figure>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let text = std::fs::read(BUDGET).unwrap();
        let budgets = serde_json::from_slice(&text).unwrap();
        let figures = Vec::new();
        Self { budgets, figures }
    }

    /// Adds a figure, whose name the budget has.
    pub(crate) fn add(&mut self, what: String, value: f64, side: Side, unit: &'static str) {
        let budget = self.budgets.get(&what);
        let budget = *budget.unwrap_or_else(|| panic!("bench-budget.json says nothing of {what}"));
        self.figures.push(Figure {
            what,
            value,
            budget,
            side,
            unit,
        });
    }

    /// Prints what was measured, the table `rows` by `table`; whether all budgets are kept.
    pub(crate) fn print(&self, rows: &[Value], table: impl Fn()) -> bool {
        if std::env::args().any(|argument| argument == "--json") {
            let held: Vec<Value> = self.figures.iter().map(Figure::json).collect();
            println!("{}", json!({"rows": rows, "held": held}));
        } else {
            table();
            self.figures.iter().for_each(Figure::print);
        }
        self.figures.iter().all(Figure::is_ok)
    }
}
