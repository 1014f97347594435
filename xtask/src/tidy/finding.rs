//! One line of tidy's answer: a place and what is wrong there.

use std::fmt;

/// Whether a finding fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Must be mended.
    Fault,
    /// Worth a look; does not fail.
    Note,
}

/// Something a rule has to say about one line of one file.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    path: String,
    /// From 1.
    line: usize,
    what: String,
}

impl Finding {
    pub(crate) fn fault(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            severity: Severity::Fault,
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }

    pub(crate) fn note(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::fault(path, line, what)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = match self.severity {
            Severity::Fault => "",
            Severity::Note => "note: ",
        };
        write!(f, "{}:{}: {note}{}", self.path, self.line, self.what)
    }
}
