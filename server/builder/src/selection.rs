//! What is asked of the ImageBuilder: arguments of `make`.
//!
//! Values end in a shell word inside a recipe. Names and numbers are safe by their types; the
//! filesystem is free text in a request and is checked here.

use std::collections::BTreeSet;
use std::path::Path;

use asu_protocol::build::{BuildRequest, FILESYSTEMS};
use asu_protocol::name::PackageSpec;

use crate::info::Info;
use crate::{BuildError, Failure};

/// The variable that names services not to be enabled.
const SERVICES: &str = "DISABLED_SERVICES";

/// The packages to ask for: those of the request and, where its list is the whole list, a removal
/// of every default package that is not on it.
pub(crate) fn packages(request: &BuildRequest, info: &Info) -> Vec<String> {
    let mut packages: Vec<String> = request.packages.iter().map(ToString::to_string).collect();
    if request.diff_packages {
        let listed: BTreeSet<&str> = request.packages.iter().map(PackageSpec::package).collect();
        let profile = info
            .profiles
            .get(request.profile.as_str())
            .into_iter()
            .flatten();
        let defaults: BTreeSet<&String> = info.default_packages.iter().chain(profile).collect();
        let unlisted = |name: &&&String| !name.starts_with('-') && !listed.contains(name.as_str());
        packages.extend(
            defaults
                .iter()
                .filter(unlisted)
                .map(|name| format!("-{name}")),
        );
    }
    packages
}

/// The arguments of `make image`.
pub(crate) fn image(
    request: &BuildRequest,
    packages: &[String],
    images: &Path,
    overlay: Option<&Path>,
) -> Result<Vec<String>, BuildError> {
    let mut arguments = vec![
        "image".to_owned(),
        format!("PROFILE={}", request.profile),
        format!("PACKAGES={}", packages.join(" ")),
        format!("BIN_DIR={}", images.display()),
    ];
    if let Some(overlay) = overlay {
        arguments.push(format!("FILES={}", overlay.display()));
    }
    if let Some(size) = request.rootfs_size_mb {
        arguments.push(format!("ROOTFS_PARTSIZE={size}"));
    }
    if let Some(filesystem) = &request.filesystem {
        arguments.push(format!("ROOTFS_FILESYSTEM={}", known(filesystem)?));
    }
    if !request.disabled_services.is_empty() {
        let names = request.disabled_services.iter().map(AsRef::<str>::as_ref);
        let names: Vec<&str> = names.collect();
        arguments.push(format!("{SERVICES}={}", names.join(" ")));
    }
    Ok(arguments)
}

/// Refuses services to be left off where the ImageBuilder, by the text of its `Makefile`, would start
/// them all the same: before OpenWrt 21.02.
pub(crate) fn check_services(request: &BuildRequest, makefile: &str) -> Result<(), BuildError> {
    if request.disabled_services.is_empty() || makefile.contains(SERVICES) {
        return Ok(());
    }
    let detail = "Error: this release's ImageBuilder cannot leave services off";
    let hint = "Ask without `disabled_services`, and leave them off by a first-boot script.";
    Err(BuildError::request(Failure::new(
        "bad-request",
        detail,
        hint,
    )))
}

/// The command as clients are told it: folders of this server are nobody's business.
pub(crate) fn told(arguments: &[String]) -> Vec<String> {
    let own = |argument: &&String| {
        !["BIN_DIR=", "FILES="]
            .iter()
            .any(|folder| argument.starts_with(folder))
    };
    let arguments = arguments.iter().filter(own).cloned();
    std::iter::once("make".to_owned())
        .chain(arguments)
        .collect()
}

fn known(filesystem: &str) -> Result<&str, BuildError> {
    if FILESYSTEMS.contains(&filesystem) {
        return Ok(filesystem);
    }
    let detail = format!("Error: Unsupported filesystem: {filesystem:?}");
    let hint = format!("Ask for one of: {}.", FILESYSTEMS.join(", "));
    Err(BuildError::request(Failure::new(
        "bad-request",
        detail,
        &hint,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::info;

    fn request(more: &str) -> BuildRequest {
        let text = format!(
            r#"{{"version":"24.10.2","target":"ath79/generic","profile":"c7","packages":["-ppp","luci","mtd"]{more}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn info() -> Info {
        let profile = "c7:\n    Packages: kmod-usb2 -swconfig luci\n";
        info::parse(&format!(
            "Default Packages: mtd ppp swconfig\nAvailable Profiles:\n\n{profile}"
        ))
    }

    #[test]
    fn an_absolute_list_removes_every_default_that_is_not_on_it() {
        assert_eq!(packages(&request(""), &info()), ["-ppp", "luci", "mtd"]);
        let absolute = packages(&request(r#","diff_packages":true"#), &info());
        assert_eq!(absolute, ["-ppp", "luci", "mtd", "-kmod-usb2", "-swconfig"]);
    }

    #[test]
    fn options_are_passed_only_when_asked_for() {
        let arguments = image(&request(""), &["luci".to_owned()], Path::new("/b"), None).unwrap();
        assert_eq!(
            arguments,
            ["image", "PROFILE=c7", "PACKAGES=luci", "BIN_DIR=/b"]
        );
        let all = request(
            r#","rootfs_size_mb":64,"filesystem":"ext4","disabled_services":["uhttpd","dnsmasq"]"#,
        );
        let arguments = image(&all, &[], Path::new("/b"), Some(Path::new("/f"))).unwrap();
        assert_eq!(
            arguments[3..],
            [
                "BIN_DIR=/b",
                "FILES=/f",
                "ROOTFS_PARTSIZE=64",
                "ROOTFS_FILESYSTEM=ext4",
                "DISABLED_SERVICES=dnsmasq uhttpd"
            ]
        );
    }

    #[test]
    fn services_are_left_off_only_where_that_is_known() {
        let wish = request(r#","disabled_services":["uhttpd"]"#);
        let old = "image:\n";
        let error = check_services(&wish, old).unwrap_err();
        assert_eq!(error.failure().cause, "bad-request");
        assert!(check_services(&wish, "DISABLED_SERVICES=$(DISABLED_SERVICES)").is_ok());
        assert!(check_services(&request(""), old).is_ok());
    }

    #[test]
    fn the_command_is_told_without_folders_of_this_server() {
        let (out, overlay) = (Path::new("/b"), Some(Path::new("/f")));
        let arguments = image(&request(""), &["luci".to_owned()], out, overlay).unwrap();
        let command = ["make", "image", "PROFILE=c7", "PACKAGES=luci"];
        assert_eq!(told(&arguments), command);
    }

    #[test]
    fn a_filesystem_that_is_a_command_is_refused() {
        let evil = request(r#","filesystem":"ext4\";id;\"""#);
        let error = image(&evil, &[], Path::new("/b"), None).unwrap_err();
        assert_eq!(error.failure().cause, "bad-request");
    }
}
