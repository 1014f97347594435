//! How long the gateway waits, and for what.

use std::time::Duration;

/// The patience of one upstream. Silence counts only while somebody waits for
/// the next bytes: a slow reader is not the sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the name to a connection that is ready, TLS included.
    pub connect: Duration,
    /// From the last byte of the request to the head of the answer.
    pub head: Duration,
    /// Silence inside an answer.
    pub answer_silence: Duration,
    /// Silence inside a request.
    pub request_silence: Duration,
    /// Silence of an upgraded connection, in both directions.
    pub tunnel_silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            head: Duration::from_mins(1),
            answer_silence: Duration::from_mins(5),
            request_silence: Duration::from_secs(15),
            tunnel_silence: Duration::from_mins(10),
        }
    }
}
