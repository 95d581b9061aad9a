//! `asu-server plan`.

use std::io::{self, Write};
use std::path::PathBuf;

use asu_http::Unplannable;
use asu_protocol::name::{PackageName, ProfileName, Target, VersionName};
use asu_protocol::plan::{Fate, Installed, Plan, PlanProblem, PlanRequest};
use asu_server::Desk;
use serde::Serialize;
use serde_json::Value;

use super::upstream::Source;
use super::{Error, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The distribution installed.
    #[arg(long, default_value = "openwrt")]
    distribution: String,
    /// The release installed.
    #[arg(long)]
    version: VersionName,
    /// The revision installed, e.g. r24106-10cc5fcd00.
    #[arg(long, default_value = "", hide_default_value = true)]
    revision: String,
    /// The router's target: ath79/generic.
    #[arg(long)]
    target: Target,
    /// The router's profile or board_name.
    #[arg(long)]
    profile: Option<ProfileName>,
    /// A file with the packages installed on purpose: what `ubus call packagelist list` or
    /// `rpc-sys packagelist` answers, an object of names and versions, a list of names, or lines of
    /// `name`, `name - version` or `name version`.
    #[arg(long, value_name = "FILE")]
    installed: PathBuf,
    /// A version, a branch or a channel; the newest stable release where absent.
    #[arg(long)]
    to: Option<String>,
    /// A package wanted besides; can be given several times.
    #[arg(long)]
    add: Vec<PackageName>,
    /// A package not wanted any more; can be given several times.
    #[arg(long)]
    remove: Vec<PackageName>,
    /// A named package set of the distribution.
    #[arg(long)]
    flavor: Option<String>,
    /// A community's packages: community/profile.
    #[arg(long)]
    network_profile: Option<String>,
    /// Go on although the release or packages become older.
    #[arg(long)]
    allow_downgrade: bool,
    #[command(flatten)]
    source: Source,
}

/// What is printed: a plan, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Plan(Box<Plan>),
    Problems { problems: Vec<PlanProblem> },
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let installed = installed(&String::from_utf8_lossy(&read(&args.installed)?))
        .map_err(|error| format!("{}: {error}", args.installed.display()))?;
    let catalog = args.source.catalog().await?;
    let output = args.source.output;
    let answer = match Desk::new(catalog).plan(request(args, installed)).await {
        Ok(plan) => Answer::Plan(Box::new(plan)),
        Err(Unplannable::Problems(problems)) => Answer::Problems { problems },
        Err(Unplannable::Catalog(error)) => return Err(error.into()),
    };
    output.print(&answer, text)
}

fn request(args: Args, packages: Installed) -> PlanRequest {
    PlanRequest {
        revision: args.revision,
        profile: args.profile,
        packages,
        to: args.to,
        add: args.add,
        remove: args.remove,
        flavor: args.flavor,
        network_profile: args.network_profile,
        allow_downgrade: args.allow_downgrade,
        ..PlanRequest::new(args.distribution, args.version, args.target)
    }
}

/// Reads a package list in any of the forms it comes in.
fn installed(text: &str) -> Result<Installed, String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return lines(text);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let wrapped = ["packagelist", "packages"]
        .iter()
        .find_map(|key| value.get(key));
    let list = wrapped.unwrap_or(&value).clone();
    serde_json::from_value(list).map_err(|error| error.to_string())
}

fn lines(text: &str) -> Result<Installed, String> {
    let mut installed = Installed::default();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace().filter(|word| *word != "-");
        let Some(name) = words.next() else { continue };
        let place = |error: &dyn std::fmt::Display| format!("line {}: {error}", number + 1);
        let name: PackageName = name.parse().map_err(|error| place(&error))?;
        let version = words
            .next()
            .map(str::parse)
            .transpose()
            .map_err(|error| place(&error))?;
        installed.0.insert(name, version);
    }
    Ok(installed)
}

fn text(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Plan(plan) => plan_text(out, plan),
        Answer::Problems { problems } => problems
            .iter()
            .try_for_each(|problem| problem_text(out, problem)),
    }
}

fn plan_text(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let (from, to) = (&plan.from, &plan.to);
    writeln!(
        out,
        "{} {} -> {} {} ({})",
        from.version, from.revision, to.version, to.revision, plan.because
    )?;
    for change in plan
        .changes
        .iter()
        .filter(|change| change.fate != Fate::Kept)
    {
        let (old, new) = (
            change.old.as_deref().unwrap_or("-"),
            change.new.as_deref().unwrap_or("-"),
        );
        let fate = format!("{:?}", change.fate).to_lowercase();
        writeln!(
            out,
            "{fate:<10} {:<32} {old} -> {new}  {}",
            change.name, change.reason
        )?;
    }
    for warning in &plan.warnings {
        writeln!(out, "warning: {}", warning.text)?;
    }
    let kept = plan
        .changes
        .iter()
        .filter(|change| change.fate == Fate::Kept)
        .count();
    writeln!(
        out,
        "{kept} unchanged; {} packages in all, {} bytes to download",
        plan.install.len(),
        plan.size.download
    )
}

fn problem_text(out: &mut dyn Write, problem: &PlanProblem) -> io::Result<()> {
    writeln!(out, "{}: {}", problem.code, problem.text)?;
    for remedy in &problem.remedies {
        writeln!(out, "    {}", remedy.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_package_list_is_read() {
        let forms = [
            r#"{"packagelist": {"tmux": "3.3a-1", "vim": "9.0-1"}}"#,
            r#"{"packages": {"tmux": "3.3a-1", "vim": "9.0-1"}}"#,
            r#"{"tmux": "3.3a-1", "vim": "9.0-1"}"#,
            "tmux - 3.3a-1\nvim - 9.0-1\n",
            "\ntmux 3.3a-1\nvim 9.0-1",
        ];
        let lists: Vec<Installed> = forms.iter().map(|form| installed(form).unwrap()).collect();
        assert!(
            lists
                .iter()
                .all(|list| *list == lists[0] && list.0.len() == 2)
        );
        let names = installed(r#"["tmux", "vim"]"#).unwrap();
        assert!(names.0.values().all(Option::is_none) && names.0.len() == 2);
        assert!(installed("tm;ux").unwrap_err().starts_with("line 1: "));
    }
}
