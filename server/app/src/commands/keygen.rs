//! `asu-server keygen`.

use std::path::PathBuf;

use super::{Error, Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the files are called: PREFIX.sec, for its owner alone, and PREFIX.pub, for everybody.
    ///
    /// They have the form of OpenWrt's usign. Files that are there already are not overwritten.
    #[arg(long, value_name = "PREFIX")]
    out: PathBuf,

    /// What the first line of both files says of the key.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let key = asu_signing::create(&args.out, args.comment.as_deref())?;
    let answer = serde_json::json!({"fingerprint": key.fingerprint()});
    args.output.print(&answer, |out, _| {
        let (prefix, number) = (args.out.display(), key.fingerprint());
        writeln!(out, "Key {number}: {prefix}.sec (keep it), {prefix}.pub")?;
        writeln!(out, "Routers trust it as /etc/opkg/keys/{number}")
    })
}
