//! A PostgreSQL server of the test's own: Debian's binaries on a folder of its
//! own, reached by loopback on a free port, gone when the test process is gone.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::free_port;

const START_ATTEMPTS: u32 = 50;
const START_PAUSE: Duration = Duration::from_millis(100);

/// A running server with superuser `postgres`, who needs no password.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Its end tells the shell that watches over the server to stop it, so the
    /// server goes however the test process goes.
    watch: Option<ChildStdin>,
    watcher: Child,
}

impl Postgres {
    /// The one server that the tests of a process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// Starts a server with these settings, such as `wal_level=logical`.
    pub fn start(settings: &[&str]) -> Self {
        Self::watch("", settings)
    }

    /// Starts a standby that follows the server at `primary`, under the name
    /// `application` in its `synchronous_standby_names`.
    pub fn start_standby(primary: SocketAddr, application: &str, settings: &[&str]) -> Self {
        let (host, port) = (primary.ip(), primary.port());
        let primary =
            format!("host={host} port={port} user=postgres application_name={application}");
        Self::watch(&primary, settings)
    }

    fn watch(primary: &str, settings: &[&str]) -> Self {
        let port = free_port();
        let mut command = as_postgres(Path::new("sh"));
        command.args(["-c", WATCH, "sh"]).arg(binaries());
        command.args([&port.to_string(), primary]).args(settings);
        let mut watcher = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv and sh are part of Debian");
        let mut line = String::new();
        let said = watcher.stdout.take().expect("it is piped");
        BufReader::new(said)
            .read_line(&mut line)
            .expect("the watcher speaks UTF-8");
        let Some(folder) = line.strip_prefix("ready ") else {
            // The shell ends when its input does, and its errors with it.
            drop(watcher.stdin.take());
            let mut errors = String::new();
            let stderr = watcher.stderr.take();
            stderr.map(|mut stderr| stderr.read_to_string(&mut errors));
            panic!("PostgreSQL does not start: {line}{errors}");
        };
        Self {
            folder: PathBuf::from(folder.trim_end()),
            port,
            databases: AtomicU32::new(0),
            watch: watcher.stdin.take(),
            watcher,
        }
    }

    /// Creates an empty database and gives its URL.
    pub fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs SQL beside everything else, and gives what it prints.
    pub fn execute(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(binaries().join("psql"));
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
        psql.arg("-h").arg(&self.folder);
        psql.args(["-p", &self.port.to_string(), "-d", database, "-c", sql]);
        finished(&mut psql)
    }

    /// Kills the main process (SIGKILL). Its children end when they notice, and may
    /// end what they were waiting for before that.
    pub fn kill(&self) {
        kill_process(self.process(), Signal::KILL).expect("it is ours");
    }

    /// Kills all processes at the same moment, as when a machine dies: they are
    /// stopped first, so that none of them sees another one go.
    pub fn kill_machine(&self) {
        let main = self.process();
        kill_process(main, Signal::STOP).expect("it is ours");
        let id = main.as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("a stopped process stays");
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        let children = children.filter_map(Pid::from_raw);
        let all: Vec<_> = children.chain([main]).collect();
        for signal in [Signal::STOP, Signal::KILL] {
            for process in &all {
                // A child may have ended by itself.
                kill_process(*process, signal).ok();
            }
        }
    }

    fn process(&self) -> Pid {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let pid = pid.ok().and_then(|text| text.lines().next()?.parse().ok());
        pid.and_then(Pid::from_raw).expect("a server has a process")
    }

    /// Starts it again after it was killed or stopped.
    pub fn start_again(&self) {
        let log = self.folder.join("log").display().to_string();
        // What is left of a killed server ends within moments, and is in the
        // way until then.
        let is_started = (0..START_ATTEMPTS).any(|_| {
            std::thread::sleep(START_PAUSE);
            self.control(&["-w", "-l", &log, "start"])
        });
        assert!(is_started, "PostgreSQL does not start again");
    }

    /// Stops it in one of the modes of `pg_ctl`: `smart`, `fast` or `immediate`.
    pub fn stop(&self, mode: &str) {
        assert!(
            self.control(&["-w", "-m", mode, "stop"]),
            "it does not stop"
        );
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        assert!(self.control(&["-w", "promote"]), "it is not promoted");
    }

    fn control(&self, arguments: &[&str]) -> bool {
        let mut command = as_postgres(&binaries().join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        // What it starts would keep a pipe open.
        command
            .args(arguments)
            .stdout(Stdio::null())
            .current_dir("/");
        let status = command.stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// The folder with its data, its log and its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watch.take());
        let _ = self.watcher.wait();
    }
}

/// A program as a user that is not root, as whom the server refuses to run.
fn as_postgres(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program);
    command
}

fn finished(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("psql comes with the server");
    assert!(
        status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8_lossy(&stdout).trim_end().to_owned()
}

/// The folder with the newest server's binaries.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let path = version.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            let binaries = path.join("bin");
            let is_server = binaries.join("postgres").is_file();
            is_server.then_some((number, binaries))
        })
        .collect();
    found.sort();
    let (_, binaries) = found
        .pop()
        .expect("PostgreSQL is not installed; `cargo xtask test` installs it");
    binaries
}

/// Makes a server, says so, waits for its own input to end, and removes it.
const WATCH: &str = r#"
trap '' HUP INT TERM
bin=$1 port=$2 primary=$3
shift 3
dir=$(mktemp -d /tmp/mira-postgres.XXXXXX) || exit 1
{
    if [ "$primary" ]; then
        "$bin/pg_basebackup" -D "$dir/data" -d "$primary" -R -X stream -c fast --no-sync
    else
        "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
    fi &&
    {
        printf '%s\n' "port=$port" "listen_addresses='127.0.0.1'" "unix_socket_directories='$dir'" \
            fsync=off full_page_writes=off max_connections=400 "$@" >>"$dir/data/postgresql.conf"
    } &&
    "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" start
} >"$dir/start" 2>&1 && echo "ready $dir" || { cat "$dir/start" "$dir/log" >&2; echo failed; }
read -r _
"$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >"$dir/start" 2>&1
rm -rf "$dir"
"#;
