//! A PostgreSQL server of the test's own: Debian's binaries on a folder of its
//! own, reached by loopback on a free port, gone when the test process is gone.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

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
        let binaries = binaries();
        let port = free_port();
        let mut command = if rustix::process::geteuid().is_root() {
            // The server refuses to run as root.
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
            command.arg("sh");
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", WATCH, "sh"]).arg(binaries);
        command.arg(port.to_string()).args(settings);
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

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has free ports");
    listener.local_addr().expect("it is bound").port()
}

/// Makes a server, says so, waits for its own input to end, and removes it.
const WATCH: &str = r#"
trap '' HUP INT TERM
bin=$1 port=$2
shift 2
dir=$(mktemp -d /tmp/mira-postgres.XXXXXX) || exit 1
{
    "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync &&
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
