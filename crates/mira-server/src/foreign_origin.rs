//! Cross-site request forgery: a browser says where a request came from, and a
//! program that is no browser says nothing and passes.

use http::uri::Authority;
use http::{HeaderMap, Method, Uri};
use mira_wire::{ErrorCode, Refusal};

/// Refuses a change that a page of somebody else asks for with our visitor's
/// cookie. Ours are the host that was asked and `public`, by which people know
/// this installation where a proxy says another host.
pub(crate) fn refuse_foreign_origin(
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
    public: Option<&Authority>,
) -> Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("null"))
    };
    let fetch_site = text("sec-fetch-site");
    let fetch_site_is_foreign =
        fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let host = uri
        .authority()
        .map(Authority::as_str)
        .or_else(|| text("host"));
    let origin_is_foreign = text("origin").is_some_and(|origin| {
        // A page with a strict referrer policy sends `null` to its own origin
        // too; the browser's own word, which no script can set, then decides.
        if origin == "null" && fetch_site.is_some() {
            return false;
        }
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_none() || (authority != host && authority != public.map(Authority::as_str))
    });
    if fetch_site_is_foreign || origin_is_foreign {
        return Err(Refusal::error(ErrorCode::CrossOrigin));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::uri::Authority;
    use http::{HeaderMap, HeaderValue, Method};

    use super::refuse_foreign_origin;

    fn is_refused(method: &Method, fields: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        let public = Authority::from_static("mira.public.example");
        headers.insert("host", HeaderValue::from_static("mira.example:8080"));
        for (name, value) in fields {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        refuse_foreign_origin(
            method,
            &headers,
            &http::Uri::from_static("/v1/keys"),
            Some(&public),
        )
        .is_err()
    }

    #[test]
    fn browser_requests_from_elsewhere_are_refused() {
        for (fields, refused) in [
            (&[][..], false),
            (&[("origin", "http://mira.example:8080")], false),
            (&[("origin", "https://mira.example:8080")], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://mira.public.example")], false),
            (&[("origin", "http://mira.example")], true),
            (&[("origin", "http://evil.example")], true),
            (&[("origin", "null")], true),
            (
                &[("sec-fetch-site", "same-origin"), ("origin", "null")],
                false,
            ),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "null")],
                true,
            ),
            (&[("origin", "")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "http://evil.example"),
                ],
                true,
            ),
        ] {
            assert_eq!(is_refused(&Method::POST, fields), refused, "{fields:?}");
            assert!(!is_refused(&Method::GET, fields));
        }
    }
}
