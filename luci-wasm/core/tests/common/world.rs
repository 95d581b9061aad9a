//! A router and a build server that answer as the real ones do.

use asu_view::{Effect, Reply};
use serde_json::{Value, json};

use super::{SHA, describe, down, http, ok, page, planner, rpc_error};

/// What router and server are like.
pub struct World {
    pub version: &'static str,
    pub revision: &'static str,
    pub polls: u32,
    pub flashed: bool,
    /// How often the router stays silent after flashing.
    pub silence: u32,
    pub packages: Value,
    /// How the server takes a request: 0 queued, 1 building already, 2 built already.
    pub acceptance: u8,
    /// Whether the server makes plans, as ours does, or has no such route.
    pub plans: bool,
    /// What the router says of itself besides, or instead.
    pub router: Value,
    /// Sections of its configuration besides the server's.
    pub config: Value,
    /// What the server allows.
    pub limits: Value,
    /// The files upstream built for the device, if others.
    pub images: Value,
    /// What another tab left for all of them to see.
    pub mark: String,
    /// What the router says of an uploaded image.
    pub status: &'static str,
    /// More of the router's settings of servers.
    pub settings: Value,
}

/// Puts the members of one object into another.
fn put(mut into: Value, from: &Value) -> Value {
    for (name, value) in from.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
    into
}

impl World {
    pub fn new() -> Self {
        Self {
            version: "23.05.5",
            revision: "r24106-10cc5fcd00",
            polls: 0,
            acceptance: 0,
            plans: false,
            router: Value::Null,
            config: Value::Null,
            limits: Value::Null,
            images: Value::Null,
            mark: String::new(),
            status: "verified",
            settings: json!({}),
            flashed: false,
            silence: 3,
            packages: json!({"luci": "1", "auc": "0.3", "firewall": "2", "htop": "3.2", "libustream-wolfssl": "1"}),
        }
    }

    /// With a server that makes plans.
    pub fn planning() -> Self {
        Self {
            plans: true,
            ..Self::new()
        }
    }

    pub fn reply(&mut self, effect: &Effect) -> Reply {
        let what = describe(effect);
        if let Effect::Http {
            url,
            body: Some(body),
            ..
        } = effect
            && url == "/ubus"
        {
            let call: Value = serde_json::from_str(body).unwrap();
            return self.ubus(
                &what,
                call["params"][0].as_str().unwrap(),
                &call["params"][3],
            );
        }
        if let ("POST http://server/api/v1/plan", true) = (what.as_str(), self.plans) {
            return planner::answer(&planner::question(effect));
        }
        match what.as_str() {
            "GET http://server/json/v1/overview.json" => {
                http(200, &put(overview(), &json!({"server": self.limits})))
            }
            "POST http://server/api/v1/build" => self.accept(),
            "GET http://server/api/v1/build/abc" => self.poll(),
            "LOOK" => page(200, &self.mark),
            "DELETE http://server/api/v1/build/abc" => http(200, &json!({"cancelled": true})),
            "SAVE /backup" => page(200, ""),
            "KNOCK http://192.168.1.1/" => down(),
            "DIGEST" => Reply::Digest {
                sha256: SHA.into(),
                size: 7_000_000,
            },
            "UPLOAD /tmp/firmware.bin" => http(
                200,
                &json!({"size": 7_000_000, "checksum": "x", "sha256sum": SHA}),
            ),
            what if what.starts_with("DOWNLOAD http://server/store/abc/") => {
                http(200, &Value::Null)
            }
            what if what.ends_with("/tplink_archer-c7-v5.json") => http(200, &self.profile()),
            what if what.ends_with("/index.json") => http(
                200,
                &json!({"architecture": "mips_24kc", "packages": {"base-files": "9", "firewall4": "3"}}),
            ),
            what if what.ends_with("/mips_24kc-index.json") => http(
                200,
                &json!({"luci": "2", "owut": "7", "htop": "3.3", "libustream-mbedtls": "1"}),
            ),
            _ => page(404, "<h1>Not Found</h1>"),
        }
    }

    fn accept(&self) -> Reply {
        match self.acceptance {
            0 => http(
                202,
                &json!({"status": 202, "detail": "queued", "request_hash": "abc", "queue_position": 2, "imagebuilder_status": "queued"}),
            ),
            1 => http(
                202,
                &json!({"status": 202, "detail": "started", "request_hash": "abc", "imagebuilder_status": "init"}),
            ),
            _ => http(200, &built()),
        }
    }

