//! `serve`, with the bug that the variable `PLANTED_BUG` names, or none.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::PathBuf;

use clap::{Args, Parser};
use mira_server::{InheritedSockets, ServeError, ServeOptions, serve};

#[derive(Debug, Parser)]
enum Command {
    Serve(Arguments),
}

/// Those of `mira serve`.
#[derive(Debug, Args)]
struct Arguments {
    #[arg(long)]
    listen: Option<String>,
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    database: Option<String>,
    #[arg(long)]
    config: Option<PathBuf>,
    #[arg(long)]
    demo: bool,
}

#[tokio::main]
async fn main() -> Result<(), ServeError> {
    let Command::Serve(arguments) = Command::parse();
    let options = ServeOptions {
        listen: arguments.listen,
        data: arguments.data,
        database: arguments.database,
        config: arguments.config,
        demo: arguments.demo,
        environment: BTreeMap::new(),
    };
    // It is killed.
    serve(options, InheritedSockets::default(), pending()).await
}
