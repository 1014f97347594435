//! Several header fields in one piece of memory.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Fields that are about to be set, and the text of all their values: one
/// allocation, where a value of its own for each would take one each.
#[derive(Debug)]
pub struct Fields<const N: usize> {
    text: Vec<u8>,
    /// Each name, and where its value ends.
    names: [Option<(HeaderName, usize)>; N],
    count: usize,
}

impl<const N: usize> Fields<N> {
    /// None yet; `length` bytes of values are expected.
    pub fn with_capacity(length: usize) -> Self {
        Self {
            text: Vec::with_capacity(length),
            names: [const { None }; N],
            count: 0,
        }
    }

    /// Adds a field. There is room for `N`; what comes after them is not set.
    pub fn push(&mut self, name: HeaderName, value: &[u8]) {
        if let Some(place) = self.names.get_mut(self.count) {
            self.text.extend_from_slice(value);
            *place = Some((name, self.text.len()));
            self.count += 1;
        }
    }

    /// Sets the fields, in the place of others of their names. A value that no field
    /// may have is left out.
    pub fn set(self, headers: &mut HeaderMap) {
        headers.reserve(self.count);
        let text = Bytes::from(self.text);
        let mut begin = 0;
        for (name, end) in self.names.into_iter().flatten() {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(begin..end)) {
                headers.insert(name, value);
            }
            begin = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AGE, ETAG, VARY};
    use http::{HeaderMap, HeaderValue};

    use super::Fields;

    #[test]
    fn fields_are_set_as_they_were_given() {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("before"));
        let mut fields = Fields::<3>::with_capacity(4);
        fields.push(VARY, b"after");
        fields.push(AGE, b"");
        fields.push(ETAG, b"no\nvalue");
        fields.set(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers[VARY], &headers[AGE]),
            (&"after".parse().unwrap(), &"".parse().unwrap())
        );
    }
}
