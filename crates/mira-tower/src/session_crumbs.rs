//! The console's session cookie is no upstream's business, in either direction.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use mira_wire::SessionCookie;

/// Takes our crumbs out of `Cookie` and leaves the others, in one line: HTTP/2
/// may spread them over several, and HTTP/1.1 may not (RFC 9113 §8.2.3).
pub fn remove_session(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter();
    let Some(first) = lines.next() else { return };
    let is_one_line = lines.next().is_none();
    if is_one_line && !crumbs(first).any(is_session) {
        return;
    }
    let kept = headers.get_all(COOKIE).iter().flat_map(crumbs);
    let kept: Vec<&[u8]> = kept.filter(|crumb| !is_session(crumb)).collect();
    // Parts of good values make a good value.
    let line = HeaderValue::from_bytes(&kept.join(b"; ".as_slice()));
    headers.remove(COOKIE);
    if let Ok(line) = line
        && !line.is_empty()
    {
        headers.insert(COOKIE, line);
    }
}

/// Drops every `Set-Cookie` that would set ours.
pub fn refuse_session(headers: &mut HeaderMap) {
    let is_ours = |line: &HeaderValue| crumbs(line).next().is_some_and(is_session);
    if !headers.get_all(SET_COOKIE).iter().any(is_ours) {
        return;
    }
    let lines = headers.get_all(SET_COOKIE).iter();
    let kept: Vec<HeaderValue> = lines.filter(|line| !is_ours(line)).cloned().collect();
    headers.remove(SET_COOKIE);
    for line in kept {
        headers.append(SET_COOKIE, line);
    }
}

fn crumbs(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let crumbs = line.as_bytes().split(|byte| *byte == b';');
    crumbs.map(<[u8]>::trim_ascii)
}

/// Whether a crumb is one of ours, also one without a name that reads as ours
/// when a browser sends it back (`=mira_session=…`).
fn is_session(crumb: &[u8]) -> bool {
    let mut named = crumb;
    while let [b'=' | b' ' | b'\t', rest @ ..] = named {
        named = rest;
    }
    let name = named.split(|byte| *byte == b'=').next().unwrap_or_default();
    let name = name.trim_ascii();
    SessionCookie::NAMES
        .iter()
        .any(|ours| name.eq_ignore_ascii_case(ours.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::header::{COOKIE, SET_COOKIE};
    use http::{HeaderMap, HeaderName};

    use super::{refuse_session, remove_session};

    fn headers(name: &HeaderName, lines: &[&str]) -> HeaderMap {
        let fields = lines
            .iter()
            .map(|line| (name.clone(), line.parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.extend(fields);
        headers
    }

    fn lines(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
        let lines = headers.get_all(name).iter();
        lines
            .map(|line| line.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn our_crumbs_are_taken_out_and_others_stay_as_they_are() {
        for (given, expected) in [
            (vec!["a=1;b=2"], vec!["a=1;b=2"]),
            (vec!["mira_session=x"], vec![]),
            (vec!["a=1; mira_session=x; b=2"], vec!["a=1; b=2"]),
            (vec!["__Host-mira_session=x;a=1"], vec!["a=1"]),
            (vec!["a=1", "mira_session=x", "b=2"], vec!["a=1; b=2"]),
            (vec!["a=1", "b=2"], vec!["a=1; b=2"]),
            (vec!["a=mira_session=x"], vec!["a=mira_session=x"]),
            (vec!["not_mira_session=x"], vec!["not_mira_session=x"]),
            (vec!["=mira_session=x; a=1"], vec!["a=1"]),
            (vec!["mira_session; a=1"], vec!["a=1"]),
        ] {
            let mut headers = headers(&COOKIE, &given);
            remove_session(&mut headers);
            assert_eq!(lines(&headers, &COOKIE), expected, "{given:?}");
        }
    }

    #[test]
    fn upstream_cannot_set_our_cookie() {
        for (given, expected) in [
            (vec!["a=1; Path=/"], vec!["a=1; Path=/"]),
            (vec!["mira_session=x; Path=/", "a=1"], vec!["a=1"]),
            (vec!["__Host-mira_session=x; Secure"], vec![]),
            (vec!["=mira_session=x"], vec![]),
            (vec![" mira_session =x"], vec![]),
            (vec!["a=1; mira_session=x"], vec!["a=1; mira_session=x"]),
        ] {
            let mut headers = headers(&SET_COOKIE, &given);
            refuse_session(&mut headers);
            assert_eq!(lines(&headers, &SET_COOKIE), expected, "{given:?}");
        }
    }
}