    fn poll(&mut self) -> Reply {
        self.polls += 1;
        let stage = ["container_setup", "validate_manifest", "building_image"];
        match self.polls {
            1 => http(
                202,
                &json!({"status": 202, "detail": "queued", "queue_position": 0}),
            ),
            polls @ 2..=4 => http(
                202,
                &json!({"status": 202, "detail": "started", "imagebuilder_status": stage[polls as usize - 2]}),
            ),
            _ => http(200, &built()),
        }
    }

    fn ubus(&mut self, what: &str, session: &str, arguments: &Value) -> Reply {
        if self.flashed && self.silence > 0 {
            self.silence -= 1;
            return down();
        }
        let new = if self.flashed { "new" } else { "old" };
        if what == "session login" {
            return ok(json!({"ubus_rpc_session": new}));
        }
        if session != new {
            return rpc_error(-32002);
        }
        match what {
            "attendedsysupgrade info" => ok(self.info()),
            "packagelist list" if self.flashed && arguments["all"] == true => {
                ok(json!({"packagelist": {"base-files": "9", "luci": "2"}}))
            }
            "packagelist list" => ok(json!({"packagelist": self.packages})),
            "uci get" => {
                let server = json!({".type": "server", ".index": 0, "url": "http://server/"});
                let server = put(server, &self.settings);
                ok(json!({"values": put(json!({"server": server}), &self.config)}))
            }
            "attendedsysupgrade status" => ok(json!({"status": self.status})),
            "session access" => ok(json!({"access": true})),
            "attendedsysupgrade verify" => {
                ok(json!({"valid": arguments["sha256"] == SHA, "sha256": SHA}))
            }
            "attendedsysupgrade test" => ok(
                json!({"valid": true, "forceable": true, "allow_backup": true, "tests": {"fwtool_device_match": true}}),
            ),
            "attendedsysupgrade start" => {
                self.flashed = true;
                self.version = "24.10.2";
                self.revision = "r28739-d9340319c6";
                ok(json!({"started": true}))
            }
            "attendedsysupgrade clean" | "session destroy" => ok(json!({})),
            _ => rpc_error(-32000),
        }
    }

    pub fn info(&self) -> Value {
        let info = json!({
            "distribution": "OpenWrt", "version": self.version, "revision": self.revision, "target": "ath79/generic",
            "arch": "mips_24kc", "board_name": "tplink,archer-c7-v5", "model": "TP-Link Archer C7 v5",
            "rootfs_type": "squashfs", "efi": false, "package_manager": "opkg", "tmp_free": 60_000_000,
        });
        put(info, &self.router)
    }

    fn profile(&self) -> Value {
        match &self.images {
            Value::Null => profile(),
            images => put(profile(), &json!({"images": images})),
        }
    }
}

pub fn overview() -> Value {
    let targets = json!({"ath79/generic": "mips_24kc", "x86/64": "x86_64"});
    json!({
        "latest": ["24.10.2", "23.05.5"],
        "branches": {
            "24.10": {
                "enabled": true, "path": "releases/{version}", "versions": ["24.10.2", "24.10.0-rc1"], "targets": targets, "branch_off_rev": 27990,
                "package_changes": [
                    {"source": "firewall", "target": "firewall4", "revision": 18611},
                    {"source": "libustream-wolfssl", "target": "libustream-mbedtls", "revision": 21994},
                    {"source": "auc", "target": "owut", "revision": 26792},
                ],
            },
            "23.05": {"enabled": true, "path": "releases/{version}", "versions": ["23.05.5"], "targets": targets, "branch_off_rev": 23069},
        },
        "upstream_url": "http://upstream", "server": {"version": "1"},
    })
}

pub fn profile() -> Value {
    json!({
        "id": "tplink_archer-c7-v5", "default_packages": ["base-files", "firewall4"], "device_packages": [],
        "version_code": "r28739-d9340319c6", "version_number": "24.10.2",
        "images": [{"filesystem": "squashfs", "name": "x-sysupgrade.bin", "type": "sysupgrade"}],
    })
}

pub fn built() -> Value {
    json!({
        "status": 200, "detail": "done", "request_hash": "abc", "bin_dir": "abc", "version_number": "24.10.2", "version_code": "r28739-d9340319c6",
        "manifest": {"base-files": "9", "luci": "2"},
        "images": [
            {"filesystem": "squashfs", "name": "x-factory.bin", "type": "factory", "sha256": "bb"},
            {"filesystem": "squashfs", "name": "x-sysupgrade.bin", "type": "sysupgrade", "sha256": SHA, "size": 7_000_000},
        ],
    })
}
