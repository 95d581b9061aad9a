//! Images of a server that has a key.

use asu_signing::{PublicKey, SecretKey, Signer, appended, detached};
use sha2::Digest;

use super::*;

/// An image with metadata at its end.
pub(crate) const METADATA: &[u8] =
    include_bytes!("../../../../tests/fixtures/fwtool/image-meta.bin");

#[tokio::test]
async fn images_and_their_answer_are_signed_and_the_sums_are_of_what_is_served() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let key = || SecretKey::new(&[5; 32], [7; 8]);
    let signer = Arc::new(Signer::new(key()));
    let server = Server::set_up(dir.path(), &workshop, |settings| {
        settings.signer = Some(signer);
    });
    let server = server.await;
    let public: PublicKey = key().public_text("").parse().unwrap();
    let sum = |bytes: &[u8]| hex::encode(sha2::Sha256::digest(bytes));
    for (package, unsigned) in [("luci", workshop::IMAGE), ("metadata", METADATA)] {
        let (status, answer) = server.build(&[package]).await;
        assert_eq!(status, 200, "{answer}");
        let folder = format!("/store/{}", answer["bin_dir"].as_str().unwrap());
        let image = server
            .get(&format!("{folder}/image.bin"))
            .await
            .bytes()
            .await
            .unwrap();
        let signature = server
            .get(&format!("{folder}/image.bin.sig"))
            .await
            .text()
            .await
            .unwrap();
        detached(&public, &image, &signature).unwrap();
        let told = &answer["images"][0];
        assert_eq!(told["sha256"], sum(&image));
        assert_eq!(told["size"], image.len());
        assert_eq!(told["sha256_unsigned"], sum(unsigned));
        assert!(image.starts_with(unsigned));
        let has_metadata = package == "metadata";
        assert_eq!(appended(&public, &image, 0).is_ok(), has_metadata);

        let described = format!("{folder}/profiles.json");
        let signature = server.get(&format!("{described}.sig")).await;
        let described = server.get(&described).await.bytes().await.unwrap();
        detached(&public, &described, &signature.text().await.unwrap()).unwrap();
        let described: Value = serde_json::from_slice(&described).unwrap();
        let image_described = &described["profiles"]["mine"]["images"][0];
        assert_eq!(image_described["sha256"], sum(&image));
        assert_eq!(image_described["sha256_unsigned"], sum(unsigned));
        assert_eq!(described["more"], json!([1]), "the rest stays");

        let list = format!("{folder}/{}", answer["sbom"].as_str().unwrap());
        let list_signature = server.get(&format!("{list}.sig")).await;
        let list = server.get(&list).await.bytes().await.unwrap();
        detached(&public, &list, &list_signature.text().await.unwrap()).unwrap();

        let path = format!("/api/v1/build/{}", answer["request_hash"].as_str().unwrap());
        let sent = server.get(&path).await.bytes().await.unwrap();
        let signature = server
            .get(&format!("{path}.sig"))
            .await
            .text()
            .await
            .unwrap();
        detached(&public, &sent, &signature).unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_in_an_image_lies_beside_it_with_a_key_or_without() {
    let (dir, workshop) = (tempfile::tempdir().unwrap(), Workshop::default());
    let server = Server::start(dir.path(), &workshop).await;
    let (_, answer) = server.build(&["luci"]).await;
    let folder = format!("/store/{}", answer["bin_dir"].as_str().unwrap());
    let name = answer["sbom"].as_str().unwrap();
    let list = json_of(server.get(&format!("{folder}/{name}")).await).await;
    assert_eq!(list["spdxVersion"], "SPDX-2.3");
    assert_eq!(list["creationInfo"]["created"], "2025-06-01T00:00:00Z");
    let listed = list["packages"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .any(|package| package["name"] == "luci" && package["versionInfo"] == "25.1")
    );
    assert!(
        listed
            .iter()
            .any(|package| package["packageFileName"] == "image.bin")
    );
    assert_eq!(
        server.get(&format!("{folder}/{name}.sig")).await.status(),
        404
    );
    server.stop().await;
}
