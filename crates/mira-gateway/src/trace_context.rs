//! W3C Trace Context: a trace that began before us goes on, and one begins here
//! otherwise.

use http::{HeaderMap, HeaderName, HeaderValue};
use mira_wire::RequestId;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Lets a valid `traceparent` pass and replaces anything else by one that is made
/// of the request id, so that logs and traces find each other. A state without
/// its parent is dropped (W3C Trace Context §3.3).
pub(crate) fn continue_trace(headers: &mut HeaderMap, request_id: RequestId) {
    let mut parents = headers.get_all(TRACEPARENT).iter();
    let is_valid = parents
        .next()
        .is_some_and(|parent| is_parent(parent.as_bytes()));
    if is_valid && parents.next().is_none() {
        return;
    }
    headers.remove(TRACESTATE);
    let mut buffer = [0; 32];
    let trace_id: &str = request_id.encode_digits(&mut buffer);
    // The last half is random, and never zero: it begins with the UUID's variant.
    let span_id = trace_id.get(16..).unwrap_or_default();
    // Sampled, as an upstream without a parent would decide by default.
    let parts = ["00-", trace_id, "-", span_id, "-01"];
    let mut parent = String::with_capacity(55);
    parent.extend(parts);
    if let Ok(parent) = HeaderValue::try_from(parent) {
        headers.insert(TRACEPARENT, parent);
    }
}

/// `version "-" trace-id "-" parent-id "-" trace-flags` (§3.2.2). A later version
/// may have more behind it.
fn is_parent(bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(5, |byte| *byte == b'-');
    let mut next = || parts.next().unwrap_or_default();
    let (version, trace_id, span_id, flags, more) = (next(), next(), next(), next(), parts.next());
    let is_hex = |part: &[u8], length| {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        part.len() == length && part.iter().all(is_digit)
    };
    let is_set = |part: &[u8]| part.iter().any(|byte| *byte != b'0');
    is_hex(version, 2)
        && version != b"ff"
        && (version != b"00" || more.is_none())
        && is_hex(trace_id, 32)
        && is_set(trace_id)
        && is_hex(span_id, 16)
        && is_set(span_id)
        && is_hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use mira_core::Timestamp;
    use mira_wire::RequestId;

    use super::{continue_trace, is_parent};

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn id() -> RequestId {
        RequestId::new(Timestamp::from_millis(1_800_000_000_000), [7; 10])
    }

    #[test]
    fn good_trace_goes_on_unchanged() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", GOOD.parse().unwrap());
        headers.insert("tracestate", "a=1".parse().unwrap());
        continue_trace(&mut headers, id());
        assert_eq!(headers["traceparent"], GOOD);
        assert_eq!(headers["tracestate"], "a=1");
    }

    #[test]
    fn trace_that_is_absent_bad_or_doubled_begins_here() {
        for parents in [vec![], vec!["00-0-0-00"], vec![GOOD, GOOD]] {
            let mut headers = HeaderMap::new();
            for parent in parents {
                headers.append("traceparent", parent.parse().unwrap());
            }
            headers.insert("tracestate", "a=1".parse().unwrap());
            continue_trace(&mut headers, id());
            let parent = headers["traceparent"].to_str().unwrap();
            let trace_id = id().to_string().replace('-', "");
            assert_eq!(parent, format!("00-{trace_id}-{}-01", &trace_id[16..]));
            assert!(is_parent(parent.as_bytes()));
            assert_eq!(headers.get_all("traceparent").iter().count(), 1);
            assert!(!headers.contains_key("tracestate"));
        }
    }

    #[test]
    fn parent_has_one_form() {
        for (text, expected) in [
            (GOOD, true),
            (
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                true,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                false,
            ),
            (
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                false,
            ),
            (
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                false,
            ),
            (
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                false,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                false,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_parent(text.as_bytes()), expected, "{text}");
        }
    }
}
