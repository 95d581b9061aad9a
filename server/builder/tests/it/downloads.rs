//! Downloads that break, go on, and are not what they should be.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use asu_builder::Progress;

use crate::mirror::{FOLDER, Manner, Mirror, profiles, request};

const CUT: usize = 200_000;

/// A mirror with an archive of several hundred kilobytes, whose first connections break.
async fn breaking(parts: bool, cuts: &[usize]) -> (Mirror, PathBuf) {
    let mirror = Mirror::start("zst").await;
    let sha256 = mirror.publish("zst", 200);
    mirror.set(Manner {
        parts,
        cuts: cuts.iter().copied().collect(),
        pause: Duration::from_millis(1),
    });
    let partial = mirror.dir().join("downloads").join(sha256);
    (mirror, partial)
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_was() {
    let (mirror, partial) = breaking(true, &[CUT, CUT]).await;
    assert!(mirror.build(&mirror.builder(), "").await.is_ok());
    let begins = mirror.begins();
    assert_eq!(begins.len(), 3, "{begins:?}");
    assert!(0 < begins[1] && begins[1] < begins[2], "{begins:?}");
    assert!(!partial.exists());
}

#[tokio::test]
async fn a_download_goes_on_after_a_restart() {
    let (mirror, partial) = breaking(true, &[CUT, 0]).await;
    let error = mirror.failure(&mirror.builder(), "").await;
    assert_eq!(error.failure().cause, "upstream", "{error:?}");
    let here = std::fs::metadata(&partial).unwrap().len();
    assert!(here > 0 && here <= CUT as u64);
    assert!(mirror.build(&mirror.builder(), "").await.is_ok());
    assert_eq!(
        mirror.begins().last(),
        Some(&usize::try_from(here).unwrap())
    );
    assert!(!partial.exists());
}

#[tokio::test]
async fn where_only_whole_files_are_sent_it_begins_anew() {
    let (mirror, partial) = breaking(false, &[CUT]).await;
    assert!(mirror.build(&mirror.builder(), "").await.is_ok());
    assert!(mirror.begins().iter().all(|begin| *begin == 0));
    assert!(!partial.exists());
}

#[tokio::test]
async fn a_mirror_that_always_breaks_is_given_up() {
    let (mirror, _) = breaking(false, &[CUT; 99]).await;
    let error = mirror.failure(&mirror.builder(), "").await;
    assert_eq!(error.failure().cause, "upstream", "{error:?}");
    assert!(mirror.begins().len() < 20, "{:?}", mirror.begins());
}

#[tokio::test]
async fn what_was_downloaded_before_and_is_damaged_is_thrown_away() {
    for length in [1, CUT, 10_000_000] {
        let (mirror, partial) = breaking(true, &[]).await;
        let builder = mirror.builder();
        std::fs::write(&partial, vec![b'x'; length]).unwrap();
        assert!(mirror.build(&builder, "").await.is_ok(), "{length} bytes");
        assert_eq!(mirror.begins().last(), Some(&0), "{length} bytes");
        assert!(!partial.exists());
    }
}

#[tokio::test]
async fn what_was_downloaded_whole_is_not_asked_for_again() {
    let (mirror, partial) = breaking(true, &[]).await;
    let builder = mirror.builder();
    mirror.build(&builder, "").await.unwrap();
    let bytes = mirror.bytes();
    std::fs::remove_dir_all(mirror.dir().join("imagebuilders")).unwrap();
    let builder = mirror.builder();
    std::fs::write(&partial, bytes).unwrap();
    assert!(mirror.build(&builder, "").await.is_ok());
    assert_eq!(mirror.begins(), [0]);
}

#[tokio::test]
async fn archives_of_the_wrong_length_leave_nothing() {
    for change in [-1, 1, -300_000] {
        let (mirror, partial) = breaking(true, &[]).await;
        let mut bytes = mirror.bytes();
        let length = bytes.len().checked_add_signed(change).unwrap();
        bytes.resize(length, 0);
        mirror.put(&mirror.archive_path(), bytes);
        let builder = mirror.builder();
        for _ in 0..2 {
            let error = mirror.failure(&builder, "").await;
            assert!(error.to_string().contains("checksum"), "{error}");
            assert!(!partial.exists(), "nothing of it is of use");
        }
        assert_eq!(mirror.begins(), [0, 0]);
        let trees = mirror.dir().join("imagebuilders");
        assert!(trees.read_dir().unwrap().next().is_none());
    }
}

#[tokio::test]
async fn servers_that_share_a_folder_download_once() {
    let (mirror, _) = breaking(true, &[]).await;
    let (one, other) = (mirror.builder(), mirror.builder());
    let out = mirror.folder.path().join("other");
    let (request, profiles) = (request(""), profiles());
    let second = other.build(&request, &profiles, &|_| (), &out);
    let (first, second) = tokio::join!(mirror.build(&one, ""), second);
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(mirror.begins(), [0]);
    assert_eq!(mirror.asked(&format!("{FOLDER}/sha256sums.sig")), 2);
}

#[tokio::test]
async fn how_far_a_download_is_is_told() {
    let (mirror, _) = breaking(true, &[CUT]).await;
    let said = Mutex::new(Vec::new());
    let note = |progress: Progress<'_>| {
        if let Progress::Note(line) = progress {
            said.lock().unwrap().push(line.to_owned());
        }
    };
    let builder = mirror.builder();
    let (request, profiles, out) = (request(""), profiles(), mirror.out());
    let build = builder.build(&request, &profiles, &note, &out);
    build.await.unwrap();
    let lines = said.into_inner().unwrap();
    assert!(
        lines[0].starts_with("downloading the ImageBuilder: 0 B of "),
        "{lines:?}"
    );
    assert!(
        lines[1].ends_with(&lines[0][33..]) && lines[1] != lines[0],
        "{lines:?}"
    );
    assert_eq!(lines.last().unwrap(), "unpacking the ImageBuilder");
}
