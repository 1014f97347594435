//! The relay: requests are watched alike wherever their bytes are cut, and nothing of
//! a client's passes for what Mira says.
#![no_main]

#[path = "../../crates/mira-server/src/framing.rs"]
#[expect(dead_code, reason = "a part of it is driven")]
mod framing;
#[path = "../../crates/mira-gateway/src/hop_by_hop.rs"]
#[expect(dead_code, reason = "a part of it is driven")]
mod hop_by_hop;

use framing::Framing;
use http::header::{CONNECTION, COOKIE, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;
use mira_tower::{is_for_mira, remove_session};

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else {
        return;
    };
    watch(bytes, usize::from(*cut) + 1);
    pass_on(bytes);
});

fn watch(bytes: &[u8], cut: usize) {
    let spoiled = |parts: usize| {
        let mut copy = bytes.to_vec();
        let mut framing = Framing::new();
        for part in copy.chunks_mut(parts) {
            framing.follow(part);
        }
        copy
    };
    // What was given with a NUL already does not tell whether one was put in.
    let given: Vec<u8> = bytes.to_vec();
    let whole = spoiled(bytes.len().max(1));
    let parts = spoiled(cut);
    let changes = |copy: &[u8]| {
        let pairs = copy.iter().zip(&given);
        let changed: Vec<_> = pairs.filter(|(now, was)| now != was).collect();
        assert!(changed.len() <= 1 && changed.iter().all(|(now, _)| **now == 0));
        changed.len()
    };
    let (whole, parts) = (changes(&whole), changes(&parts));
    if !bytes.contains(&0) {
        assert_eq!(whole, parts, "cutting the bytes changed the verdict");
    }
}

fn pass_on(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(at) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..at]);
        let value = HeaderValue::from_bytes(line[at + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let ends_here = hop_by_hop::HopByHop::of(&headers);
    let names: Vec<_> = headers
        .keys()
        .filter(|name| ends_here.has(name) || is_for_mira(name.as_str()))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
    remove_session(&mut headers);
    assert!(!headers.contains_key(CONNECTION) && !headers.contains_key(TRANSFER_ENCODING));
    for name in headers.keys() {
        let folded: String = name
            .as_str()
            .chars()
            .map(|char| {
                if char.is_ascii_alphanumeric() {
                    char
                } else {
                    '-'
                }
            })
            .collect();
        assert!(
            !folded.starts_with("x-mira-") && folded != "authorization",
            "{name}"
        );
    }
    for crumb in headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
    {
        let crumb = crumb.trim_ascii();
        assert!(
            !crumb.starts_with(b"mira_session=") && !crumb.starts_with(b"__Host-mira_session=")
        );
    }
    let before = headers.clone();
    remove_session(&mut headers);
    assert_eq!(before, headers, "twice is as once");
}
