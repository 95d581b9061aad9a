use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn ended(code: i32, stdout: &str, stderr: &str) -> Finished {
    let status = Some(ExitStatus::from_raw(code << 8));
    Finished {
        status,
        full: false,
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
    }
}

fn info() -> Info {
    Info {
        default_packages: vec!["base-files".to_owned()],
        ..Info::default()
    }
}

/// The genuine package manager's words about one case of the fixtures.
fn case(tool: &str, id: &str) -> Failure {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    let cases = std::fs::read(format!("{folder}/{tool}/cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let case = cases.iter().find(|case| case["id"] == id).unwrap();
    let said = |stream: &str| {
        case["expect"][stream]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let error = diagnose(&ended(2, &said("stdout"), &said("stderr")), &info());
    assert!(matches!(error, BuildError::Request(_)), "{error:?}");
    assert_eq!(error.failure().cause, "package-selection");
    error.failure().clone()
}

#[test]
fn what_was_killed_is_no_fault_of_the_request() {
    let killed = Finished {
        status: Some(ExitStatus::from_raw(9)),
        ..ended(0, "", "")
    };
    for ended in [
        killed,
        ended(137, "", ""),
        ended(2, "", "make: *** [Makefile:7: image] Killed\n"),
        ended(2, "", "make[1]: *** [Makefile:7: _call_image] Error 137\n"),
    ] {
        let error = diagnose(&ended, &info());
        assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    }
    let other = diagnose(&ended(2, "", "make: *** [image] Error 1\n"), &info());
    assert!(matches!(other, BuildError::Request(_)), "{other:?}");
}

fn assert_says(tool: &str, id: &str, selection: &str, problems: &[(&str, &str)]) {
    let failure = case(tool, id);
    assert_eq!(
        failure.detail,
        format!("Error: Impossible package selection: {selection}"),
        "{tool} {id}"
    );
    let found: Vec<(&str, &str)> = failure
        .packages
        .iter()
        .map(|problem| (problem.name.as_str(), problem.reason.as_str()))
        .collect();
    assert_eq!(found, problems, "{tool} {id}");
    assert!(
        failure
            .packages
            .iter()
            .all(|problem| !problem.remedy.is_empty())
    );
}

#[test]
fn opkg_cases() {
    let unknown = "there is no nosuchpkg for this device in this release";
    assert_says(
        "opkg",
        "unknown",
        "missing (nosuchpkg)",
        &[("nosuchpkg", unknown)],
    );
    assert_says(
        "opkg",
        "unknown-and-good",
        "missing (nosuchpkg)",
        &[("nosuchpkg", unknown)],
    );
    let ghost = "it needs ghost-lib, which cannot be had";
    assert_says(
        "opkg",
        "missing-dependency",
        "missing (ghost-lib, needs-ghost)",
        &[("needs-ghost", ghost)],
    );
    let newer = "it needs nameserv (>= 3.0), which cannot be had";
    assert_says(
        "opkg",
        "version-bad",
        "missing (nameserv, needs-ver-bad)",
        &[("needs-ver-bad", newer)],
    );
    let conflict = "it conflicts with hen";
    assert_says(
        "opkg",
        "conflict-same-command-rev",
        "conflicts (fox, hen)",
        &[("fox", conflict)],
    );
    let clash = "its file /srv/root/usr/bin/clash belongs to clash-a already";
    assert_says(
        "opkg",
        "file-clash",
        "conflicts (clash-a, clash-b)",
        &[("clash-b", clash)],
    );
}

#[test]
fn apk_cases() {
    let unknown = "there is no nosuchpkg for this device in this release";
    assert_says(
        "apk",
        "missing-package",
        "missing (nosuchpkg)",
        &[("nosuchpkg", unknown)],
    );
    let ghost = "it needs libghost>=1, which cannot be had";
    assert_says(
        "apk",
        "missing-dependency",
        "missing (libghost, meshd)",
        &[("meshd", ghost)],
    );
    let older = "it needs httpgate<2025.01.01, which cannot be had";
    let names = "missing (httpgate, httpgate-plugin-old)";
    assert_says(
        "apk",
        "version-too-new",
        names,
        &[("httpgate-plugin-old", older)],
    );
    let conflict = "it conflicts with oldtunnel";
    assert_says(
        "apk",
        "negative-dep",
        "conflicts (oldtunnel, vpnloom)",
        &[("vpnloom", conflict)],
    );
    let (elm, oak) = ("libtls-elm20240910", "libtls-oak20240910");
    assert_says(
        "apk",
        "same-versioned-provide",
        &format!("conflicts ({elm}, {oak})"),
        &[
            (elm, &format!("it conflicts with {oak}")),
            (oak, &format!("it conflicts with {elm}")),
        ],
    );
    let many = "several packages provide this and none is preferred";
    assert_says(
        "apk",
        "virtual-two-no-priority",
        "missing (libtoolbox)",
        &[("libtoolbox", many)],
    );
    let clash = "its file usr/bin/tset belongs to clashbox already";
    assert_says(
        "apk",
        "file-clash",
        "conflicts (clashbox, toolset)",
        &[("toolset", clash)],
    );
    let version = "there is no busykit>=2 for this device in this release";
    assert_says(
        "apk",
        "world-ge-no",
        "missing (busykit)",
        &[("busykit", version)],
    );
}

#[test]
fn an_index_without_default_packages_was_not_loaded() {
    let error = diagnose(
        &ended(
            2,
            "Unknown package 'base-files'.\nUnknown package 'luci'.\n",
            "",
        ),
        &info(),
    );
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert_eq!(error.failure().cause, "upstream");
}

/// Standard output, with the word "Unknown", may be too long to be kept whole.
#[test]
fn opkg_half_heard() {
    let said = |name: &str| {
        format!("Collected errors:\n * opkg_install_cmd: Cannot install package {name}.\n")
    };
    let error = diagnose(&ended(2, "", &said("vim2.0")), &info());
    assert!(matches!(error, BuildError::Request(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "Error: Impossible package selection: missing (vim2.0)"
    );
    let error = diagnose(&ended(2, "", &said("base-files")), &info());
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
}

#[test]
fn failures_of_the_mirror_and_the_disk_are_no_answer_to_the_request() {
    for (said, cause) in [
        (
            " * opkg_download: Failed to download http://x/y.ipk, wget returned 8.\nUnknown package 'x'.",
            "upstream",
        ),
        (
            "cp: error writing 'x': No space left on device",
            "disk-full",
        ),
        ("ERROR: luci-1-r1: HTTP 502: Bad Gateway", "upstream"),
        ("ERROR: luci-1-r1: operation timed out", "upstream"),
        (
            "ERROR: luci-1-r1: package mentioned in index not found (try 'apk update')",
            "upstream",
        ),
        (
            "WARNING: opening http://x/packages.adb: UNTRUSTED signature",
            "untrusted",
        ),
    ] {
        let error = diagnose(&ended(2, "", said), &info());
        assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
        assert_eq!(
            (
                error.failure().cause.as_str(),
                error.failure().stderr.as_str()
            ),
            (cause, said)
        );
    }
    let late = Finished {
        status: None,
        full: false,
        ..ended(0, "", "")
    };
    assert_eq!(diagnose(&late, &info()).failure().cause, "time-limit");
}

#[test]
fn too_big_profile_and_the_rest() {
    let said = "WARNING: Image file /x/c7.bin is too big: 16252929 > 16187392\n";
    let failure = diagnose(&ended(0, "", said), &info()).failure().clone();
    assert_eq!(
        failure.detail,
        "Error: Selected packages exceed device storage"
    );
    assert!(
        failure
            .hint
            .contains("16.3 MB, the device takes 16.1 MB: that is 65537 bytes too many"),
        "{}",
        failure.hint
    );
    // A feed that could not be had, and was not needed, has nothing to do with it.
    let both = format!(" * opkg_download: Failed to download http://x/y, wget returned 8.\n{said}");
    let error = diagnose(&ended(0, "", &both), &info());
    assert_eq!(error.failure().cause, "image-too-big");
    let full =
        "make_ext4fs: ext4_allocate_best_fit_partial: failed to allocate 9 blocks, out of space?\n";
    let failure = diagnose(&ended(2, "", full), &info()).failure().clone();
    assert_eq!(failure.cause, "image-too-big");
    assert!(failure.hint.contains("rootfs_size_mb"), "{}", failure.hint);

    let said = "Profile \"nosuch\" does not exist!\nUse \"make info\" to get a list of available profile names.\n";
    let failure = diagnose(
        &ended(2, said, "make: *** [Makefile:193: image] Error 1\n"),
        &info(),
    )
    .failure()
    .clone();
    assert_eq!(failure.detail, "Error: Profile \"nosuch\" does not exist!");
    assert_eq!(failure.cause, "unsupported-profile");

    let failure = diagnose(&ended(2, "", "Segmentation fault"), &info())
        .failure()
        .clone();
    assert_eq!(
        failure.detail,
        "Error: Error while building firmware. See stdout/stderr"
    );
}

#[test]
fn an_index_that_is_gone_matters_where_packages_could_not_be_chosen() {
    let gone = "WARNING: updating and opening http://m/packages.adb: Connection refused\n";
    let cause = |said: &str| {
        let said = format!("{gone}{said}");
        diagnose(&ended(2, "", &said), &info())
            .failure()
            .cause
            .clone()
    };
    let unsolved =
        "ERROR: unable to select packages:\n  x (no such package):\n    required by: world[x]\n";
    assert_eq!(cause(unsolved), "upstream");
    let too_big = "WARNING: Image file /x/c7.bin is too big: 16252929 > 16187392\n";
    assert_eq!(cause(too_big), "image-too-big");
    assert_eq!(cause("ERROR: x-1: HTTP 404: Not Found\n"), "upstream");
}

proptest! {
    #[test]
    fn any_words_get_a_diagnosis(words in "(?s).{0,300}") {
        let error = diagnose(&ended(2, &words, &words), &info());
        prop_assert!(error.to_string().starts_with("Error: "));
    }
}
