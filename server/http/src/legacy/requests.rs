//! `POST /api/upgrade-request` and `/api/build-request`: asks for an image, in the words of 2017.

use asu_protocol::build::BuildRequest;
use asu_protocol::name::{PackageName, PackageSpec, ProfileName, VersionName};
use asu_protocol::plan::{Installed, PlanProblem, PlanRequest};
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::repository::{Repositories, RepositoriesMode, RepositoryKeys};
use asu_store::Job;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;

use super::outcome::{self, Kind, Refused, Standing};
use super::refusal::{Refusal, missing};
use super::wish::{self, Wish};
use super::{images, place, profile};
use crate::api::Unplannable;
use crate::guard::Asker;
use crate::path::Path;
use crate::{Api, Offer, OfferedDistribution, OfferedSet, builds, cancel};

type Body = Result<Bytes, BytesRejection>;

/// Ask for an image to upgrade with.
///
/// Either what is wanted, or `request_hash` alone: how that request stands. The same request is the
/// same job as in API v1.
#[utoipa::path(post, path = "/api/upgrade-request", tag = "2017", request_body = Wish,
    responses(Standing, Refused))]
pub(crate) async fn ask_upgrade<O: Offer>(
    State(api): State<Api<O>>,
    asker: Asker,
    headers: HeaderMap,
    bytes: Body,
) -> Result<Response, Refusal> {
    ask(&api, asker, &headers, bytes, Kind::Upgrade).await
}

/// Ask for an image, whatever files come out.
#[utoipa::path(post, path = "/api/build-request", tag = "2017", request_body = Wish,
    responses(Standing, Refused))]
pub(crate) async fn ask_build<O: Offer>(
    State(api): State<Api<O>>,
    asker: Asker,
    headers: HeaderMap,
    bytes: Body,
) -> Result<Response, Refusal> {
    ask(&api, asker, &headers, bytes, Kind::Build).await
}

/// How a request for an image to upgrade with stands.
#[utoipa::path(get, path = "/api/upgrade-request/{request_hash}", tag = "2017",
    params(("request_hash" = String, Path,
        description = "The hash of the request, or of the image.")),
    responses(Standing))]
pub(crate) async fn look_upgrade<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    look(&api, &headers, &hash, Kind::Upgrade).await
}

/// How a request for an image stands.
#[utoipa::path(get, path = "/api/build-request/{request_hash}", tag = "2017",
    params(("request_hash" = String, Path,
        description = "The hash of the request, or of the image.")),
    responses(Standing))]
pub(crate) async fn look_build<O: Offer>(
    State(api): State<Api<O>>,
    headers: HeaderMap,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    look(&api, &headers, &hash, Kind::Build).await
}

async fn ask<O: Offer>(
    api: &Api<O>,
    asker: Asker,
    headers: &HeaderMap,
    bytes: Body,
    kind: Kind,
) -> Result<Response, Refusal> {
    let bytes = bytes.map_err(|_| Refusal::too_large())?;
    let wish = wish::read(&bytes)?;
    if let Some(hash) = &wish.request_hash {
        return look(api, headers, hash, kind).await;
    }
    let request = request(api, wish).await?;
    let request = api.offer.canonical(request).await?;
    let job = job(api, asker, &request).await?;
    outcome::answer(api, &place::base(headers), job, kind).await
}

async fn look<O: Offer>(
    api: &Api<O>,
    headers: &HeaderMap,
    hash: &str,
    kind: Kind,
) -> Result<Response, Refusal> {
    let job = match api.store.job(hash, api.now()).await? {
        Some(job) => job,
        None => images::job_of(api, hash).await?,
    };
    outcome::answer(api, &place::base(headers), job, kind).await
}

/// The wish in the words of API v1.
async fn request<O: Offer>(api: &Api<O>, wish: Wish) -> Result<BuildRequest, Refusal> {
    let (version, target) = wish.place()?;
    let distributions = api.offer.distributions().await;
    let distribution = called(&distributions, wish.distro.as_deref())?;
    let defaults = wish.script(&api.limits)?;
    let network = network_profile(distribution, wish.network_profile.as_deref())?;
    let profiles = api.offer.profiles(&version, &target).await;
    let profiles = profiles.map_err(|error| Refusal::in_place(error, &distributions))?;
    let profile = device(api, &version, &profiles, &wish)?;
    let mut packages = network.map_or(Ok(Vec::new()), packages_of)?;
    packages.extend(wish.packages()?);
    Ok(BuildRequest {
        distro: distribution.name.clone(),
        version,
        version_code: String::new(),
        target,
        profile,
        packages,
        packages_versions: std::collections::BTreeMap::new(),
        diff_packages: false,
        defaults,
        files: network.map(|set| set.files.clone()).unwrap_or_default(),
        rootfs_size_mb: None,
        filesystem: None,
        disabled_services: std::collections::BTreeSet::new(),
        repositories: Repositories::default(),
        repositories_mode: RepositoriesMode::default(),
        repository_keys: RepositoryKeys::default(),
        client: None,
    })
}

