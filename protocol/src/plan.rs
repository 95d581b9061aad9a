//! What an upgrade would do, told before anything is built: `POST /api/v1/plan`.
//!
//! All sizes are bytes. Names of packages are those without ABI version, as a router's package
//! list has them, wherever such a name is unambiguous.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::build::BuildRequest;
use crate::name::{PackageName, PackageVersion, ProfileName, Target, VersionName};

/// The question: this router, with these packages, to that release?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanRequest {
    /// The distribution installed.
    #[serde(default = "crate::build::openwrt")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub distro: String,
    /// The release installed.
    pub version: VersionName,
    /// The revision installed, e.g. `r24106-10cc5fcd00`; empty if the router does not tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub revision: String,
    /// The router's target.
    pub target: Target,
    /// The router's profile, its `board_name`, or another alias from `supported_devices`. Without
    /// one the plan leaves the device's own packages out, and nothing can be built from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// The packages installed on purpose: with versions, or a list of names.
    #[serde(default)]
    pub packages: Installed,
    /// A version, a branch (`24.10`: its newest), or a channel: `stable`, `testing`, `oldstable`,
    /// `snapshot`. Absent: the newest stable release, if it is not older than the installed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub to: Option<String>,
    /// Packages wanted besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<PackageName>,
    /// Packages not wanted any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<PackageName>,
    /// A named package set of the distribution to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub flavor: Option<String>,
    /// A community's packages to add, `community/profile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_profile: Option<String>,
    /// Whether an older release or older packages are fine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_downgrade: bool,
    /// The root filesystem wanted; passed on to the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._,-]{0,128}$"))]
    pub filesystem: Option<String>,
    /// Size of the root filesystem partition wanted, MiB; passed on to the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rootfs_size_mb: Option<u32>,
    /// What the router says of itself; everything in it is optional.
    #[serde(default)]
    pub router: RouterFacts,
}

impl PlanRequest {
    /// A question with nothing but the place: no packages, no wishes.
    pub fn new(distro: String, version: VersionName, target: Target) -> Self {
        Self {
            distro,
            version,
            revision: String::new(),
            target,
            profile: None,
            packages: Installed::default(),
            to: None,
            add: Vec::new(),
            remove: Vec::new(),
            flavor: None,
            network_profile: None,
            allow_downgrade: false,
            filesystem: None,
            rootfs_size_mb: None,
            router: RouterFacts::default(),
        }
    }
}

/// Installed packages: name to version where known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Installed(pub BTreeMap<PackageName, Option<PackageVersion>>);

#[derive(Deserialize)]
#[serde(untagged)]
enum InstalledForm {
    Versions(BTreeMap<PackageName, Option<PackageVersion>>),
    Names(Vec<PackageName>),
}

/// Written by hand because the derive knows no map whose values may be null.
#[cfg(feature = "openapi")]
mod installed_schema {
    use utoipa::openapi::schema::{
        AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
    };
    use utoipa::openapi::{Ref, RefOr};
    use utoipa::{PartialSchema, ToSchema};

    use super::{Installed, PackageName, PackageVersion};

    impl PartialSchema for Installed {
        fn schema() -> RefOr<Schema> {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            let version = OneOfBuilder::new()
                .item(null)
                .item(Ref::from_schema_name(PackageVersion::name()))
                .build();
            let name = Ref::from_schema_name(PackageName::name());
            let versions = ObjectBuilder::new()
                .property_names(Some(PackageName::schema()))
                .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(version.into()))));
            OneOfBuilder::new()
                .item(versions)
                .item(ArrayBuilder::new().items(name))
                .description(Some(
                    "Installed packages: name to version where known, or names.",
                ))
                .into()
        }
    }

    impl ToSchema for Installed {
        fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            for (name, schema) in [
                (PackageName::name(), PackageName::schema()),
                (PackageVersion::name(), PackageVersion::schema()),
            ] {
                schemas.push((name.into_owned(), schema));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Installed {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match InstalledForm::deserialize(from)? {
            InstalledForm::Versions(versions) => versions,
            InstalledForm::Names(names) => names.into_iter().map(|name| (name, None)).collect(),
        }))
    }
}

