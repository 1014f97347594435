//! A process of a test, which never outlives it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::output::Output;

const STEP: Duration = Duration::from_millis(5);
const OUTPUT_PATIENCE: Duration = Duration::from_secs(5);
/// The longest that [`run`] waits.
const RUN_PATIENCE: Duration = Duration::from_mins(1);

/// What is left of a process that ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit code; absent if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Runs a program to its end, with nothing in its environment but `environment`.
pub fn run(
    program: impl AsRef<Path>,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &str,
) -> Finished {
    let arguments = arguments.iter().map(ToString::to_string).collect();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = environment.iter().map(owned).collect();
    let mut process = Process::start(program.as_ref(), arguments, environment);
    process.write(input);
    process.finish(RUN_PATIENCE)
}

/// A running process, killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

impl Process {
    pub(crate) fn start(
        program: &Path,
        arguments: Vec<String>,
        environment: BTreeMap<String, String>,
    ) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().map(Output::of).unwrap_or_default();
        let stderr = child.stderr.take().map(Output::of).unwrap_or_default();
        Self {
            child,
            stdout,
            stderr,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Writes all of stdin. A process that does not read it is no fault.
    fn write(&mut self, input: &str) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.write_all(input.as_bytes());
        }
    }

    /// Sends a signal, if the process has not ended.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), self.pid()) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits for the end, and takes what was written.
    pub(crate) fn finish(mut self, patience: Duration) -> Finished {
        let Some(status) = self.wait(patience) else {
            let stderr = self.stderr.text();
            panic!("the process did not end within {patience:?}; stderr:\n{stderr}");
        };
        Finished {
            code: status.code(),
            stdout: self.stdout.finish(OUTPUT_PATIENCE),
            stderr: self.stderr.finish(OUTPUT_PATIENCE),
        }
    }

    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let steps = patience.as_millis() / STEP.as_millis();
        for _ in 0..steps {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return Some(status);
            }
            std::thread::sleep(STEP);
        }
        None
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()).ok()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