/// The distribution a client means; none named is OpenWrt.
pub(crate) fn called<'d>(
    distributions: &'d [OfferedDistribution],
    given: Option<&str>,
) -> Result<&'d OfferedDistribution, Refusal> {
    let name = wish::distribution(given);
    let found = distributions.iter().find(|known| known.is_called(&name));
    found.ok_or_else(|| Refusal::unknown("distribution", &name))
}

/// A community's network; until the end of 2017 they were asked for by name.
fn network_profile<'d>(
    distribution: &'d OfferedDistribution,
    named: Option<&str>,
) -> Result<Option<&'d OfferedSet>, Refusal> {
    let Some(name) = named.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let mut known = distribution.network_profiles.iter();
    let found = known.find(|set| set.name == name);
    let found = found.ok_or_else(|| Refusal::bad("unknown network profile"))?;
    Ok(Some(found))
}

fn packages_of(network: &OfferedSet) -> Result<Vec<PackageSpec>, Refusal> {
    let specs = network.packages.iter().map(|name| name.parse());
    specs
        .collect::<Result<_, _>>()
        .map_err(|error| Refusal::broken(&error))
}

/// The device by its board, also by what the release calls it now, or by its model.
fn device<O: Offer>(
    api: &Api<O>,
    version: &VersionName,
    profiles: &TargetProfiles,
    wish: &Wish,
) -> Result<ProfileName, Refusal> {
    let board = wish.board.as_deref();
    let renamed = board.map(|board| api.offer.board_in(version, board));
    let boards: Vec<&str> = board.into_iter().chain(renamed.as_deref()).collect();
    if let Some(profile) = profile::find(profiles, &boards, wish.model.as_deref()) {
        return Ok(profile);
    }
    // A device may have come with a newer list; the catalog looks again before it refuses.
    let named = boards.last().and_then(|board| board.parse().ok());
    named.ok_or_else(Refusal::unknown_device)
}

/// The job of a request: the known one, or a new one if the release has the packages.
async fn job<O: Offer>(api: &Api<O>, asker: Asker, request: &BuildRequest) -> Result<Job, Refusal> {
    let hash = asu_store::request_hash(request);
    let known = api.store.job(&hash, api.now()).await?;
    let job = if let Some(job) = known.filter(|job| !job.cancelled) {
        job
    } else {
        has_packages(api, request).await?;
        builds::queue(api, request, None, asker).await?
    };
    cancel::wait_for_good(api, &job).await?;
    Ok(job)
}

/// Refuses a package the release does not have. Whether the packages go together, and what the
/// indexes cannot tell today, is left to the build.
async fn has_packages<O: Offer>(api: &Api<O>, request: &BuildRequest) -> Result<(), Refusal> {
    let Some(question) = question(request) else {
        return Ok(());
    };
    match api.offer.plan(question).await {
        Err(Unplannable::Problems(problems)) => all_known(request, problems),
        Err(Unplannable::Catalog(error)) => {
            tracing::info!(%error, "packages are not checked before the build");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// What a dependency lacks is left to the build as well: not every package manager minds.
fn all_known(request: &BuildRequest, mut problems: Vec<PlanProblem>) -> Result<(), Refusal> {
    let asked = |name: &str| request.packages.iter().any(|spec| spec.package() == name);
    problems.retain(|problem| missing(std::slice::from_ref(problem)).is_some_and(asked));
    if problems.is_empty() {
        return Ok(());
    }
    Err(Refusal::problematic(&problems))
}

/// A plan from the release to itself: its packages are looked up, and nothing changes.
fn question(request: &BuildRequest) -> Option<PlanRequest> {
    let wanted = request.packages.iter().filter(|spec| !spec.is_removal());
    let names = wanted.filter_map(|spec| PackageName::try_from(spec.package().to_owned()).ok());
    let packages = Installed(names.map(|name| (name, None)).collect());
    let (distro, version) = (request.distro.clone(), request.version.clone());
    (!packages.0.is_empty()).then(|| PlanRequest {
        profile: Some(request.profile.clone()),
        packages,
        to: Some(version.to_string()),
        allow_downgrade: true,
        ..PlanRequest::new(distro, version, request.target.clone())
    })
}
