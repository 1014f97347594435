//! A running `mira serve`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::Process;
use crate::{Client, Demo, Finished};

const START_PATIENCE: Duration = Duration::from_secs(20);
/// Longer than the longest default drain.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// How a server of a test is started.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Whether with `--demo`.
    pub demo: bool,
    /// The text of its `mira.toml`.
    pub config: Option<String>,
    /// Where it listens, an address first; a free port of the loopback interface
    /// if absent.
    pub listen: Option<String>,
    /// Its data folder; a fresh one, gone with the server, if absent.
    pub data: Option<PathBuf>,
    /// Further arguments of `mira serve`.
    pub arguments: Vec<String>,
    /// The whole environment of the process.
    pub environment: BTreeMap<String, String>,
}

/// A running server, killed when dropped.
pub struct Server {
    process: Process,
    address: SocketAddr,
    data: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Starts `binary`, usually `env!("CARGO_BIN_EXE_mira")`, on a free port of
    /// the loopback interface, and waits until it answers.
    pub fn start(binary: impl AsRef<Path>, options: ServerOptions) -> Self {
        match Self::try_start(binary, options) {
            Ok(server) => server,
            Err(said) => panic!("the server does not listen; {said}"),
        }
    }

    /// The same where it may not start; what it said then.
    pub fn try_start(binary: impl AsRef<Path>, options: ServerOptions) -> Result<Self, String> {
        let folder = TempDir::new().expect("a temporary folder");
        let data = options.data.unwrap_or_else(|| folder.path().join("data"));
        let path = |path: &Path| path.display().to_string();
        let listen = options.listen.as_deref().unwrap_or("127.0.0.1:0");
        let mut arguments = ["serve", "--listen", listen, "--data", &path(&data)]
            .map(str::to_owned)
            .to_vec();
        if options.demo {
            arguments.push("--demo".to_owned());
        }
        if let Some(config) = options.config {
            let file = folder.path().join("mira.toml");
            std::fs::write(&file, config).expect("the configuration can be written");
            arguments.extend(["--config".to_owned(), path(&file)]);
        }
        arguments.extend(options.arguments);
        let process = Process::start(binary.as_ref(), arguments, options.environment);
        let Some(address) = process.stdout.find(START_PATIENCE, listening) else {
            let (stdout, stderr) = (process.stdout.text(), process.stderr.text());
            return Err(format!("stdout:\n{stdout}\nstderr:\n{stderr}"));
        };
        Ok(Self {
            process,
            address,
            data,
            folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What `--demo` made.
    pub fn demo(&self) -> Demo {
        Demo::read(&self.data)
    }

    /// A client of it, without credentials.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// What it has written to stdout.
    pub fn stdout(&self) -> String {
        self.process.stdout.text()
    }

    /// What it has written to stderr.
    pub fn stderr(&self) -> String {
        self.process.stderr.text()
    }

    /// Waits for a line on stdout that contains `text`.
    pub fn wait_for_stdout(&self, text: &str, patience: Duration) -> Option<String> {
        let contains = |line: &str| line.contains(text).then(|| line.to_owned());
        self.process.stdout.find(patience, contains)
    }

    /// Waits for a line on stderr that contains `text`.
    pub fn wait_for_stderr(&self, text: &str, patience: Duration) -> Option<String> {
        let contains = |line: &str| line.contains(text).then(|| line.to_owned());
        self.process.stderr.find(patience, contains)
    }

    /// The folder of its `mira.toml`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes another `mira.toml` and sends SIGHUP. The server must have been
    /// started with one.
    pub fn reload(&mut self, config: &str) {
        let file = self.folder.path().join("mira.toml");
        std::fs::write(file, config).expect("the configuration can be written");
        self.process.signal(Signal::HUP);
    }

    /// Stops its process where it stands (SIGSTOP).
    pub fn pause(&mut self) {
        self.process.signal(Signal::STOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&mut self) {
        self.process.signal(Signal::CONT);
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(mut self) -> Finished {
        self.process.signal(Signal::TERM);
        self.process.finish(STOP_PATIENCE)
    }

    /// Sends SIGTERM and does not wait.
    pub fn begin_stop(&mut self) {
        self.process.signal(Signal::TERM);
    }

    /// Kills it at once (SIGKILL), as a crash would.
    pub fn kill(mut self) -> Finished {
        self.process.signal(Signal::KILL);
        self.process.finish(STOP_PATIENCE)
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once("listening on ")?;
    let address = url
        .strip_prefix("http://")
        .or(url.strip_prefix("https://"))?;
    address.trim().trim_end_matches('/').parse().ok()
}
