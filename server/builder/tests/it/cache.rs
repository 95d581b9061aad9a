//! What builds are given of feeds: from the cache, checked, and from nowhere else.

use std::path::PathBuf;

use asu_builder::{Builder, BuilderConfig, PackageConfig, Trust};

use crate::front::{Fault, Front, index, packed, sum};
use crate::mirror::{Mirror, files, profiles, request};

const USIGN: &str = include_str!("../../../../tests/fixtures/usign/other.pub");
const PEM: &str = include_str!("../../../../tests/fixtures/apk/birchwrt-feed.pem");

/// A mirror with an ImageBuilder, and a feed that requests name.
struct Stage {
    mirror: Mirror,
    feed: Front,
}

/// Status and SHA-256 of what a build got, in the order it asked.
type Got = Vec<(u16, String)>;

impl Stage {
    async fn new() -> Self {
        Self {
            mirror: Mirror::start("zst").await,
            feed: Front::start(),
        }
    }

    /// What a build gets that asks for `paths`.
    async fn got(&self, builder: &Builder, keys: &[&str], paths: &[&str]) -> Got {
        let out = self
            .mirror
            .folder
            .path()
            .join(paths.concat().replace('/', "_"));
        let more = format!(
            r#","packages":["fetch"],"repositories":{{"feed":"{}/feed"}},"repository_keys":{},"defaults":{}"#,
            self.feed.url,
            serde_json::to_string(keys).unwrap(),
            serde_json::to_string(&(paths.join("\n") + "\n")).unwrap()
        );
        let built = builder
            .build(&request(&more), &profiles(), &|_| (), &out)
            .await
            .unwrap();
        let image = std::fs::read_to_string(out.join(&built.images[0].name)).unwrap();
        let lines = image.lines().filter_map(|line| line.strip_prefix("got "));
        let words = lines.map(|line| line.split(' ').collect::<Vec<_>>());
        words
            .map(|words| (words[0].parse().unwrap(), words[2].to_owned()))
            .collect()
    }

    async fn statuses(&self, builder: &Builder, paths: &[&str]) -> Vec<u16> {
        let got = self.got(builder, &[], paths).await;
        got.into_iter().map(|(status, _)| status).collect()
    }

    fn bodies(&self) -> Vec<PathBuf> {
        let bodies = self.mirror.dir().join("packages/bodies");
        files(&bodies).into_keys().collect()
    }

    fn has(&self, body: &[u8]) -> bool {
        self.bodies().iter().any(|path| path.ends_with(sum(body)))
    }
}

const INDEX: &str = "/1/feed/Packages.gz";
const TOOL: &str = "/1/feed/tool.ipk";

#[tokio::test]
async fn a_package_is_fetched_once_and_its_index_asked_for_again() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    for _ in 0..2 {
        // A new builder each time, as after a restart.
        let builder = stage.mirror.builder();
        let got = stage.got(&builder, &[], &[INDEX, TOOL]).await;
        assert_eq!((got[0].0, &got[1]), (200, &(200, sum(b"a tool"))));
        assert_eq!(got.len(), 2);
    }
    assert_eq!(stage.feed.answers("feed/tool.ipk"), [200]);
    assert_eq!(stage.feed.answers("feed/Packages.gz"), [200, 304]);

    stage.feed.publish("feed", &[("tool", b"a newer one")]);
    let got = stage
        .got(&stage.mirror.builder(), &[], &[INDEX, TOOL])
        .await;
    assert_eq!(got[1], (200, sum(b"a newer one")));
}

