//! A PC-like router: x86/64, where the image is a whole disk.

use asu_protocol::build::BuildRequest;
use asu_test_e2e::stage::NEW_RELEASE;
use serde_json::json;

#[tokio::test]
async fn a_disk_image_is_built_and_can_be_installed() -> anyhow::Result<()> {
    let stage = crate::stage().await?;
    let request: BuildRequest = serde_json::from_value(json!({
        "version": NEW_RELEASE, "target": "x86/64", "profile": "generic", "packages": ["luci", "htop"],
    }))?;
    let answer = stage.server()?.build(&request).await?;
    for kind in ["combined", "combined-efi"] {
        assert!(
            answer.images.iter().any(|image| image.kind == kind),
            "no {kind} in {:?}",
            answer.images
        );
    }
    let disk = stage.server()?.download(&answer, "combined-efi").await?;
    let root = stage.install(&disk).await?;
    let status = std::fs::read_to_string(root.join("usr/lib/opkg/status"))?;
    assert!(status.contains("Package: htop\n"));
    let release = std::fs::read_to_string(root.join("etc/openwrt_release"))?;
    assert!(
        release.contains(NEW_RELEASE) && release.contains("x86/64"),
        "{release}"
    );
    stage.stop().await
}
