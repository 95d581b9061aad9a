//! Bodies, and every field in them.

use serde_json::{Value, json};

use super::Server;

const JSON: &str = "content-type: application/json\r\n";
const POSTS: [&str; 6] = [
    "/api/v1/build",
    "/api/v1/plan",
    "/api/upgrade-request",
    "/api/build-request",
    "/api/upgrade-check",
    "/image-request",
];

#[test]
fn bodies_that_are_no_requests() {
    let (lists, objects) = ("[".repeat(200_000), "{\"a\":".repeat(40_000));
    let many = format!("{{\"packages\":[{}]}}", vec!["\"a\""; 100_000].join(","));
    let utf16: Vec<u8> = "{\"version\":1}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let bodies: [&[u8]; 26] = [
        b"",
        b" ",
        b"null",
        b"1",
        b"\"x\"",
        b"[]",
        b"[{}]",
        b"{",
        b"{}{}",
        b"{}",
        b"{'version':'1'}",
        b"\0",
        b"\xff\xfe",
        b"{\"version\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        &utf16,
        b"NaN",
        b"{\"version\":NaN}",
        b"{\"version\":Infinity}",
        b"{\"version\":\"\\ud800\"}",
        b"{\"version\":\"24.10.2\",\"version\":\"../x\",\"target\":\"ath79/generic\",\"profile\":\"router\"}",
        lists.as_bytes(),
        objects.as_bytes(),
        many.as_bytes(),
        &vec![b' '; 300_000],
        &vec![b'9'; 30_000_000],
    ];
    Server::start().withstands(|server| {
        let each = POSTS
            .iter()
            .flat_map(|path| bodies.iter().map(move |body| (path, body)));
        each.filter_map(|(path, body)| {
            let name = format!(
                "{path} {}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
            server.post(path, JSON, body).complaint(&name, body)
        })
        .collect()
    });
}

#[test]
fn bodies_that_are_no_json_by_their_headers() {
    let wish = json!({"version": "24.10.2", "target": "ath79/generic", "profile": "router"});
    let wish = wish.to_string();
    Server::start().withstands(|server| {
        let kinds = [
            "",
            "content-type: text/plain\r\n",
            "content-type: application/x-www-form-urlencoded\r\n",
            "content-type: multipart/form-data; boundary=x\r\n",
            "content-type: \r\n",
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            "content-type: application/json; charset=utf-16\r\n",
        ];
        let each = POSTS[..2]
            .iter()
            .flat_map(|path| kinds.map(|kind| (path, kind)));
        each.filter_map(|(path, kind)| {
            let answer = server.post(path, kind, wish.as_bytes());
            answer.complaint(&format!("{path} {kind}"), wish.as_bytes())
        })
        .collect()
    });
}

/// JSON texts that are no value of a name's field.
fn no_names() -> Vec<String> {
    let long = format!("\"{}\"", "a".repeat(200_000));
    let texts = [
        r#""\ud800""#,
        r#""\u0000""#,
        r#""a\r\nb: c""#,
        r#""оpenwrt""#,
        r#""24․10․2""#,
        r#""\u202e""#,
        r#""ａ""#,
        r#""../../etc/passwd""#,
        r#""/etc/passwd""#,
        r#""..""#,
        r#""a/../b""#,
        r#""$(id)""#,
        r#""`id`""#,
        r#""a;b""#,
        r#""a b""#,
        r#""%2e%2e/x""#,
        r#""<b>""#,
        r#""a\\b""#,
        r#""\"""#,
        "-1",
        "1e999",
        "1e308",
        "123456789012345678901234567890",
        "{\"a\":{}}",
        "[[[[]]]]",
        "true",
        &long,
    ];
    texts.map(str::to_owned).to_vec()
}

