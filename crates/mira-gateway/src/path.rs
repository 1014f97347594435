//! Paths that read the same to everybody.
//!
//! Proxies and servers disagree about dot segments and encoded delimiters, and
//! every disagreement is a way round a check. Such a path is refused instead of
//! repaired: what is decided on is, byte for byte, what is forwarded.

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with a slash.
    #[error("The path must begin with a slash")]
    NotAbsolute,
    /// It has a `.` or `..` segment, also percent-encoded (RFC 3986 §5.2.4).
    #[error("The path must not contain dot segments")]
    DotSegment,
    /// It has an encoded slash, or a backslash in any spelling.
    #[error("The path must not contain an encoded slash or a backslash")]
    EncodedSlash,
    /// It has an encoded NUL or another control character.
    #[error("The path must not contain control characters")]
    ControlCharacter,
    /// A `%` is not followed by two hexadecimal digits.
    #[error("The path has an invalid percent-encoding")]
    InvalidEncoding,
}

/// Checks that `path`, without its query, reads the same to everybody.
pub fn check_path(path: &str) -> Result<(), PathError> {
    let segments = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
    segments.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), PathError> {
    // A path parameter does not hide a dot segment: `..;x=1` is one to some servers.
    let mut name = [0_u8; 3];
    let mut length = 0;
    let mut in_name = true;
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'%' => decode(bytes.next(), bytes.next()).ok_or(PathError::InvalidEncoding)?,
            literal => literal,
        };
        match decoded {
            b'/' | b'\\' => return Err(PathError::EncodedSlash),
            0..=0x1F | 0x7F => return Err(PathError::ControlCharacter),
            b';' => in_name = false,
            _ => {}
        }
        if in_name {
            if let Some(place) = name.get_mut(length) {
                *place = decoded;
            }
            length += 1;
        }
    }
    let is_dots = (1..=2).contains(&length) && name.iter().take(length).all(|byte| *byte == b'.');
    if is_dots {
        Err(PathError::DotSegment)
    } else {
        Ok(())
    }
}

fn decode(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PathError, check_path};

    #[test]
    fn paths_that_servers_read_differently_are_refused() {
        for (path, error) in [
            ("", PathError::NotAbsolute),
            ("api", PathError::NotAbsolute),
            ("/.", PathError::DotSegment),
            ("/a/../b", PathError::DotSegment),
            ("/a/./b", PathError::DotSegment),
            ("/a/..", PathError::DotSegment),
            ("/a/%2e%2e/b", PathError::DotSegment),
            ("/a/.%2E/b", PathError::DotSegment),
            ("/a/%2e", PathError::DotSegment),
            ("/a/..;x=1/b", PathError::DotSegment),
            ("/a/..%3bx/b", PathError::DotSegment),
            ("/a%2fb", PathError::EncodedSlash),
            ("/a%2Fb", PathError::EncodedSlash),
            ("/a\\b", PathError::EncodedSlash),
            ("/a%5Cb", PathError::EncodedSlash),
            ("/a%00", PathError::ControlCharacter),
            ("/a%0d%0a", PathError::ControlCharacter),
            ("/a%7f", PathError::ControlCharacter),
            ("/a%", PathError::InvalidEncoding),
            ("/a%2", PathError::InvalidEncoding),
            ("/a%zz", PathError::InvalidEncoding),
            ("/a%+1", PathError::InvalidEncoding),
        ] {
            assert_eq!(check_path(path), Err(error), "{path}");
        }
    }

    #[test]
    fn ordinary_paths_are_taken() {
        for path in [
            "/",
            "//",
            "/a/b",
            "/a/...",
            "/.well-known/x",
            "/a/..b",
            "/a%20b",
            "/%E2%82%AC",
            "/a;b=1",
            "/a/%252e%252e",
        ] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    proptest! {
        #[test]
        fn taken_path_never_decodes_to_a_dot_segment_or_another_slash(path in "/[./%2eEfF5cC;a]{0,12}") {
            if check_path(&path).is_ok() {
                let decoded = path.replace("%2e", ".").replace("%2E", ".");
                prop_assert!(!decoded.split('/').any(|segment| segment == "." || segment == ".."));
                prop_assert!(!path.to_lowercase().contains("%2f") && !path.to_lowercase().contains("%5c"));
            }
        }
    }
}
