//! `mira serve`: the whole product.

use std::path::PathBuf;

use clap::Args;
use mira_server::{InheritedSockets, ServeOptions, serve};

use super::Context;
use crate::error::CommandError;
use crate::{stop, trace};

/// `mira serve`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where to listen
    // The configuration reads the variable, which goes before its file.
    #[arg(
        long,
        value_name = "ADDRESS",
        help = "Where to listen: ADDRESS:PORT or unix:/PATH, several with commas \
                [env: MIRA_LISTEN] [default: 127.0.0.1:8080]"
    )]
    pub(crate) listen: Option<String>,
    /// The data folder
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    pub(crate) data: PathBuf,
    /// The PostgreSQL database of an installation of many nodes
    #[arg(
        long,
        value_name = "URL",
        env = "MIRA_DATABASE",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "MIRA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Fill an empty store with an organization, people, keys and sample data
    #[arg(long)]
    pub(crate) demo: bool,
}

pub(super) async fn run(
    arguments: Arguments,
    context: &Context,
    inherited: InheritedSockets,
) -> Result<(), CommandError> {
    trace::start(&context.environment)?;
    // An empty variable is none.
    let options = ServeOptions {
        listen: arguments.listen,
        data: arguments.data,
        database: arguments.database.filter(|url| !url.is_empty()),
        config: arguments.config.filter(|file| !file.as_os_str().is_empty()),
        demo: arguments.demo,
        environment: context.environment.clone(),
    };
    Ok(serve(options, inherited, stop::requested()?).await?)
}