/// A request with one field set to a JSON text, which need not be valid.
fn with(wish: &Value, field: &str, text: &str) -> String {
    let mut wish = wish.clone();
    // `a.b` is `b` in the object `a`; `a[]` an item of the list `a`; `a{}` a key of the object `a`.
    if let Some(list) = field.strip_suffix("[]") {
        wish[list] = json!(["MARK"]);
    } else if let Some(object) = field.strip_suffix("{}") {
        wish[object] = json!({"MARK": "1"});
    } else if let Some((object, key)) = field.split_once('.') {
        wish[object] = json!({key: "MARK"});
    } else {
        wish[field] = json!("MARK");
    }
    wish.to_string().replace("\"MARK\"", text)
}

/// Some of it is only compared with something, or an object of fields nobody knows.
fn is_fine(field: &str, text: &str) -> bool {
    match field {
        "version_code" | "revision" | "packages_versions.luci" => text == "\"..\"",
        "router" => text.starts_with('{'),
        _ => false,
    }
}

fn each_field(server: &Server, path: &str, wish: &Value, fields: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for field in fields {
        for text in no_names().iter().filter(|text| !is_fine(field, text)) {
            let body = with(wish, field, text);
            let answer = server.post(path, JSON, body.as_bytes());
            let name = format!("{path} {field} {text}");
            wrong.extend(answer.complaint(&name, text.as_bytes()));
        }
    }
    wrong
}

#[test]
fn every_field_of_a_build() {
    let wish = json!({"version": "24.10.2", "target": "ath79/generic", "profile": "router"});
    let fields = [
        "distro",
        "version",
        "version_code",
        "target",
        "profile",
        "packages",
        "packages[]",
        "packages_versions",
        "packages_versions{}",
        "packages_versions.luci",
        "filesystem",
        "repositories",
        "repositories{}",
        "repositories.mine",
        "repositories_mode",
        "repository_keys",
        "repository_keys[]",
        "rootfs_size_mb",
        "disabled_services",
        "disabled_services[]",
    ];
    Server::start().withstands(|server| {
        let mut wrong = each_field(server, "/api/v1/build", &wish, &fields);
        for (field, text) in [
            ("diff_packages", "\"yes\""),
            ("diff_packages", "1"),
            ("rootfs_size_mb", "0"),
            ("rootfs_size_mb", "1.5"),
            ("rootfs_size_mb", "4294967297"),
            ("defaults", "1"),
            ("client", "[]"),
            ("version", "null"),
            ("target", "\"ath79\""),
            ("target", "\"/\""),
        ] {
            let body = with(&wish, field, text);
            let answer = server.post("/api/v1/build", JSON, body.as_bytes());
            wrong.extend(answer.complaint(&format!("{field} {text}"), text.as_bytes()));
        }
        wrong
    });
}

#[test]
fn every_field_of_a_plan() {
    let wish = json!({"version": "24.10.2", "target": "ath79/generic", "profile": "router"});
    let fields = [
        "distro",
        "version",
        "target",
        "profile",
        "packages",
        "packages[]",
        "packages{}",
        "packages.luci",
        "to",
        "add",
        "add[]",
        "remove",
        "remove[]",
        "flavor",
        "network_profile",
        "revision",
        "router",
        "filesystem",
        "rootfs_size_mb",
    ];
    Server::start().withstands(|server| each_field(server, "/api/v1/plan", &wish, &fields));
}

#[test]
fn every_field_of_2017() {
    let wish = json!({"distro": "openwrt", "version": "24.10.2", "target": "ath79",
        "subtarget": "generic", "board": "acme,router"});
    let fields = [
        "distro",
        "version",
        "target",
        "subtarget",
        "packages",
        "packages[]",
        "board",
        "network_profile",
        "request_hash",
    ];
    Server::start().withstands(|server| {
        // The check passes over a board it does not know, and over network profiles.
        let (named, of_device) = fields.split_at(6);
        let paths = ["/api/upgrade-request", "/api/build-request"];
        let each = paths.map(|path| each_field(server, path, &wish, &[named, of_device].concat()));
        let check = each_field(server, "/api/upgrade-check", &wish, named);
        [each.concat(), check].concat()
    });
}
