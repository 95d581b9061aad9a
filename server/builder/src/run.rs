//! The stages of one build.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use asu_protocol::build::{BuildRequest, stage};
use asu_protocol::profiles::{Profile, TargetProfiles};
use tokio::time::timeout;

use crate::builder::{BUILD_LOG, Inner, Progress};
use crate::command::Finished;
use crate::depot::ImageBuilder;
use crate::diagnosis::{diagnose, is_too_big};
use crate::first_run::first_run;
use crate::gateway::Signers;
use crate::info::{self, Info};
use crate::manifest;
use crate::sandbox::{builder_uid, give};
use crate::workspace::Workspace;
use crate::{BuildError, BuildOutput, Failure, feeds, images, selection};

pub(crate) type Tell<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// What ImageBuilders say when all packages are in the root file system.
const PACKAGES_INSTALLED: &str = "Finalizing root filesystem";

/// The script that runs at a device's first boot; ASU's name for it.
const FIRST_BOOT: &str = "etc/uci-defaults/99-asu-defaults";

/// Builds `request`, see [`crate::Builder::build`].
pub(crate) async fn run(
    builder: &Inner,
    request: &BuildRequest,
    profiles: &TargetProfiles,
    tell: Tell<'_>,
    out: &Path,
) -> Result<BuildOutput, BuildError> {
    tell(Progress::Stage(stage::CONTAINER_SETUP));
    let imagebuilder = obtain(builder, request, tell).await?;
    first_run(builder, &imagebuilder, tell).await?;
    let workspace = prepare(builder, Some(request), &imagebuilder).await?;
    let built = make_all(&workspace, &imagebuilder, request, profiles, tell, out).await;
    let kept = keep_log(&workspace.log(), out);
    match kept {
        Err(error) if built.is_ok() => Err(BuildError::storage("Storing the build log", &error)),
        _ => built,
    }
}

/// A build that failed without a word leaves nothing behind.
fn keep_log(log: &str, out: &Path) -> std::io::Result<()> {
    if log.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join(BUILD_LOG), log)
}

async fn make_all(
    workspace: &Workspace,
    imagebuilder: &ImageBuilder,
    request: &BuildRequest,
    profiles: &TargetProfiles,
    tell: Tell<'_>,
    out: &Path,
) -> Result<BuildOutput, BuildError> {
    let inside = |url: &str| workspace.inside(url);
    feeds::add(workspace.tree(), request, &inside).await?;
    // Before anything of the ImageBuilder runs, which could lead the files astray.
    let added = add_files(workspace, request).await;
    added.map_err(|error| BuildError::storage("Writing the image's own files", &error))?;
    tell(Progress::Stage(stage::VALIDATE_REVISION));
    let info = inform(workspace, imagebuilder, tell).await?;
    check_revision(
        request,
        info.revision.as_deref().unwrap_or(&profiles.version_code),
    )?;
    check_profile(request, &info)?;
    check_services(workspace, request).await?;
    tell(Progress::Stage(stage::VALIDATE_MANIFEST));
    let packages = selection::packages(request, &info);
    let (ended, build_cmd) = assemble(workspace, request, &packages, &info, tell).await?;
    let output = output(workspace, request, ended, &info, out).await?;
    Ok(BuildOutput {
        build_cmd,
        ..output
    })
}

/// Adds what a request has besides packages.
async fn add_files(workspace: &Workspace, request: &BuildRequest) -> std::io::Result<()> {
    for (path, text) in &request.files {
        workspace.put(path.as_str(), text).await?;
    }
    match &request.defaults {
        Some(script) => workspace.put(FIRST_BOOT, script).await,
        None => Ok(()),
    }
}

async fn obtain(
    builder: &Inner,
    request: &BuildRequest,
    tell: Tell<'_>,
) -> Result<ImageBuilder, BuildError> {
    if let Some(tree) = builder.imagebuilder.clone() {
        return Ok(ImageBuilder::foreign(tree));
    }
    let said = |words: &str| tell(Progress::Note(words));
    let obtaining = builder
        .imagebuilders
        .obtain(&request.version, &request.target, &said);
    timeout(builder.time_limit, obtaining)
        .await
        .unwrap_or_else(|_| {
            Err(BuildError::upstream(
                "Error: the ImageBuilder's download took too long".to_owned(),
            ))
        })
}

