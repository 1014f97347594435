//! Where answers and remarks go, and where input comes from. Whoever closed the other end
//! has read enough.

use std::io::{Write as _, stderr, stdin, stdout};

use crate::error::CommandError;

/// Prints lines to stdout: what the command was asked for.
pub(crate) fn say(lines: &str) {
    let _ = writeln!(stdout().lock(), "{lines}");
}

/// Prints lines to stderr: everything that is said beside it.
pub(crate) fn note(lines: &str) {
    let _ = writeln!(stderr().lock(), "{lines}");
}

/// Asks a question on stderr and reads one line.
pub(crate) fn ask(question: &str) -> Result<String, CommandError> {
    let _ = write!(stderr().lock(), "{question}");
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(CommandError::Input)?;
    Ok(line.trim().to_owned())
}

/// Asks for a password on the terminal, without showing it.
pub(crate) fn ask_password(question: &str) -> Result<String, CommandError> {
    rpassword::prompt_password(question).map_err(CommandError::Input)
}

/// Reads all of stdin.
pub(crate) fn read_input() -> Result<String, CommandError> {
    std::io::read_to_string(stdin()).map_err(CommandError::Input)
}
