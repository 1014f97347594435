//! The path check: a path that is taken reads the same, however often it is decoded
//! and whoever cuts it into segments.
#![no_main]

#[path = "../../crates/mira-gateway/src/path.rs"]
mod path;

use http::uri::PathAndQuery;
use libfuzzer_sys::fuzz_target;
use path::check_path;

fuzz_target!(|bytes: &[u8]| {
    // The doors take a target that begins so and has no fragment; it must not change.
    if bytes.starts_with(b"/") && !bytes.contains(&b'#') {
        if let Ok(target) = PathAndQuery::try_from(bytes) {
            assert_eq!(target.as_str().as_bytes(), bytes);
        }
    }
    let Ok(path) = std::str::from_utf8(bytes) else {
        return;
    };
    if check_path(path).is_err() {
        return;
    }
    assert!(path.starts_with('/'));
    let decoded = decode(path.as_bytes());
    assert_eq!(
        decoded.iter().filter(|byte| **byte == b'/').count(),
        path.bytes().filter(|byte| *byte == b'/').count(),
        "another slash came to light"
    );
    for byte in &decoded {
        assert!(!byte.is_ascii_control() && *byte != b'\\');
    }
    for segment in decoded.split(|byte| *byte == b'/') {
        let name = segment
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default();
        assert!(name != b"." && name != b"..");
    }
});

fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = path;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let digits = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        (rest, _) = match (first, digits) {
            (b'%', Some(byte)) => (&after[2..], decoded.push(byte)),
            _ => (after, decoded.push(*first)),
        };
    }
    decoded
}
