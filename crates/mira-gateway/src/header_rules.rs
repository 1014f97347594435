//! What an operator adds to requests and takes out of answers.

use std::fmt;

use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use mira_tower::{begins_as, is_identity, reads_as};

use crate::arrival::is_claim_of_origin;

/// The rules of one service. They come after everything that the gateway does
/// itself, which they cannot undo.
#[derive(Clone, Default)]
pub struct HeaderRules {
    set: Vec<(HeaderName, HeaderValue)>,
    removed: Vec<HeaderName>,
}

/// The field is not an operator's to set or remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRuleError {
    /// It says how a message is framed or where it goes.
    #[error("this field belongs to the connection and not to a service")]
    Framing,
    /// It says who is behind a request.
    #[error("this field is Mira's own")]
    Identity,
}

/// Fields that say how a message is to be read, and where it goes.
const FRAMING: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
];

impl HeaderRules {
    /// Sets `name` in every request to the upstream, over whatever came in. The
    /// value may be the upstream's own credential and is never printed.
    pub fn set(&mut self, name: HeaderName, mut value: HeaderValue) -> Result<(), HeaderRuleError> {
        check(&name)?;
        if is_claim_of_origin(name.as_str()) {
            return Err(HeaderRuleError::Identity);
        }
        value.set_sensitive(true);
        self.set.push((name, value));
        Ok(())
    }

    /// Takes `name` out of every answer of the upstream.
    pub fn remove(&mut self, name: HeaderName) -> Result<(), HeaderRuleError> {
        check(&name)?;
        if name == CONTENT_TYPE {
            return Err(HeaderRuleError::Framing);
        }
        self.removed.push(name);
        Ok(())
    }

    pub(crate) fn apply_to_request(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.set {
            // A server may read another spelling as this one.
            let same = headers
                .keys()
                .filter(|other| reads_as(other.as_str(), name.as_str()));
            let same: Vec<HeaderName> = same.cloned().collect();
            for other in same {
                headers.remove(other);
            }
            headers.insert(name, value.clone());
        }
    }

    pub(crate) fn apply_to_answer(&self, headers: &mut HeaderMap) {
        for name in &self.removed {
            headers.remove(name);
        }
    }
}

fn check(name: &HeaderName) -> Result<(), HeaderRuleError> {
    if FRAMING.contains(name) || begins_as(name.as_str(), "proxy-") {
        return Err(HeaderRuleError::Framing);
    }
    if is_identity(name.as_str()) {
        return Err(HeaderRuleError::Identity);
    }
    Ok(())
}

impl fmt::Debug for HeaderRules {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<&HeaderName> = self.set.iter().map(|(name, _)| name).collect();
        f.debug_struct("HeaderRules")
            .field("set", &set)
            .field("removed", &self.removed)
            .finish()
    }
}
