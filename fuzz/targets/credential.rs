//! The credential reader: one credential, or none, and never two.
#![no_main]

use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderMap, HeaderName};
use libfuzzer_sys::fuzz_target;
use mira_tower::credential;
use mira_verifier::Credential;

fuzz_target!(|bytes: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        // Lines without a name are fields of `Authorization`.
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (HeaderName::from_bytes(&line[..at]).ok(), &line[at + 1..]),
            None => (Some(AUTHORIZATION), line),
        };
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let fields: Vec<_> = headers.get_all(AUTHORIZATION).iter().collect();
    match credential(&headers) {
        Credential::Absent => {}
        Credential::Ambiguous => {
            assert!(fields.len() > 1 || headers.contains_key("x-api-key"));
        }
        Credential::Malformed => assert_eq!(fields.len(), 1),
        Credential::Presented(key) => {
            assert!(fields.len() == 1 && !headers.contains_key("x-api-key"));
            assert!(!key.is_empty() && key.len() <= 512);
            assert!(key.iter().all(u8::is_ascii_graphic) && !key.contains(&b','));
            let field = fields[0].as_bytes().trim_ascii();
            assert!(field.ends_with(key) && field.len() == key.len() + "Bearer ".len());
        }
    }
});
