//! The form of a request over HTTP/2.

use http::header::{CONNECTION, HOST, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri, Version};

/// Gives the head of `request` the form of HTTP/2: the authority is in the target,
/// and nothing speaks of the connection (RFC 9113 §8.2.2). `TE: trailers` stays.
pub(crate) fn make_http2<B>(request: &mut Request<B>, scheme: &Scheme, authority: &Authority) {
    let target = request.uri().path_and_query().cloned();
    let target = target.unwrap_or(PathAndQuery::from_static("/"));
    let uri = Uri::builder()
        .scheme(scheme.clone())
        .authority(authority.clone())
        .path_and_query(target);
    if let Ok(uri) = uri.build() {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    for name in [HOST, CONNECTION, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::uri::{Authority, Scheme};
    use http::{Request, Version};

    use super::make_http2;

    #[test]
    fn head_changes_its_form() {
        let mut request = Request::post("/a?b=1")
            .header("host", "up:1")
            .header("connection", "te")
            .header("te", "trailers")
            .header("transfer-encoding", "chunked")
            .body(())
            .unwrap();
        make_http2(&mut request, &Scheme::HTTP, &Authority::from_static("up:1"));
        assert_eq!(request.uri(), "http://up:1/a?b=1");
        assert_eq!(request.version(), Version::HTTP_2);
        let names: Vec<_> = request.headers().keys().collect();
        assert_eq!(names, ["te"]);
    }
}
