//! When a request may be sent again.

use std::error::Error as _;

use h2::Reason;

use crate::outgoing::Outgoing;

/// Whether `outgoing`, which has no body and may have been carried out, may be sent
/// again after it failed with `error`: where twice is as good as once, or nothing was
/// done with it. Only on a shared connection an upstream can say so.
pub(crate) fn may_follow(outgoing: &Outgoing<'_>, is_shared: bool, error: &hyper::Error) -> bool {
    outgoing.is_idempotent() || (is_shared && is_unprocessed(error))
}

/// Whether the upstream said that it did nothing with the request: it refused the
/// stream, or went away before it (RFC 9113 §6.8, §8.7).
fn is_unprocessed(error: &hyper::Error) -> bool {
    let reason = error.source().and_then(|source| source.downcast_ref());
    reason.is_some_and(|error: &h2::Error| {
        let went_away = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        error.is_remote() && (went_away || refused)
    })
}
