//! `asu-server verify`.

use std::path::{Path, PathBuf};

use asu_signing::{Kind, PublicKey, Wrong, appended, detached, last};
use serde::Serialize;

use super::{Error, Output, read};

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The exit status is 0 if the signature is good. An image that carries its signature needs no --sig; for
any other file, FILE.sig is taken where there is one.

Examples:
  asu-server verify --key mine.pub openwrt-24.10.2-ath79-generic-router-squashfs-sysupgrade.bin
  asu-server verify --key mine.pub answer.json --sig answer.json.sig")]
pub(crate) struct Args {
    /// The usign public key that should have signed it, or certified who did.
    #[arg(long, value_name = "PUB")]
    key: PathBuf,

    /// The image or answer.
    file: PathBuf,

    /// The signature, if it lies in a file of its own.
    #[arg(long, value_name = "SIG")]
    sig: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

/// What a good signature says.
#[derive(Debug, Serialize)]
struct Good {
    /// `appended` or `detached`.
    signature: &'static str,
    /// The number of the key that signed.
    key: String,
    /// How much of the file is signed, bytes.
    signed_bytes: usize,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let text = readable(&args.key)?;
    let key: PublicKey = text
        .parse()
        .map_err(|e| format!("{}: {e}; check --key", args.key.display()))?;
    let bytes = read(&args.file)?;
    let shown = args.file.display();
    let good = check(args, &key, &bytes).map_err(|wrong| format!("{shown}: {wrong}"))?;
    args.output.print(&good, |out, good| {
        let (how, key) = (good.signature, &good.key);
        writeln!(out, "{shown}: good signature ({how}) by the key {key}")
    })
}

fn check(args: &Args, key: &PublicKey, bytes: &[u8]) -> Result<Good, Error> {
    let carried = last(bytes).is_ok_and(|found| found.is_some_and(|f| f.kind == Kind::Signature));
    match &args.sig {
        Some(file) => beside(key, bytes, file),
        None if carried => inside(key, bytes),
        None => match of(&args.file) {
            file if file.exists() => beside(key, bytes, &file),
            _ => inside(key, bytes),
        },
    }
}

fn inside(key: &PublicKey, bytes: &[u8]) -> Result<Good, Error> {
    let found = appended(key, bytes, jiff::Timestamp::now().as_second())?;
    Ok(Good {
        signature: "appended",
        key: found.by.to_string(),
        signed_bytes: found.signed_bytes,
    })
}

fn beside(key: &PublicKey, bytes: &[u8], file: &Path) -> Result<Good, Error> {
    detached(key, bytes, &readable(file)?).map_err(|wrong| match wrong {
        Wrong::Signature(_) => format!("{}: {wrong}", file.display()),
        _ => wrong.to_string(),
    })?;
    Ok(Good {
        signature: "detached",
        key: key.number().to_string(),
        signed_bytes: bytes.len(),
    })
}

fn of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

fn readable(file: &Path) -> Result<String, Error> {
    let text = String::from_utf8(read(file)?);
    text.map_err(|_| format!("{} is not a text", file.display()).into())
}
