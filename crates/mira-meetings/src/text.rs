//! Texts that callers send, held to a length and to characters that every store
//! and page can show.

use crate::invalid::Invalid;

/// `value` without white space around it: 1 to `max` characters, none of them a
/// control character.
pub(crate) fn line(member: &'static str, value: &str, max: usize) -> Result<String, Invalid> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > max || value.contains(char::is_control) {
        return Err(Invalid::Line { member, max });
    }
    Ok(value.to_owned())
}

/// `value` as it is: at most `max` characters, not blank, with line breaks and
/// tabs as the only control characters.
pub(crate) fn prose(member: &'static str, value: String, max: usize) -> Result<String, Invalid> {
    if value.trim().is_empty() {
        return Err(Invalid::Prose { member, max });
    }
    note(member, value, max)
}

/// The same, and may be empty.
pub(crate) fn note(member: &'static str, value: String, max: usize) -> Result<String, Invalid> {
    let is_unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if value.chars().count() > max || value.contains(is_unfit) {
        return Err(Invalid::Prose { member, max });
    }
    Ok(value)
}