#[tokio::test]
async fn a_feed_that_is_down_is_remembered() {
    let mut stage = Stage::new().await;
    let packages: [(&str, &[u8]); 2] = [("tool", b"a tool"), ("other", b"not yet fetched")];
    stage.feed.publish("feed", &packages);
    let builder = stage.mirror.builder();
    assert_eq!(stage.statuses(&builder, &[INDEX, TOOL]).await, [200, 200]);
    let faults = [Fault::Broken, Fault::Broken];
    stage.feed.fail("feed/Packages.gz", faults);
    let newer = stage.mirror.builder();
    assert_eq!(stage.statuses(&newer, &[INDEX, TOOL]).await, [200, 200]);
    stage.feed.stop();
    for builder in [builder, stage.mirror.builder()] {
        let paths = [INDEX, TOOL, "/1/feed/other.ipk", "/1/feed/Packages.sig"];
        let got = stage.got(&builder, &[], &paths).await;
        assert_eq!(got[1], (200, sum(b"a tool")));
        let statuses: Vec<u16> = got.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [200, 200, 502, 502]);
    }
}

#[tokio::test]
async fn a_package_that_is_not_the_one_listed_is_refused() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    let builder = stage.mirror.builder();
    for wrong in [&b"a fool"[..], b"a tool with more", b"a too", b""] {
        stage
            .feed
            .fail("feed/tool.ipk", vec![Fault::Other(wrong.to_vec()); 4]);
        assert_eq!(stage.statuses(&builder, &[INDEX, TOOL]).await, [200, 502]);
        assert!(!stage.has(wrong) && !stage.has(b"a tool"));
        stage.feed.heal();
    }
    // Half of it, and then once more.
    stage.feed.fail("feed/tool.ipk", [Fault::Cut]);
    stage.feed.fail("feed/Packages.gz", [Fault::Cut]);
    let begun = stage.feed.answers("feed/tool.ipk").len();
    assert_eq!(stage.statuses(&builder, &[INDEX, TOOL]).await, [200, 200]);
    assert_eq!(stage.feed.answers("feed/tool.ipk").len(), begun + 2);
    assert!(stage.has(b"a tool"));
}

#[tokio::test]
async fn a_torn_transfer_is_not_kept() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    stage.feed.fail("feed/tool.ipk", vec![Fault::Cut; 4]);
    stage.feed.fail("feed/list.txt", vec![Fault::Cut; 2]);
    stage.feed.put("feed/list.txt", "in no index");
    let paths = [INDEX, TOOL, "/1/feed/list.txt"];
    let builder = stage.mirror.builder();
    assert_eq!(stage.statuses(&builder, &paths).await, [200, 502, 0]);
    assert_eq!(stage.bodies().len(), 1, "the index");
    let scratch = stage.mirror.dir().join("scratch");
    builder.tidied().await;
    assert!(scratch.read_dir().unwrap().next().is_none());
}

#[tokio::test]
async fn what_no_index_lists_is_passed_on_and_not_kept() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    stage.feed.put("feed/more.ipk", "not listed");
    let builder = stage.mirror.builder();
    for _ in 0..2 {
        let got = stage
            .got(&builder, &[], &[TOOL, INDEX, "/1/feed/more.ipk"])
            .await;
        assert_eq!(got[0], (200, sum(b"a tool")), "before the index is known");
        assert_eq!(got[2], (200, sum(b"not listed")));
    }
    assert_eq!(stage.feed.answers("feed/more.ipk"), [200, 200]);
    assert!(!stage.has(b"not listed"));
    assert_eq!(stage.statuses(&builder, &["/1/feed/gone.ipk"]).await, [404]);
}

#[tokio::test]
async fn builds_at_once_fetch_once() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    stage.feed.fail("feed/tool.ipk", [Fault::Slow, Fault::Slow]);
    let builder = stage.mirror.builder();
    stage.statuses(&builder, &["/1/feed/none"]).await;
    let builds = [[INDEX, TOOL, "/1/feed/a"], [INDEX, TOOL, "/1/feed/b"]];
    let builds = builds
        .each_ref()
        .map(|paths| stage.got(&builder, &[], paths));
    for got in futures_util::future::join_all(builds).await {
        assert_eq!(got[1], (200, sum(b"a tool")));
    }
    assert_eq!(stage.feed.answers("feed/tool.ipk"), [200]);
}