pub(crate) async fn prepare(
    builder: &Inner,
    request: Option<&BuildRequest>,
    imagebuilder: &ImageBuilder,
) -> Result<Workspace, BuildError> {
    builder.depot.room(0).await?;
    let storage = |error| BuildError::storage("Preparing the ImageBuilder", &error);
    hand_over(builder, imagebuilder).await.map_err(storage)?;
    let remains = Arc::clone(&builder.remains).read_owned().await;
    let mut workspace = Workspace::new(
        &builder.scratch,
        remains,
        builder.time_limit,
        imagebuilder,
        builder.layers,
    )
    .await
    .map_err(storage)?;
    let upstream = builder.upstream.root();
    if let Some(sandbox) = &builder.sandbox {
        let signers = Signers::of_mirror(&builder.trust, &builder.apk_keys, &imagebuilder.tree);
        let feeds = request.into_iter().flat_map(|request| {
            let theirs = Signers::of_request(&signers, &request.repository_keys);
            let feeds = request.repositories.iter();
            feeds.map(move |(_, url)| (url.as_str(), theirs.clone()))
        });
        let urls = std::iter::once((upstream, signers.clone())).chain(feeds);
        let packages = Arc::clone(&builder.packages);
        let confined = workspace.confine(sandbox.clone(), packages, urls);
        confined.map_err(storage)?;
    }
    workspace
        .configure(upstream, builder.trust.keys())
        .await
        .map_err(storage)?;
    Ok(workspace)
}

/// Makes an ImageBuilder of ours the builds' user's, who could not change its files in a layer
/// otherwise. That user never gets at them but through a layer.
async fn hand_over(builder: &Inner, imagebuilder: &ImageBuilder) -> std::io::Result<()> {
    let tree = imagebuilder.tree.clone();
    let is_ours = builder.layers && builder.imagebuilder.is_none();
    // The folder itself is handed over last.
    if !is_ours || tree.metadata()?.uid() == builder_uid() {
        return Ok(());
    }
    tokio::task::spawn_blocking(move || give(&tree)).await?
}

/// What the ImageBuilder says of itself; asked once, then kept beside its files.
pub(crate) async fn inform(
    workspace: &Workspace,
    imagebuilder: &ImageBuilder,
    tell: Tell<'_>,
) -> Result<Info, BuildError> {
    let kept = imagebuilder.info.as_deref();
    if let Some(Ok(text)) = kept.map(std::fs::read_to_string) {
        return Ok(info::parse(&text));
    }
    let ended = make(workspace, &["info".to_owned()], tell).await?;
    if !ended.success() {
        return Err(unusable(ended));
    }
    kept.map_or(Ok(()), |file| keep(file, &ended.stdout))
        .map_err(|error| BuildError::storage("Storing what an ImageBuilder says", &error))?;
    Ok(info::parse(&ended.stdout))
}

/// An ImageBuilder that cannot even tell what it is lacks tools on this machine.
fn unusable(ended: Finished) -> BuildError {
    let detail = "Error: Could not set up ImageBuilder";
    let hint = "The server's operator must install what stderr names; then ask again.";
    let Finished { stdout, stderr, .. } = ended;
    BuildError::infrastructure(Failure {
        stdout,
        stderr,
        ..Failure::new("imagebuilder", detail, hint)
    })
}

