//! What holds for images in a bucket.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use asu_artifacts::{Artifacts, BucketUrl, Credentials, HandOut};
use asu_test_s3::{SECRET, Server};

use crate::home::{Home, bytes, credentials, folder, settings};

#[tokio::test]
async fn objects_lie_below_the_prefix_and_the_check_leaves_none() {
    let mut home = Home::in_bucket().await;
    let files = home.server().files();
    let below = files.join("some/where");
    assert!(!below.exists() || fs::read_dir(&below).unwrap().next().is_none());
    home.put(&folder('1'), &[("a.bin", b"abc")]).await;
    let object = below.join(folder('1').as_str()).join("a.bin");
    assert_eq!(fs::read(object).unwrap(), b"abc");
    // What lies beside, or is nobody's folder, is not ours.
    fs::create_dir(files.join(folder('2').as_str())).unwrap();
    fs::create_dir(below.join("other")).unwrap();
    fs::write(below.join("other").join("a"), "1").unwrap();
    assert_eq!(home.artifacts.folders().await.unwrap(), [folder('1')]);
}

#[tokio::test]
async fn a_part_of_an_object_can_be_read() {
    let home = Home::in_bucket().await;
    home.put(&folder('1'), &[("a.bin", b"0123456789")]).await;
    let object = home.object(&folder('1'), "a.bin").await;
    assert_eq!(bytes(&object, 4..8).await, b"4567");
    assert_eq!(bytes(&object, 9..10).await, b"9");
    assert_eq!(bytes(&object, 5..5).await, b"");
}

#[tokio::test]
async fn a_signed_address_gives_the_file_for_a_while_and_nothing_else() {
    let signed = HandOut::Signed {
        valid: Duration::from_secs(2),
        endpoint: None,
    };
    let home = Home::handed_out(signed).await;
    home.put(&folder('1'), &[("a+b~1.bin", b"abc"), ("other", b"x")])
        .await;
    let url = home
        .object(&folder('1'), "a+b~1.bin")
        .await
        .link()
        .await
        .unwrap()
        .unwrap();
    assert!(!url.contains(SECRET), "{url}");
    let got = reqwest::get(&url).await.unwrap();
    assert_eq!(got.status(), 200);
    assert_eq!(
        got.headers()["content-disposition"],
        "attachment; filename=\"a+b~1.bin\""
    );
    assert_eq!(got.headers()["content-type"], "application/octet-stream");
    assert_eq!(got.bytes().await.unwrap(), "abc");
    let (place, signature) = url.split_once('?').unwrap();
    let place = place.rsplit_once('/').unwrap().0;
    let other = reqwest::get(format!("{place}/other?{signature}"))
        .await
        .unwrap();
    assert_eq!(other.status(), 403);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 403);
}

#[tokio::test]
async fn clients_may_reach_the_server_by_another_address() {
    let endpoint = Some("https://s3.example.org".to_owned());
    let signed = HandOut::Signed {
        valid: Duration::from_mins(1),
        endpoint,
    };
    let home = Home::handed_out(signed).await;
    home.put(&folder('1'), &[("a.bin", b"abc")]).await;
    let url = home
        .object(&folder('1'), "a.bin")
        .await
        .link()
        .await
        .unwrap()
        .unwrap();
    assert!(
        url.starts_with("https://s3.example.org/images/some/where/"),
        "{url}"
    );
}

#[tokio::test]
async fn a_public_address_is_the_folder_below_its_base() {
    let home = Home::handed_out(HandOut::Public("https://cdn.example.org/x".to_owned())).await;
    home.put(&folder('1'), &[("a+b.bin", b"abc")]).await;
    let url = home
        .object(&folder('1'), "a+b.bin")
        .await
        .link()
        .await
        .unwrap();
    let expected = format!("https://cdn.example.org/x/{}/a%2Bb.bin", folder('1'));
    assert_eq!(url, Some(expected));
}

async fn refusal(secret: &str, change: impl FnOnce(&mut asu_artifacts::BucketSettings)) -> String {
    let server = Server::start();
    let mut settings = settings(&server, credentials(secret), HandOut::Proxied);
    change(&mut settings);
    let refused = Artifacts::in_bucket(settings)
        .await
        .unwrap_err()
        .to_string();
    assert!(!refused.contains(secret), "{refused}");
    refused
}

#[tokio::test]
async fn wrong_settings_are_told_at_the_start() {
    let told = refusal("wrong-secret", |_| {}).await;
    assert!(told.contains("does not know the credentials"), "{told}");
    let told = refusal(SECRET, |settings| {
        settings.url = "s3://nowhere".parse().unwrap();
    })
    .await;
    assert!(told.contains("there is no bucket s3://nowhere"), "{told}");
    let nobody = || Some("http://127.0.0.1:9".to_owned());
    let told = refusal(SECRET, |settings| settings.endpoint = nobody()).await;
    assert!(
        told.contains("check --s3-endpoint and whether it runs"),
        "{told}"
    );
}

#[test]
fn addresses_of_buckets() {
    let read = |text: &str| text.parse::<BucketUrl>().map(|url| url.to_string());
    for same in ["s3://images", "s3://my.images-2/a/b"] {
        assert_eq!(read(same).as_deref(), Ok(same));
    }
    assert_eq!(read("s3://images/a/").as_deref(), Ok("s3://images/a"));
    for bad in [
        "",
        "images",
        "http://images",
        "s3://",
        "s3://ab",
        "s3://UPPER",
        "s3://a b c",
        "s3://images/../x",
    ] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn credentials_are_read_from_their_owners_file_only() {
    let text = "[other]\naws_access_key_id=x\n# none\n[default]\naws_access_key_id = ab\n\
        aws_secret_access_key = c=d\naws_session_token = t\n[last]\naws_secret_access_key=x";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let read = |profile: &str| Credentials::read(file.path(), profile);
    let shown = format!("{:?}", read("default").unwrap());
    assert_eq!(shown, "Credentials { key: \"ab\", .. }");
    for lacking in ["other", "last", "none"] {
        let told = read(lacking).unwrap_err().to_string();
        assert!(told.contains(&format!("[{lacking}]")), "{told}");
    }
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let told = read("default").unwrap_err().to_string();
    assert!(
        told.contains("chmod 600") && told.contains("0640"),
        "{told}"
    );
}