#[tokio::test]
async fn what_was_not_used_for_longest_goes_first() {
    let stage = Stage::new().await;
    let [a, b, c] = [b'a', b'b', b'c'].map(|byte| vec![byte; 40_000]);
    let packages: [(&str, &[u8]); 3] = [("a", &a), ("b", &b), ("c", &c)];
    stage.feed.publish("feed", &packages);
    let disk = 110_000;
    let packages = PackageConfig {
        disk,
        ..PackageConfig::default()
    };
    let config = BuilderConfig {
        packages,
        ..stage.mirror.config()
    };
    let builder = Builder::new(config).unwrap();
    for name in ["a", "b", "a", "c"] {
        let path = format!("/1/feed/{name}.ipk");
        assert_eq!(stage.statuses(&builder, &[INDEX, &path]).await, [200, 200]);
    }
    assert!(stage.has(&a) && !stage.has(&b) && stage.has(&c));
    let sizes = stage.bodies().into_iter();
    let size: u64 = sizes.map(|path| path.metadata().unwrap().len()).sum();
    assert!(size <= disk, "{size}");
    assert_eq!(stage.feed.answers("feed/a.ipk"), [200]);
    let entries = files(&stage.mirror.dir().join("packages/entries"));
    assert_eq!(entries.len(), 1, "the index has one: {entries:?}");
}

#[tokio::test]
async fn a_body_that_the_disk_has_changed_is_fetched_again() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    let builder = stage.mirror.builder();
    stage.statuses(&builder, &[INDEX, TOOL]).await;
    for body in stage.bodies() {
        std::fs::write(body, "rust").unwrap();
    }
    let got = stage.got(&builder, &[], &[INDEX, TOOL]).await;
    assert_eq!(got[1], (200, sum(b"a tool")));
    assert_eq!(stage.feed.answers("feed/Packages.gz"), [200, 200]);
}

#[tokio::test]
async fn redirects_stay_with_the_feed() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    stage.feed.publish("moved", &[("tool", b"a tool")]);
    let elsewhere = Front::start();
    elsewhere.publish("feed", &[("tool", b"a tool")]);
    elsewhere.put("feed/secret", "of this machine");
    let at = |path: &str| format!("{}{path}", stage.feed.url);
    let with_user = at("/moved/tool.ipk").replace("://", "://user:password@");
    for to in [
        format!("{}/feed/tool.ipk", elsewhere.url),
        with_user,
        "file:///etc/passwd".to_owned(),
    ] {
        stage
            .feed
            .fail("feed/tool.ipk", vec![Fault::Redirect(to.clone()); 4]);
        let to = to.replace("tool.ipk", "secret");
        stage.feed.fail("feed/secret", vec![Fault::Redirect(to); 4]);
        let paths = [INDEX, TOOL, "/1/feed/secret"];
        let builder = stage.mirror.builder();
        assert_eq!(stage.statuses(&builder, &paths).await, [200, 502, 502]);
        stage.feed.heal();
    }
    assert!(elsewhere.answers("feed/tool.ipk").is_empty());
    assert!(elsewhere.answers("feed/secret").is_empty());
    stage.feed.fail(
        "feed/tool.ipk",
        [Fault::Redirect("/moved/tool.ipk".to_owned())],
    );
    let builder = stage.mirror.builder();
    assert_eq!(stage.statuses(&builder, &[INDEX, TOOL]).await, [200, 200]);
    let round = vec![Fault::Redirect("/feed/other.ipk".to_owned()); 30];
    stage.feed.fail("feed/other.ipk", round);
    assert_eq!(
        stage.statuses(&builder, &["/1/feed/other.ipk"]).await,
        [502]
    );
}

