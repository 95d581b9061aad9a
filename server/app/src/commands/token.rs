//! `asu-server token`: who may build for this server from elsewhere.

use std::io::{self, Write};

use asu_protocol::worker::is_name;
use asu_store::{Scope, Token};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Error;
use super::jobs::Place;

/// Of a token, bytes.
const LENGTH: usize = 32;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Make a token and print it: this once, as only its SHA-256 is kept.
    Add(Add),
    /// Show the tokens there are, and when a worker last came with each.
    List(Place),
    /// Admit workers with this token no longer. Their builds go back to the queue.
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// What to call it: letters, digits and . _ -
    name: String,
    /// The targets its workers build for: ath79/generic, ath79/*; several with a comma between.
    #[arg(long, value_name = "LIST", default_value = "*")]
    targets: Scope,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// What it is called.
    name: String,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    match args {
        Args::Add(add) => add.run().await,
        Args::List(place) => list(&place).await,
        Args::Revoke(revoke) => revoke.run().await,
    }
}

/// What is printed of a new token.
#[derive(Serialize)]
struct Made {
    name: String,
    targets: Vec<String>,
    token: String,
}

impl Add {
    async fn run(self) -> Result<(), Error> {
        if !is_name(&self.name) {
            return Err("a token's name has letters, digits and . _ - only".into());
        }
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)
            .map_err(|error| format!("there are no random numbers: {error}"))?;
        let token = hex::encode(bytes);
        let digest = hex::encode(Sha256::digest(&token));
        let store = self.place.open().await?;
        let now = Timestamp::now();
        let Self { name, targets, .. } = self;
        if !store.add_token(&name, &digest, &targets, now).await? {
            return Err(format!(
                "there is a token {name} already; revoke it first, or choose another name"
            )
            .into());
        }
        let made = Made {
            name,
            targets: targets.patterns().to_vec(),
            token,
        };
        self.place
            .output
            .print(&made, |out, made| writeln!(out, "{}", made.token))
    }
}

impl Revoke {
    async fn run(self) -> Result<(), Error> {
        let store = self.place.open().await?;
        if store.revoke_token(&self.name).await? {
            return Ok(());
        }
        Err(format!(
            "there is no token {}; asu-server token list shows them",
            self.name
        )
        .into())
    }
}

/// What is printed of a token that is there.
#[derive(Serialize)]
struct Listed {
    name: String,
    targets: Vec<String>,
    made_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at: Option<String>,
}

impl From<Token> for Listed {
    fn from(token: Token) -> Self {
        let shown = |time: Timestamp| format!("{time:.0}");
        Self {
            name: token.name,
            targets: token.scope.patterns().to_vec(),
            made_at: shown(token.made_at),
            seen_at: token.seen_at.map(shown),
        }
    }
}

async fn list(place: &Place) -> Result<(), Error> {
    let tokens = place.open().await?.tokens().await?;
    let listed: Vec<Listed> = tokens.into_iter().map(Listed::from).collect();
    place.output.print(&listed, text)
}

fn text(out: &mut dyn Write, listed: &Vec<Listed>) -> io::Result<()> {
    for token in listed {
        let seen = token.seen_at.as_deref().unwrap_or("never");
        let (name, targets) = (&token.name, token.targets.join(","));
        writeln!(
            out,
            "{name}  {targets}  made {}, last seen {seen}",
            token.made_at
        )?;
    }
    Ok(())
}
