mod fetch;
mod sources;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::{Failure, Workspace};
use fetch::{Origin, fetch};
use sources::{SOURCES, Source};

/// The data the readers understand: what there is, under which licence, and how to get it.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct DataArgs {
    /// Show every source with its licence, size and where to get it
    #[arg(long)]
    list: bool,
    #[command(subcommand)]
    command: Option<DataCommand>,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Download a source and check its SHA-256
    Get(GetArgs),
}

#[derive(Debug, Args)]
struct GetArgs {
    /// A name from `cargo xtask data --list`
    name: String,
    /// Where to put it [default: target/novelty/data/NAME]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Take the files from a folder that has them already, and only check them
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
}

impl DataArgs {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        if self.list {
            print!("{}", listing());
        }
        match &self.command {
            Some(DataCommand::Get(args)) => get(workspace, args),
            None => Ok(()),
        }
    }
}

fn listing() -> String {
    let mut text = String::new();
    for source in &SOURCES {
        let Source { name, what, licence, size, how, .. } = source;
        text.push_str(&format!("{name}\n  {what}\n  licence {licence}, {size}\n  {how}\n"));
    }
    text
}

fn get(workspace: &Workspace, args: &GetArgs) -> Result<()> {
    let Some(source) = SOURCES.iter().find(|source| source.name == args.name) else {
        let names: Vec<_> = SOURCES.iter().map(|source| source.name).collect();
        let help = format!("the sources are {}", names.join(", "));
        return Err(Failure::new(format!("there is no source {}", args.name), help).into());
    };
    if source.files.is_empty() {
        let message = format!("{} cannot be downloaded by this command", source.name);
        return Err(Failure::new(message, source.how).into());
    }
    // What a person gives is relative to where they are.
    let here = env::current_dir().context("cannot tell the current folder")?;
    let default = workspace.root().join("target/novelty/data").join(source.name);
    let to = args.to.as_ref().map_or(default, |to| here.join(to));
    fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
    let from = args.from.as_ref().map(|from| here.join(from));
    let origin = from.as_ref().map_or(Origin::Url(source.url), |from| Origin::Folder(from));
    for file in source.files {
        fetch(origin, file, &to).map_err(|error| unreachable(source, &error))?;
    }
    println!("{}", to.display());
    Ok(())
}

fn unreachable(source: &Source, error: &anyhow::Error) -> Failure {
    let Source { name, how, .. } = source;
    let help = format!(
        "check the network and the proxy (https_proxy) and run the command again: what is \
         downloaded already is kept. Or get the files elsewhere ({how}) and run \
         `cargo xtask data get {name} --from FOLDER`"
    );
    Failure::new(format!("cannot get {name}: {error:#}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_listed_with_its_licence() {
        let text = listing();
        for source in &SOURCES {
            assert!(text.contains(source.name) && text.contains(source.licence));
        }
    }

    #[test]
    fn what_cannot_be_had_says_where_it_is() {
        let workspace = Workspace::locate().unwrap();
        let ask = |name: &str| {
            let args = GetArgs { name: name.to_owned(), to: None, from: None };
            crate::render_error(&get(&workspace, &args).unwrap_err())
        };
        assert!(ask("mvtec-ad").contains("help: mvtec.com, after a form"));
        assert!(ask("imagenet").contains("help: the sources are mnist, fashion-mnist"));
    }

    #[test]
    fn an_unreachable_host_is_explained() {
        let workspace = Workspace::locate().unwrap();
        let dir = tempfile::tempdir().unwrap();
        // Nothing to copy from stands for nothing to reach: the same error, the same help.
        let (name, from) = ("fashion-mnist".to_owned(), Some(dir.path().join("none")));
        let args = GetArgs { name, to: Some(dir.path().to_owned()), from };
        let text = crate::render_error(&get(&workspace, &args).unwrap_err());
        assert!(text.contains("cannot get fashion-mnist: cannot copy"), "{text}");
        assert!(text.contains("dataset-fashion-mnist") && text.contains("--from FOLDER"), "{text}");
    }
}