/// What only the router knows and a plan takes into account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RouterFacts {
    /// The installed image's compat_version: `1.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat_version: Option<String>,
    /// Free bytes of the overlay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay_free: Option<u64>,
    /// Free bytes of `/tmp`, where the image is put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmp_free: Option<u64>,
    /// Bytes of the partition that holds the root filesystem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rootfs_size: Option<u64>,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// The distribution.
    pub distro: String,
    /// The target.
    pub target: Target,
    /// The profile that will be built, aliases and renames resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// The release installed.
    pub from: PlannedRelease,
    /// The release that will be installed.
    pub to: PlannedRelease,
    /// Why this release, for a person.
    pub because: String,
    /// What becomes of each installed package, and what comes; sorted by name.
    pub changes: Vec<PackageChange>,
    /// Every package of the new image, dependencies included, with its version.
    pub install: BTreeMap<String, String>,
    /// Where one of several packages had to be taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What a person should know before going on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// How large it will be.
    pub size: SizeEstimate,
    /// The request that builds it; absent without a profile, and while a warning needs consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<BuildRequest>,
}

/// A release in a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedRelease {
    /// `24.10.2`.
    pub version: String,
    /// The revision, e.g. `r28739-d9340319c6`; empty if unknown. For snapshots, the one that will
    /// be built.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// `stable`, `oldstable`, `testing`, `snapshot` or `archived`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// `opkg` or `apk`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub package_manager: String,
}

/// What becomes of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackageChange {
    /// The package.
    pub name: String,
    /// What becomes of it.
    pub fate: Fate,
    /// The version installed, if the router told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The version that will be installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The packages that stand in for a replaced one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Why, for a person; empty where nothing needs saying.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What could stand there instead, if a person wants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

/// What becomes of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The same version again, or one whose old version the router did not tell.
    Kept,
    /// A newer version.
    Upgraded,
    /// Another version; which one is newer cannot be told.
    Changed,
    /// An older version.
    Downgraded,
    /// Another package stands in for it.
    Replaced,
    /// It will be gone.
    Dropped,
    /// It is new.
    Added,
}

/// A package that could be taken instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alternative {
    /// The package.
    pub name: String,
    /// What speaks for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// One of several packages that provide a name was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Choice {
    /// The name that several packages provide.
    pub name: String,
    /// The package taken.
    pub chosen: String,
    /// The others.
    pub others: Vec<String>,
}

/// Something to know before going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// A stable code: `release-downgrade`, `package-downgrade`, `compat-version`, `does-not-fit`,
    /// `installed-release-unknown`, `default-not-installed`, `tmp-too-small`.
    pub code: String,
    /// For a person.
    pub text: String,
    /// The packages it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Whether the plan goes on only with `allow_downgrade`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_consent: bool,
}

/// How large the new image will be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizeEstimate {
    /// Sum of the package files: close to what they take in a compressed root filesystem.
    pub download: u64,
    /// Sum of the installed packages, uncompressed.
    pub installed: u64,
    /// How much `download` grows against the packages installed now, if the installed release is
    /// known; negative if it shrinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<i64>,
    /// Bytes there are for the root filesystem, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Whether it fits, if that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fits: Option<bool>,
}

/// Why there is no plan: one independent trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanProblem {
    /// A stable code: `no-such-package`, `missing-dependency`, `version-not-available`,
    /// `conflict`, `ambiguous-provider`, `wrong-architecture`, `not-installable`.
    pub code: String,
    /// What is wrong, for a router's owner.
    pub text: String,
    /// The packages involved.
    pub packages: Vec<String>,
    /// From what was asked for to where it fails: `luci-app-foo`, `libbar`, `libghost`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// What solves it; each was tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}

/// A change of the question after which there is a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remedy {
    /// For a person: `Do without luci-app-foo`.
    pub text: String,
    /// To put into `add`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// To put into `remove`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Whether this alone leads to a plan; otherwise it solves this trouble and others stay.
    pub complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_with_versions_or_as_names() {
        let read = |packages: &str| -> PlanRequest {
            serde_json::from_str(&format!(
                r#"{{"version":"23.05.5","target":"ath79/generic","profile":"x","packages":{packages}}}"#
            ))
            .unwrap()
        };
        let versions = read(r#"{"tmux":"3.3a-1","vim":null}"#).packages.0;
        let names = read(r#"["vim","tmux"]"#).packages.0;
        assert_eq!(
            versions.keys().collect::<Vec<_>>(),
            names.keys().collect::<Vec<_>>()
        );
        assert!(names.values().all(Option::is_none));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let text = r#"{"version":"23.05.5","target":"a/b","profile":"x","packages":["a;b"]}"#;
        assert!(serde_json::from_str::<PlanRequest>(text).is_err());
    }
}
