//! The genuine rpcd, ubusd and uhttpd with the plugins, in a root filesystem of their own.

#![allow(dead_code, unreachable_pub, reason = "each program uses its part")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub mod wire;

/// The socket of ubusd: where cgi-io looks for it.
pub const SOCKET: &str = "/var/run/ubus/ubus.sock";
/// Every plugin of ours.
pub const ALL: [&str; 3] = ["packagelist", "attendedsysupgrade", "rpcsys_compat"];
/// The image.
pub const IMAGE: &str = "/tmp/firmware.bin";
/// The router's own check of it.
pub const CHECK: &str = "/usr/libexec/validate_firmware_image";
/// The object that flashes it.
pub const OBJECT: &str = "attendedsysupgrade";
/// The SHA-256 of `image`.
pub const SUM: &str = "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d";
const INSIDE: &str = "ASU_GENUINE_INSIDE";
/// Makes a copy of the root filesystem that is gone afterwards, and runs a program in it.
const ENTER: &str = r#"set -e
t=$1; shift
mount -t tmpfs none "$t"; mkdir "$t/u" "$t/w" "$t/m"
mount -t overlay overlay -o "lowerdir=/,upperdir=$t/u,workdir=$t/w" "$t/m"
mount -t proc proc "$t/m/proc"; mount --bind /dev "$t/m/dev"
exec chroot "$t/m" "$@""#;

/// The installation that `OPENWRT_ROOT` names: bin, sbin and lib, as built for that prefix.
fn installation() -> PathBuf {
    let root = std::env::var_os("OPENWRT_ROOT");
    root.map(PathBuf::from)
        .expect("set OPENWRT_ROOT to an installation of rpcd, ubus, uhttpd, cgi-io and usign")
}

/// A program of the installation.
pub fn program(name: &str) -> PathBuf {
    let places = ["sbin", "bin"].map(|folder| installation().join(folder).join(name));
    let found = places.into_iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("OPENWRT_ROOT has no {name}"))
}

