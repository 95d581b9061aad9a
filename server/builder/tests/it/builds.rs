//! Builds that succeed.

use std::sync::Mutex;

use asu_builder::{BUILD_LOG, Builder, BuilderConfig, Progress};
use asu_protocol::build::stage;
use sha2::{Digest, Sha256};

use crate::mirror::{Mirror, eventually, files, profiles, request};

#[tokio::test]
async fn an_image_is_built_and_measured() {
    for kind in ["xz", "zst"] {
        let mirror = Mirror::start(kind).await;
        let stages = Mutex::new(Vec::new());
        let said = Mutex::new(String::new());
        let note = |progress: Progress<'_>| match progress {
            Progress::Stage(stage) => stages.lock().unwrap().push(stage.to_owned()),
            Progress::Said(lines) => said.lock().unwrap().push_str(lines),
            Progress::Note(_) => (),
        };
        let request = request(r#","packages":["-ppp","luci"],"version_code":"r28739-d9340319c6""#);
        let built = mirror
            .builder()
            .build(&request, &profiles(), &note, &mirror.out())
            .await
            .unwrap();

        let image = &built.images[0];
        let bytes = std::fs::read(mirror.out().join(&image.name)).unwrap();
        assert_eq!(
            image.sha256,
            hex::encode(Sha256::digest(&bytes)),
            "not what the ImageBuilder claims"
        );
        assert_eq!(image.size, Some(bytes.len() as u64));
        assert_eq!(
            (image.kind.as_str(), image.filesystem.as_str()),
            ("sysupgrade", "squashfs")
        );
        let names: Vec<&str> = built.manifest.keys().map(String::as_str).collect();
        assert_eq!(names, ["base-files", "dropbear", "kmod-usb2", "luci"]);
        assert_eq!(
            (built.version_number.as_str(), built.version_code.as_str()),
            ("24.10.2", "r28739-d9340319c6")
        );
        assert_eq!(
            (built.id.as_str(), built.target.as_str()),
            ("tplink_archer-c7-v5", "ath79/generic")
        );
        assert_eq!(built.supported_devices, ["tplink,archer-c7-v5"]);
        assert_eq!(built.titles[0].vendor, "TP-Link");
        let words =
            "Building images for ath79 in /builder/imagebuilder\nFinalizing root filesystem...\n";
        assert_eq!(built.stdout, words);
        let said = said.into_inner().unwrap();
        assert!(said.ends_with(words), "told while it is said: {said}");
        let log = std::fs::read_to_string(mirror.out().join(BUILD_LOG)).unwrap();
        assert!(
            log.starts_with("make image PROFILE=tplink_archer-c7-v5 "),
            "{log}"
        );
        assert!(log.ends_with(words), "{log}");
        let description = std::fs::read_to_string(mirror.out().join("profiles.json")).unwrap();
        assert!(description.contains(&image.name), "{description}");
        let setup = [stage::CONTAINER_SETUP, stage::VALIDATE_REVISION];
        assert_eq!(
            stages.into_inner().unwrap(),
            [
                &setup[..],
                &[stage::VALIDATE_MANIFEST, stage::BUILDING_IMAGE]
            ]
            .concat()
        );
    }
}

#[tokio::test]
async fn packages_come_from_the_mirror_and_are_checked_with_its_key() {
    let mirror = Mirror::start("zst").await;
    let built = mirror.build(&mirror.builder(), "").await.unwrap();
    let image = std::fs::read_to_string(mirror.out().join(&built.images[0].name)).unwrap();
    let number = mirror.public_key().number();
    for line in [
        "src/gz openwrt_core http://127.0.0.1:8080/0/releases/24.10.2/packages".to_owned(),
        "src imagebuilder file:packages".to_owned(),
        "option check_signature".to_owned(),
        number.to_string(),
        "keys 0123456789abcdef".to_owned(),
    ] {
        assert!(
            image.lines().any(|found| found == line),
            "{line} in {image}"
        );
    }
}

