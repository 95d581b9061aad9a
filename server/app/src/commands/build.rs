//! `asu-server build`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use asu_builder::{BuildError, BuildOutput};
use asu_http::Limits;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{PackageSpec, ProfileName, Target, VersionName};
use asu_protocol::problem::PackageProblem;
use asu_protocol::profiles::{Image, TargetProfiles};
use asu_server::{Desk, not_offered, produce};
use serde::Serialize;
use serde_json::json;

use super::building::{Building, show};
use super::{Error, Output, folder, read, until_told_to_stop};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    building: Building,
    /// An unpacked ImageBuilder to build with, instead of the mirror's.
    ///
    /// The mirror is asked for packages only. The profile must be one of the ImageBuilder's own.
    #[arg(long, value_name = "DIR")]
    imagebuilder: Option<PathBuf>,
    /// The folder of ImageBuilders and documents, which may be that of a server; made if it is not
    /// there.
    #[arg(
        long,
        value_name = "DIR",
        env = "ASU_DATA",
        default_value = "/var/lib/asu-server"
    )]
    data: PathBuf,
    /// The release to build.
    #[arg(long)]
    version: VersionName,
    /// The router's target: ath79/generic.
    #[arg(long)]
    target: Target,
    /// The router's profile or board_name.
    #[arg(long)]
    profile: ProfileName,
    /// Packages besides the default ones, with spaces between; -name leaves a default one out.
    #[arg(
        long,
        value_name = "LIST",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    packages: String,
    /// A uci-defaults script that runs at the router's first boot.
    #[arg(long, value_name = "FILE")]
    defaults: Option<PathBuf>,
    /// The size of the root filesystem's partition in MiB, where a device has one.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..))]
    rootfs_size: Option<u32>,
    /// The root filesystem wanted: squashfs, ext4, ...
    #[arg(long)]
    filesystem: Option<String>,
    /// Where the images are put; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// What is printed of a build that went well.
#[derive(Serialize)]
struct Built {
    images: Vec<Image>,
    manifest: std::collections::BTreeMap<String, String>,
    seconds: f64,
    id: String,
    target: String,
    version_number: String,
    version_code: String,
    build_cmd: Vec<String>,
}

/// What is printed of one that did not; the fields are those of the server's answer.
#[derive(Serialize)]
struct Failed {
    cause: String,
    detail: String,
    hint: String,
    packages: Vec<PackageProblem>,
    seconds: f64,
    stdout: String,
    stderr: String,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let begun = Instant::now();
    let request = args.request()?;
    let (out, output) = (args.out.clone(), args.output);
    let ended = tokio::select! {
        ended = args.build(request, begun) => ended?,
        () = until_told_to_stop()? => return Err("stopped before the build ended".into()),
    };
    let seconds = begun.elapsed().as_secs_f64();
    match ended {
        Ok(built) => output.print(&Built::of(built, seconds), |to, built| {
            text(to, built, &out)
        }),
        Err(error) => {
            output.print(&Failed::of(&error, seconds), |_, _| Ok(()))?;
            let failure = error.failure();
            Err(format!("{}\n{}", failure.detail, failure.hint).into())
        }
    }
}

impl Args {
    /// The request, with every rule for requests over HTTP that is one of form.
    fn request(&self) -> Result<BuildRequest, Error> {
        let packages = self.packages.split_whitespace().map(|name| {
            let spec = name.parse::<PackageSpec>();
            spec.map_err(|error| format!("--packages: {error}"))
        });
        let packages: Vec<PackageSpec> = packages.collect::<Result<_, _>>()?;
        let script = self.defaults.as_deref().map(read).transpose()?;
        let script = script.map(String::from_utf8).transpose();
        let script = script.map_err(|error| format!("--defaults: {error}"))?;
        Ok(serde_json::from_value(json!({
            "version": self.version,
            "target": self.target,
            "profile": self.profile,
            "packages": packages,
            "defaults": script,
            "rootfs_size_mb": self.rootfs_size,
            "filesystem": self.filesystem,
        }))?)
    }

    async fn build(
        mut self,
        request: BuildRequest,
        begun: Instant,
    ) -> Result<Result<BuildOutput, BuildError>, Error> {
        let trust = match &self.imagebuilder {
            Some(_) => self.building.signers.known()?,
            None => self.building.signers.trust(&self.building.upstream.url)?,
        };
        std::fs::create_dir_all(&self.data)
            .map_err(|error| format!("{}: {error}; check --data", self.data.display()))?;
        // Documents of a folder are kept for this build only: its address is another each time.
        let passing = tempfile::tempdir()?;
        let mut documents = self.data.join("catalog");
        if let Some(folder) = folder::of(&self.building.upstream.url) {
            self.building.upstream.url = folder::serve(&folder).await?;
            documents = passing.path().to_owned();
        }
        let builder =
            self.building
                .builder(self.data.join("builder"), trust, self.imagebuilder.clone())?;
        let progress = show(begun);
        let ended = if self.imagebuilder.is_some() {
            let profiles = TargetProfiles::default();
            let build = builder.build(&request, &profiles, &progress, &self.out);
            build.await
        } else {
            let keys = self.building.signers.keys()?;
            let catalog = self.building.upstream.catalog(&documents, keys).await?;
            match catalog.canonical(request).await {
                Ok(request) => {
                    let with = (&Desk::new(catalog), &builder, &Limits::default());
                    produce(with, &request, &progress, &self.out).await
                }
                Err(error) => Err(not_offered(error)),
            }
        };
        builder.tidied().await;
        Ok(ended)
    }
}

impl Built {
    fn of(output: BuildOutput, seconds: f64) -> Self {
        Self {
            images: output.images,
            manifest: output.manifest,
            seconds,
            id: output.id,
            target: output.target,
            version_number: output.version_number,
            version_code: output.version_code,
            build_cmd: output.build_cmd,
        }
    }
}

impl Failed {
    fn of(error: &BuildError, seconds: f64) -> Self {
        let failure = error.failure().clone();
        Self {
            cause: failure.cause,
            detail: failure.detail,
            hint: failure.hint,
            packages: failure.packages,
            seconds,
            stdout: failure.stdout,
            stderr: failure.stderr,
        }
    }
}

fn text(to: &mut dyn Write, built: &Built, out: &Path) -> io::Result<()> {
    for image in &built.images {
        let (size, file) = (image.size.unwrap_or_default(), out.join(&image.name));
        writeln!(to, "{}  {size:>10}  {}", image.sha256, file.display())?;
    }
    let (packages, seconds) = (built.manifest.len(), built.seconds);
    writeln!(to, "{packages} packages, {seconds:.1} s")
}
