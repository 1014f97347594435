//! Several header fields in one piece of memory.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Sets `fields`, in the place of others of their names. Their values share one
/// allocation, where each would take one. A value that no field may have is left out.
pub fn set_fields<'f>(
    headers: &mut HeaderMap,
    fields: impl Iterator<Item = (HeaderName, &'f [u8])> + Clone,
) {
    let values = fields.clone().map(|(_, value)| value);
    let mut text = Vec::with_capacity(values.clone().map(<[u8]>::len).sum());
    values.for_each(|value| text.extend_from_slice(value));
    let mut rest = Bytes::from(text);
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_maybe_shared(rest.split_to(value.len())) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AGE, ETAG, VARY};
    use http::{HeaderMap, HeaderValue};

    use super::set_fields;

    #[test]
    fn fields_are_set_as_they_were_given() {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("before"));
        let fields: [(_, &[u8]); 3] = [(VARY, b"after"), (ETAG, b"no\nvalue"), (AGE, b"")];
        set_fields(&mut headers, fields.into_iter());
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers[VARY], &headers[AGE]),
            (&"after".parse().unwrap(), &"".parse().unwrap())
        );
    }
}