#[tokio::test]
async fn options_reach_the_imagebuilder() {
    let mirror = Mirror::start("zst").await;
    let script = "uci set system.@system[0].hostname='$(reboot)'\n";
    let options = format!(
        r#","defaults":{},"files":{{"etc/config/mesh":"config mesh\n"}},"rootfs_size_mb":300,"filesystem":"squashfs","disabled_services":["uhttpd","dnsmasq"],"packages":["base-files","luci"],"diff_packages":true"#,
        serde_json::to_string(script).unwrap()
    );
    let built = mirror.build(&mirror.builder(), &options).await.unwrap();
    let image = std::fs::read_to_string(mirror.out().join(&built.images[0].name)).unwrap();
    assert!(
        image.contains("partsize 300 filesystem squashfs without dnsmasq uhttpd\n"),
        "{image}"
    );
    assert!(image.ends_with(script), "{image}");
    assert!(image.contains("\nconfig mesh\n"), "{image}");
    let names: Vec<&str> = built.manifest.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["base-files", "luci"],
        "an absolute list removes all other defaults"
    );
}

#[tokio::test]
async fn libraries_are_told_without_their_abi_version() {
    let mirror = Mirror::start("zst").await;
    let wanted =
        r#","packages":["libubox20240329","luci2"],"packages_versions":{"libubox":"1.0-1"}"#;
    let built = mirror.build(&mirror.builder(), wanted).await.unwrap();
    let names: Vec<&str> = built.manifest.keys().map(String::as_str).collect();
    let all = [
        "base-files",
        "dropbear",
        "kmod-usb2",
        "libubox",
        "luci2",
        "ppp",
    ];
    assert_eq!(names, all);
}

#[tokio::test]
async fn an_imagebuilder_of_ones_own_is_not_changed_and_need_not_be_ours() {
    let mirror = Mirror::start("zst").await;
    mirror.build(&mirror.builder(), "").await.unwrap();
    let trees = mirror.dir().join("imagebuilders");
    let mut kept = trees.read_dir().unwrap().flatten();
    let tree = kept.next().unwrap().path().join("tree");
    let own = mirror.folder.path().join("own");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&tree, &own])
        .status();
    assert!(copied.unwrap().success());
    let before = files(&own);
    let builder = Builder::new(BuilderConfig {
        imagebuilder: Some(own.clone()),
        ..mirror.config()
    });
    mirror.build(&builder.unwrap(), "").await.unwrap();
    assert_eq!(files(&own), before);
}

#[tokio::test]
async fn an_imagebuilder_is_fetched_once_and_never_changed() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    mirror.build(&builder, "").await.unwrap();
    let before = files(&mirror.dir().join("imagebuilders"));
    assert!(before.keys().any(|path| path.ends_with("rules.mk")));
    assert!(
        before
            .keys()
            .any(|path| path.file_name().is_some_and(|name| name == "info"))
    );
    mirror
        .build(&builder, r#","packages":["luci"]"#)
        .await
        .unwrap();
    mirror.build(&mirror.builder(), "").await.unwrap();

    assert_eq!(files(&mirror.dir().join("imagebuilders")), before);
    assert_eq!(mirror.asked(".tar."), 1);
    let scratch = mirror.dir().join("scratch");
    eventually(|| scratch.read_dir().unwrap().next().is_none()).await;
}

#[tokio::test]
async fn simultaneous_builds_share_one_imagebuilder_and_do_not_disturb_each_other() {
    let mirror = Mirror::start("zst").await;
    let builder = mirror.builder();
    let wanted: Vec<String> = (0..4)
        .map(|n| format!(r#","packages":["naps","luci-{n}"]"#))
        .collect();
    let outs: Vec<_> = (0..4)
        .map(|n| mirror.folder.path().join(format!("out{n}")))
        .collect();
    let (builder, profiles) = (&builder, &profiles());
    let builds = wanted.iter().zip(&outs).map(|(more, out)| async move {
        builder.build(&request(more), profiles, &|_| (), out).await
    });
    for (number, built) in futures_util::future::join_all(builds)
        .await
        .into_iter()
        .enumerate()
    {
        let built = built.unwrap();
        assert!(built.manifest.contains_key(&format!("luci-{number}")));
        assert_eq!(built.manifest.len(), 5);
        let image = outs[number].join(&built.images[0].name);
        let image = std::fs::read_to_string(image).unwrap();
        let others = image.lines().filter(|line| line.starts_with("luci-"));
        assert_eq!(others.count(), 1, "{image}");
    }
    assert_eq!(mirror.asked(".tar."), 1);
}