/// Writes the file in one step, because builds may do so at the same time.
fn keep(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut temporary, text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

fn check_revision(request: &BuildRequest, actual: &str) -> Result<(), BuildError> {
    let wanted = &request.version_code;
    if wanted.is_empty() || wanted == actual {
        return Ok(());
    }
    let detail = format!("Error: Received incorrect version {actual} (requested {wanted})");
    let hint = "Upstream has a newer build of this version; ask for that one, or for any.";
    Err(BuildError::request(Failure::new(
        "version-code",
        detail,
        hint,
    )))
}

/// One that was given to us may be anything.
fn check_release(request: &BuildRequest, made: &TargetProfiles) -> Result<(), BuildError> {
    let (version, target) = (request.version.as_str(), request.target.to_string());
    // Snapshots of branches and of the main line call themselves by several names.
    let is_release = !version.ends_with("SNAPSHOT");
    if made.target == target && (made.version_number == version || !is_release) {
        return Ok(());
    }
    let detail = format!(
        "Error: the ImageBuilder is one of {} for {}, not of {version} for {target}",
        made.version_number, made.target
    );
    let hint = "Use the ImageBuilder of the release and target asked for.";
    Err(BuildError::request(Failure::new(
        "imagebuilder",
        detail,
        hint,
    )))
}

fn check_profile(request: &BuildRequest, info: &Info) -> Result<(), BuildError> {
    let profile = request.profile.as_str();
    if info.profiles.is_empty() || info.profiles.contains_key(profile) {
        return Ok(());
    }
    let detail = format!("Error: Profile {profile:?} does not exist!");
    let hint = "The release has dropped this device; choose another release.";
    Err(BuildError::request(Failure::new(
        "unsupported-profile",
        detail,
        hint,
    )))
}

async fn check_services(workspace: &Workspace, request: &BuildRequest) -> Result<(), BuildError> {
    let storage = |error| BuildError::storage("Reading the ImageBuilder", &error);
    let makefile = workspace.tree().read("Makefile").await.map_err(storage)?;
    selection::check_services(request, &makefile.unwrap_or_default())
}

async fn assemble(
    workspace: &Workspace,
    request: &BuildRequest,
    packages: &[String],
    info: &Info,
    tell: Tell<'_>,
) -> Result<(Finished, Vec<String>), BuildError> {
    let has_own = request.defaults.is_some() || !request.files.is_empty();
    let overlay = has_own.then(|| workspace.overlay());
    let images = workspace.images();
    let arguments = selection::image(request, packages, &images, overlay.as_deref())?;
    let ended = make(workspace, &arguments, tell).await?;
    let usable = ended.success() && !is_too_big(&ended.stderr);
    if usable {
        Ok((ended, selection::told(&arguments)))
    } else {
        let error = diagnose(&ended, info);
        Err(match workspace.untrusted() {
            Some(index) => untrusted_feed(&index, error.failure()),
            None => error,
        })
    }
}

/// What a build is refused by its gateway looks to its tools like a feed that is broken.
fn untrusted_feed(index: &str, told: &Failure) -> BuildError {
    let detail = format!("Error: the package index {index} has no signature that is trusted");
    let hint = "For a feed of yours, correct `repository_keys`; for one of the mirror, the server's \
                operator must check its keys.";
    BuildError::infrastructure(Failure {
        stdout: told.stdout.clone(),
        stderr: told.stderr.clone(),
        ..Failure::new("untrusted", detail, hint)
    })
}

pub(crate) async fn make(
    workspace: &Workspace,
    arguments: &[String],
    tell: Tell<'_>,
) -> Result<Finished, BuildError> {
    let storage = |error| BuildError::storage("Running make", &error);
    workspace.note(&selection::told(arguments).join(" "));
    let hear = |lines: &str| {
        if lines
            .lines()
            .any(|line| line.starts_with(PACKAGES_INSTALLED))
        {
            tell(Progress::Stage(stage::BUILDING_IMAGE));
        }
        tell(Progress::Said(lines));
    };
    workspace.make(arguments, &hear).await.map_err(storage)
}

async fn output(
    workspace: &Workspace,
    request: &BuildRequest,
    ended: Finished,
    info: &Info,
    out: &Path,
) -> Result<BuildOutput, BuildError> {
    let folder = workspace.images();
    let Ok(description) = images::description(&folder) else {
        return Err(no_images(&ended, info, "Error: No JSON file found"));
    };
    check_revision(request, &description.version_code)?;
    check_release(request, &description)?;
    let Some(profile) = description.profiles.get(request.profile.as_str()).cloned() else {
        return Err(no_images(
            &ended,
            info,
            "Error: Profile not found in JSON file",
        ));
    };
    if profile.images.is_empty() {
        return Err(no_images(&ended, info, "Error: No image was made"));
    }
    let Profile {
        image_prefix,
        images,
        supported_devices,
        titles,
        ..
    } = profile;
    let storing = |error| BuildError::storage("Storing the images", &error);
    let manifest = manifest::read(&folder, workspace.tree().written()).map_err(storing)?;
    let Some(manifest) = manifest.filter(|manifest| !manifest.is_empty()) else {
        return Err(no_images(&ended, info, "Error: No manifest was made"));
    };
    manifest::check(&manifest, &request.packages_versions)?;
    let out = out.to_owned();
    let collect = move || images::collect(&images, &folder, &out);
    let collected = tokio::task::spawn_blocking(collect)
        .await
        .unwrap_or_else(|error| Err(error.into()));
    Ok(BuildOutput {
        images: collected.map_err(storing)?,
        image_prefix,
        manifest,
        id: request.profile.to_string(),
        target: description.target,
        version_number: description.version_number,
        version_code: description.version_code,
        source_date_epoch: description.source_date_epoch,
        supported_devices,
        titles,
        stdout: ended.stdout,
        stderr: ended.stderr,
        build_cmd: Vec::new(),
    })
}

/// An ImageBuilder that ended well without images; its own words may tell why.
fn no_images(ended: &Finished, info: &Info, otherwise: &str) -> BuildError {
    match diagnose(ended, info) {
        BuildError::Request(mut failure) if failure.cause == "build-failed" => {
            otherwise.clone_into(&mut failure.detail);
            BuildError::Request(failure)
        }
        error => error,
    }
}