#[tokio::test]
async fn the_mirrors_index_must_be_signed_where_keys_are_configured() {
    let stage = Stage::new().await;
    let mirror = &stage.mirror;
    let text = index(&[("tool", b"a tool")]);
    mirror.put("p/tool.ipk", "a tool");
    mirror.put("p/Packages", &text);
    mirror.put("p/Packages.gz", packed(&text));
    let paths = ["/0/p/Packages.gz", "/0/p/Packages", "/0/p/tool.ipk"];
    let unsigned = BuilderConfig {
        trust: Trust::Unsigned,
        ..mirror.config()
    };
    let unsigned = Builder::new(unsigned).unwrap();
    assert_eq!(stage.statuses(&unsigned, &paths).await, [200; 3]);

    // Nobody signed it; then another text is signed; then somebody else signed it.
    let builder = mirror.builder();
    let refused = [502, 502];
    assert_eq!(stage.statuses(&builder, &paths[..2]).await, refused);
    mirror.put("p/Packages.sig", mirror.sign(b"another"));
    assert_eq!(stage.statuses(&builder, &paths[..2]).await, refused);
    // The key of a request is not one of the mirror's.
    let got = stage.got(&builder, &[USIGN], &paths[..2]).await;
    assert_eq!((got[0].0, got[1].0), (502, 502));

    mirror.put("p/Packages.sig", mirror.sign(text.as_bytes()));
    let got = stage.got(&builder, &[], &paths).await;
    assert_eq!(got[2], (200, sum(b"a tool")));
    let asked = mirror.asked("p/Packages.sig");
    let with_signature = [&paths[..], &["/0/p/Packages.sig"]].concat();
    assert_eq!(stage.statuses(&builder, &with_signature).await, [200; 4]);
    let asked_again = mirror.asked("p/Packages.sig") - asked;
    assert!(
        asked_again <= 2,
        "the build gets the signature that was checked"
    );
}

#[tokio::test]
async fn a_requests_keys_count_for_its_feeds() {
    let stage = Stage::new().await;
    stage.feed.publish("feed", &[("tool", b"a tool")]);
    let text = index(&[("tool", b"a tool")]);
    let builder = stage.mirror.builder();
    let ask = async |keys: &[&str]| stage.got(&builder, keys, &[INDEX]).await[0].0;
    assert_eq!(ask(&[]).await, 200, "opkg inside judges it");
    assert_eq!(ask(&[USIGN]).await, 502);
    let signature = stage.mirror.sign(text.as_bytes());
    stage.feed.put("feed/Packages.sig", signature);
    assert_eq!(ask(&[USIGN]).await, 200, "the mirror's key is good for all");
}

#[tokio::test]
async fn apks_index_and_packages_are_checked() {
    let stage = Stage::new().await;
    let fixture = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/apk/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    };
    let package = fixture("packages/busykit-1.36.1-r2.apk");
    let file = "busykit-1.36.1-r2.apk";
    stage.feed.put("feed/packages.adb", fixture("packages.adb"));
    stage.feed.put(&format!("feed/{file}"), &package);
    let path = format!("/1/feed/{file}");
    let paths = ["/1/feed/packages.adb", &path];
    let mut wrong = package.clone();
    wrong[300] ^= 1;
    stage
        .feed
        .fail(&format!("feed/{file}"), vec![Fault::Other(wrong); 2]);
    let builder = stage.mirror.builder();
    let got = stage.got(&builder, &[PEM], &paths).await;
    assert_eq!((got[0].0, got[1].0), (200, 502));
    for _ in 0..2 {
        let builder = stage.mirror.builder();
        let got = stage.got(&builder, &[PEM], &paths).await;
        assert_eq!(got[1], (200, sum(&package)));
    }
    assert_eq!(stage.feed.answers(&format!("feed/{file}")).len(), 3);

    stage
        .feed
        .put("feed/packages.adb", fixture("packages-otherkey.adb"));
    let got = stage.got(&builder, &[PEM], &paths[..1]).await;
    assert_eq!(got[0].0, 502);
    assert_eq!(stage.statuses(&builder, &paths[..1]).await, [200]);
}
