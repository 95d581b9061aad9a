//! Why there is no plan, for a router's owner.

use asu_protocol::plan::PlanProblem;

use crate::plan::Trouble;
use crate::solve::{Refusal, Universe};

/// Each independent trouble with its remedies.
pub(crate) fn problems(universe: &Universe, trouble: &Trouble) -> Vec<PlanProblem> {
    let _ = (universe, &trouble.world);
    trouble.refusals.iter().map(told).collect()
}

fn told(refusal: &Refusal) -> PlanProblem {
    let chain = refusal
        .chains()
        .first()
        .map(|chain| chain.0.clone())
        .unwrap_or_default();
    PlanProblem {
        code: refusal.code().to_owned(),
        text: refusal.to_string(),
        packages: refusal.packages().into_iter().map(str::to_owned).collect(),
        chain,
        remedies: Vec::new(),
    }
}
