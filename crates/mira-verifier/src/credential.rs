//! What a request presents, before anybody knows whose it is.

use std::fmt;

/// A request's credential, as the door read it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// None was presented.
    Absent,
    /// A bearer credential that is not one key.
    Malformed,
    /// More than one was presented.
    Ambiguous,
    /// One was presented: its bytes, of whatever form.
    Presented(&'a [u8]),
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Malformed => "Malformed",
            Self::Ambiguous => "Ambiguous",
            Self::Presented(_) => "Presented(…)",
        })
    }
}
