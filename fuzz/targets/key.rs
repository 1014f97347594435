//! The key parser: it never panics, and what it takes is what it shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mira_key::{KeyDigest, KeyParts, ServiceName};

fuzz_target!(|bytes: &[u8]| {
    let _ = KeyDigest::of(bytes);
    let _ = ServiceName::parse(bytes);
    let Ok(key) = KeyParts::parse(bytes) else {
        return;
    };
    assert!(bytes.is_ascii());
    let shown = key.display_prefix();
    assert!(bytes.starts_with(shown.as_bytes()) && shown.len() + 28 == bytes.len());
    if key.checksum_matches() {
        let mut changed = bytes.to_vec();
        if let Some(last) = changed.last_mut() {
            *last = if *last == b'0' { b'1' } else { b'0' };
        }
        let changed = KeyParts::parse(&changed).expect("a digit is as good as another");
        assert!(
            !changed.checksum_matches(),
            "one digit more or less matches too"
        );
    }
});
