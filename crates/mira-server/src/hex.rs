//! Bytes as people and files spell them.

use std::fmt::Write as _;

/// 64 hexadecimal digits of either case as 32 bytes.
pub(crate) fn parse(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Vec<u8> = pairs
        .iter()
        .map(|[high, low]| {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        })
        .collect::<Option<_>>()?;
    if rest.is_empty() {
        bytes.try_into().ok()
    } else {
        None
    }
}

/// Two lower-case digits for each byte.
pub(crate) fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // A String takes everything.
        write!(text, "{byte:02x}").ok();
    }
    text
}
