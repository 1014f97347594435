//! A proxy of somebody else that runs for a test.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;

const STEP: Duration = Duration::from_millis(20);
/// 30 seconds of steps.
const STEPS: u32 = 1_500;

/// A running proxy, killed when dropped.
pub struct Proxy {
    process: Process,
    address: SocketAddr,
    folder: TempDir,
}

impl Proxy {
    /// Starts `program` beside `files`, their names and texts, and waits until
    /// something listens at `address`. In arguments and texts, `{folder}` is the
    /// folder of the files, which is also the home of the process.
    pub fn start(
        program: &Path,
        arguments: &[&str],
        files: &[(&str, String)],
        address: SocketAddr,
    ) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let home = folder.path().display().to_string();
        for (name, text) in files {
            let text = text.replace("{folder}", &home);
            std::fs::write(folder.path().join(name), text).expect("a file can be written");
        }
        let arguments = arguments
            .iter()
            .map(|argument| argument.replace("{folder}", &home))
            .collect();
        let environment = BTreeMap::from([("HOME".to_owned(), home)]);
        let mut proxy = Self {
            process: Process::start(program, arguments, environment),
            address,
            folder,
        };
        proxy.wait(program);
        proxy
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has written to stderr.
    pub fn stderr(&self) -> String {
        self.process.stderr.text()
    }

    fn wait(&mut self, program: &Path) {
        for _ in 0..STEPS {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            if self.process.has_ended() {
                break;
            }
            std::thread::sleep(STEP);
        }
        let (stdout, stderr) = (self.process.stdout.text(), self.process.stderr.text());
        let program = program.display();
        panic!("{program} does not listen; stdout:\n{stdout}\nstderr:\n{stderr}");
    }
}

/// An address on loopback that nothing listens at yet.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    listener.local_addr().expect("a listener has an address")
}
