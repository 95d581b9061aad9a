//! Writes and serves a downloads.openwrt.org-shaped mirror with working ImageBuilders.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use asu_test_upstream::{mirror, serve};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the mirror into a folder
    Write {
        /// The folder
        #[arg(long)]
        out: PathBuf,
        /// A release, e.g. 24.10.2; may be repeated; all if none is given
        #[arg(long)]
        release: Vec<String>,
        /// The program ib-host; by default the one beside this program
        #[arg(long)]
        host_tool: Option<PathBuf>,
    },
    /// Serve the mirror over HTTP
    Serve {
        /// The folder
        #[arg(long)]
        dir: PathBuf,
        /// Address and port; port 0 takes a free one
        #[arg(long)]
        listen: SocketAddr,
        /// Answer paths like this, e.g. "*/index.json", with 503; may be repeated
        #[arg(long)]
        fail_path: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Write {
            out,
            release,
            host_tool,
        } => {
            let host_tool = host_tool.map_or_else(beside_this_program, Ok)?;
            mirror::write(&out, &release, &host_tool)
        }
        Command::Serve {
            dir,
            listen,
            fail_path,
        } => tokio::runtime::Runtime::new()
            .context("cannot start")?
            .block_on(serve::serve(dir, listen, &fail_path)),
    }
}

fn beside_this_program() -> Result<PathBuf> {
    let this = std::env::current_exe().context("cannot find this program's folder")?;
    Ok(this.with_file_name("ib-host"))
}
