//! The table, and what is held against the committed budget.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value, json};

use crate::load::Measured;

/// The file that says how much each may be.
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench-budget.json");
/// The reference server's rate on two such cores, requests a second: the better end of what it gave.
const REFERENCE: [(&str, f64); 4] = [
    ("POST finished", 440.0),
    ("GET finished", 540.0),
    ("overview", 500.0),
    ("POST unknown profile", 475.0),
];

/// All figures.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<(String, u32, Measured)>,
    /// Name, value and unit of those that have a budget.
    held: Vec<(String, f64, &'static str)>,
}

impl Report {
    /// Adds a line of the table.
    pub(crate) fn add(&mut self, what: &str, connections: u32, measured: Measured) {
        eprintln!("measured: {what}, {connections} connections");
        self.rows.push((what.to_owned(), connections, measured));
    }

    /// Adds a figure that has a budget.
    pub(crate) fn hold(&mut self, what: &str, value: f64, unit: &'static str) {
        self.held.push((format!("api {what}"), value, unit));
    }

    /// Prints everything; whether all is within its budget.
    pub(crate) fn print(&self, json: bool) -> anyhow::Result<bool> {
        let budgets: BTreeMap<String, f64> = serde_json::from_slice(&std::fs::read(BUDGET)?)?;
        let mut verdicts = Vec::new();
        for (what, value, unit) in &self.held {
            let budget = budgets.get(what);
            let budget = *budget.with_context(|| format!("bench-budget.json lacks {what:?}"))?;
            verdicts.push((what, *value, *unit, budget));
        }
        if json {
            println!("{}", self.json(&verdicts));
        } else {
            self.table();
            for (what, value, unit, budget) in &verdicts {
                let verdict = if value <= budget { "ok" } else { "OVER" };
                println!("{what:<34} {value:>9.3} of {budget:>7} {unit:<2} {verdict}");
            }
        }
        Ok(verdicts.iter().all(|(_, value, _, budget)| value <= budget))
    }

    fn table(&self) {
        println!(
            "{:<24} {:>5} {:>10} {:>8} {:>8} {:>8} {:>9} {:>10}",
            "", "conn.", "requests/s", "p50 ms", "p99 ms", "max ms", "CPU ms", "reference"
        );
        for (what, connections, one) in &self.rows {
            let faster = REFERENCE.iter().find(|(name, _)| name == what);
            let faster = faster.map(|(_, rate)| format!("{:.0} x", one.rate / rate));
            println!(
                "{what:<24} {connections:>5} {:>10.0} {:>8.3} {:>8.3} {:>8.1} {:>9.4} {:>10}",
                one.rate,
                one.p50,
                one.p99,
                one.longest,
                one.cpu,
                faster.unwrap_or_default()
            );
        }
    }

    fn json(&self, verdicts: &[(&String, f64, &str, f64)]) -> Value {
        let rows = self.rows.iter().map(|(what, connections, one)| {
            json!({"name": what, "connections": connections, "rate": one.rate, "p50_ms": one.p50,
                "p99_ms": one.p99, "max_ms": one.longest, "cpu_ms": one.cpu})
        });
        let held = verdicts.iter().map(|(what, value, unit, budget)| {
            json!({"name": what, "value": value, "unit": unit, "budget": budget,
                "ok": value <= budget})
        });
        json!({"rows": rows.collect::<Vec<_>>(), "held": held.collect::<Vec<_>>()})
    }
}
