use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::name::InvalidName;

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

fn url(text: &str) -> RepositoryUrl {
    text.parse().unwrap()
}

#[test]
fn urls_have_one_form() {
    for (given, normal) in [
        (
            "https://Feeds.Example/24.10/",
            "https://feeds.example/24.10",
        ),
        ("HTTPS://feeds.example:443", "https://feeds.example"),
        ("http://feeds.example:80/a", "http://feeds.example/a"),
        ("http://feeds.example:443/a", "http://feeds.example:443/a"),
        (
            "https://feeds.example:08443/A",
            "https://feeds.example:8443/A",
        ),
        ("http://192.168.1.1:8080/x", "http://192.168.1.1:8080/x"),
        ("http://[0::1]:8080/x//", "http://[::1]:8080/x"),
    ] {
        assert_eq!(url(given).as_str(), normal, "{given}");
    }
}

#[test]
fn what_programs_read_differently_is_no_url() {
    let long = format!("https://feeds.example/{}", "x".repeat(600));
    for bad in [
        "",
        "feeds.example",
        "ftp://feeds.example/x",
        "file:///etc",
        "https://",
        "https:///x",
        "https:/feeds.example",
        "https://u@feeds.example/x",
        "https://u:p@feeds.example/x",
        "https://good@evil/feed",
        "https://a\\@b/x",
        "https://feeds.example\\evil/x",
        "https://feeds.example/feed/../evil",
        "https://feeds.example/./x",
        "https://feeds.example/..",
        "https://feeds.example/a//b",
        "https://feeds.example/%2e%2e/x",
        "https://feeds.example/a%2fb",
        "https://feeds.example/x?y",
        "https://feeds.example/x#y",
        "https://feeds.example?x",
        "https://feeds.example/a b",
        "https://feeds.example/a\nsrc/gz b http://evil",
        "https://feeds.example/$(id)",
        "https://feeds.example/`id`",
        "https://feeds.example/\0",
        "https://feeds.example:0/x",
        "https://feeds.example:+80/x",
        "https://feeds.example:65536/x",
        "https://feeds.example:/x",
        "https://feeds.example./x",
        "https://.example/x",
        "https://-x.example/",
        "https://fe\u{0435}ds.example/x",
        "https://[::1/x",
        "https://[x]/",
        " https://feeds.example",
        "https://feeds.example ",
        "https://::1/x",
        &long,
    ] {
        assert!(bad.parse::<RepositoryUrl>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_folder_covers_what_is_below_it_and_nothing_that_looks_so() {
    let allowed = url("https://good.example/feed/");
    for inside in [
        "https://GOOD.example:443/feed",
        "https://good.example/feed/a/b",
    ] {
        assert!(allowed.covers(&url(inside)), "{inside}");
    }
    for outside in [
        "https://good.example",
        "https://good.example/feeds",
        "https://good.example/Feed",
        "http://good.example/feed",
        "https://good.example:8443/feed",
        "https://good.example.evil/feed",
        "https://evil/good.example/feed",
    ] {
        assert!(!allowed.covers(&url(outside)), "{outside}");
    }
    let whole = url("https://good.example");
    assert!(whole.covers(&url("https://good.example/x")));
    assert!(!whole.covers(&url("https://good.example.evil/x")));
    assert!(!whole.covers(&url("https://good.example:1/x")));
}

fn key(text: &str) -> Result<RepositoryKey, InvalidName> {
    RepositoryKey::try_from(text.to_owned())
}

const USIGN: &str = include_str!("../../../tests/fixtures/usign/key.pub");
const PEM: &str = include_str!("../../../tests/fixtures/apk/birchwrt-feed.pem");

#[test]
fn genuine_keys_are_read_and_have_one_form() {
    let bare = USIGN.lines().nth(1).unwrap();
    assert_eq!(key(USIGN), key(bare));
    assert!(matches!(key(bare), Ok(RepositoryKey::Usign(text)) if text.as_str() == bare));
    let one_line = PEM.replace('\n', "").replace("KEY-----", "KEY-----\n");
    let flowing = one_line.replace("-----END", "\r\n-----END");
    assert_eq!(key(PEM), key(&flowing));
    assert!(matches!(key(PEM), Ok(RepositoryKey::Pem(text)) if text.as_str() == PEM));
}

#[test]
fn what_is_no_key_is_refused() {
    let bare = USIGN.lines().nth(1).unwrap();
    let twice = format!("{PEM}{PEM}");
    let long = STANDARD.encode([0x30; 4000]);
    for bad in [
        "",
        "x",
        "../../etc/passwd",
        &bare[4..],
        &format!("{bare}\n{bare}"),
        &twice,
        &PEM.replace("PUBLIC", "PRIVATE"),
        &PEM[..PEM.len() / 2],
        &PEM.replace("MF", "QF"),
        &format!("{PEM_BEGIN}\n$(id)\n{PEM_END}"),
        &format!("{PEM_BEGIN}{PEM_END}"),
        &long,
        &format!("{PEM_BEGIN}\n{long}\n{PEM_END}"),
    ] {
        assert!(key(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn there_are_only_so_many() {
    let feeds = |count: usize| {
        let feeds = (0..count).map(|n| format!(r#""f{n}":"https://f.example/{n}""#));
        format!("{{{}}}", feeds.collect::<Vec<_>>().join(","))
    };
    let read = |text: &str| serde_json::from_str::<Repositories>(text);
    assert!(read(&feeds(MAX_REPOSITORIES)).is_ok());
    assert!(read(&feeds(MAX_REPOSITORIES + 1)).is_err());
    for name in ["", "a b", "a/b", "..", ".x", "-x", "a\nb", "imagebuilder"] {
        let one = serde_json::json!({name: "https://f.example"}).to_string();
        assert!(read(&one).is_err(), "{name:?}");
    }
}
