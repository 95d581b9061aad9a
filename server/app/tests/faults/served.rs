//! What a server gives out, and what lies on its disk.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::server::{Answer, Server};

/// Downloads every image of a finished answer: it must be what the answer says.
pub(crate) async fn assert_whole(server: &Server, answer: &Answer) {
    let told = answer.json();
    assert_eq!(answer.status, 200, "{told}");
    let folder = told["bin_dir"].as_str().unwrap();
    let images = told["images"].as_array().unwrap();
    assert!(!images.is_empty(), "{told}");
    for image in images {
        let name = image["name"].as_str().unwrap();
        let file = server.get(&format!("/store/{folder}/{name}")).await;
        assert_eq!(
            (file.status, &image["size"]),
            (200, &file.body.len().into())
        );
        assert_eq!(
            image["sha256"],
            hex::encode(Sha256::digest(&file.body)),
            "{name}"
        );
    }
    let list = told["sbom"].as_str().unwrap();
    let list = server.get(&format!("/store/{folder}/{list}")).await;
    assert_eq!(list.json()["spdxVersion"], "SPDX-2.3");
}

/// Waits until a data folder holds nothing but what these answers tell of.
pub(crate) async fn assert_floor(data: &Path, answers: &[Value]) {
    let expected: BTreeSet<String> = answers.iter().flat_map(files).collect();
    for _ in 0..100 {
        if surplus(data, &expected).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(surplus(data, &expected), Vec::<String>::new());
    assert_eq!(listed(&data.join("store")), expected);
}

fn files(answer: &Value) -> Vec<String> {
    let folder = answer["bin_dir"].as_str().unwrap();
    let images = answer["images"].as_array().unwrap().iter();
    let others = [
        &answer["sbom"],
        &answer["log"],
        &Value::from("profiles.json"),
    ];
    let names = images.map(|image| &image["name"]).chain(others);
    let mut files = vec![folder.to_owned()];
    files.extend(names.map(|name| format!("{folder}/{}", name.as_str().unwrap())));
    files
}

fn surplus(data: &Path, expected: &BTreeSet<String>) -> Vec<String> {
    let stored = listed(&data.join("store"));
    let mut surplus: Vec<String> = stored.difference(expected).cloned().collect();
    surplus.extend(listed(&data.join("unfinished")));
    surplus.extend(listed(&data.join("builder/scratch")));
    surplus
}

/// All that lies below a folder, by its path there.
pub(crate) fn listed(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        // It may be removed meanwhile.
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            found.insert(name.to_owned());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            }
        }
    }
    found
}
