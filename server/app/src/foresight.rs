//! Whether an image has the packages it should have.
//!
//! A difference is nobody's fault who asks: the mirror was updated between the two, or it, the
//! ImageBuilder or the planner is wrong. So it is a failure of infrastructure: it is tried again, and
//! not kept as the request's answer; and an image that nobody can explain is not given out.

use asu_builder::{BuildError, BuildOutput, Failure};
use asu_http::Offer;
use asu_planner::{Difference, Foreseen};
use asu_protocol::build::BuildRequest;
use asu_protocol::problem::PackageProblem;

use crate::outcome;

/// Whoever knows the packages of images before they are built.
pub trait Foresee: Offer {
    /// The packages that a build of `request`, in its canonical form, will put into the image, if that
    /// can be told at once; `anew` from indexes as they are at this moment.
    fn foresee(
        &self,
        request: &BuildRequest,
        anew: bool,
    ) -> impl Future<Output = Option<Foreseen>> + Send {
        let _ = (request, anew);
        async { None }
    }
}

/// What is foreseen of one build.
pub(crate) trait Foresight: Sync {
    /// See [`Foresee::foresee`].
    fn foresee(&self, anew: bool) -> impl Future<Output = Option<Foreseen>> + Send;
}

/// What is foreseen of a request here.
pub(crate) struct ForRequest<'a, O> {
    pub(crate) offer: &'a O,
    pub(crate) request: &'a BuildRequest,
}

impl<O: Foresee> Foresight for ForRequest<'_, O> {
    async fn foresee(&self, anew: bool) -> Option<Foreseen> {
        self.offer.foresee(self.request, anew).await
    }
}

/// Checks the packages of an image against those foreseen when its build began.
///
/// Indexes may have been older than the build, so that a difference is looked at once more.
pub(crate) async fn check<F: Foresight>(
    foresight: &F,
    foreseen: Option<Foreseen>,
    built: &BuildOutput,
) -> Result<(), BuildError> {
    let Some(foreseen) = foreseen else {
        return Ok(());
    };
    if foreseen.compare(&built.manifest).is_none() {
        return Ok(());
    }
    let Some(foreseen) = foresight.foresee(true).await else {
        return Ok(());
    };
    let difference = foreseen.compare(&built.manifest);
    if difference.is_none() {
        return Ok(());
    }
    Err(BuildError::Infrastructure(Box::new(failure(
        difference, built,
    ))))
}

fn failure(difference: Difference, built: &BuildOutput) -> Failure {
    let mut parts = Vec::new();
    let names = |names: &mut dyn Iterator<Item = &String>| {
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    if !difference.missing.is_empty() {
        parts.push(format!(
            "missing ({})",
            names(&mut difference.missing.iter())
        ));
    }
    if !difference.extra.is_empty() {
        parts.push(format!("extra ({})", names(&mut difference.extra.iter())));
    }
    if !difference.other.is_empty() {
        let names = names(&mut difference.other.keys());
        parts.push(format!("other versions ({names})"));
    }
    let detail = format!(
        "the image does not have the packages the package indexes promise: {}",
        parts.join(" ")
    );
    Failure {
        packages: problems(difference),
        stdout: built.stdout.clone(),
        stderr: built.stderr.clone(),
        ..outcome::fault("manifest-differs", &detail)
    }
}

fn problems(difference: Difference) -> Vec<PackageProblem> {
    let problem = |name: String, reason: String| PackageProblem {
        name,
        reason,
        remedy: String::new(),
    };
    let missing = difference.missing.into_iter();
    let missing = missing.map(|name| problem(name, "it is not in the image".to_owned()));
    let extra = difference.extra.into_iter();
    let extra = extra.map(|name| problem(name, "nothing asks for it".to_owned()));
    let other = difference.other.into_iter().map(|(name, (wanted, made))| {
        problem(name, format!("the image has {made} instead of {wanted}"))
    });
    missing.chain(extra).chain(other).collect()
}
