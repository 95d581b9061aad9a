//! Package feeds a request brings along.

use crate::mirror::Mirror;

const USIGN: &str = include_str!("../../../../tests/fixtures/usign/other.pub");
const PEM: &str = include_str!("../../../../tests/fixtures/apk/birchwrt-feed.pem");
const FEEDS: &str = r#""repositories":{"mine":"https://Feeds.Example:443/mine/"}"#;

/// What the image was made of: the ImageBuilder's list of feeds and the names of its keys.
async fn image(mirror: &Mirror, more: &str) -> String {
    let built = mirror.build(&mirror.builder(), more).await.unwrap();
    std::fs::read_to_string(mirror.out().join(&built.images[0].name)).unwrap()
}

#[tokio::test]
async fn feeds_come_besides_upstreams_or_in_their_place() {
    let mirror = Mirror::start("zst").await;
    // Inside, a build reaches the mirror and each feed by a port of its own loopback.
    let core = "src/gz openwrt_core http://127.0.0.1:8080/0/releases";
    for (mode, has_upstreams) in [
        (r#","repositories_mode":"append""#, true),
        (r#","repositories_mode":"replace""#, false),
        ("", false),
    ] {
        let image = image(&mirror, &format!(",{FEEDS}{mode}")).await;
        assert!(
            image.contains("\nsrc/gz mine http://127.0.0.1:8080/1/mine\n"),
            "{image}"
        );
        assert_eq!(image.contains(core), has_upstreams, "{mode}: {image}");
        assert!(image.contains("\nsrc imagebuilder file:packages\noption check_signature\n"));
    }
    let other = image(&mirror, "").await;
    assert!(
        !other.contains("mine") && other.contains(core),
        "the next build has none of it"
    );
}

#[tokio::test]
async fn keys_of_feeds_are_trusted_for_that_build_only() {
    let mirror = Mirror::start("zst").await;
    let keys = serde_json::to_string(&[USIGN, PEM]).unwrap();
    let image = image(&mirror, &format!(r#",{FEEDS},"repository_keys":{keys}"#)).await;
    let keys: Vec<&str> = image
        .lines()
        .skip_while(|line| !line.starts_with("keys "))
        .collect();
    let number = USIGN
        .parse::<asu_builder::usign::PublicKey>()
        .unwrap()
        .number();
    assert!(keys.contains(&number.to_string().as_str()), "{keys:?}");
    let of_request = keys.iter().find_map(|key| key.strip_prefix("request-"));
    let name = of_request.and_then(|key| key.strip_suffix(".pem"));
    assert!(name.is_some_and(|digest| digest.len() == 16), "{keys:?}");
    let next = self::image(&mirror, "").await;
    assert!(
        !next.contains(&number.to_string()) && !next.contains(".pem"),
        "{next}"
    );
}

#[tokio::test]
async fn a_feed_cannot_pass_for_one_of_upstreams() {
    let mirror = Mirror::start("zst").await;
    let more =
        r#","repositories_mode":"append","repositories":{"openwrt_core":"https://f.example"}"#;
    let error = mirror.failure(&mirror.builder(), more).await;
    assert_eq!(error.failure().cause, "bad-request");
    assert!(error.to_string().contains("openwrt_core"), "{error}");
}