/// Runs `body` in a root filesystem of its own, as another process that is this program again with
/// the same arguments and those in `select`.
pub fn alone(select: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let folder = tempfile::tempdir().unwrap();
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child"]);
    if !root {
        unshare.arg("--map-root-user");
    }
    let status = unshare
        .args(["/bin/sh", "-c", ENTER, "enter"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(select)
        .env(INSIDE, "1")
        .env("ASU_PLUGINS", built())
        .env("LD_LIBRARY_PATH", installation().join("lib"))
        .status()
        .unwrap();
    assert!(status.success(), "see above");
}

/// The folder with the plugins as a router gets them.
fn built() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = workspace.join("target/genuine");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(workspace)
        .status();
    assert!(status.unwrap().success());
    target.join("release").canonicalize().unwrap()
}

/// Writes a file and the folders above it; without content removes it.
pub fn put(path: &str, content: Option<&[u8]>) {
    let path = Path::new(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(path);
    if let Some(content) = content {
        fs::write(path, content).unwrap();
    }
}

/// Writes a program for `/bin/sh`.
pub fn script(path: &str, text: &str) {
    put(path, Some(format!("#!/bin/sh\n{text}\n").as_bytes()));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The running daemons.
pub struct Router {
    ubusd: Child,
    pub rpcd: Child,
    uhttpd: Option<Child>,
    port: u16,
}

impl Router {
    /// Starts them with these plugins of ours; with `rpcsys` rpcd's own C module stays beside.
    pub fn start(plugins: &[&str], rpcsys: bool) -> Self {
        let folder = installation().join("lib/rpcd");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if !(rpcsys && path.ends_with("rpcsys.so")) {
                fs::remove_file(path).unwrap();
            }
        }
        let built = PathBuf::from(std::env::var_os("ASU_PLUGINS").unwrap());
        for name in plugins {
            let from = built.join(format!("librpcd_mod_{name}.so"));
            fs::copy(from, folder.join(format!("{name}.so"))).unwrap();
        }
        for folder in ["/var/run/rpcd/sessions", "/var/run/ubus", "/www/cgi-bin"] {
            fs::create_dir_all(folder).unwrap();
        }
        // It knows by its name what it is to do.
        let _ = fs::remove_file("/www/cgi-bin/cgi-upload");
        symlink(program("cgi-io"), "/www/cgi-bin/cgi-upload").unwrap();
        let acl = installation().join("share/rpcd/acl.d");
        let _ = fs::remove_dir_all(&acl);
        fs::create_dir_all(&acl).unwrap();
        for file in ACLS {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
            fs::copy(&source, acl.join(source.file_name().unwrap())).unwrap();
        }
        let nobody = r#"{"unauthenticated":{"read":{"ubus":{"session":["access","login"]}}}}"#;
        fs::write(acl.join("unauthenticated.json"), nobody).unwrap();
        put("/etc/config/rpcd", Some(LOGINS.as_bytes()));
        let _ = fs::remove_file(SOCKET);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let run = |name: &str, arguments: &[&str]| {
            let mut command = Command::new(program(name));
            command
                .args(arguments)
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        };
        let ubusd = run("ubusd", &["-s", SOCKET]);
        wait(|| Path::new(SOCKET).exists());
        let rpcd = run("rpcd", &["-s", SOCKET, "-t", "8"]);
        let address = format!("127.0.0.1:{port}");
        let uhttpd = run(
            "uhttpd",
            &[
                "-f", "-h", "/www", "-p", &address, "-u", "/ubus", "-U", SOCKET, "-x", "/cgi-bin",
            ],
        );
        let router = Self {
            ubusd,
            rpcd,
            uhttpd: Some(uhttpd),
            port,
        };
        // rpcd offers its own objects before those of its plugins.
        for plugin in plugins.iter().copied().chain(rpcsys.then_some("rpc-sys")) {
            let object = plugin.replace("rpcsys_compat", "rpc-sys");
            wait(|| Self::ubus(&["list", &object]).is_some());
        }
        wait(|| TcpStream::connect(&address).is_ok());
        router
    }

    /// The answer of the `ubus` program; none if it fails.
    fn ubus(arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(program("ubus"));
        let output = command
            .args(["-t", "20", "-s", SOCKET])
            .args(arguments)
            .output()
            .unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap())
    }

    #[expect(
        clippy::unused_self,
        reason = "there is nothing to call without a router"
    )]
    /// Calls a method through the `ubus` program; none for any status but 0.
    pub fn call(&self, object: &str, method: &str, arguments: &Value) -> Option<Value> {
        let text = Self::ubus(&["call", object, method, &arguments.to_string()])?;
        Some(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Calls a method over HTTP; the `result`, or the `error`.
    pub fn http(&self, session: &str, object: &str, method: &str, arguments: &Value) -> Value {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "call",
            "params": [session, object, method, arguments],
        })
        .to_string();
        let answer = self.post("/ubus", "application/json", &body);
        answer
            .get("result")
            .or(answer.get("error"))
            .unwrap()
            .clone()
    }

    /// Uploads a file as a browser does; what cgi-upload says.
    pub fn upload(&self, session: &str, path: &str, content: &str) -> Value {
        let parts = [
            ("sessionid", session),
            ("filename", path),
            ("filedata\"; filename=\"image", content),
        ]
        .map(|(name, value)| {
            let head = "--edge\r\nContent-Disposition: form-data; name=";
            format!("{head}\"{name}\"\r\n\r\n{value}\r\n")
        });
        let body = format!("{}--edge--\r\n", parts.concat());
        self.post(
            "/cgi-bin/cgi-upload",
            "multipart/form-data; boundary=edge",
            &body,
        )
    }

    /// The JSON object that comes back.
    fn post(&self, path: &str, kind: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.0\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}",
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let start = answer.find("\r\n\r\n").unwrap();
        let text = &answer[start..];
        // The body may come in chunks; it is one object.
        let object = &text[text.find('{').unwrap()..=text.rfind('}').unwrap()];
        serde_json::from_str(object).unwrap()
    }

    /// A session of that user.
    pub fn login(&self, user: &str) -> String {
        let nobody = "0".repeat(32);
        let arguments = json!({ "username": user, "password": "secret" });
        let answer = self.http(&nobody, "session", "login", &arguments);
        answer[1]["ubus_rpc_session"].as_str().unwrap().to_owned()
    }

    /// Whether rpcd runs.
    pub fn is_alive(&mut self) -> bool {
        self.rpcd.try_wait().unwrap().is_none()
    }

    /// Open files of rpcd, and its anonymous memory in kB.
    pub fn usage(&self) -> (usize, u64) {
        let process = format!("/proc/{}", self.rpcd.id());
        let files = fs::read_dir(format!("{process}/fd")).unwrap().count();
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .unwrap();
        (files, line.trim().trim_end_matches(" kB").parse().unwrap())
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let children = [&mut self.rpcd, &mut self.ubusd];
        for child in children.into_iter().chain(self.uhttpd.as_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits up to ten seconds.
pub fn wait(mut until: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !until() {
        assert!(Instant::now() < end, "nothing came in ten seconds");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What each plugin's package brings.
const ACLS: [&str; 3] = [
    "packagelist/acl.d/packagelist.json",
    "attendedsysupgrade/acl.d/attendedsysupgrade.json",
    "rpcsys/acl.d/rpcsys-compat.json",
];

/// Three users; the password of each is `secret`.
const LOGINS: &str = "config login
\toption username 'root'
\toption password '$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1'
\tlist read '*'
\tlist write '*'

config login
\toption username 'viewer'
\toption password '$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1'
\tlist read 'attendedsysupgrade'
\tlist read 'packagelist'
\tlist read 'unauthenticated'

config login
\toption username 'upgrader'
\toption password '$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1'
\tlist write 'attendedsysupgrade'
\tlist read 'unauthenticated'
";

/// apk's database of so many packages of twelve files each, and a world of every third.
pub fn apk(packages: usize) {
    use std::fmt::Write as _;
    let (mut database, mut world) = (String::new(), String::new());
    for index in 0..packages {
        let abi = if index % 5 == 0 { "20240329" } else { "" };
        write!(database, "C:Q1CQ5Hi/gFGkDtDpHYczt/v40PjdM=\nP:package-number-{index:04}{abi}\nV:1.2.{index}-r1\nA:mips_24kc\nS:12345\nI:45678\nT:A package of a test\n").unwrap();
        if !abi.is_empty() {
            writeln!(database, "g:openwrt:section=libs openwrt:abiversion={abi}").unwrap();
        }
        for file in 0..12 {
            write!(database, "F:usr/lib/folder{file}\nR:file-of-package-{file}.so\na:0:0:755\nZ:Q1CQ5Hi/gFGkDtDpHYczt/v40PjdM=\n").unwrap();
        }
        database.push('\n');
        if index % 3 == 0 {
            writeln!(world, "package-number-{index:04}").unwrap();
        }
    }
    put("/lib/apk/db/installed", Some(database.as_bytes()));
    put("/etc/apk/world", Some(world.as_bytes()));
}

/// Runs the rest of a test where the daemons may be.
pub fn genuine(test: &str, body: impl FnOnce()) {
    alone(&["--ignored", "--exact", "--nocapture", test], body);
}

/// Tools of a router: an image's check that accepts, and a sysupgrade that only notes its words.
pub fn prepare() {
    script(
        CHECK,
        r#"echo '{"tests":{"fwtool_signature":true},"valid":true,"forceable":true,"allow_backup":true}'"#,
    );
    script(
        "/sbin/sysupgrade",
        r#"printf ':%s' "$@" >/tmp/flashed; echo >>/tmp/flashed"#,
    );
    if !Path::new("/bin/busybox").exists() {
        script("/bin/busybox", r#"exec "$@""#);
    }
    for path in [IMAGE, "/tmp/sysupgrade.bin", "/tmp/attendedsysupgrade.log"] {
        put(path, None);
    }
}
