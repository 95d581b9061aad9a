//! The server goes with the program that asked for it, even if that is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
#[ignore = "it is started by the test below, to be killed"]
fn asks_for_a_database_and_waits() {
    println!("\n{}", asu_test_postgres::database());
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn nothing_is_left_of_a_server_whose_user_was_killed() {
    let mut user = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "asks_for_a_database_and_waits"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
    let address = lines
        .find_map(|line| {
            line.unwrap()
                .strip_prefix("postgres:///")
                .map(str::to_owned)
        })
        .expect("an address");
    let (_, home) = address.split_once("host=").unwrap();
    let home = Path::new(home.split('&').next().unwrap());
    assert!(home.join("data").exists(), "{address}");

    user.kill().unwrap();
    user.wait().unwrap();
    let killed = Instant::now();
    while home.exists() {
        assert!(killed.elapsed() < Duration::from_secs(20), "{address}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
