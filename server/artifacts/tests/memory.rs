//! Large files do not pass through memory whole. A program of its own: it measures itself.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

#[path = "it/home.rs"]
#[expect(dead_code, reason = "it is for many tests")]
mod home;

use futures_util::StreamExt;
use home::{Home, folder};

asu_test_s3::process!();

/// What is sent and received, bytes.
const SIZE: usize = 60 << 20;
/// What that may take, KiB: two parts of 8 MiB on their way, one being read, and their copies.
const MOST: u64 = 40 << 10;

/// The most memory this process ever had, KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_large_file_goes_through_little_memory() {
    let home = Home::in_bucket().await;
    let from = home.finished(&[]);
    // Nobody writes it: it is a hole.
    let file = std::fs::File::create(from.join("large.bin")).unwrap();
    file.set_len(SIZE as u64).unwrap();
    let before = peak();
    home.artifacts.put(&folder('1'), &from).await.unwrap();
    let object = home.object(&folder('1'), "large.bin").await;
    let mut stream = Box::pin(object.read(0..object.size()));
    let mut size = 0;
    while let Some(bytes) = stream.next().await {
        size += bytes.unwrap().len();
    }
    assert_eq!(size, SIZE);
    let grown = peak() - before;
    println!("{SIZE} bytes went through {grown} KiB");
    assert!(grown < MOST, "{grown} KiB");
}
