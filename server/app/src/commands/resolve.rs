//! `asu-server resolve`.

use std::io::{self, Write};
use std::path::PathBuf;

use asu_index::{Flavour, Package};
use asu_planner::solve::{Refusal, Solution, Universe, World, solve};
use clap::ValueEnum;
use serde::Serialize;

use super::index::Index;
use super::{Error, Output, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose rules hold.
    #[arg(long, visible_alias = "flavor")]
    flavour: Rules,
    /// A package index; can be given several times.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    index: Vec<PathBuf>,
    /// What is asked for: "a b -c".
    #[arg(long, allow_hyphen_values = true)]
    world: String,
    /// The architecture of the router; any package is taken without it.
    #[arg(long)]
    arch: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rules {
    Opkg,
    Apk,
}

#[derive(Serialize)]
struct Answer {
    ok: bool,
    install: Vec<Chosen>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Chosen {
    name: String,
    version: String,
    why: String,
}

#[derive(Serialize)]
struct Problem {
    code: &'static str,
    text: String,
    packages: Vec<String>,
    chains: Vec<Vec<String>>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let flavour = match args.flavour {
        Rules::Opkg => Flavour::Opkg,
        Rules::Apk => Flavour::Apk,
    };
    let mut packages: Vec<Package> = Vec::new();
    for file in &args.index {
        let (found, listed) = Index::open(read(file)?)?.packages()?;
        if found != flavour {
            return Err(format!(
                "{} is an index of the other package manager; check --flavour",
                file.display()
            )
            .into());
        }
        packages.extend(listed);
    }
    let architectures: Vec<String> = args.arch.iter().cloned().collect();
    let universe = Universe::new(flavour, &architectures, packages);
    let solved = World::parse(flavour, [&args.world]).and_then(|world| solve(&universe, &world));
    args.output.print(&answer(solved), text)
}

fn answer(solved: Result<Solution, Vec<Refusal>>) -> Answer {
    match solved {
        Ok(solution) => Answer {
            ok: true,
            install: chosen(&solution),
            problems: Vec::new(),
        },
        Err(refusals) => Answer {
            ok: false,
            install: Vec::new(),
            problems: refusals.iter().map(problem).collect(),
        },
    }
}

fn chosen(solution: &Solution) -> Vec<Chosen> {
    let chosen = solution.install.iter().map(|selected| Chosen {
        name: selected.package.name.clone(),
        version: selected.package.version.clone(),
        why: selected.why.to_string(),
    });
    chosen.collect()
}

fn problem(refusal: &Refusal) -> Problem {
    Problem {
        code: refusal.code(),
        text: refusal.to_string(),
        packages: refusal.packages().into_iter().map(str::to_owned).collect(),
        chains: refusal
            .chains()
            .into_iter()
            .map(|chain| chain.0.clone())
            .collect(),
    }
}

fn text(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    for chosen in &answer.install {
        writeln!(out, "{} {} ({})", chosen.name, chosen.version, chosen.why)?;
    }
    for problem in &answer.problems {
        writeln!(out, "{}: {}", problem.code, problem.text)?;
    }
    Ok(())
}
