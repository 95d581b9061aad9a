//! Paths, queries and methods.

use super::{Answer, Server};

/// Every route with a parameter, `{}`.
const ROUTES: [&str; 28] = [
    "/api/v1/build/{}",
    "/api/v1/build/{}/events",
    "/api/v1/revision/{}/ath79/generic",
    "/api/v1/revision/24.10.2/{}/generic",
    "/api/v1/revision/24.10.2/ath79/{}",
    "/json/v1/{}",
    "/json/v1/releases/{}/targets/ath79/generic/index.json",
    "/json/v1/releases/24.10.2/targets/{}/generic/index.json",
    "/json/v1/releases/24.10.2/targets/ath79/{}/index.json",
    "/json/v1/releases/24.10.2/targets/ath79/generic/{}",
    "/json/v1/releases/24.10.2/targets/ath79/generic/{}.json",
    "/json/v1/releases/{}/packages/mips_24kc-index.json",
    "/json/v1/releases/24.10.2/packages/{}",
    "/json/v1/snapshots/targets/{}/generic/index.json",
    "/store/{}/x",
    "/store/0000000000000000000000000000000000000000000000000000000000000000/{}",
    "/download/{}/x",
    "/api/image/{}",
    "/api/manifest/{}",
    "/api/log/{}",
    "/api/upgrade-request/{}",
    "/api/build-request/{}",
    "/api/upgrade-check/{}",
    "/api/versions?distro={}",
    "/api/models?distro={}&version=24.10.2&model_search=x",
    "/api/models?distro=openwrt&version={}&model_search=x",
    "/api/packages_image?distro=openwrt&version={}&target=ath79&subtarget=generic&profile=router",
    "/api/network_profiles?distro={}",
];

fn no_names() -> Vec<String> {
    let long = "a".repeat(8000);
    let odd = [
        "..",
        ".",
        "%2e%2e",
        "..%2f..%2f..%2fetc%2fpasswd",
        "..%5c..%5cx",
        "\\..\\..\\x",
        ".%252e%252fx",
        "%00",
        "x%00.json",
        "%0d%0aset-cookie:%20a=b",
        "%ff%fe",
        "%e2%80%ae",
        "%d0%be",
        "..;",
        "~root",
        "%",
        "%zz",
        "$(id)",
        "`id`",
        "<script>",
        "'%20or%201=1--",
        "{}",
        "*",
        &long,
    ];
    odd.map(str::to_owned).to_vec()
}

#[test]
fn every_parameter_of_a_path() {
    Server::start().withstands(|server| {
        let mut wrong = Vec::new();
        for route in ROUTES {
            for name in no_names() {
                let path = route.replace("{}", &name);
                let answer = server.get(&path);
                wrong.extend(answer.complaint(&path, name.as_bytes()));
                wrong.extend(smuggled(&path, &answer));
            }
        }
        wrong
    });
}

/// A header that only what was sent can have brought.
fn smuggled(path: &str, answer: &Answer) -> Option<String> {
    let head = answer.head.to_lowercase();
    head.contains("set-cookie")
        .then(|| format!("{path}: {head}"))
}

#[test]
fn no_path_leads_to_another_host() {
    Server::start().withstands(|server| {
        let paths = [
            "//evil.example",
            "///evil.example",
            "//evil.example/..",
            "//\\evil.example",
            "/\\evil.example",
            "//\\/evil.example",
            "/\\/evil.example",
            "/%2f%2fevil.example",
            "//%2f%2fevil.example",
            "/%5cevil.example",
            "//%5cevil.example",
            "//evil.example%2f..",
            "//@evil.example",
            "//?//evil.example",
            "//overview?next=//evil.example",
            "http://evil.example/",
            "http://evil.example//evil.example",
            "//%0d%0alocation:%20//evil.example",
            "/overview//evil.example",
            "/api/v1/overview//evil.example",
        ];
        paths
            .iter()
            .filter_map(|path| {
                let answer = server.get(path);
                let location = answer
                    .head
                    .lines()
                    .find_map(|line| line.strip_prefix("location: "));
                let is_here = location.is_none_or(|place| {
                    place.starts_with('/') && !place[1..].starts_with(['/', '\\'])
                });
                let is_known = matches!(answer.status, 200 | 301 | 308 | 400..500);
                (!is_here || !is_known).then(|| format!("{path}: {} {location:?}", answer.status))
            })
            .collect()
    });
}

#[test]
fn methods_nobody_has() {
    Server::start().withstands(|server| {
        let mut wrong = Vec::new();
        let fixed = [
            "/",
            "/metrics",
            "/healthz",
            "/api/v1/build",
            "/api/v1/plan",
            "/overview",
            "/nothing",
        ];
        let parameters = ROUTES.map(|route| route.replace("{}", "x"));
        for path in fixed.map(str::to_owned).into_iter().chain(parameters) {
            for method in [
                "PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "G\\ET", "get",
            ] {
                let answer = server.ask(method, &path, "");
                wrong.extend(answer.complaint(&format!("{method} {path}"), b""));
            }
        }
        wrong
    });
}

#[test]
fn numbers_in_queries() {
    Server::start().withstands(|server| {
        let mut wrong = Vec::new();
        for path in ["/api/v1/top-packages?n=", "/api/v1/build-errors?n="] {
            for number in ["-1", "1e9", "NaN", "99999999999999999999", "x", "%00", "١"] {
                let path = format!("{path}{number}");
                wrong.extend(server.get(&path).complaint(&path, b""));
            }
        }
        wrong
    });
}
