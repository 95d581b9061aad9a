//! `asu-server version-compare`.

use std::cmp::Ordering;
use std::process::ExitCode;

use asu_index::version::{apk, opkg};
use asu_protocol::release::Release;
use clap::ValueEnum;

/// Exit status for what is no version.
const INVALID: u8 = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose order.
    order: Order,
    /// A version.
    #[arg(allow_hyphen_values = true)]
    a: String,
    /// The version it is compared with.
    #[arg(allow_hyphen_values = true)]
    b: String,
    /// Answer in JSON, which a number is.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// Packages of apk.
    Apk,
    /// Packages of opkg.
    Opkg,
    /// Releases of OpenWrt.
    Release,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    // A number is the same in JSON.
    let _ = args.json;
    let (a, b) = (args.a.as_str(), args.b.as_str());
    let compared = match args.order {
        Order::Apk => apk::compare(a, b).map_err(|error| error.to_string()),
        Order::Opkg => Ok(opkg::compare(a, b)),
        Order::Release => releases(a, b),
    };
    match compared {
        Ok(order) => {
            println!("{}", order as i8);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("asu-server: {reason}");
            ExitCode::from(INVALID)
        }
    }
}

fn releases(a: &str, b: &str) -> Result<Ordering, String> {
    let read = |text: &str| text.parse::<Release>().map_err(|error| error.to_string());
    Ok(read(a)?.cmp(&read(b)?))
}
