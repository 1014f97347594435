//! Input that people type, parsed once.

use crate::ConsoleError;

const MAX_NAME: usize = 100;
const MIN_PASSWORD: usize = 12;
const MAX_PASSWORD: usize = 200;
pub(crate) const MAX_EMAIL: usize = 254;
const MAX_REASON: usize = 500;

/// A name: 1 to 100 characters after trimming, no control characters.
pub(crate) fn name(text: &str) -> Result<String, ConsoleError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_NAME {
        return Err(ConsoleError::invalid("A name has 1 to 100 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(ConsoleError::invalid("A name has no control characters"));
    }
    Ok(text.to_owned())
}

/// A person's name, which may be empty.
pub(crate) fn person_name(text: &str) -> Result<String, ConsoleError> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        name(text)
    }
}

/// What people call a thing, which may be empty.
pub(crate) fn description(text: &str) -> Result<String, ConsoleError> {
    Ok(reason(Some(text))
        .map_err(|_| {
            ConsoleError::invalid(
                "A description has up to 500 characters and no control characters",
            )
        })?
        .unwrap_or_default())
}

/// An email address in lower case. Whether it exists only mail can tell, so this
/// refuses just what cannot be one.
pub(crate) fn email(text: &str) -> Result<String, ConsoleError> {
    let text = text.trim().to_lowercase();
    let is_plain =
        text.len() <= MAX_EMAIL && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.split_once('@') {
        Some((local, domain))
            if is_plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            Ok(text)
        }
        _ => Err(ConsoleError::invalid(
            "An email address is written as in ada@example.com",
        )),
    }
}

/// A password by NIST SP 800-63B: length is what counts, composition is not asked.
pub(crate) fn password<'p>(text: &'p str, email: &str) -> Result<&'p str, ConsoleError> {
    let length = text.chars().count();
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
        return Err(ConsoleError::invalid("A password has 12 to 200 characters"));
    }
    if text.to_lowercase() == email {
        return Err(ConsoleError::invalid(
            "The password must not be the email address",
        ));
    }
    Ok(text)
}

/// A reason for an action, kept in its audit event.
pub(crate) fn reason(text: Option<&str>) -> Result<Option<String>, ConsoleError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MAX_REASON || text.chars().any(char::is_control) {
        return Err(ConsoleError::invalid(
            "A reason has up to 500 characters and no control characters",
        ));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{email, name, password, reason};

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("  CI/CD ").unwrap(), "CI/CD");
        assert_eq!(name(&"ü".repeat(100)).unwrap().chars().count(), 100);
        for bad in ["", "   ", "a\nb", "a\u{7}b", &"x".repeat(101)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn email_addresses_are_kept_in_lower_case() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a da@example.com",
            "a@b@c",
            "a\0@b",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn passwords_are_judged_by_length_and_not_by_composition() {
        assert!(password("correct horse", "a@b").is_ok());
        assert!(password("short", "a@b").is_err());
        assert!(password(&"x".repeat(201), "a@b").is_err());
        assert!(password("Ada@Example.com", "ada@example.com").is_err());
    }

    #[test]
    fn empty_reason_is_no_reason() {
        assert_eq!(reason(Some("  ")).unwrap(), None);
        assert_eq!(reason(Some(" leaked ")).unwrap().as_deref(), Some("leaked"));
        assert!(reason(Some("a\nb")).is_err());
    }
}
