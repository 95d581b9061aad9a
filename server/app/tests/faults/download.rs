//! ImageBuilders that do not come as they should.

use crate::mirror::Damage;
use crate::served::{assert_floor, assert_whole};
use crate::{Stage, until_tried, wish};

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_is_told_and_is_good_once_the_mirror_is() {
    for damage in [Damage::CutOff, Damage::Short, Damage::Flipped] {
        let stage = Stage::open();
        stage.mirror.spoil(damage);
        let server = stage.server("data");
        let data = stage.folder.path().join("data");
        let asked = server.post("/api/v1/build", &wish(0)).await;
        assert_eq!(asked.status, 202, "{}", asked.json());
        let hash = asked.json()["request_hash"].as_str().unwrap().to_owned();
        until_tried(&server).await;
        assert!(server.logged("openwrt-imagebuilder-24.10.2-ath79-generic") > 0);
        let waits = server.get(&format!("/api/v1/build/{hash}")).await;
        assert_eq!(waits.status, 202, "{damage:?}: {}", waits.json());
        let trees = data.join("builder/imagebuilders");
        assert_eq!(trees.read_dir().unwrap().count(), 0, "{damage:?}");

        stage.mirror.spoil(Damage::None);
        let answer = server.finished(&hash).await;
        assert_whole(&server, &answer).await;
        assert_floor(&data, &[answer.json()]).await;
        server.stop().await;
    }
}
