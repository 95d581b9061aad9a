//! What the command line does besides serving.

pub(crate) mod build;
pub(crate) mod building;
pub(crate) mod catalog;
pub(crate) mod confinement;
pub(crate) mod disk;
mod folder;
pub(crate) mod images;
pub(crate) mod index;
pub(crate) mod jobs;
pub(crate) mod keep;
pub(crate) mod keygen;
pub(crate) mod openapi;
pub(crate) mod packages;
pub(crate) mod plan;
pub(crate) mod rebuild;
pub(crate) mod resolve;
pub(crate) mod timing;
pub(crate) mod token;
pub(crate) mod upstream;
pub(crate) mod verify;
pub(crate) mod version_compare;
pub(crate) mod warm;
pub(crate) mod worker;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

/// Why a command failed, for a person.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// How a command answers.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Output {
    /// Answer in JSON; the default where the output is not a terminal.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints `answer` as JSON, or what `text` writes of it.
    pub(crate) fn print<T: Serialize>(
        self,
        answer: &T,
        text: impl FnOnce(&mut dyn Write, &T) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        enough(if self.json || !io::stdout().is_terminal() {
            writeln!(out, "{}", serde_json::to_string(answer)?)
        } else {
            text(&mut out, answer)
        })
    }
}

/// Whoever reads the output may have seen enough.
pub(crate) fn enough(printed: io::Result<()>) -> Result<(), Error> {
    match printed {
        Err(gone) if gone.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Ends when the program is told to stop.
pub(crate) fn until_told_to_stop() -> Result<impl Future<Output = ()>, Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}
