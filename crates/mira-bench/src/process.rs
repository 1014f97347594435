//! A server that is measured: on a processor of its own, killed when dropped.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The processor of servers that are measured.
pub(crate) const SERVER_CORE: &str = "0";
/// The processor of the loader and of what stands behind a gateway.
pub(crate) const LOADER_CORE: &str = "1";

const STEP: Duration = Duration::from_millis(1);
/// The longest that a server of a million keys takes to start.
const PATIENCE_STEPS: u32 = 120_000;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `command`, which will listen on `address`, and writes what it says
    /// to `log`. Returns at once.
    pub(crate) fn spawn(core: &str, command: &[String], address: SocketAddr, log: &Path) -> Self {
        let file = File::create(log).expect("the log can be written");
        let error = file.try_clone().expect("a handle can be cloned");
        let child = Command::new("taskset")
            .args(["-c", core])
            .args(command)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(error)
            .spawn()
            .expect("taskset and the server can be run");
        Self { child, address }
    }

    /// The same, and waits until it takes connections.
    pub(crate) fn start(core: &str, command: &[String], address: SocketAddr, log: &Path) -> Self {
        let mut server = Self::spawn(core, command, address, log);
        server.wait_for(log, || TcpStream::connect(address).is_ok());
        server
    }

    /// Waits until `is_there`.
    pub(crate) fn wait_for(&mut self, log: &Path, is_there: impl Fn() -> bool) {
        for _ in 0..PATIENCE_STEPS {
            if is_there() {
                return;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                panic!("the server ended ({status}): {said}");
            }
            std::thread::sleep(STEP);
        }
        panic!("the server did not start; see {}", log.display());
    }

    /// Nanoseconds that it and its children have been on a processor.
    pub(crate) fn cpu_nanos(&self) -> f64 {
        let threads = processes(self.child.id()).into_iter().flat_map(threads);
        threads.map(|path| on_processor(&path)).sum()
    }

    /// Resident memory in megabytes, its own share of what is shared.
    pub(crate) fn megabytes(&self) -> f64 {
        let of = |process: u32| {
            let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
            let text = text.unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            let number = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
            number.unwrap_or_default()
        };
        processes(self.child.id()).into_iter().map(of).sum::<f64>() / 1024.0
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("it has an id"), Signal::TERM).expect("it can be stopped");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port of the loopback interface that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address")
}

/// The answer to one GET of `path`, with `key`, on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str, key: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn processes(id: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|id| id.parse().ok());
    std::iter::once(id)
        .chain(children.flat_map(processes))
        .collect()
}

fn threads(process: u32) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{process}/task"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn on_processor(thread: &Path) -> f64 {
    let text = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.unwrap_or_default()
}
