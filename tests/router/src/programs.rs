//! The programs that plugins run through rpcd's `exec`, by their argument vectors.
//!
//! Anything else is not found, as on a router where the program is missing.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::Sha256;
use sha2::digest::Digest;

use crate::abi::{Output, Program};
use crate::device::Device;
use crate::sysupgrade::{self, Options};

/// The script by which the plugin `attendedsysupgrade` starts an upgrade.
const START_SCRIPT: &str = "l=/tmp/attendedsysupgrade.log;>$l;(sleep 1;/sbin/sysupgrade $2 $3 \"$1\"||mv $l $l.old)</dev/null >$l 2>&1 &";

/// The script by which it has an image hashed, with a signature as a third word, which this router
/// has no program for.
const VERIFY_SCRIPT: &str = "[ $# = 2 ]||echo \"$3\"|usign -V -q -m \"$1\" -P /etc/opkg/keys -x -||exec echo -;echo $2;exec /bin/busybox sha256sum \"$1\"";

/// The script by which the plugin `rpcsys_compat` does.
const COMPAT_SCRIPT: &str = "(sleep 2;exec /sbin/sysupgrade \"$@\")</dev/null >/dev/null 2>&1 &";

/// What sysupgrade says when [`START_SCRIPT`] runs it.
const LOG: &str = "/tmp/attendedsysupgrade.log";

impl Device {
    /// The program for an argument vector, if this device has it.
    pub(crate) fn program(self: &Arc<Self>, arguments: &[String]) -> Option<Program> {
        let device = Arc::clone(self);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["/bin/sh", "-c", VERIFY_SCRIPT, "sh", file, expected] => {
                let (file, expected) = ((*file).to_owned(), (*expected).to_owned());
                Some(Box::new(move || sum(&file, &expected)))
            }
            ["/usr/libexec/validate_firmware_image", image] => {
                let image = (*image).to_owned();
                Some(Box::new(move || judge(&device, &image)))
            }
            ["/sbin/sysupgrade", rest @ ..] => {
                let options = Options::parse(rest);
                Some(Box::new(move || run(&device, options)))
            }
            ["/bin/sh", "-c", START_SCRIPT, "sh", image, first, second] => {
                let mut words = vec![*first, *second, *image];
                words.retain(|word| !word.is_empty());
                let options = Options::parse(&words);
                Some(Box::new(move || start(device, options, true)))
            }
            ["/bin/sh", "-c", COMPAT_SCRIPT, "sysupgrade", rest @ ..] => {
                let options = Options::parse(rest);
                Some(Box::new(move || start(device, options, false)))
            }
            _ => None,
        }
    }
}

/// What is expected, and `HEX  FILE` as busybox prints it.
fn sum(file: &str, expected: &str) -> Output {
    match digest::<Sha256>(Path::new(file)) {
        Ok(hex) => Output {
            stdout: format!("{expected}\n{hex}  {file}\n").into_bytes(),
            ..Output::default()
        },
        Err(error) => fail(&format!("{file}: {error}")),
    }
}

/// The digest of a file, in hex.
pub(crate) fn digest<D: Digest + Default>(file: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let mut digest = D::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(digest.finalize())),
            length => digest.update(&piece[..length]),
        }
    }
}

fn judge(device: &Device, image: &str) -> Output {
    let verdict = device.validate(Path::new(image));
    let mut stderr = verdict.complaints.join("\n");
    if !stderr.is_empty() {
        stderr.push('\n');
    }
    Output {
        stdout: verdict.to_json().into_bytes(),
        stderr: stderr.into_bytes(),
        status: 0,
    }
}

fn run(device: &Device, options: Result<Options, String>) -> Output {
    match options.and_then(|options| sysupgrade::run(device, &options)) {
        Ok(()) => Output::default(),
        Err(reason) => fail(&reason),
    }
}

/// Lets the shell end at once, and sysupgrade begin a moment later. The log is there meanwhile, and
/// under another name if sysupgrade refuses; /tmp may be full, and then there is none.
fn start(device: Arc<Device>, options: Result<Options, String>, log: bool) -> Output {
    if log {
        let _ = std::fs::write(LOG, "");
    }
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        let output = run(&device, options);
        if log && output.status != 0 {
            let _ = std::fs::write(LOG, output.stderr);
            let _ = std::fs::rename(LOG, format!("{LOG}.old"));
        }
    });
    Output::default()
}

fn fail(reason: &str) -> Output {
    Output {
        stderr: format!("{reason}\n").into_bytes(),
        status: 1,
        ..Output::default()
    }
}
