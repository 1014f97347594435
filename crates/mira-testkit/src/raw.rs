//! Bytes as they are, for requests that no client would send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest silence before an answer counts as complete.
const SILENCE: Duration = Duration::from_secs(3);
const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// Sends `bytes` on a fresh connection, and returns everything that comes back
/// until the server closes it or is silent for three seconds.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the server accepts connections");
    let timeouts = stream
        .set_read_timeout(Some(SILENCE))
        .and(stream.set_write_timeout(Some(SILENCE)));
    timeouts.expect("a socket has timeouts");
    // A server may refuse and close before it has read everything; what it said
    // counts, so neither a failed write nor a reset afterwards is a fault.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.take(MAX_ANSWER).read_to_end(&mut answer);
    answer
}
