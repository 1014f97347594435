//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Why a configuration cannot be used. It prints as one line, such as
/// `mira.toml:12:5: unknown member "lisen", expected one of …`.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{name}: {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// What the operating system said.
        reason: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{name}:{position}: {reason}")]
    Invalid {
        /// The file.
        name: String,
        /// Where in it.
        position: Position,
        /// What is wrong.
        reason: String,
    },
    /// A variable or a flag has a value that it cannot have.
    #[error("{name}: {reason}")]
    Setting {
        /// The variable or the flag.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// A place in a text, counted in lines and characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Something wrong, at bytes of the text that is being read.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) reason: String,
}

/// The text that is being read, and its name.
pub(super) struct Source<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { span, reason }
    }
}

impl From<toml::de::Error> for Fault {
    fn from(error: toml::de::Error) -> Self {
        // The words of the parser, in those of this manual.
        let reason = error.message().replace('`', "\"");
        let reason = reason
            .replacen("unknown field", "unknown member", 1)
            .replacen("missing field", "missing member", 1);
        Self::new(error.span().unwrap_or_default(), reason)
    }
}

impl Source<'_> {
    /// The folder that the file is in.
    pub(super) fn folder(&self) -> &Path {
        Path::new(self.name).parent().unwrap_or(Path::new(""))
    }

    pub(super) fn error(&self, fault: Fault) -> ConfigError {
        ConfigError::Invalid {
            name: self.name.to_owned(),
            position: Position::of(fault.span.start, self.text),
            reason: fault.reason,
        }
    }
}

impl Position {
    fn of(byte: usize, text: &str) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
