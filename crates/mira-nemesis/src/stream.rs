//! A response of a key that does not end by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock::Stamp;
use crate::exchange::Exchange;
use crate::record::Record;
use crate::victim::{STREAM_LIMIT, Victim};

/// Longer than a node is stopped.
const PATIENCE: Duration = Duration::from_secs(20);
/// An upstream's event, as it comes through.
const EVENT: &[u8] = b"data: 1";

/// Reads a stream to its end and judges when it ended.
pub(crate) async fn follow(victim: Arc<Victim>, door: SocketAddr, record: Arc<Record>) {
    let request = format!(
        "GET /drip/stream HTTP/1.1\r\nHost: mira\r\nAuthorization: Bearer {}\r\n\r\n",
        victim.key
    );
    let begun = async { Exchange::open(door).await?.begin(&request).await };
    let Ok(Ok((200, _, stream))) = timeout(PATIENCE, begun).await else {
        return;
    };
    record.stream();
    if !ends_in_time(stream, &victim).await {
        let late = victim.effective_at().elapsed();
        record.violation(format!(
            "a stream is still open {late:.1?} after the answer"
        ));
    }
}

/// False if it stays open; data that comes too late is judged on the way.
async fn ends_in_time(mut stream: TcpStream, victim: &Victim) -> bool {
    let mut bytes = vec![0; 4096];
    // Closed or broken, nothing more comes.
    while let Ok(read) = timeout(PATIENCE, stream.read(&mut bytes)).await {
        let Ok(length @ 1..) = read else { return true };
        let part = bytes.get(..length).unwrap_or_default();
        if part.windows(EVENT.len()).any(|window| window == EVENT) {
            let now = Stamp::now();
            victim.judge_stream(now, "gave data");
            if now.since(victim.effective_at()) > STREAM_LIMIT {
                return true;
            }
        }
    }
    false
}
